"""The SLOTS panel: what every slot runs now and how it fared in the last minute, in the roomiest form that fits."""

from __future__ import annotations

from typing import NamedTuple

from qtui.core.snapshot import STRIP_SECONDS, SlotState, SlotView, Snapshot
from qtui.text import count
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.widgets.charts import fit, pace, shorten
from qtui.tui.widgets.slot_cards import draw_cards
from qtui.tui.widgets.slot_cells import cell_at, draw_cells
from qtui.tui.widgets.slot_columns import column_at, draw_columns
from qtui.tui.widgets.slot_forms import CARD_ROWS, Form, first_of, fit_of, fitting
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
from qtui.tui.widgets.worker_dots import auto_title

_GAUGE_WIDTH = 10


def draw_slots(
    canvas: Canvas, snap: Snapshot, *, selected: int, top: int, form: Form | None = None, wanted: bool = False
) -> None:
    """Draw the panel. `selected` is the number of a slot, 0 for none; `top` the index of the first one to show.

    `form` is how to draw them, None what fits; `wanted`: a person asked for it.
    """
    form = form or fitting(canvas.width, canvas.height, snap)
    first, shown = _seen(canvas.width, canvas.height, snap, top, form)
    title = _title(snap)
    if wanted:
        title.append(Span(f" as {form}", "accent"))
    if shown < len(snap.slots):
        title += [Span(" ", "line"), Span("──", "line"), Span(f" {_shown(form, first, shown, len(snap.slots))}", "dim")]
    some = snap.slots[first : first + shown]
    match form:
        case Form.CARDS:
            draw_cards(canvas, snap, some, selected, title)
        case Form.ROWS:
            _draw_rows(canvas, snap, some, selected, title)
        case Form.COLUMNS:
            draw_columns(canvas, snap, some, selected, title)
        case _:
            draw_cells(canvas, snap, selected, title, first, form is Form.BLOCKS)


def slot_rows(width: int, height: int, snap: Snapshot, form: Form | None = None) -> int:
    """How many slots a panel shows at once."""
    return min(len(snap.slots), fit_of(form or fitting(width, height, snap), width, height, snap).shown)


def slot_at(x: int, y: int, width: int, height: int, snap: Snapshot, top: int, form: Form | None = None) -> int | None:
    """The number of the slot drawn at a cell of the panel, or None."""
    if not (0 < x < width - 1 and 0 < y < height - 1):
        return None
    form = form or fitting(width, height, snap)
    first, shown = _seen(width, height, snap, top, form)
    match form:
        case Form.CARDS:
            index: int | None = (y - 1) // CARD_ROWS
        case Form.ROWS:
            index = y - 1
        case Form.COLUMNS:
            index = column_at(x, y, width, height, shown)
        case _:
            index = cell_at(x, y, width, height, snap.slots, 0, form is Form.BLOCKS)
    if index is None or not 0 <= index < shown or first + index >= len(snap.slots):
        return None
    return snap.slots[first + index].number


def _seen(width: int, height: int, snap: Snapshot, top: int, form: Form) -> tuple[int, int]:
    """The index of the first slot drawn, and how many are."""
    held, number = fit_of(form, width, height, snap), len(snap.slots)
    first = first_of(held, max(0, top), number)
    return first, max(0, min(number - first, held.shown)) if height > 2 else 0


def _title(snap: Snapshot) -> list[Span]:
    """`SLOTS 12`, and while slots are still leaving or coming `SLOTS 12 → 5`."""
    there = len(snap.slots) - [slot.state for slot in snap.slots].count(SlotState.RETIRED)
    target = snap.workers if snap.control.strategy != "unbounded" else there
    number = f"{there} → {target}" if there != target else f"{there}"
    more = f"  +{count(snap.more_slots)} more" if snap.more_slots else ""
    return [Span("SLOTS ", bold=True), Span(number, bold=True), Span(more, "pressure"), *auto_title(snap, 24)]


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


def _draw_rows(canvas: Canvas, snap: Snapshot, shown: list[SlotView], selected: int, title: Line) -> None:
    width, height, slots = canvas.width, canvas.height, snap.slots
    canvas.box(0, 0, width, height, title=title, right=legend(canvas) if width >= 100 else ())
    if not shown and width > 12 and height > 2:
        canvas.put(2, 1, fit("no slots", width - 4), "faint")
    layout = _layout(width, slots)
    for y, slot in enumerate(shown, 1):
        _draw_row(canvas, y, slot, snap, layout, slot.number == selected)
    if shown and layout.strip_width:
        age_axis(canvas, layout.strip + layout.strip_width, layout.strip_width, layout.per)


def _shown(form: Form, first: int, shown: int, count: int) -> str:
    what = "rows" if form is Form.ROWS else "slots"
    above = f" ▲ {first}" if first else ""
    below = f" ▼ {count - first - shown}" if first + shown < count else ""
    return f"{what} {first + 1}-{first + shown}{above}{below} more"


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
