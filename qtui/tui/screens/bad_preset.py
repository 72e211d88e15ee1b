"""A preset that cannot run: all its problems at once, watched until the file is valid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from qtui.core.port import Checked, Host, Problem
from qtui.errors import QtuiError
from qtui.text import clean
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.clipboard import said_of
from qtui.tui.editor import edit_file
from qtui.tui.panel import Panel
from qtui.tui.screens.key_table import ScreenKey, Table, draw_foot, press, said_of_key, shown
from qtui.tui.screens.preset_dialogs import CorrectionDialog
from qtui.tui.screens.problems import ProblemBox, draw_problem, problem_box, report_text

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

LOOK_S = 0.5
"""How often the file is looked at."""
CHECK_ANYWAY = 4
"""Every so many looks it is checked even if unchanged: a problem may lie in a file it names."""


class BadPresetScreen(Screen[bool | None]):
    """Dismisses with True by itself as soon as the preset is valid.

    When the person leaves it is False, or None where other presets are wanted.
    """

    DEFAULT_CSS = """
    BadPresetScreen { layout: vertical; }
    BadPresetScreen Panel { height: 1fr; }
    """

    def __init__(self, host: Host, source: str, *, within: bool = False) -> None:
        """`within` says that there is a picker behind it, which is gone back to."""
        super().__init__()
        self.within = within
        self.host = host
        self.source = source
        self.panel = Panel()
        self.checked = Checked(source)
        self._chosen = 0
        self._scroll = 0
        self._looks = 0
        self._stamp: tuple[int, int] | None = None
        self._path: Path | None = None
        self._over = False
        self._said: Line | None = None

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self._path = self.host.watch(self.source)
        self._stamp = self._look()
        self._check()
        self.set_interval(LOOK_S, self.look_again)

    def look_again(self) -> None:
        """Check the preset again if its file changed."""
        if self.app.screen is not self:
            return  # a question or an editor stands over it
        self._looks += 1
        stamp = self._look()
        if stamp != self._stamp or self._looks % CHECK_ANYWAY == 0:
            self._stamp = stamp
            self._check()

    def check_now(self) -> None:
        """The file was changed from here."""
        self._stamp = self._look()
        self._check()

    def on_screen_resume(self) -> None:
        if self.is_mounted:
            self._draw_now()

    def _look(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None  # an editor may be replacing it right now; the next look sees it
        return status.st_mtime_ns, status.st_size

    def _check(self) -> None:
        if self._over:
            return
        self.checked = self.host.check(self.source)
        self._chosen = max(0, min(self._chosen, len(self.checked.problems) - 1))
        if not self.checked.problems:
            self._leave(True)
        else:
            self._draw_now()

    def _leave(self, valid: bool | None) -> None:
        if not self._over:
            self._over = True
            self.dismiss(valid)

    # Keys

    def on_key(self, event: events.Key) -> None:
        self._said = None
        if press(KEYS, self, event.key):
            event.stop()
            event.prevent_default()
        self._draw_now()

    def start(self, doing: Callable[[BadPresetScreen], Coroutine[object, object, None]]) -> None:
        """Do what asks a person or the disk, beside the drawing."""
        self.run_worker(doing(self), group="bad preset", exclusive=True)

    def say(self, text: str, *, ok: bool = True) -> None:
        """One sentence in place of the key bar, until the next key."""
        self._said = said_of_key(text, ok=ok)
        self._draw_now()

    @property
    def chosen(self) -> Problem | None:
        """The problem in the bright frame."""
        return self.checked.problems[self._chosen] if self._chosen < len(self.checked.problems) else None

    @property
    def path(self) -> Path | None:
        """The file that is watched; None where it is none of the person's own."""
        return self._path

    def move(self, step: int) -> None:
        self.choose(self._chosen + step)

    def page(self, pages: int) -> None:
        self._scroll_by(pages * max(1, self.size.height - 8))

    def copy_report(self) -> None:
        """Put all problems on the clipboard."""
        report = report_text(self.checked, self.source)
        self.app.copy_to_clipboard(report)
        self.say(said_of(report))

    def leave(self) -> None:
        self._leave(False)

    def see_others(self) -> None:
        self._leave(None)

    def choose(self, number: int) -> None:
        """Put the frame around a problem and scroll to it."""
        self._chosen = max(0, min(len(self.checked.problems) - 1, number))
        heights = [box.height for box in self._boxes()]
        if heights:
            top = sum(heights[: self._chosen])
            self._scroll = min(max(self._scroll, top + heights[self._chosen] - self._room), top)
        self._draw_now()

    def _scroll_by(self, rows: int) -> None:
        end = sum(box.height for box in self._boxes())
        self._scroll = max(0, min(end - self._room, self._scroll + rows))
        self._draw_now()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll_by(-3)

    def on_resize(self) -> None:
        self._draw_now()

    @property
    def _head(self) -> int:
        """Rows above the problems."""
        return 5 if self.size.height >= 20 else 2

    @property
    def _room(self) -> int:
        return max(1, self.size.height - self._head - 1)

    def _boxes(self) -> list[ProblemBox]:
        text, width = self.checked.text, self.size.width
        return [problem_box(problem, number, text, width) for number, problem in enumerate(self.checked.problems, 1)]

    def _draw_now(self) -> None:
        if self.is_mounted:
            self.panel.show(self.draw)

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        boxes = self._boxes()
        head, room = self._head, max(1, height - self._head - 1)
        end = sum(box.height for box in boxes)
        self._scroll = max(0, min(self._scroll, end - room))
        y, below = head - self._scroll, 0
        for number, box in enumerate(boxes):
            if y + box.height > head and y < height - 1:
                fixes = self._path is not None and bool(self.checked.problems[number].suggestion)
                draw_problem(canvas, y, box, chosen=number == self._chosen, fixes=fixes)
            below += y + box.height > height - 1
            y += box.height
        canvas.fill(0, 0, width, head, "bg")
        self._draw_head(canvas, head)
        where = "watching the file" if self._path is not None else "checking again"
        right = f"▼ {below} below   {where}" if below else where
        draw_foot(canvas, self._said, shown(KEYS, self), (Span(right, "dim"),))

    def _draw_head(self, canvas: Canvas, head: int) -> None:
        width = canvas.width
        number = len(self.checked.problems)
        canvas.fill(0, 0, width, 1, "raised")
        name = clean(self.checked.name or Path(self.source).stem, 40)
        badge = Span(f" × {number} PROBLEM{'' if number == 1 else 'S'} ", "inverse", True, "failed")
        left = cut((Span("qtui   ", "accent", True), Span(f"{name}   "), badge), width - 2)
        x = canvas.spans(1, 0, left)
        nothing = "nothing was started"
        if x + len(nothing) + 3 <= width:
            canvas.right(width - 2, 0, (Span(nothing, "dim"),))
        title = cut((Span(f"{clean(self.checked.source or self.source, 200)} cannot run yet", bold=True),), width - 4)
        if head >= 5:
            canvas.spans(2, 2, title)
            how = "Fix the file and save it: this screen checks again by itself and goes on."
            canvas.spans(2, 3, cut((Span(how, "dim"),), width - 4))
        else:
            canvas.spans(2, 1, title)


