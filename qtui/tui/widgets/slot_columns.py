"""The slots in two to four columns: a short name, the running time and a few cells of history each."""

from __future__ import annotations

from typing import NamedTuple

from qtui.core.snapshot import SlotState, SlotView, Snapshot
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.widgets.charts import fit, shorten
from qtui.tui.widgets.slot_marks import (
    STATES,
    Strip,
    columns_of,
    draw_strip,
    is_slow,
    number_width,
    running_time,
    words,
)

_MOST_COLUMNS = 4
_LEAST_WIDTH = 25
_PER = 2
"""Seconds of history in one cell."""


def column_count(width: int, rows: int, count: int) -> int:
    """How many columns show `count` slots, or 0 when they do not fit."""
    if rows <= 0:
        return 0
    columns = -(-count // rows)
    return columns if columns <= min(_MOST_COLUMNS, (width - 2) // _LEAST_WIDTH) else 0


def most_columns(width: int) -> int:
    """How many columns there is room for, one at least."""
    return max(1, min(_MOST_COLUMNS, (width - 2) // _LEAST_WIDTH))


def column_at(x: int, y: int, width: int, height: int, count: int) -> int | None:
    """The index among `count` slots shown of the one at a cell, or None."""
    rows = height - 2
    columns = _columns(width, rows, count)
    column = (x - 1) // max(1, (width - 2) // columns)
    return column * rows + y - 1 if column < columns else None


def strip_in_columns(x: int, width: int, height: int, shown: int, slots: list[SlotView]) -> Strip:
    """Where the history is of the slot in the column of a cell, while so many are shown."""
    column_width = max(1, (width - 2) // _columns(width, height - 2, shown))
    layout = _layout(column_width, slots)
    return Strip(1 + (x - 1) // column_width * column_width + layout.strip, layout.strip_width, _PER)


def _columns(width: int, rows: int, shown: int) -> int:
    return max(1, min(most_columns(width), -(-shown // max(1, rows))))


class _Layout(NamedTuple):
    digits: int
    name_width: int
    elapsed_end: int
    strip: int
    strip_width: int


def _layout(column_width: int, slots: list[SlotView]) -> _Layout:
    digits = number_width(slots)
    strip_width = 5 if column_width < 36 else 10 if column_width < 50 else 20
    strip = column_width - strip_width
    elapsed_end = strip - 1
    return _Layout(digits, max(0, elapsed_end - 6 - digits - 4), elapsed_end, strip, strip_width)


def draw_columns(canvas: Canvas, snap: Snapshot, slots: list[SlotView], selected: int, title: Line) -> None:
    """Draw the panel with these slots; they fill the first column from the top, then the next."""
    width, rows = canvas.width, canvas.height - 2
    columns = _columns(width, rows, len(slots))
    column_width = max(1, (width - 2) // columns)
    layout = _layout(column_width, snap.slots)
    history: Line = (Span(f"▆ last {layout.strip_width * _PER} s", "dim"),)
    canvas.box(0, 0, width, canvas.height, title=title, right=history)
    if rows < 1 or column_width < _LEAST_WIDTH:
        return
    for index, slot in enumerate(slots[: rows * columns]):
        column, row = divmod(index, rows)
        _draw_slot(canvas, 1 + column * column_width, row + 1, slot, snap, layout, slot.number == selected)


def _draw_slot(canvas: Canvas, x: int, y: int, slot: SlotView, snap: Snapshot, layout: _Layout, selected: bool) -> None:
    if selected:
        canvas.fill(x, y, layout.strip + layout.strip_width, 1, "raised")
        canvas.put(x, y, "▌", "accent")
    retired = slot.state is SlotState.RETIRED
    canvas.put(x + 1, y, f"{slot.number:>{layout.digits}}", "faint" if retired else "dim")
    glyph, colour = STATES[slot.state]
    canvas.put(x + layout.digits + 2, y, glyph, colour, bold=True)
    name_x = x + layout.digits + 4
    if slot.seq and slot.state not in (SlotState.RETIRED, SlotState.BACKOFF):
        name = shorten(slot.name or f"job {slot.seq}", layout.name_width)
        canvas.put(name_x, y, name, "dim" if slot.state is SlotState.LEAVING else "text")
        elapsed = running_time(slot.elapsed_s).removesuffix("s")
        canvas.put(x + layout.elapsed_end - len(elapsed), y, elapsed, "pressure" if is_slow(slot) else "dim")
    else:
        colour = {SlotState.HELD: "pressure", SlotState.BACKOFF: "retry_text"}.get(slot.state, "faint")
        canvas.put(name_x, y, fit(words(slot, snap), layout.name_width + 5), colour)
    cells = columns_of(slot.strip, int(snap.elapsed_s), _PER, layout.strip_width)
    draw_strip(canvas, x + layout.strip, y, cells)
