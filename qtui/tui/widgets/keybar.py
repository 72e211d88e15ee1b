"""The last row: the keys that make sense now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qtui.tui.canvas import Canvas

GAP = 2


class Hint(NamedTuple):
    """One entry of the key bar."""

    keys: str
    text: str
    action: str = ""
    """The id of the action a click runs."""
    rank: int = 99
    """0 stays to the last when room is short."""

    @property
    def width(self) -> int:
        return len(self.keys) + 1 + len(self.text)


def fitting(hints: Sequence[Hint], width: int) -> list[tuple[int, Hint]]:
    """The hints there is room for, in their order, each with its column."""
    kept = list(hints)
    while kept and sum(hint.width + GAP for hint in kept) - GAP + 2 > width:
        kept.remove(max(kept, key=lambda hint: hint.rank))
    placed = []
    x = 1
    for hint in kept:
        placed.append((x, hint))
        x += hint.width + GAP
    return placed


def hint_at(hints: Sequence[Hint], width: int, column: int) -> Hint | None:
    """The hint drawn at `column`, for a click."""
    return next((hint for x, hint in fitting(hints, width) if x <= column < x + hint.width), None)


def draw_keybar(canvas: Canvas, hints: Sequence[Hint]) -> None:
    canvas.fill(0, 0, canvas.width, 1, "raised")
    for x, hint in fitting(hints, canvas.width):
        canvas.put(x, 0, hint.keys, "accent", bold=True)
        canvas.put(x + len(hint.keys) + 1, 0, hint.text, "dim")
