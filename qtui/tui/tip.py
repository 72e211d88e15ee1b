"""A small box that floats beside what it speaks of: where it stands and how it looks, wherever one is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.geometry import Offset, Region, Size

from qtui.tui.canvas import Canvas, Line, cut, length

WIDEST = 64
"""Columns of a box at most."""


@dataclass(frozen=True, slots=True)
class Tip:
    """What is said, and the cells it is said of."""

    lines: Sequence[Line]
    spot: Region


def size_of(lines: Sequence[Line], widest: int) -> Size:
    """How large the box of these lines is, its frame included."""
    return Size(min(widest, WIDEST, max(map(length, lines), default=0) + 4), len(lines) + 2)


def place(size: Size, spot: Region, bounds: Region) -> Offset | None:
    """Where a box stands: under what it speaks of, else over it, else beside it; never on it, never out of bounds.

    None where there is no such place.
    """
    if size.width > bounds.width or size.height > bounds.height:
        return None
    x = max(bounds.x, min(spot.x - 1, bounds.right - size.width))
    y = max(bounds.y, min(spot.y, bounds.bottom - size.height))
    for at in (
        Offset(x, spot.bottom),
        Offset(x, spot.y - size.height),
        Offset(spot.right, y),
        Offset(spot.x - size.width, y),
    ):
        if bounds.contains_region(Region.from_offset(at, size)):
            return at
    return None


def draw_tip(canvas: Canvas, at: Offset, size: Size, lines: Sequence[Line]) -> None:
    """Draw the box over whatever is there."""
    canvas.fill(at.x, at.y, size.width, size.height, "bg")
    canvas.box(at.x, at.y, size.width, size.height, line="accent")
    canvas.fill(at.x + 1, at.y + 1, size.width - 2, size.height - 2, "raised")
    for y, line in enumerate(lines, at.y + 1):
        canvas.spans(at.x + 2, y, cut(line, size.width - 4))
