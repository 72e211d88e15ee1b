"""One line of text being typed: the text, the cursor, and the keys that change them."""

from __future__ import annotations

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

    def draw(self, canvas: Canvas, x: int, y: int, width: int, *, placeholder: str = "", bg: str = "") -> None:
        """The text in `width` cells with the cursor always in sight."""
        if width <= 0:
            return
        before = self.text[: self.cursor]
        while cell_len(before) > width - 1 and before:
            before = before[1:]
        under = self.text[self.cursor : self.cursor + 1] or " "
        canvas.fill(x, y, min(width, canvas.width - x), 1, bg) if bg else None
        if not self.text:
            canvas.put(x + 2, y, placeholder[: max(0, width - 2)], "faint", bg=bg)
        end = canvas.put(x, y, before, "text", bold=True, bg=bg)
        after = end + (cell_len(under) if end + cell_len(under) <= x + width else 1)
        canvas.put(end, y, under if after == end + cell_len(under) else " ", "inverse", bg="accent")
        for ch in self.text[self.cursor + 1 :]:
            cells = cell_len(ch)
            if after + cells > x + width:
                break
            after = canvas.put(after, y, ch, "text", bold=True, bg=bg)


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
