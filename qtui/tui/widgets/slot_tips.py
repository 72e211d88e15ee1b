"""What a cell of the SLOTS panel says in words: the attempt of now, or what a second of the history was."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region

from qtui.core.snapshot import Cell, SlotState, SlotView, Snapshot
from qtui.text import clean, plural
from qtui.tui.canvas import Line, Span
from qtui.tui.prose import wall
from qtui.tui.tip import Tip
from qtui.tui.widgets.slot_cells import cells_at
from qtui.tui.widgets.slot_columns import strip_in_columns
from qtui.tui.widgets.slot_fields import for_cards, for_rows
from qtui.tui.widgets.slot_forms import CARD_ROWS, Form, fit_of, fitting
from qtui.tui.widgets.slot_marks import STATES, Strip, running_time, time_limit, words, worst_of
from qtui.tui.widgets.slots import slot_at

_DONE = (Cell.DONE, Cell.DONE_ALT)
_WAS: dict[str, tuple[str, str, str]] = {
    Cell.IDLE: ("·", "faint", "idle"),
    Cell.DONE: ("✓", "done_text", "done"),
    Cell.DONE_ALT: ("✓", "done_text", "done"),
    Cell.RUNNING: ("●", "running", "an attempt ran"),
    Cell.RETRY_BODY: ("◆", "retry_text", "failed, and was given another attempt"),
    Cell.RETRY_END: ("◆", "retry_text", "failed, and was given another attempt"),
    Cell.FAILED_BODY: ("×", "failed_text", "failed for good"),
    Cell.FAILED_END: ("×", "failed_text", "failed for good"),
    Cell.ENDED: ("─", "dim", "cancelled or interrupted"),
}
_ENDS = {Cell.RETRY_END: Cell.RETRY_BODY, Cell.FAILED_END: Cell.FAILED_BODY}


def slot_tip(snap: Snapshot, top: int, form: Form | None, x: int, y: int, width: int, height: int) -> Tip | None:
    """What there is to say of a cell of the panel, in the form that it is drawn in."""
    form = form or fitting(width, height, snap)
    number = slot_at(x, y, width, height, snap, top, form)
    slot = next((slot for slot in snap.slots if slot.number == number), None)
    if slot is None:
        return None
    spot = Region(x, y, 1, 1)
    if form is Form.BLOCKS:
        several = cells_at(width, height, snap.slots)
        if several > 1:
            return Tip(_of_several(snap, snap.slots.index(slot), several), spot)
    strip = _strip(form, x, y, width, height, snap)
    if strip is not None and strip.x <= x < strip.x + strip.columns:
        lines = _of_seconds(slot, snap, *strip.seconds(x, int(snap.elapsed_s)))
        return Tip(lines, spot) if lines else None
    return Tip(_of_now(slot, snap), spot)


def _strip(form: Form, x: int, y: int, width: int, height: int, snap: Snapshot) -> Strip | None:
    """Where the history of the slot in this row is."""
    match form:
        case Form.CARDS:
            at = for_cards(width, snap.slots)
            return Strip(at.strip, at.strip_width, at.per) if (y - 1) % CARD_ROWS == 1 else None
        case Form.ROWS:
            at = for_rows(width, snap.slots)
            return Strip(at.strip, at.strip_width, at.per)
        case Form.COLUMNS:
            shown = min(len(snap.slots), fit_of(form, width, height, snap).shown)
            return strip_in_columns(x, width, height, shown, snap.slots)
        case _:
            return None


def _of_now(slot: SlotView, snap: Snapshot) -> Sequence[Line]:
    glyph, colour = STATES[slot.state]
    head = Span(f"slot {slot.number}", "accent", True)
    if not slot.seq or slot.state is SlotState.RETIRED:
        return ((head,), (Span(f"{glyph} ", colour, True), Span(clean(words(slot, snap)))))
    lines: list[Line] = [(head, Span(f"  #{slot.seq} ", bold=True), Span(clean(slot.name)))]
    if slot.state is SlotState.BACKOFF:
        said = f"back-off, {running_time(slot.left_s)} left"
    else:
        of = f" of {time_limit(slot.timeout_s)}" if slot.timeout_s > 0 else ""
        said = f"{running_time(slot.elapsed_s)}{of}, began {wall(_now(snap) - slot.elapsed_s)}"
    attempt = f"  attempt {slot.attempt}/{slot.attempts}" if slot.attempts else ""
    lines.append((Span(f"{glyph} ", colour, True), Span(said), Span(attempt, "dim")))
    if slot.note:
        lines.append((Span(clean(slot.note, 200), "dim"),))
    return lines


def _now(snap: Snapshot) -> float:
    return snap.started_at + snap.elapsed_s


def _of_seconds(slot: SlotView, snap: Snapshot, since: int, until: int) -> Sequence[Line]:
    """Of the worst of these seconds of the run; both are among them."""
    newest = int(snap.elapsed_s)
    last = len(slot.strip) - 1
    indices = range(max(0, last - (newest - since)), last - (newest - until) + 1)
    told = [index for index in indices if slot.strip[index] != Cell.ABSENT]
    if not told:
        return ()
    index = worst_of(slot.strip, told)
    cell = slot.strip[index]
    if cell == Cell.RUNNING and slot.seq and newest - (last - index) >= int(snap.elapsed_s - slot.elapsed_s):
        return _of_now(slot, snap)
    first, end = _extent(slot.strip, index)
    begun = snap.started_at + newest - (last - first)
    glyph, ink, what = _WAS[cell]
    long = f"about {end - first + 1} s" if end > first else "a second or less"
    return (
        (Span(f"slot {slot.number}  ", "accent", True), Span(wall(begun), bold=True), Span(f"  {long}", "dim")),
        (Span(f"{glyph} ", ink, True), Span(what)),
    )


def _extent(strip: str, index: int) -> tuple[int, int]:
    """The first and the last second of what this one is a part of, as far as their cells tell."""
    cell = strip[index]
    body = str(_ENDS.get(Cell(cell), cell))
    first = end = index
    while first > 0 and strip[first - 1] == body:
        first -= 1
    closing = {str(body): str(end_cell) for end_cell, body in _ENDS.items()}.get(body, "")
    if cell == body:
        while end + 1 < len(strip) and strip[end + 1] == body:
            end += 1
        if closing and end + 1 < len(strip) and strip[end + 1] == closing:
            end += 1
    return first, end


def _of_several(snap: Snapshot, index: int, size: int) -> Sequence[Line]:
    start = index // size * size
    group = snap.slots[start : start + size]
    states = [slot.state for slot in group]
    busy = states.count(SlotState.RUNNING)
    lines: list[Line] = [
        (Span(f"slots {group[0].number} to {group[-1].number}", "accent", True),),
        (Span("● ", "running", True), Span(f"{busy} of {plural(len(group), 'slot')} busy")),
    ]
    for state in (SlotState.LEAVING, SlotState.HELD, SlotState.BACKOFF):
        if number := states.count(state):
            glyph, colour = STATES[state]
            lines.append((Span(f"{glyph} ", colour, True), Span(f"{number} {state.value}")))
    return lines
