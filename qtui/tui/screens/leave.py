"""The leave dialog: what is going on, and the ways to leave a run that still has work."""

from __future__ import annotations

from qtui.core.snapshot import RunState, Snapshot
from qtui.text import clean, count, plural
from qtui.tui.actions import keys_for
from qtui.tui.canvas import Line, Span
from qtui.tui.dialog import Choice, ChoiceDialog, Sheet
from qtui.tui.key_names import printed
from qtui.tui.prose import about


class LeaveDialog(ChoiceDialog[str | None]):
    """Dismisses with `detach`, `drain`, `stop`, `kill`, or None to stay.

    In a screen that has joined the run of somebody else, ctrl+c again only leaves: ending it takes a choice.
    """

    def __init__(self, snap: Snapshot, *, attached: bool = False) -> None:
        super().__init__(leave_sheet(snap, attached=attached), escape=None)
        self.ctrl_c = "detach" if attached else "kill" if snap.state is RunState.STOPPING else "stop"
        """What the key answers that has opened this dialog."""

    def follow(self, key: str, character: str | None) -> None:
        if key == "ctrl+c":
            self.dismiss(self.ctrl_c)
        elif key in ("ctrl+q", *_again()):
            self.dismiss("detach")
        else:
            super().follow(key, character)


def _again() -> list[str]:
    """The keys that open this dialog, pressed once more; a letter of its choices stays what it says."""
    return [key for key in keys_for("leave") if key not in ("b", "d", "s")]


def leave_sheet(snap: Snapshot, *, attached: bool = False) -> Sheet[str | None]:
    """What the dialog says about this moment of the run."""
    counts = snap.counts
    running = counts.running
    attach = f"reattach with  qtui attach {clean(snap.name, 40)}"
    interrupted = f"interrupts {plural(running, 'job')}, spends no try"
    stop: Choice[str | None] = Choice("s", "Stop now", interrupted if running else "nothing is running now", "stop")
    again = "ctrl+c again = stop now."
    if snap.state is RunState.STOPPING:
        stop = Choice("s", "Kill the engine", "waits for nothing, spends no try", "kill")
        again = "ctrl+c again = kill."
    key = next(map(printed, _again()), "ctrl+q")
    closing = f"{key} or ctrl+c again = keep running." if attached else f"{key} again = keep running.  {again}"
    return Sheet(
        title=(Span("Leave this run?", bold=True),),
        facts=(_standing(snap), _kept(snap)),
        choices=(
            Choice("b", "Keep running in the background", attach, "detach"),
            Choice("d", "Drain, then exit", drain_note(snap), "drain"),
            stop,
            Choice("esc", "Stay here", "", None),
        ),
        closing=(Span(closing, "dim"),),
    )


def drain_seconds(snap: Snapshot) -> float | None:
    """How long it takes to finish everything accepted, or None when the run shows no pace to tell it from."""
    counts = snap.counts
    left = counts.pending + counts.running + counts.waiting
    if snap.throttle.closed or snap.control.concurrency == 0:
        return None
    pace = max(snap.rates.done, snap.rates.done_30s) or snap.rates.done_run
    if left and not pace:
        return None
    if snap.throttle.rate is not None:
        pace = min(pace, snap.throttle.rate)
    return max(left / pace if left else 0.0, max(snap.lane.due_s, default=0.0))


def drain_note(snap: Snapshot) -> str:
    """One line about draining: how many jobs finish, and about how long that takes."""
    counts = snap.counts
    left = counts.pending + counts.running + counts.waiting
    if snap.throttle.held_by_person:
        return f"the workers are on hold: {count(left)} wait until you release them"
    if snap.throttle.halted:
        return f"the run has halted: {count(left)} wait until you release it"
    if snap.throttle.short_of_memory:
        return f"memory is short: {count(left)} wait until there is more"
    if snap.control.concurrency == 0:
        return f"no workers: {count(left)} wait until you add one"
    took = drain_seconds(snap)
    words = "already draining" if snap.state is RunState.DRAINING else "no new jobs"
    return f"{words}; {count(left)} {'finishes' if left == 1 else 'finish'}" + (f", ~{about(took)}" if took else "")


def _standing(snap: Snapshot) -> Line:
    counts = snap.counts
    parts = [f"{plural(counts.running, 'job')} {'is' if counts.running == 1 else 'are'} running"]
    parts += [f"{count(counts.pending)} {'is' if counts.pending == 1 else 'are'} queued"] if counts.pending else []
    parts += [f"{count(counts.waiting)} will be tried again"] if counts.waiting else []
    return (Span((" and ".join(parts) if len(parts) < 3 else f"{parts[0]}, {parts[1]} and {parts[2]}") + "."),)


def _kept(snap: Snapshot) -> Line:
    health = snap.health
    warning = Span("▲ ", "pressure", True)
    if health.journal == "off":
        return (warning, Span("No journal is kept: nothing of this run will be left."))
    if health.journal == "blocked":
        return (
            warning,
            Span(f"The journal cannot be written now; {plural(health.journal_lag, 'record')} would be lost."),
        )
    if snap.counts.total is None:
        return (Span("Every attempt so far is in the journal.", "dim"),)
    to_do = f"{count(max(0, snap.counts.total - snap.counts.finished))} of {count(snap.counts.total)}"
    return (Span(f"Every attempt so far is in the journal; {to_do} are still to do.", "dim"),)
