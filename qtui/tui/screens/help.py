"""The help: every key that works here, with one sentence, searchable by typing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from qtui.text import clean
from qtui.tui.actions import keys_for
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.dialog import BoxScreen
from qtui.tui.edit import LineEdit
from qtui.tui.prose import wrap

_TWO_COLUMNS = 100
_KEYS = 13
"""Columns of the keys before the sentence."""

Sections = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def matching(sections: Sections, text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Only what holds the text in its keys, its sentence or its heading."""
    wanted = text.casefold().strip()
    found = []
    for heading, rows in sections:
        whole = wanted in heading.casefold()
        kept = [row for row in rows if whole or wanted in f"{row[0]} {row[1]}".casefold()]
        if kept:
            found.append((heading, kept))
    return found


def section_lines(heading: str, rows: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """A heading and its keys in lines of at most `width` cells."""
    keys = min(_KEYS, max(4, width // 3))
    lines: list[Line] = [cut((Span(clean(heading).upper(), "dim", True),), width)]
    for label, sentence in rows:
        shown = cut((Span(clean(label), "accent", True),), keys - 1)
        pad = Span(" " * (keys - sum(cell_len(span.text) for span in shown)))
        for number, part in enumerate(wrap((Span(clean(sentence)),), width - keys)):
            lines.append((*shown, pad, *part) if number == 0 else (Span(" " * keys), *part))
    return [cut(line, width) for line in [*lines, ()]]


def help_columns(sections: Sections, width: int) -> list[list[Line]]:
    """The sections in one column, or in two of about the same height."""
    if width < _TWO_COLUMNS:
        return [[line for heading, rows in sections for line in section_lines(heading, rows, width)]]
    half = (width - 4) // 2
    blocks = [section_lines(heading, rows, half) for heading, rows in sections]
    total, left = sum(map(len, blocks)), list[Line]()
    number = 0
    while number < len(blocks) and (not left or len(left) + len(blocks[number]) // 2 <= total / 2):
        left += blocks[number]
        number += 1
    return [left, [line for block in blocks[number:] for line in block]]


class HelpScreen(BoxScreen[None]):
    """Typing searches, esc closes."""

    def __init__(self, sections: Sections) -> None:
        super().__init__()
        self.sections = sections
        self.edit = LineEdit()
        self._scroll = 0
        self._most = 0

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        columns = min(width - 4 if width >= 60 else width, 140)
        tallest = max((len(column) for column in help_columns(self.sections, columns - 6)), default=0)
        return columns, min(height - 2 if height >= 20 else height, tallest + 5)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        page = max(1, self.box.size.height - 5)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "ctrl+u": -page, "ctrl+d": page}
        if event.key in ("escape", "ctrl+c", "ctrl+q", "enter") or (
            event.key in ("question_mark", *keys_for("help")) and not self.edit.text
        ):
            self.dismiss(None)
        elif event.key in steps:
            self._scroll = max(0, min(self._most, self._scroll + steps[event.key]))
        elif self.edit.press(event.key, event.character):
            self._scroll = 0
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll = min(self._most, self._scroll + 3)
        self.redraw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll = max(0, self._scroll - 3)
        self.redraw()

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        canvas.fill(0, 0, width, height, "panel")
        close = (Span("esc", "accent", True), Span(" close", "dim"))
        canvas.box(0, 0, width, height, title=(Span("KEYS THAT WORK HERE", bold=True),), right=close, line="accent")
        if width < 8 or height < 4:
            return
        canvas.put(3, 1, "/", "accent", bold=True)
        self.edit.draw(canvas, 5, 1, min(30, width - 8), placeholder="type to search", bg="raised")
        found = matching(self.sections, self.edit.text)
        columns = help_columns(found, width - 6)
        if not found:
            canvas.spans(3, 3, cut((Span("no key does that here", "dim"),), width - 5) if height > 4 else ())
        room = height - 4
        self._most = max(0, max(len(column) for column in columns) - 1 - room)
        self._scroll = min(self._scroll, self._most)
        for number, column in enumerate(columns):
            x = 3 + number * ((width - 6 - 4) // 2 + 4)
            for y, line in enumerate(column[self._scroll : self._scroll + room]):
                canvas.spans(x, 3 + y, line)
        if self._most:
            left = self._most - self._scroll
            canvas.right(width - 2, height - 1, (Span(f" ▼ {left} more " if left else " end ", "faint"),))
