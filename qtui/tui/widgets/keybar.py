"""The last row: the keys that make sense now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qtui.tui.canvas import Canvas


class Hint(NamedTuple):
    """One entry of the key bar."""

    keys: str
    text: str
    action: str = ""
    """The id of the action a click runs."""

    @property
    def width(self) -> int:
        return len(self.keys) + 1 + len(self.text)


def fitting(hints: Sequence[Hint], width: int) -> list[tuple[int, Hint]]:
    """The hints that fit, each with its column; `hints` are in the order of the row, the last two always stay."""
    kept = list(hints)
    gap = 2
    while kept and sum(hint.width + gap for hint in kept) - gap + 2 > width:
        del kept[-3 if len(kept) >= 3 else 0]
    placed = []
    x = 1
    for hint in kept:
        placed.append((x, hint))
        x += hint.width + gap
    return placed


def draw_keybar(canvas: Canvas, hints: Sequence[Hint]) -> None:
    """As many as fit; help and quit stay to the last."""
    canvas.fill(0, 0, canvas.width, 1, "raised")
    for x, hint in fitting(hints, canvas.width):
        canvas.put(x, 0, hint.keys, "accent", bold=True)
        canvas.put(x + len(hint.keys) + 1, 0, hint.text, "dim")
