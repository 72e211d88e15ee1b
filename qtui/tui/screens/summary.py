"""Drawing of a finished or stopped run: how much succeeded, the facts beside it, and what can be done next."""

from __future__ import annotations

from qtui.core import ending
from qtui.core.eta import retry_seconds
from qtui.core.snapshot import Counts, QueueView, RunState, Snapshot
from qtui.text import clean, clock, count, percent, plural, rate, seconds, size
from qtui.tui.actions import key_of
from qtui.tui.big import HEIGHT, big_width, draw_big
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.prose import about, wall, wrap

_FACT_VALUE = 19
"""Columns from the label of a fact to the end of its value."""


def success(counts: Counts) -> str:
    """The share of finished jobs that are done, never rounded up to `100%`; empty when nothing finished."""
    if not counts.finished:
        return ""
    if counts.done == counts.finished:
        return "100%"
    tenths = counts.done * 1000 // counts.finished
    return f"{tenths // 10}.{tenths % 10}%"


def left_over(snap: Snapshot) -> int:
    """Jobs that a stopped run did not finish: all that are known."""
    known = max(snap.counts.accepted, snap.counts.total or 0)
    return max(0, known - snap.counts.finished)


def exit_words(snap: Snapshot) -> str:
    """The exit code `qtui` ends with and what it says."""
    return f"exit code {int(ending.exit_code(snap))}: {ending.exit_words(snap)}"


def draw_summary(canvas: Canvas, snap: Snapshot, why_empty: str = "") -> None:
    """The success share in big digits with its counts on the left, the facts on the right.

    `why_empty` says why there was nothing to do, where that is known.
    """
    width, height = canvas.width, canvas.height
    share = success(snap.counts)
    tall = height >= 7 and width >= 44
    left = max(big_width(share) if tall else 0, length(_counts(snap))) + 6
    beside = width - left >= 34 and height >= 4
    top = 1 + (height >= 11) if tall and height > HEIGHT + 1 + len(_remarks(snap)) else 0
    if not snap.counts.accepted:
        for row, part in enumerate(wrap(_nothing(snap, why_empty), width - 6)):
            canvas.spans(3, top + row, part)
        return
    if tall:
        draw_big(canvas, 3, top, share, "done" if snap.counts.done * 2 >= snap.counts.finished else "failed")
        row = top + HEIGHT + (height >= 9)
    else:
        canvas.put(3, 0, share, "done_text", bold=True)
        row = 1
    canvas.spans(3, row, cut(_counts(snap), (left if beside else width) - 4))
    for line in _remarks(snap):
        for part in wrap(line, (left - 5) if beside else width - 6):
            row += 1
            canvas.spans(3, row, part)
    if beside:
        _draw_facts(canvas, left + 2, top if height - top >= len(facts(snap)) else 0, snap)


def _nothing(snap: Snapshot, why: str) -> Line:
    problems = [clean(f"{producer.name}: {producer.problem}") for producer in snap.producers if producer.problem]
    said = clean(snap.problem) or "; ".join(problems) or clean(why, 1_000) or "Its sources gave nothing to do"
    return (Span("The preset produced no jobs. ", bold=True), Span(f"{said.rstrip('.')}.", "dim"))


def _counts(snap: Snapshot) -> Line:
    counts = snap.counts
    line: list[Span] = [Span(count(counts.done), "done_text", True), Span(" done", "dim")]
    if counts.failed:
        line += [Span(f"   {count(counts.failed)}", "failed_text", True), Span(" failed", "dim")]
    if counts.held:
        line += [Span(f"   {count(counts.held)}", "pressure", True), Span(" held", "dim")]
    for number, word in ((counts.cancelled - counts.dropped, "cancelled"), (counts.dropped, "dropped")):
        if number:
            line += [Span(f"   {count(number)}", bold=True), Span(f" {word}", "dim")]
    return line


def _remarks(snap: Snapshot) -> list[Line]:
    remarks: list[Line] = []
    if snap.state is RunState.STOPPED and (left := left_over(snap)):
        more = "" if snap.counts.total is not None else " and what its sources still hold"
        remarks.append((Span(count(left), "pressure", True), Span(f" left to do{more}", "dim")))
    if snap.problem:
        remarks.append((Span("× ", "failed_text", True), Span(clean(snap.problem), "failed_text")))
    return remarks


