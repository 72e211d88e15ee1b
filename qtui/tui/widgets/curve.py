"""A thin curve in dots of braille, two by four to a cell: the one drawing that uses them."""

from __future__ import annotations

from collections.abc import Sequence

from qtui.tui.canvas import Canvas

_EMPTY = 0x2800
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""The bits of a cell by column and height of the dot."""


def draw_line(canvas: Canvas, x: int, y: int, rows: int, values: Sequence[float], top: float, fg: str) -> int:
    """Draw two values to a cell, joined to one another, up to where they leave the chart at `top`.

    Gives how many columns there are before the one where the curve is in the highest row, or all of them.
    """
    cells: dict[tuple[int, int], int] = {}
    highest = (len(values) + 1) // 2
    before = -1
    for index, value in enumerate(values):
        level = round(min(value / top if top > 0 else 0.0, 2.0) * (rows * 4 - 1))
        last = min(level, rows * 4 - 1)
        for dot in range(min(last, before + 1) if before >= 0 else last, last + 1):
            cell = index // 2, rows - 1 - dot // 4
            cells[cell] = cells.get(cell, _EMPTY) | _DOTS[index % 2][dot % 4]
        if last // 4 == rows - 1:
            highest = min(highest, index // 2)
        if level > last:
            break
        before = last
    for (column, row), dots in cells.items():
        canvas.put(x + column, y + row, chr(dots), fg)
    return highest
