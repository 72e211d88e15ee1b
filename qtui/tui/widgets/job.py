"""The JOB panel: everything the snapshot knows about the job in the selected slot, and how that slot fared."""

from __future__ import annotations

from collections.abc import Iterator

from qtui.core.snapshot import STRIP_SECONDS, Cell, SlotState, SlotView, Snapshot
from qtui.text import count
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.hints import hint
from qtui.tui.widgets.charts import fit, pace, shorten
from qtui.tui.widgets.slot_marks import STATES, columns_of, draw_strip, is_slow, running_time, time_limit, words

_LABEL_WIDTH = 10


def draw_job(canvas: Canvas, snap: Snapshot, *, selected: int) -> None:
    """Draw the panel for the slot whose number is `selected`; what is not known is left out."""
    width, height = canvas.width, canvas.height
    slot = next((slot for slot in snap.slots if slot.number == selected), None)
    title = [Span("JOB", bold=True)]
    if slot is not None:
        title.append(Span(f" slot {slot.number}", "dim"))
    has_job = slot is not None and slot.seq > 0 and slot.state is not SlotState.RETIRED
    opens = hint("open", "inspect") if has_job or (slot is not None and slot.last) else ()
    canvas.box(0, 0, width, height, title=title, right=opens)
    if height < 3 or width < 8:
        return
    if slot is None:
        canvas.put(2, 1, fit("no slot selected", width - 4), "faint")
        return
    y = 1
    for label, line in _facts(slot, snap, width - 4 - _LABEL_WIDTH) if has_job else _state_alone(slot, snap):
        if y < height - 1:
            canvas.put(2, y, fit(label, width - 4), "dim")
            canvas.spans(2 + _LABEL_WIDTH, y, cut(line, max(0, width - 4 - _LABEL_WIDTH)))
        y += 1
    if slot.strip.strip() and y + 2 < height - 1:
        _draw_history(canvas, y, slot, snap)


def _facts(slot: SlotView, snap: Snapshot, room: int) -> Iterator[tuple[str, Line]]:
    number = f"#{slot.seq}"
    name = shorten(slot.name, max(0, room - len(number) - 2))
    yield "job", (Span(number, bold=True), Span(f"  {name}", bold=True))
    yield "state", _state(slot)
    if slot.attempts:
        again = slot.attempt > 1
        yield "attempt", (Span(f"{slot.attempt} of {slot.attempts}", "retry_text" if again else "text"),)
    last = next((recent for recent in snap.recent if recent.seq == slot.seq and recent.kind != "done"), None)
    if last is not None:
        yield "last try", (Span(last.text, "retry_text"), Span(f"  {running_time(last.ago_s)} ago", "dim"))
    if len(snap.producers) == 1:
        yield "producer", (Span(snap.producers[0].name),)
    if slot.share is not None:
        done = int(slot.share * 20)
        bar = (Span("━" * done, "accent"), Span("─" * (20 - done), "line"), Span(f" {int(slot.share * 100)}%  "))
        yield "progress", (*bar, Span(slot.note, "dim"))
    elif slot.note:
        yield "note", (Span(slot.note),)


def _state(slot: SlotView) -> Line:
    glyph, colour = STATES[slot.state]
    what = "running" if slot.state is SlotState.RUNNING else "running, then the slot goes"
    if slot.state is SlotState.HELD:
        what = "held"
    if slot.state is SlotState.BACKOFF:
        what = f"back-off, {running_time(slot.left_s)} left, kept its slot for"
    spans = [Span(f"{glyph} ", colour, True), Span(f"{what} ")]
    spans.append(Span(running_time(slot.elapsed_s), "pressure" if is_slow(slot) else "text"))
    if slot.timeout_s > 0:
        spans.append(Span(f" of {time_limit(slot.timeout_s)} timeout", "text"))
    return spans


def _state_alone(slot: SlotView, snap: Snapshot) -> Iterator[tuple[str, Line]]:
    glyph, colour = STATES[slot.state]
    yield "state", (Span(f"{glyph} " if glyph.strip() else "", colour, True), Span(words(slot, snap)))
    if slot.last:
        yield "last job", (Span(f"#{slot.last}"),)


def _draw_history(canvas: Canvas, y: int, slot: SlotView, snap: Snapshot) -> None:
    """Under a dashed rule the strip of the slot over the whole width."""
    width = canvas.width
    columns = min(STRIP_SECONDS, width - 4)
    per = pace(columns, 45)
    span = min(columns * per, STRIP_SECONDS)
    canvas.put(1, y, "╌" * (width - 2), "line")
    canvas.put(2, y + 1, fit(f"this slot, last {span} s", width - 4), "dim")
    retried, failed = (slot.strip[-span:].count(cell) for cell in (Cell.RETRY_END, Cell.FAILED_END))
    ends: list[Span] = []
    if retried:
        ends += [Span("◆ ", "retry_text", True), Span(count(retried), "dim")]
    if failed:
        ends += [Span("  × " if ends else "× ", "failed_text", True), Span(count(failed), "dim")]
    if width >= 50:
        canvas.right(width - 2, y + 1, ends)
    draw_strip(canvas, 2, y + 2, columns_of(slot.strip, int(snap.elapsed_s), per, columns))
