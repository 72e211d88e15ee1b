"""What a preset would do, before anything is started: the plan, the first jobs, and everything that it may do."""

from __future__ import annotations

import asyncio
import re

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from qtui.core.port import Host
from qtui.errors import QtuiError
from qtui.text import clean, clean_block
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.panel import Panel
from qtui.tui.prose import wrap
from qtui.tui.screens.key_table import ScreenKey, Table, draw_bar, press, shown

_WIDEST = 110
_ALL = 1_000_000
_LABELLED = re.compile(r"(\s*)(\S.*?)(\s{2,})(\S.*)")
"""`  contacts   nobody`: a label, a gap, what it says."""


class ForesightScreen(Screen[None]):
    """Looks for itself, without holding up the screen; leaving it ends the looking."""

    DEFAULT_CSS = """
    ForesightScreen { layout: vertical; }
    ForesightScreen Panel { height: 1fr; }
    """

    def __init__(self, host: Host, source: str, name: str) -> None:
        super().__init__()
        self.page = Panel()
        self._host = host
        self._source = source
        self._name = name
        self._told = ""
        self._doing = "looking at the first jobs"
        self._left = False
        self._scroll = 0

    def compose(self) -> ComposeResult:
        yield self.page

    def on_mount(self) -> None:
        self._draw_now()
        self.run_worker(self._look())

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()

        def goes_on(what: str, seconds: float) -> bool:
            loop.call_soon_threadsafe(self._counting, what, seconds)
            return not self._left

        try:
            self._told = await asyncio.to_thread(self._host.foresee, self._source, goes_on)
        except QtuiError as error:
            self._told = str(error)
        self._doing = ""
        self._draw_now()

    def _counting(self, what: str, seconds: float) -> None:
        self._doing = f"counting {clean(what, 100)}, {seconds:.0f} s" if self._doing else ""
        self._draw_now()

    # Keys

    def on_key(self, event: events.Key) -> None:
        if press(KEYS, self, event.key):
            event.stop()
            event.prevent_default()

    def leave(self) -> None:
        if not self._left:
            self._left = True
            self.dismiss(None)

    def scroll_by_rows(self, rows: int) -> None:
        self._scroll = max(0, self._scroll + rows)
        self._draw_now()

    @property
    def page_rows(self) -> int:
        return max(1, self.size.height - 4)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.scroll_by_rows(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.scroll_by_rows(-3)

    def on_resize(self) -> None:
        self._draw_now()

    # Drawing

    def _draw_now(self) -> None:
        if self.is_mounted:
            self.page.show(self.draw)

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        top = 2 if height >= 12 else 1
        lines = report_lines(self._told, min(width - 4, _WIDEST))
        if self._doing:
            lines = [(Span("… ", "accent", True), Span(self._doing, "dim"))]
        room = max(1, height - top - 1)
        most = max(0, len(lines) - room)
        self._scroll = min(self._scroll, most)
        for row, line in enumerate(lines[self._scroll : self._scroll + room]):
            canvas.spans(2, top + row, line)
        canvas.fill(0, 0, width, 1, "raised")
        badge = Span(" DRY RUN ", "inverse", True, "accent")
        left = cut((Span("qtui   ", "accent", True), Span(f"{clean(self._name, 40)}   "), badge), width - 2)
        x = canvas.spans(1, 0, left)
        nothing = (Span("nothing is started", "dim"),)
        if x + length(nothing) + 3 <= width:
            canvas.right(width - 2, 0, nothing)
        more = f"▼ {most - self._scroll} more" if self._scroll < most else "end" if most else ""
        draw_bar(canvas, height - 1, shown(KEYS, self), (Span(more, "dim"),) if more else ())


def report_lines(told: str, width: int) -> list[Line]:
    """The report in lines of at most `width` cells: headings, labels and what they say told apart."""
    lines: list[Line] = []
    for number, text in enumerate(clean_block(told, 200_000).split("\n")):
        bare = text.lstrip()
        indent = len(text) - len(bare)
        if not indent and number == 0:
            lines += [(*part,) for part in wrap((Span(text, bold=True),), width)]
        elif not indent and text.endswith(":"):
            lines.append(cut((Span(text[:-1].upper(), "dim", True),), width))
        elif indent and (match := _LABELLED.fullmatch(text)):
            lines += _hanging(match[1] + match[2] + match[3], match[4], width, label_fg="dim")
        else:
            lines += _hanging(" " * indent, bare, width)
    return lines


def _hanging(label: str, text: str, width: int, *, label_fg: str = "text") -> list[Line]:
    """Text behind a label; what does not fit in the line continues under it."""
    column = min(len(label), width // 2)
    lines: list[Line] = []
    for number, part in enumerate(wrap((Span(text),), max(1, width - column))):
        lines.append(cut((Span(label[:column] if number == 0 else " " * column, label_fg), *part), width))
    return lines or [()]


KEYS: Table[ForesightScreen] = (
    ScreenKey(
        "↑↓", ("up", "k"), "Read on, line by line.", lambda screen: screen.scroll_by_rows(-1), lambda _: "read on"
    ),
    ScreenKey("↓", ("down", "j"), "", lambda screen: screen.scroll_by_rows(1)),
    ScreenKey("pgup", ("pageup", "ctrl+u"), "Up a page.", lambda screen: screen.scroll_by_rows(-screen.page_rows)),
    ScreenKey(
        "pgdn", ("pagedown", "ctrl+d", "space"), "Down a page.", lambda screen: screen.scroll_by_rows(screen.page_rows)
    ),
    ScreenKey("home", ("home", "g"), "To the beginning.", lambda screen: screen.scroll_by_rows(-_ALL)),
    ScreenKey("end", ("end", "G"), "To the end.", lambda screen: screen.scroll_by_rows(_ALL)),
    ScreenKey("esc", ("escape", "q", "d", "ctrl+c", "ctrl+q"), "Back.", ForesightScreen.leave, lambda _: "back"),
)
