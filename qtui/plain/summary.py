"""What is said on the normal screen when a run is over or its screen is left, and the exit code that goes with it."""

from __future__ import annotations

from qtui.core.ending import HALT, SIGNAL, broken, exit_code, exit_words
from qtui.core.snapshot import Counts, RunState, Snapshot
from qtui.text import clean, clock, count, percent, plural, rate, seconds, size

__all__ = ["HALT", "LOST", "SIGNAL", "exit_code", "exit_words", "farewell", "jobs"]

GROUPS = 5
LOST = "engine lost"


def farewell(snap: Snapshot, *, detached: bool = False, told: str = "", again: str = "") -> str:
    """A few lines for the normal screen: what was done, what failed, where the results are, what can be typed now.

    `told` is how the run ended where its last picture does not say so; `again` is the command that goes on with a run
    that has not come to its end.
    """
    run = clean(snap.run_id, 80)
    took = clock(snap.elapsed_s) if snap.elapsed_s >= 60 else seconds(snap.elapsed_s)
    lines = [f"{clean(snap.name, 60)}: {told or snap.state} after {took}"]
    lines.append(f"  {' · '.join([*jobs(snap.counts), *_pace(snap)])}")
    if snap.health.tasks_peak:
        lines.append(
            f"  at most {plural(snap.health.tasks_peak, 'task')}, {size(snap.health.rss_peak_bytes)} of memory"
        )
    if snap.throttle.halted and snap.state is not RunState.FINISHED:
        lines.append(f"  stopped starting: {clean(snap.throttle.halted)}")
    if snap.problem:
        lines.append(f"  {clean(snap.problem)}")
    lines += [f"  {clean(producer.name, 40)}: {clean(producer.problem)}" for producer in broken(snap)]
    lines += _failures(snap, run)
    if snap.counts.done:
        lines.append(f"  results in {clean(snap.results)}" if snap.results else f"  results: qtui results {run}")
    if detached:
        lines.append(f"  it goes on in the background; look at it again with: qtui attach {run}")
    elif told == LOST:
        lines.append(
            f"  the engine is gone without a word; go on with: {again or f'qtui {clean(snap.preset)}'}"
            f" · its log: engine.log of {run}"
        )
    else:
        lines.append(f"  run {run} · exit code {int(exit_code(snap))}: {exit_words(snap)}")
    if again and not detached and told != LOST and snap.state is not RunState.FINISHED:
        lines.append(f"  to go on: {again}")
    return "\n".join(lines)


def jobs(counts: Counts) -> list[str]:
    """What became of the jobs, in words with their numbers; what is zero is left out, but for done."""
    ends = (
        (counts.failed, "failed"),
        (counts.held, "held"),
        (counts.cancelled - counts.dropped, "cancelled"),
        (counts.dropped, "dropped"),
    )
    told = [f"{count(counts.done)} done", *(f"{count(number)} {word}" for number, word in ends if number)]
    if (left := max(counts.accepted, counts.total or 0) - counts.finished) > 0:
        told.append(f"{count(left)} left" if counts.total is not None else f"{count(left)} and more left")
    elif counts.total is None:
        told.append("total unknown")
    return told


def _pace(snap: Snapshot) -> list[str]:
    told = [f"{rate(snap.rates.done_run)} on average"]
    if snap.counts.retries:
        told.append(plural(snap.counts.retries, "retry", "retries"))
    if snap.counts.lost:
        told.append(f"{count(snap.counts.lost)} lost to a full queue ({snap.queue.overflow})")
    if snap.queue.full_share_run > 0:
        told.append(f"queue full {percent(snap.queue.full_share_run)} of the time")
    return told


def _failures(snap: Snapshot, run: str) -> list[str]:
    """The largest groups of failed jobs."""
    groups = [group for group in snap.failures if group.jobs]
    lines = [
        f"  {count(group.jobs):>7} × {clean(group.title, 40)} {clean(group.message, 80)}".rstrip()
        for group in groups[:GROUPS]
    ]
    shown = sum(group.jobs for group in groups[:GROUPS])
    if groups and snap.counts.failed > shown:
        lines.append(f"  {count(snap.counts.failed - shown):>7} × of other kinds: qtui results {run} --failed")
    return lines
