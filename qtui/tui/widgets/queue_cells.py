"""The queue as a line of people at a door: head on the right, next to the workers, filling towards the gate."""

from __future__ import annotations

import math

from qtui.core.snapshot import QueueView
from qtui.tui.canvas import Canvas

ZONE = 0.8
"""Places from this share on stand in the amber zone next to the gate."""


def draw_cells(canvas: Canvas, queue: QueueView, x: int, y: int, width: int, rows: int) -> None:
    """One mark per place where they fit, a proportional bar otherwise; the high-water mark stays as a trace."""
    places = width * rows
    if places <= 0:
        return
    single = _fits(queue.capacity, width, rows)
    if single:
        marks, filled, high = queue.capacity, min(queue.depth, queue.capacity), queue.high_water
    else:
        marks, filled, high = places, _scaled(queue.depth, queue.capacity, places), 0
    columns = math.ceil(marks / rows)
    cell = width // columns
    shape = "█" * (cell - 1) + ("▊" if single else "█")
    empty = "·".rjust(cell) if canvas.textured else shape
    right = x + width
    for place in range(marks):
        column, row = divmod(place, rows)
        at = right - (column + 1) * cell
        amber = place >= marks * ZONE
        if place < filled:
            text = "▓" * cell if canvas.textured and amber else shape
            canvas.put(at, y + row, text, "pressure" if amber else "queued")
        else:
            trace = place == high - 1
            ink = "idle" if trace else "faint" if canvas.textured else "raised"
            canvas.put(at, y + row, "│".rjust(cell) if trace and canvas.textured else empty, ink)


def _fits(capacity: int, width: int, rows: int) -> bool:
    """Whether one mark per place fills the width well enough for a full queue to reach the gate."""
    columns = math.ceil(capacity / rows)
    return 0 < columns <= width and columns * (width // columns) >= width * 0.85


def _scaled(depth: int, capacity: int, places: int) -> int:
    """Never empty while something waits, never full while there is room."""
    cells = round(min(1.0, depth / max(1, capacity)) * places)
    if depth and not cells:
        return 1
    return places - 1 if cells == places and depth < capacity else cells
