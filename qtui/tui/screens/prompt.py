"""Asking for a number, and the one-row filter: what is typed is judged while it is typed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual import events
from textual.message import Message

from qtui.core.job_filter import Completion
from qtui.text import clean, count
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.dialog import BoxScreen
from qtui.tui.edit import LineEdit
from qtui.tui.panel import Panel

Complete: TypeAlias = Callable[[str, int], Completion]
NO_LIMIT = math.inf
"""The answer that lifts a limit, where `none_text` allows it."""


class NumberPrompt(BoxScreen[int | float | None]):
    """Dismisses with the number, with `NO_LIMIT`, or with None when nothing shall change.

    Whole numbers are asked for when both bounds are `int`, else fractions are allowed.
    """

    def __init__(
        self,
        title: str,
        current: float | None,
        *,
        minimum: float,
        maximum: float,
        unit: str,
        none_text: str | None = None,
    ) -> None:
        super().__init__()
        self.heading = clean(title)
        self.current = current
        self.minimum, self.maximum = minimum, maximum
        self.unit = clean(unit)
        self.none_text = none_text
        self.whole = isinstance(minimum, int) and isinstance(maximum, int)
        self.edit = LineEdit()
        self.edit.set("" if current is None else self.written(current))
        self._fresh = True

    def value(self) -> int | float | str:
        """What is typed as a number within the bounds, or the sentence that says why it is none."""
        typed = self.edit.text.replace(",", "").replace("_", "").strip()
        if not typed:
            return NO_LIMIT if self.none_text is not None else "type a number"
        try:
            number = int(typed) if self.whole else float(typed)
        except ValueError:
            return "a whole number is needed" if self.whole else "a number is needed, like 12 or 0.5"
        if not math.isfinite(number):
            return "a number is needed"
        if number < self.minimum:
            return f"at least {self.written(self.minimum)}"
        if number > self.maximum:
            return f"at most {self.written(self.maximum)}"
        return number

    def written(self, number: float) -> str:
        if number == int(number):
            return count(int(number)) if abs(number) >= 10_000 else str(int(number))
        return f"{number:.10g}"

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        match event.key:
            case "escape" | "ctrl+c":
                self.dismiss(None)
            case "enter":
                value = self.value()
                if not isinstance(value, str):
                    self.dismiss(value)
            case "up" | "plus":
                self.step(1)
            case "down" | "minus":
                self.step(-1)
            case "pageup":
                self.scale(2)
            case "pagedown":
                self.scale(0.5)
            case key:
                if self._fresh and event.is_printable:
                    self.edit.set("")  # the value in force is a suggestion: typing replaces it
                self.edit.press(key, event.character)
        self._fresh = False
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.edit.set("")
        self.edit.insert(event.text)
        self.redraw()

    def step(self, direction: int) -> None:
        """One more or less; more than one where a single one would make no difference."""
        number = self._number()
        size = max(1, 10 ** (len(str(int(abs(number)))) - 2)) if abs(number) >= 100 else 1
        if not self.whole and (number < 1 or (number == 1 and direction < 0)):
            size = 0.1
        self._write(round(number + direction * size, 6))

    def scale(self, factor: float) -> None:
        number = self._number() * factor
        self._write(round(number) if self.whole else round(number, 6))

    def _number(self) -> float:
        value = self.value()
        if not isinstance(value, str) and math.isfinite(value):
            return value
        return self.current if self.current is not None else self.minimum

    def _write(self, number: float) -> None:
        number = max(self.minimum, min(self.maximum, number))
        self.edit.set(self.written(number))

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        return min(width, 52), min(height, 9)

    def draw(self, canvas: Canvas) -> None:
        canvas.fill(0, 0, canvas.width, canvas.height, "panel")
        keys: Line = (
            Span("↑↓", "accent", True),
            Span(" step  ", "dim"),
            Span("enter", "accent", True),
            Span(" set  ", "dim"),
            Span("esc", "accent", True),
            Span(" back", "dim"),
        )
        canvas.box(
            0, 0, canvas.width, canvas.height, title=(Span(self.heading, bold=True),), bottom=keys, line="accent"
        )
        room = canvas.width - 6
        middle = max(1, min(3, canvas.height // 2 - 1))
        field = max(1, min(16, room))
        self.edit.draw(canvas, 3, middle, field, placeholder=self.none_text or "", bg="raised")
        canvas.spans(4 + field, middle, cut((Span(self.unit, "dim"),), room - field - 1))
        value = self.value()
        if middle + 2 < canvas.height - 1:
            canvas.spans(3, middle + 2, cut(self._judgement(value), room))
        if middle + 3 < canvas.height - 1:
            canvas.spans(3, middle + 3, cut((Span(self._range(), "faint"),), room))

    def _judgement(self, value: int | float | str) -> Line:
        if isinstance(value, str):
            return (Span(f"× {value}", "failed_text", True),)
        new = self.none_text if value == NO_LIMIT else self.written(value)
        old = self.none_text if self.current is None else self.written(self.current)
        if new == old:
            return (Span("as it is now", "dim"),)
        return (Span(f"{old} → ", "dim"), Span(str(new), "text", True))

    def _range(self) -> str:
        text = f"{self.written(self.minimum)} to {self.written(self.maximum)}"
        return text if self.none_text is None else f"{text}, empty for {self.none_text}"


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
