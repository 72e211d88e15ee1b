"""How busy groups of slots were, second by second: a stall or a half-dead pool shows as a dark rectangle."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from qtui.core.snapshot import STRIP_SECONDS, Cell, SlotView
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.widgets.charts import fit
from qtui.tui.widgets.slot_marks import age_axis

_LEAST_ROWS = 3
_SMALLEST_GROUP = 8
_TEXTURES = "·░▒▓▇"
_FAILED = -1
UNSETTLED = 10
"""The last seconds of a strip change with every attempt that ends; what was before changes once a second."""


def draw_utilisation(canvas: Canvas, y: int, rows: int, slots: Sequence[SlotView]) -> None:
    """Draw in `rows` rows from `y` on: a rule, then a row for each group; too few rows are left blank."""
    width = canvas.width
    if rows < _LEAST_ROWS or width < 60 or not slots:
        return
    size = _SMALLEST_GROUP
    while -(-len(slots) // size) > rows - 1:
        size *= 2
    label_width = 2 * len(str(slots[-1].number)) + 1
    x = label_width + 3
    columns = min(STRIP_SECONDS, width - 2 - x)
    x = width - 2 - columns
    canvas.put(1, y, "╌" * (width - 2), "line")
    legend: Line = (
        Span(" busy share of groups of ", "dim"),
        Span(f"{size}", bold=True),
        Span(" slots · ", "dim"),
        Span("×", "failed_text"),
        Span(" a job failed ", "dim"),
    )
    canvas.spans(2, y, legend)
    for row, start in enumerate(range(0, len(slots), size), y + 1):
        group = slots[start : start + size]
        label = f"{group[0].number}-{group[-1].number}"
        canvas.put(x - 1 - len(label), row, fit(label, label_width), "faint")
        _draw_group(canvas, x, row, _levels([slot.strip for slot in group], columns))
    age_axis(canvas, width - 2, columns, 1)


def _levels(strips: Sequence[str], columns: int) -> list[int]:
    """For each second the busy share of the slots there were, in quarters rounded up, or that a job failed."""
    shown = [strip[-columns:].rjust(columns) for strip in strips]
    settled = _part(tuple(strip[:-UNSETTLED] for strip in shown)) if columns > UNSETTLED else []
    return [*settled, *_part(tuple(strip[-UNSETTLED:] for strip in shown))]


@lru_cache(maxsize=512)
def _part(strips: tuple[str, ...]) -> list[int]:
    columns = len(strips[0])
    seconds = "".join(strips)
    levels = []
    for column in range(columns):
        cells = seconds[column::columns]
        there = len(cells) - cells.count(Cell.ABSENT)
        busy = there - cells.count(Cell.IDLE)
        levels.append(_FAILED if Cell.FAILED_END in cells else -(-busy * 4 // there) if there else 0)
    return levels


def _draw_group(canvas: Canvas, x: int, y: int, levels: Sequence[int]) -> None:
    for level, run in groupby(levels):
        length = sum(1 for _ in run)
        if level == _FAILED:
            canvas.put(x, y, "×" * length, "failed_text")
        elif canvas.textured:
            canvas.put(x, y, _TEXTURES[level] * length, "text" if level else "faint")
        else:
            canvas.put(x, y, "▇" * length, f"heat{level}")
        x += length
