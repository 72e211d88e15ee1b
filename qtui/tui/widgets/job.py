"""The JOB panel: what is known about the job in the selected slot, and how that slot fared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qtui.core.queries import JobStory, SlotAttempt
from qtui.core.snapshot import STRIP_SECONDS, Cell, Recent, SlotState, SlotView, Snapshot
from qtui.text import clean, count
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.hints import hint
from qtui.tui.prose import compact
from qtui.tui.widgets.charts import fit, pace, shorten
from qtui.tui.widgets.failures import draw_recent, end_colour
from qtui.tui.widgets.slot_marks import STATES, columns_of, draw_strip, is_slow, running_time, time_limit, words

_LABEL_WIDTH = 10
_FIELDS = 2
"""Fields of the job that are shown at most; the inspector has them all."""
_ROOMY = 16
"""From this height on what stands below the facts keeps its place, however many of them are known."""
_FACTS = 8
_GAUGE = 8


def draw_job(
    canvas: Canvas,
    snap: Snapshot,
    *,
    selected: int,
    story: JobStory | None = None,
    past: Sequence[SlotAttempt] = (),
) -> None:
    """Draw the panel for the slot whose number is `selected`; what is not known is left out.

    `story` is what the journal tells of the job in it, `past` the attempts that ended in it last, the newest first.
    """
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
    y, room = 1, max(0, width - 4 - _LABEL_WIDTH)
    facts = [*_facts(slot, snap, room), *_told(slot, story)] if has_job else [*_state_alone(slot, snap)]
    for label, line in facts:
        if y < height - 1:
            canvas.put(2, y, fit(label, width - 4), "dim")
            canvas.spans(2 + _LABEL_WIDTH, y, cut(line, room))
        y += 1
    if height >= _ROOMY:
        y = max(y, 1 + _FACTS)
    if (slot.strip.strip() or past) and y + 2 < height - 1:
        _draw_history(canvas, y, slot, snap)
        _draw_past(canvas, y + 3, past)


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


def _told(slot: SlotView, story: JobStory | None) -> Iterator[tuple[str, Line]]:
    """What only the journal tells of the job."""
    if story is None or story.row.seq != slot.seq:
        return
    began = min((attempt.started_at for attempt in story.attempts), default=0.0)
    if began >= story.accepted_at > 0:
        yield "queued", (Span(f"{running_time(began - story.accepted_at)} in the queue"),)
    texts_first = sorted(story.fields.items(), key=lambda field: not isinstance(field[1], str))
    for name, value in texts_first[:_FIELDS]:
        told = compact(value)
        if told != slot.name:
            yield clean(name, _LABEL_WIDTH - 1), (Span(told),)


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


def _draw_past(canvas: Canvas, y: int, past: Sequence[SlotAttempt]) -> None:
    """The attempts that ended in the slot, one a row: what it was, how long it ran."""
    width, shown = canvas.width, past[: max(0, canvas.height - 1 - y)]
    longest = max((attempt.run_s for attempt in shown), default=0.0)
    ends = [Recent(one.seq, clean(one.name, 200), one.outcome, running_time(one.run_s), 0.0) for one in shown]
    gauge = _GAUGE if width >= 50 else 0
    draw_recent(canvas, 2, y, width - 4 - (gauge + 2 if gauge else 0), ends)
    for row, attempt in enumerate(shown if gauge else (), y):
        share = attempt.run_s / longest if longest else 0.0
        canvas.gauge(width - 2 - gauge, row, gauge, share, end_colour(attempt.outcome))
