"""What a face remembers of its run, for the journal may not answer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from qtui.core.eta import Certainty, Eta
from qtui.core.queries import Standing
from qtui.core.snapshot import Snapshot

KEEP_EVERY_S = 60.0
LONGEST_S = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Past:
    """What a face remembers of a moment."""

    at: float
    """Wall clock."""
    elapsed_s: float
    standing: Standing
    ends_at: float | None
    """The estimated end then, wall clock."""
    full_s: float
    """For how long the queue had been full."""


def standing(snap: Snapshot) -> Standing:
    """How the run stands now."""
    counts, control = snap.counts, snap.control
    return Standing(
        snap.started_at + snap.elapsed_s,
        counts.pending,
        counts.done,
        counts.failed,
        counts.held,
        counts.cancelled,
        control.concurrency,
        control.capacity,
    )


class Memories:
    """A small ring of moments, one a minute for half a day."""

    def __init__(self) -> None:
        self._moments: deque[Past] = deque(maxlen=int(LONGEST_S / KEEP_EVERY_S))
        self._run = ""

    def take(self, snap: Snapshot, eta: Eta, *, now: bool = False) -> None:
        """Remember this moment, if the last one is old enough or it is said to matter."""
        if snap.run_id != self._run:
            self._run = snap.run_id
            self._moments.clear()
        if not now and self._moments and snap.elapsed_s - self._moments[-1].elapsed_s < KEEP_EVERY_S:
            return
        at = snap.started_at + snap.elapsed_s
        ends_at = at + eta.left_s if eta.certainty is Certainty.KNOWN else None
        full_s = snap.queue.full_share_run * snap.elapsed_s
        self._moments.append(Past(at, snap.elapsed_s, standing(snap), ends_at, full_s))

    def at(self, wall: float) -> Past | None:
        """The moment nearest to `wall` among those before it, or None."""
        return next((past for past in reversed(self._moments) if past.at <= wall + 1), None)
