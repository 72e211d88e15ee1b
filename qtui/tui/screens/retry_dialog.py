"""The retry dialog: how many jobs, what it costs, and probing one before all."""

from __future__ import annotations

from qtui.core.eta import retry_seconds
from qtui.core.snapshot import FailureGroup, Snapshot
from qtui.text import clean, count, plural
from qtui.tui.canvas import Line, Span
from qtui.tui.dialog import CHOOSE, Choice, ChoiceDialog, Sheet
from qtui.tui.job_steering import open_failures
from qtui.tui.prose import about


class RetryDialog(ChoiceDialog[str | None]):
    """Dismisses with `probe`, `all`, or None; `group` None means every failed job."""

    def __init__(self, group: FailureGroup | None, snap: Snapshot) -> None:
        super().__init__(retry_sheet(group, snap), escape=None)


def retry_sheet(group: FailureGroup | None, snap: Snapshot) -> Sheet[str | None]:
    """What the dialog says."""
    jobs = open_failures(snap) if group is None else group.open or group.jobs
    many = group is None and snap.groups > 1
    others = "the other" if jobs == 2 else f"the other {count(jobs - 1)}"
    note = (
        "one of every group; where it passes, the others of that group"
        if many
        else (f"retry 1 job; if it passes, {others}")
    )
    cancel: Choice[str | None] = Choice("esc", "Cancel", "", None)
    probe: Choice[str | None] = Choice("p", "Probe one first" if not many else "Probe one of each", note, "probe")
    whole: Choice[str | None] = Choice(
        "a", "Retry all now", f"{count(jobs)} at once, oldest first; held back when 1 in 5 fails again", "all"
    )
    if jobs == 0:
        choices = [cancel]
    elif jobs == 1:
        choices = [Choice("r", "Retry it now", "", "all"), cancel]
    else:
        choices = [probe, whole, cancel]
    title = f"Retry {plural(jobs, 'job')}?" if jobs else "Nothing to retry"
    return Sheet(title=(Span(title, bold=True),), facts=_facts(group, snap, jobs), choices=choices, bottom=CHOOSE)


def _facts(group: FailureGroup | None, snap: Snapshot, jobs: int) -> list[Line]:
    facts: list[Line] = [_what(group, snap)]
    if not jobs:
        facts.append((Span("No job failed for good: what may be tried again is, by itself.", "dim"),))
    took = retry_seconds(snap, jobs)
    if jobs and took is not None:
        they = "It enters" if jobs == 1 else "They enter"
        facts.append(
            (
                Span(f"{they} the queue at its end; adds about ", "dim"),
                Span(about(took), bold=True),
                Span(" to the run.", "dim"),
            )
        )
    if group is not None and jobs and not group.retryable:
        facts.append(
            (Span("▲ ", "pressure", True), Span("The retry policy does not cover this error: it may fail again."))
        )
    if group is not None and group.retrying:
        facts.append((Span(f"{plural(group.retrying, 'job')} of this group already being retried.", "dim"),))
    return facts


def _what(group: FailureGroup | None, snap: Snapshot) -> Line:
    if group is None:
        return (Span(f"Every failed job that is not set aside, in {plural(snap.groups, 'group')} of errors."),)
    where = f"  on {clean(group.hosts[0][0], 60)}" if len(group.hosts) == 1 else ""
    return (
        Span(f"{clean(group.title, 60)} ", "failed_text", True),
        Span(clean(group.message, 200)),
        Span(where, "dim"),
    )
