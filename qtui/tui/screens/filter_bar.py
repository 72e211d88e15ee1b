"""The one-row filter: what is typed is judged while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual import events
from textual.message import Message

from qtui.core.job_filter import Completion
from qtui.text import clean
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.edit import LineEdit
from qtui.tui.panel import Panel

Complete: TypeAlias = Callable[[str, int], Completion]


class FilterBar(Panel, can_focus=False):
    """One row to type a filter in; says every change, and at the end whether it was kept or given up.

    It can have the focus only while it is open: a hidden one must never swallow keys.
    """

    DEFAULT_CSS = """
    FilterBar { dock: bottom; height: 1; display: none; }
    """

    class Changed(Message):
        """The text after a key; sent for every change."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """Typing is over: enter keeps the filter, esc takes back what it was before."""

        def __init__(self, text: str, kept: bool) -> None:
            super().__init__()
            self.text = text
            self.kept = kept

    def __init__(self, hint: str = "", *, complete: Complete | None = None, id: str | None = None) -> None:
        """`complete` says what may stand at the cursor, for tab."""
        super().__init__(id=id)
        self.hint = hint
        self.edit = LineEdit()
        self.notice = ""
        self._complete = complete
        self._wrong: Sequence[tuple[int, int]] = ()
        self._offered: Completion | None = None
        self._turn = -1
        """Which of the options offered stands there now; -1 before the first tab."""
        self._before = ""

    def open(self, text: str = "") -> None:
        """Show the bar with `text` in it and take the keys."""
        self.edit.set(text)
        self._before = text
        self.warn("")
        self._offer()
        self.display = True
        self.can_focus = True
        self.focus()
        self.show(self.draw)

    def on_key(self, event: events.Key) -> None:
        completes = self._complete is not None and event.key in ("tab", "shift+tab")
        if event.key in ("tab", "shift+tab", "ctrl+c", "ctrl+q") and not completes:
            return
        event.stop()
        event.prevent_default()
        before = self.edit.text
        if completes:
            self._turn_to(1 if event.key == "tab" else -1)
            self._say(before)
            return
        if event.key == "escape" or (event.key == "enter" and not self.notice):
            kept = event.key == "enter"
            self.display = False
            self.can_focus = False
            self.post_message(self.Closed(self.edit.text if kept else self._before, kept))
            return
        if event.key != "enter":
            self.edit.press(event.key, event.character)
            self._offer()
        self._say(before)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        before = self.edit.text
        self.edit.insert(event.text)
        self._offer()
        self._say(before)

    def warn(self, notice: str, wrong: Sequence[tuple[int, int]] = ()) -> None:
        """Say at the right what is wrong with the text, and underline where; empty says nothing."""
        self.notice, self._wrong = notice, wrong
        self.show(self.draw)

    def _say(self, before: str) -> None:
        if self.edit.text != before:
            self.notice, self._wrong = "", ()
            self.post_message(self.Changed(self.edit.text))
        self.show(self.draw)

    def _offer(self) -> None:
        self._offered = self._complete(self.edit.text, self.edit.cursor) if self._complete is not None else None
        self._turn = -1

    def _turn_to(self, step: int) -> None:
        """Put the next option in the place of what is begun."""
        offered = self._offered
        if offered is None or not offered.options:
            return
        self._turn = (self._turn + step) % len(offered.options) if self._turn >= 0 or step > 0 else -1
        option = offered.options[self._turn]
        rest = self.edit.text[self.edit.cursor :]
        self.edit.text = f"{self.edit.text[: offered.start]}{option}{rest}"
        self.edit.cursor = offered.start + len(option)
        if len(offered.options) == 1:
            self._offer()  # a key is complete: its values come next

    def draw(self, canvas: Canvas) -> None:
        canvas.fill(0, 0, canvas.width, 1, "raised")
        canvas.put(1, 0, "/", "accent", bold=True)
        right = cut(self._right(), max(0, min(canvas.width - 24, canvas.width * 3 // 5)))
        start = canvas.right(canvas.width - 1, 0, right) if right else canvas.width
        self.edit.draw(canvas, 3, 0, start - 5, placeholder=self.hint, bg="raised", wrong=self._wrong)

    def _right(self) -> Line:
        if self.notice:
            return (Span(self.notice, "failed_text", True),)
        if self.edit.text and self._offered is not None and self._offered.options:
            options = self._offered.options
            first = max(0, self._turn - 2)
            shown = [
                Span(
                    clean(option, 30) + "  ",
                    "text" if first + number == self._turn else "dim",
                    first + number == self._turn,
                )
                for number, option in enumerate(options[first : first + 8])
            ]
            return (Span("tab ", "accent", True), *shown)
        return (
            Span("enter", "accent", True),
            Span(" keep  ", "dim"),
            Span("esc", "accent", True),
            Span(" back", "dim"),
        )
