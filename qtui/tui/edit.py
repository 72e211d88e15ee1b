"""One line of text being typed: the text, the cursor, and the keys that change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from qtui.text import clean
from qtui.tui.canvas import Canvas

MAX_TYPED = 200


@dataclass(slots=True)
class LineEdit:
    """What is typed so far; the cursor stands before `text[cursor]`."""

    text: str = ""
    cursor: int = 0

    def set(self, text: str) -> None:
        self.text = clean(text, MAX_TYPED)
        self.cursor = len(self.text)

    def insert(self, typed: str) -> None:
        """Put typed or pasted text at the cursor; what could harm a terminal is left out."""
        typed = clean(" ".join(typed[: MAX_TYPED * 4].split("\n")), MAX_TYPED)[: max(0, MAX_TYPED - len(self.text))]
        self.text = self.text[: self.cursor] + typed + self.text[self.cursor :]
        self.cursor += len(typed)

    def press(self, key: str, character: str | None) -> bool:
        """Follow a key; False when it means nothing to a line of text."""
        if key in _MOVES:
            self.cursor = max(0, min(len(self.text), _MOVES[key](self)))
            return True
        if key in _CUTS:
            start, end = sorted((self.cursor, max(0, min(len(self.text), _CUTS[key](self)))))
            self.text = self.text[:start] + self.text[end:]
            self.cursor = start
            return True
        if character is not None and character.isprintable():
            self.insert(character)
            return True
        return False

    def draw(
        self,
        canvas: Canvas,
        x: int,
        y: int,
        width: int,
        *,
        placeholder: str = "",
        bg: str = "",
        wrong: Sequence[tuple[int, int]] = (),
    ) -> None:
        """The text in `width` cells with the cursor always in sight; what is `wrong` is underlined."""
        if width <= 0:
            return
        before = self.text[: self.cursor]
        while cell_len(before) > width - 1 and before:
            before = before[1:]
        under = self.text[self.cursor : self.cursor + 1] or " "
        canvas.fill(x, y, min(width, canvas.width - x), 1, bg) if bg else None
        if not self.text:
            canvas.put(x + 2, y, placeholder[: max(0, width - 2)], "faint", bg=bg)
        end = x
        for at, ch in enumerate(before, self.cursor - len(before)):
            end = self._put(canvas, end, y, ch, at, bg, wrong)
        after = end + (cell_len(under) if end + cell_len(under) <= x + width else 1)
        canvas.put(end, y, under if after == end + cell_len(under) else " ", "inverse", bg="accent")
        for at, ch in enumerate(self.text[self.cursor + 1 :], self.cursor + 1):
            if after + cell_len(ch) > x + width:
                break
            after = self._put(canvas, after, y, ch, at, bg, wrong)

    def _put(self, canvas: Canvas, x: int, y: int, ch: str, at: int, bg: str, wrong: Sequence[tuple[int, int]]) -> int:
        bad = any(start <= at < end for start, end in wrong)
        return canvas.put(x, y, ch, "failed_text" if bad else "text", bold=True, bg=bg, underline=bad)


def _word_start(edit: LineEdit) -> int:
    before = edit.text[: edit.cursor].rstrip()
    return before.rfind(" ") + 1


_MOVES = {
    "left": lambda e: e.cursor - 1,
    "right": lambda e: e.cursor + 1,
    "home": lambda e: 0,
    "ctrl+a": lambda e: 0,
    "end": lambda e: len(e.text),
    "ctrl+e": lambda e: len(e.text),
    "ctrl+left": _word_start,
}
_CUTS = {
    "backspace": lambda e: e.cursor - 1,
    "ctrl+h": lambda e: e.cursor - 1,
    "delete": lambda e: e.cursor + 1,
    "ctrl+u": lambda e: 0,
    "ctrl+k": lambda e: len(e.text),
    "ctrl+w": _word_start,
}