def facts(snap: Snapshot) -> list[tuple[str, str, str]]:
    """Label, value and comparison, only of what the snapshot knows."""
    rates, queue, counts = snap.rates, snap.queue, snap.counts
    end = snap.started_at + snap.elapsed_s
    rows = [
        ("time", clock(snap.elapsed_s), f"{wall(snap.started_at)} → {wall(end)}"),
        ("throughput", rate(rates.done_run), f"on average, peak {rate(rates.done_peak)}"),
    ]
    if snap.latency.p50:
        rows.append(
            (
                "latency",
                seconds(snap.latency.p50),
                f"median;  p95 {seconds(snap.latency.p95)}  p99 {seconds(snap.latency.p99)}",
            )
        )
    rows.append(("queue", count(queue.high_water), _bound(queue)))
    if counts.lost:
        rows.append(("lost", count(counts.lost), f"found the queue full ({queue.overflow})"))
    rows.append(("producers", percent(rates.blocked_share_run), "of the time blocked in put()"))
    rows.append(("workers", percent(rates.busy_share_run), f"busy, {plural(snap.control.concurrency, 'slot')}"))
    if counts.retries:
        rows.append(("retries", count(counts.retries), f"{plural(counts.recovered, 'job')} succeeded after one"))
    if snap.health.tasks_peak:
        rows.append(("tasks", count(snap.health.tasks_peak), f"peak; strategy {snap.control.strategy}"))
    if snap.health.rss_peak_bytes:
        rows.append(("memory", size(snap.health.rss_peak_bytes), "peak of the engine"))
    if snap.results:
        rows.append(("results", "", clean(snap.results, 200)))
    return rows


def _bound(queue: QueueView) -> str:
    if not queue.capacity:
        return "high-water, no bound"
    bound = " = the bound" if queue.high_water >= queue.capacity else f", bound {count(queue.capacity)}"
    return f"high-water{bound}; full {percent(queue.full_share_run)} of the time"


def _draw_facts(canvas: Canvas, x: int, y: int, snap: Snapshot) -> None:
    column = x + _FACT_VALUE + 2
    room = canvas.width - column - 1
    for row, (label, value, note) in enumerate(facts(snap)):
        canvas.put(x, y + row, label, "dim")
        canvas.right(x + _FACT_VALUE, y + row, (Span(value, bold=True),))
        if not value:
            canvas.spans(column, y + row, cut((Span(note, "text"),), room))
            continue
        shorter = (note.partition(sign)[0] for sign in (";", ",", " ="))
        fitting = [text for text in (note, *shorter, note.removeprefix("of the time ")) if len(text) <= room]
        canvas.put(column, y + row, fitting[0] if fitting else "", "dim")


def next_steps(snap: Snapshot) -> list[tuple[str, str, str]]:
    """Key, title and note of everything that can be done now; the key as it stands today, perhaps none."""
    failed = snap.counts.failed
    steps = []
    if failed:
        took = retry_seconds(snap, failed)
        note = f"about {about(took)}; probe one first" if took is not None else "probe one first"
        steps.append((key_of("retry_all"), f"retry the {count(failed)} failed", note))
        steps.append((key_of("failures"), "see the failures", f"{plural(snap.groups, 'group')} of errors"))
    if snap.counts.accepted:
        steps.append((key_of("jobs"), "see the jobs", plural(snap.counts.accepted, "job")))
    else:
        steps.append((key_of("edit_preset"), "edit the preset", clean(snap.preset, 80)))
    again = f"or go on with this one:  qtui {clean(snap.preset, 80)}" if snap.state is RunState.STOPPED else ""
    steps.append((key_of("another"), "run another preset", again))
    steps.append((key_of("leave"), "quit", exit_words(snap)))
    return [step for step in steps if step[0]]


def next_height(snap: Snapshot, height: int) -> int:
    """Rows the NEXT box takes out of `height`."""
    steps = len(next_steps(snap))
    return steps + 4 if height >= 34 else steps + 2


def draw_next(canvas: Canvas, snap: Snapshot) -> None:
    """What can be done next, the most useful first."""
    steps = next_steps(snap)
    framed = canvas.height >= len(steps) + 2
    top = 0
    if framed:
        canvas.box(0, 0, canvas.width, canvas.height, title=(Span("NEXT", bold=True),))
        top = 2 if canvas.height >= len(steps) + 4 else 1
    elif canvas.height < len(steps):
        steps = steps[-canvas.height :] if canvas.height else []
    titles = max((len(title) for _, title, _ in steps), default=0)
    after = 3 + max((len(key) for key, _, _ in steps), default=0)
    for row, (key, title, note) in enumerate(steps):
        canvas.put(3, top + row, key[: max(0, canvas.width - 4)], "accent", bold=True)
        canvas.spans(after + 2, top + row, cut((Span(title, "text", row == 0),), canvas.width - after - 3))
        canvas.spans(after + 5 + titles, top + row, cut((Span(note, "dim"),), canvas.width - titles - after - 7))
