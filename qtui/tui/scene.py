"""Everything the main screen draws from, at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import AlertView, Control, Counts, QueueView, RunState, Snapshot
from qtui.core.verdict import Kind, Verdict
from qtui.tui.widgets.ticker import Answer


@dataclass(frozen=True, slots=True)
class Scene:
    """A snapshot with what this face adds to it."""

    snap: Snapshot
    verdict: Verdict
    eta: Eta
    until: str = ""
    """Wall clock of the estimated end, `14:59`."""
    trouble: str = ""
    """Why the picture may be old: `data 8 s old`, `engine lost`."""
    answer: Answer | None = None
    target: int | None = None
    """The number of workers being dialled."""
    frame: int = 0
    """Where the arrows stand."""
    watching: bool = False
    """This face may not steer."""
    alert: AlertView | None = None
    """What was raised, still holds, and nobody has acknowledged."""


def before_the_first(doing: str = "") -> Scene:
    """The scene of a run nothing is known about yet: outlines and what is being done."""
    blank = Snapshot(
        run_id="",
        name="",
        preset="",
        state=RunState.STARTING,
        started_at=0.0,
        elapsed_s=0.0,
        counts=Counts(),
        control=Control(),
        queue=QueueView(capacity=0),
        producers=[],
        slots=[],
        doing=doing,
    )
    return Scene(blank, Verdict(Kind.STARTING, doing or "connecting to the engine"), Eta(Certainty.COLLECTING))
