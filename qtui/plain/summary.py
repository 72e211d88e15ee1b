"""What is said on the normal screen when a run is over or its screen is left, and the exit code that goes with it."""

from __future__ import annotations

from qtui.core.snapshot import RunState, Snapshot
from qtui.errors import ExitCode
from qtui.text import clean, clock, count, percent, plural, rate

GROUPS = 5
_WORDS = {
    ExitCode.ALL_DONE: "all done",
    ExitCode.SOME_FAILED: "some jobs failed",
    ExitCode.STOPPED: "stopped before the end",
}


def exit_code(snap: Snapshot) -> ExitCode:
    """How the run ended: 0 all done, 1 some failed or held, 130 stopped before the end."""
    if snap.state is not RunState.FINISHED:
        return ExitCode.STOPPED
    return ExitCode.SOME_FAILED if snap.counts.failed or snap.counts.held else ExitCode.ALL_DONE


def farewell(snap: Snapshot, *, detached: bool = False, lost: bool = False) -> str:
    """A few lines for the normal screen: what was done, what failed, where the results are, what can be typed now."""
    counts, run = snap.counts, clean(snap.run_id, 80)
    state = _state(snap, detached, lost)
    lines = [f"{clean(snap.name, 60)}: {state} after {clock(snap.elapsed_s)}", f"  {_jobs(snap)}"]
    lines += [
        f"  {count(group.jobs):>7} × {clean(group.title, 40)} {clean(group.message, 80)}".rstrip()
        for group in snap.failures[:GROUPS]
        if group.jobs
    ]
    if snap.results and counts.done:
        lines.append(f"  results in {clean(snap.results)}")
    if detached:
        lines.append(f"  it goes on in the background; look at it again with: qtui attach {run}")
    elif lost:
        lines.append("  the engine is gone without a word; its log is in the run's folder, `qtui ls` names the run")
    else:
        code = exit_code(snap)
        lines.append(f"  run {run} · exit code {int(code)}: {_WORDS[code]}")
    return "\n".join(lines)


def _state(snap: Snapshot, detached: bool, lost: bool) -> str:
    if lost:
        return "engine lost"
    return str(snap.state) if not detached or snap.state is not RunState.RUNNING else "running"


def _jobs(snap: Snapshot) -> str:
    counts = snap.counts
    parts = [f"{count(counts.done)} done"]
    parts += [f"{count(counts.failed)} failed"] if counts.failed else []
    parts += [f"{count(counts.cancelled)} cancelled"] if counts.cancelled else []
    known = max(counts.accepted, counts.total or 0)
    if (left := known - counts.finished) > 0:
        parts.append(f"{count(left)} left")
    elif counts.total is None:
        parts.append("total unknown")
    parts.append(f"{rate(snap.rates.done_run)} on average")
    if counts.retries:
        parts.append(plural(counts.retries, "retry", "retries"))
    if snap.queue.full_share_run > 0:
        parts.append(f"queue full {percent(snap.queue.full_share_run)} of the time")
    return " · ".join(parts)
