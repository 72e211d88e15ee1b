"""Questions whose answer is typed in one line: a text, or a number that is judged while it is typed."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import events

from qtui.text import clean, count
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.dialog import BoxScreen
from qtui.tui.edit import LineEdit

T = TypeVar("T")

NO_LIMIT = math.inf
"""The answer that lifts a limit, where `none_text` allows it."""


class Prompt(BoxScreen[T | None]):
    """A box with a line to type in; dismisses with the answer, or with None when nothing shall change."""

    wide: ClassVar[int]
    """Columns of the box, where the screen has them."""
    keys: ClassVar[Line]
    """What the lower border says of its keys."""
    field = 200
    """Columns of what is typed, at most."""

    def __init__(self, title: str, text: str, *, beside: str = "", placeholder: str = "") -> None:
        super().__init__()
        self.heading, self.beside, self.placeholder = clean(title), clean(beside), placeholder
        self.edit = LineEdit()
        self.edit.set(text)
        self.fresh = False
        """Whether what stands there is only proposed: typing replaces it."""

    @abstractmethod
    def answer(self) -> T | None:
        """What is typed; None while that is no answer."""

    @abstractmethod
    def below(self) -> Sequence[Line]:
        """What is said under the line."""

    def turn(self, key: str) -> bool:
        """Follow a key that changes the line as a whole; False when it is none."""
        return False

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key in ("escape", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
        elif event.key in ("enter", "ctrl+m"):
            if (answer := self.answer()) is not None:
                self.dismiss(answer)
        elif self.turn(event.key):
            self.fresh = True
            self.redraw()
            return
        else:
            if event.is_printable:
                self._make_room()
            self.edit.press(event.key, event.character)
        self.fresh = False
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._make_room()
        self.edit.insert(event.text.strip().partition("\n")[0])
        self.redraw()

    def _make_room(self) -> None:
        if self.fresh:
            self.edit.set("")
        self.fresh = False

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        return min(width - 4 if width >= 40 else width, self.wide), min(height, 5 + len(self.below()))

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        canvas.fill(0, 0, width, height, "panel")
        canvas.box(0, 0, width, height, title=(Span(self.heading, bold=True),), bottom=self.keys, line="accent")
        room = width - 6
        if height < 3 or room < 1:
            return
        y, field = 2 if height >= 5 else 1, min(self.field, room)
        self.edit.draw(canvas, 3, y, field, placeholder=self.placeholder, bg="raised")
        canvas.spans(4 + field, y, cut((Span(self.beside, "dim"),), room - field - 1))
        for row, line in enumerate(self.below(), y + 1):
            if row < height - 1:
                canvas.spans(3, row, cut(line, room))


class TextPrompt(Prompt[str]):
    """The answer is the text, stripped; an empty line is none."""

    wide = 76
    keys = (Span("enter", "accent", True), Span(" go on  ", "dim"), Span("esc", "accent", True), Span(" back", "dim"))

    def __init__(self, title: str, text: str = "", *, note: str = "") -> None:
        """`note` is one line below; `text` stands there to be changed."""
        super().__init__(title, text)
        self.note = clean(note)

    def answer(self) -> str | None:
        return self.edit.text.strip() or None

    def below(self) -> Sequence[Line]:
        return [(Span(self.note, "dim"),)] if self.note else []


class NumberPrompt(Prompt[int | float]):
    """The answer is the number, or `NO_LIMIT`.

    Whole numbers are asked for when both bounds are `int`, else fractions are allowed.
    """

    wide = 52
    field = 16
    keys = (
        Span("↑↓", "accent", True),
        Span(" step  ", "dim"),
        Span("enter", "accent", True),
        Span(" set  ", "dim"),
        Span("esc", "accent", True),
        Span(" back", "dim"),
    )

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
        self.current = current
        self.minimum, self.maximum = minimum, maximum
        self.none_text = none_text
        self.whole = isinstance(minimum, int) and isinstance(maximum, int)
        proposed = "" if current is None else self.written(current)
        super().__init__(title, proposed, beside=unit, placeholder=none_text or "")
        self.fresh = True

    def answer(self) -> int | float | None:
        value = self.value()
        return None if isinstance(value, str) else value

    def below(self) -> Sequence[Line]:
        return [self._judgement(self.value()), (Span(self._range(), "faint"),)]

    def turn(self, key: str) -> bool:
        match key:
            case "up" | "plus":
                self.step(1)
            case "down" | "minus":
                self.step(-1)
            case "pageup":
                self.scale(2)
            case "pagedown":
                self.scale(0.5)
            case _:
                return False
        return True

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
