"""The first row: which run, its state, how far it is, how long it will take."""

from __future__ import annotations

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import RunState, Snapshot
from qtui.text import clock, count
from qtui.tui.canvas import Canvas, Span, cut, length

STATES = {
    RunState.STARTING: ("…", "dim"),
    RunState.RUNNING: ("●", "done"),
    RunState.PAUSED: ("║", "badge"),
    RunState.HALTED: ("×", "failed"),
    RunState.DRAINING: ("▼", "badge"),
    RunState.STOPPING: ("▼", "badge"),
    RunState.FINISHED: ("✓", "queued"),
    RunState.STOPPED: ("×", "failed"),
}


def badge(state: RunState) -> list[Span]:
    """` ● RUNNING ` on its colour."""
    glyph, ground = STATES[state]
    ink = "badge_text" if ground == "badge" else "inverse"
    return [Span(f" {glyph} {state.value.upper()} ", ink, True, ground)]


def draw_header(
    canvas: Canvas, snap: Snapshot, *, eta: Eta, until: str = "", trouble: str = "", watching: bool = False
) -> None:
    """`until` is the wall clock of the estimated end; `trouble` says that the picture is old, and why."""
    canvas.fill(0, 0, canvas.width, 1, "raised")
    wide = canvas.width >= 110
    left = [Span("qtui  ", "accent", True)] if wide else []
    left += [Span(snap.name, "text", True), Span("  ")] if snap.name else []
    left += badge(snap.state)
    if trouble:
        left += [Span(" "), Span(f" {trouble} ", "badge_text", True, "badge")]
    if watching:
        left += [Span("  watching", "dim")]
    elapsed = [Span("  elapsed ", "dim"), Span(clock(snap.elapsed_s))]
    for right in _right(snap, eta, until, wide):
        room = canvas.width - 4 - length(right)
        if length(left) <= room:
            if wide and snap.state not in _WITHOUT_CLOCK and length(left) + length(elapsed) <= room:
                left += elapsed
            canvas.right(canvas.width - 2 if wide else canvas.width - 1, 0, right)
            break
    canvas.spans(1, 0, cut(left, canvas.width - 2))


_WITHOUT_CLOCK = (RunState.STARTING, RunState.FINISHED, RunState.STOPPED)


def _over(snap: Snapshot) -> bool:
    return snap.state in (RunState.FINISHED, RunState.STOPPED)


def _right(snap: Snapshot, eta: Eta, until: str, wide: bool) -> list[list[Span]]:
    """What may stand on the right, the fullest first."""
    if snap.state is RunState.STARTING:
        return [[Span(snap.doing, "dim")], []]
    done, share, left = _progress(snap, wide), _share(snap, wide), _eta(snap, eta)
    rough = [Span(f" {eta.margin}", "dim")] if eta.margin else []
    clock_time = [Span(f"  ~{until}", "dim")] if until and eta.certainty is Certainty.KNOWN else []
    gap = [Span("  " if wide else " ")]
    if not left:
        return [[*done, *gap, *share] if share else done, share or done, []]
    before = [Span("   " if wide else "  ")]
    full = [*done, *gap, *share, *before, *left] if share else [*done, *before, *left]
    if not wide:
        return [full, [*share, *before, *left], left, []]
    return [[*full, *rough, *clock_time], full, [*share, *before, *left], left, []]


def _progress(snap: Snapshot, wide: bool) -> list[Span]:
    finished, total = count(snap.counts.finished), snap.counts.total
    if total is None:
        return [Span(finished, "text", True), Span(" done, total unknown", "dim")]
    return [Span(finished, "text", True), Span(f" / {count(total)}" if wide else f"/{count(total)}", "dim")]


def _share(snap: Snapshot, wide: bool) -> list[Span]:
    """Never 100 % before the last job: rounded down."""
    if not snap.counts.total:
        return []
    done = snap.counts.finished / snap.counts.total
    return [Span(f"{int(done * 1000) / 10:5.1f}%" if wide else f"{int(done * 100):3d}%", "text", True)]


def _eta(snap: Snapshot, eta: Eta) -> list[Span]:
    if _over(snap):
        return [Span("took ", "dim"), Span(clock(snap.elapsed_s), "text", True)]
    if not eta.text:
        return []
    stalled = eta.certainty is Certainty.STALLED
    return [Span("ETA ", "dim"), Span(eta.text, "pressure" if stalled else "text", True)]