KEYS: Table[BadPresetScreen] = (
    ScreenKey("↑↓", ("up", "k", "shift+tab"), "Choose a problem.", lambda screen: screen.move(-1), lambda _: "problem"),
    ScreenKey("↓", ("down", "j", "tab"), "", lambda screen: screen.move(1)),
    ScreenKey(
        "e",
        ("e",),
        "Edit the file at the line of the problem.",
        lambda screen: screen.start(edit),
        lambda _: "edit at line",
    ),
    ScreenKey(
        "f",
        ("f",),
        "Carry out the suggestion; shows first what would change.",
        lambda screen: screen.start(fix),
        lambda _: "fix it",
        lambda screen: screen.chosen is not None and bool(screen.chosen.suggestion),
    ),
    ScreenKey("y", ("y",), "Copy all problems.", BadPresetScreen.copy_report, lambda _: "copy report"),
    ScreenKey("pgdn", ("pagedown", "ctrl+d"), "Read on.", lambda screen: screen.page(1)),
    ScreenKey("pgup", ("pageup", "ctrl+u"), "Read back.", lambda screen: screen.page(-1)),
    ScreenKey("home", ("home", "g"), "To the first problem.", lambda screen: screen.choose(0)),
    ScreenKey(
        "end", ("end", "G"), "To the last problem.", lambda screen: screen.choose(len(screen.checked.problems) - 1)
    ),
    ScreenKey(
        "esc",
        ("escape", "q", "ctrl+c", "ctrl+q"),
        "Back to the presets.",
        BadPresetScreen.leave,
        lambda _: "back",
        lambda screen: screen.within,
    ),
    ScreenKey(
        "esc",
        ("escape",),
        "Choose another preset.",
        BadPresetScreen.see_others,
        lambda _: "other presets",
        lambda screen: not screen.within,
    ),
    ScreenKey(
        "q",
        ("q", "ctrl+c", "ctrl+q"),
        "Leave; nothing was started.",
        BadPresetScreen.leave,
        lambda _: "quit",
        lambda screen: not screen.within,
    ),
)
"""Every key of the screen; the key bar and the keys themselves are this table."""


async def fix(screen: BadPresetScreen) -> None:
    """Show what the suggestion would change, then carry it out."""
    problem = screen.chosen
    if problem is None:
        return
    try:
        found = await asyncio.to_thread(screen.host.correct, screen.source, problem)
        if await screen.app.push_screen_wait(CorrectionDialog(found)):
            await asyncio.to_thread(screen.host.write_correction, found)
            screen.say(f"line {found.line} is corrected")
            screen.check_now()
    except QtuiError as error:
        screen.say(str(error), ok=False)


async def edit(screen: BadPresetScreen) -> None:
    """The file in an editor, at the line of the problem."""
    if screen.path is None:
        screen.say("this preset comes with qtui and is not edited in place", ok=False)
        return
    line = screen.chosen.line if screen.chosen is not None else 0
    failed = await edit_file(cast("QtuiApp", screen.app), screen.path, line)
    if failed:
        screen.say(failed, ok=False)
    screen.check_now()
