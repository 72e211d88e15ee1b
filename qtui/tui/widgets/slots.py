"""The SLOTS panel: what every slot runs now and how it fared in the last minute, in the roomiest form that fits."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from qtui.core.snapshot import STRIP_SECONDS, SlotState, SlotView, Snapshot
from qtui.text import count
from qtui.tui.canvas import Canvas, Span
from qtui.tui.widgets.charts import fit, pace, shorten
from qtui.tui.widgets.slot_cells import cell_at, draw_cells
from qtui.tui.widgets.slot_columns import column_at, column_count, draw_columns
from qtui.tui.widgets.slot_marks import (
    STATES,
    age_axis,
    columns_of,
    draw_strip,
    gauge_share,
    is_slow,
    legend,
    number_width,
    running_time,
    words,
)

_GAUGE_WIDTH = 10


class Form(Enum):
    """How densely slots are drawn; the roomiest that fits is taken."""

    ROWS = "a row each"
    COLUMNS = "a short row each, in columns"
    CELLS = "a cell each, or a cell for several"


def draw_slots(canvas: Canvas, snap: Snapshot, *, selected: int, top: int) -> None:
    """Draw the panel. `selected` is the number of a slot, 0 for none; `top` the index of the first row shown."""
    form = _form(canvas.width, canvas.height, len(snap.slots))
    if form is Form.COLUMNS:
        draw_columns(canvas, snap, selected, _title(snap))
    elif form is Form.CELLS:
        draw_cells(canvas, snap, selected, _title(snap))
    else:
        _draw_rows(canvas, snap, selected, top)


def slot_rows(height: int, snap: Snapshot) -> int:
    """How many slots a panel of `height` rows shows at once; the denser forms always show them all."""
    count, rows = len(snap.slots), max(0, height - 2)
    return rows if _in_rows(rows, count) else count


def slot_at(x: int, y: int, width: int, height: int, snap: Snapshot, top: int) -> int | None:
    """The number of the slot drawn at a cell of the panel, or None."""
    count = len(snap.slots)
    if not (0 < x < width - 1 and 0 < y < height - 1):
        return None
    form = _form(width, height, count)
    if form is Form.COLUMNS:
        index = column_at(x, y, width, height, count)
    elif form is Form.CELLS:
        index = cell_at(x, y, width, height, snap.slots)
    else:
        index = _first(top, height - 2, count) + y - 1
    return snap.slots[index].number if index is not None and index < count else None


def _in_rows(rows: int, count: int) -> bool:
    """A few slots more than rows are worth scrolling for: their history says more than seeing them all."""
    return 2 * count <= 3 * rows or count == 0


def _form(width: int, height: int, count: int) -> Form:
    rows = max(0, height - 2)
    if _in_rows(rows, count):
        return Form.ROWS
    return Form.COLUMNS if column_count(width, rows, count) else Form.CELLS


def _first(top: int, rows: int, count: int) -> int:
    return max(0, min(top, count - rows))


def _title(snap: Snapshot) -> list[Span]:
    """`SLOTS 12`, and while slots are still leaving or coming `SLOTS 12 → 5`."""
    there = len(snap.slots) - [slot.state for slot in snap.slots].count(SlotState.RETIRED)
    target = snap.control.concurrency if snap.control.strategy != "unbounded" else there
    number = f"{there} → {target}" if there != target else f"{there}"
    more = f"  +{count(snap.more_slots)} more" if snap.more_slots else ""
    return [Span("SLOTS ", bold=True), Span(number, bold=True), Span(more, "pressure")]


class _Layout(NamedTuple):
    """Where the fields of a row begin and how wide they are; a width of 0 leaves the field out."""

    digits: int
    name: int
    name_width: int
    attempt: int
    gauge: int
    elapsed_end: int
    strip: int
    strip_width: int
    per: int


def _layout(width: int, slots: list[SlotView]) -> _Layout:
    digits = number_width(slots)
    name = digits + 5
    gauge_room = _GAUGE_WIDTH + 1 if width >= 100 else 0
    room = width - 2 - name
    after_name = 1 + 4 + gauge_room + 7
    name_width = min(room, _name_width(width))
    strip_width = room - name_width - after_name
    if strip_width < 8:
        # too narrow for a history: the name and the time are worth more
        name_width, strip_width = max(0, min(room, room - after_name + 2)), 0
    if strip_width > STRIP_SECONDS:
        name_width, strip_width = name_width + strip_width - STRIP_SECONDS, STRIP_SECONDS
    attempt = name + name_width + 1
    gauge = attempt + 4 if gauge_room else 0
    elapsed_end = attempt + 4 + gauge_room + 5
    return _Layout(
        digits,
        name,
        name_width,
        attempt,
        gauge,
        elapsed_end,
        elapsed_end + 2,
        strip_width,
        pace(strip_width, 45),
    )


def _name_width(width: int) -> int:
    """At 120 columns names leave exactly a minute of one-second cells; from there on both grow."""
    if width >= 120:
        return min(40, 28 + (width - 120) // 3)
    if width >= 100:
        return 20 + (width - 100) * 2 // 5
    return 24 if width >= 90 else max(10, min(22, 22 - (76 - width)))


def _draw_rows(canvas: Canvas, snap: Snapshot, selected: int, top: int) -> None:
    width, height, slots = canvas.width, canvas.height, snap.slots
    rows = max(0, height - 2)
    first = _first(top, rows, len(slots))
    shown = slots[first : first + rows]
    title = _title(snap)
    if len(slots) > len(shown) > 0:
        title += [Span(" ", "line"), Span("──", "line"), Span(f" {_rows_shown(first, len(shown), len(slots))}", "dim")]
    canvas.box(0, 0, width, height, title=title, right=legend(canvas) if width >= 100 else ())
    if not shown and width > 12 and rows:
        canvas.put(2, 1, fit("no slots", width - 4), "faint")
    layout = _layout(width, slots)
    for y, slot in enumerate(shown, 1):
        _draw_row(canvas, y, slot, snap, layout, slot.number == selected)
    if shown and layout.strip_width:
        age_axis(canvas, layout.strip + layout.strip_width, layout.strip_width, layout.per)


def _rows_shown(first: int, shown: int, count: int) -> str:
    above = f" ▲ {first}" if first else ""
    below = f" ▼ {count - first - shown}" if first + shown < count else ""
    return f"rows {first + 1}-{first + shown}{above}{below} more"


def _draw_row(canvas: Canvas, y: int, slot: SlotView, snap: Snapshot, layout: _Layout, selected: bool) -> None:
    width = canvas.width
    if layout.name + 1 >= width - 1:
        return
    if selected:
        canvas.fill(1, y, width - 2, 1, "raised")
        canvas.put(1, y, "▌", "accent")
    retired = slot.state is SlotState.RETIRED
    canvas.put(2, y, f"{slot.number:>{layout.digits}}", "faint" if retired else "dim")
    glyph, colour = STATES[slot.state]
    canvas.put(3 + layout.digits, y, glyph, colour, bold=True)
    if slot.seq and slot.state not in (SlotState.RETIRED, SlotState.BACKOFF):
        name = shorten(slot.name or f"job {slot.seq}", layout.name_width)
        leaving = slot.state is SlotState.LEAVING
        canvas.put(layout.name, y, name, "dim" if leaving else "text", bold=selected and canvas.textured)
        if layout.elapsed_end < width - 1:
            _draw_progress(canvas, y, slot, layout)
    else:
        inks = {SlotState.HELD: "pressure", SlotState.BACKOFF: "retry_text"}
        room = min(layout.elapsed_end, width - 1) - layout.name
        canvas.put(layout.name, y, fit(words(slot, snap), room), inks.get(slot.state, "faint"))
    if layout.strip_width:
        second = int(snap.elapsed_s)
        draw_strip(canvas, layout.strip, y, columns_of(slot.strip, second, layout.per, layout.strip_width))


def _draw_progress(canvas: Canvas, y: int, slot: SlotView, layout: _Layout) -> None:
    slow = is_slow(slot)
    if slot.attempt > 1:
        attempt = f"{slot.attempt}/{slot.attempts}"
        canvas.put(layout.attempt, y, attempt if len(attempt) <= 4 else attempt[:3], "retry_text", bold=True)
    elif slot.share is not None and not layout.gauge:
        canvas.put(layout.attempt, y, f"{int(slot.share * 100):>3}%", "accent")
    if layout.gauge and (slot.timeout_s > 0 or slot.share is not None):
        leaving = slot.state is SlotState.LEAVING
        told = "running" if slot.share is None else "accent"
        colour = "dim" if leaving else "pressure" if slow and slot.share is None else told
        canvas.gauge(layout.gauge, y, _GAUGE_WIDTH, gauge_share(slot), colour)
    elapsed = running_time(slot.elapsed_s)
    canvas.put(layout.elapsed_end - len(elapsed), y, elapsed, "pressure" if slow else "text")
