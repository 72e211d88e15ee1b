"""The SLOTS panel: what every slot runs now and how it fared in the last minute, in the roomiest form that fits."""

from __future__ import annotations

from qtui.core.snapshot import SlotState, SlotView, Snapshot
from qtui.text import count
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.widgets.charts import fit
from qtui.tui.widgets.slot_cards import draw_cards
from qtui.tui.widgets.slot_cells import cell_at, draw_cells
from qtui.tui.widgets.slot_columns import column_at, draw_columns
from qtui.tui.widgets.slot_fields import draw_fields, draw_history, for_rows
from qtui.tui.widgets.slot_forms import CARD_ROWS, Form, first_of, fit_of, fitting
from qtui.tui.widgets.slot_marks import age_axis, legend
from qtui.tui.widgets.worker_dots import auto_title


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
    number = f"{count(there)} → {count(target)}" if there != target else count(there)
    more = f"  +{count(snap.more_slots)} more" if snap.more_slots else ""
    return [Span("SLOTS ", bold=True), Span(number, bold=True), Span(more, "pressure"), *auto_title(snap, 24)]


def _draw_rows(canvas: Canvas, snap: Snapshot, shown: list[SlotView], selected: int, title: Line) -> None:
    width, height, slots = canvas.width, canvas.height, snap.slots
    canvas.box(0, 0, width, height, title=title, right=legend(canvas) if width >= 100 else ())
    if not shown and width > 12 and height > 2:
        canvas.put(2, 1, fit("no slots", width - 4), "faint")
    at = for_rows(width, slots)
    if at.name + 1 >= width - 1:
        return
    for y, slot in enumerate(shown, 1):
        chosen = slot.number == selected
        if chosen:
            canvas.fill(1, y, width - 2, 1, "raised")
            canvas.put(1, y, "▌", "accent")
        draw_fields(canvas, y, slot, snap, at, bold=chosen and canvas.textured)
        draw_history(canvas, y, slot, snap, at)
    if shown and at.strip_width:
        age_axis(canvas, at.strip + at.strip_width, at.strip_width, at.per)


def _shown(form: Form, first: int, shown: int, count: int) -> str:
    what = "rows" if form is Form.ROWS else "slots"
    above = f" ▲ {first}" if first else ""
    below = f" ▼ {count - first - shown}" if first + shown < count else ""
    return f"{what} {first + 1}-{first + shown}{above}{below} more"
