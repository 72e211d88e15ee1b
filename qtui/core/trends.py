"""What only a series of snapshots tells: silence, pace against its usual, a slipping end, growing memory."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TypeAlias

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import RunState, Snapshot

BLOCK_S = 10.0
"""Length of the stretches whose pace is compared."""
USUAL_BLOCKS = 90
"""A quarter of an hour of them is what is usual,"""
ENOUGH_BLOCKS = 30
"""and less than five minutes are too few to say."""
LOOK_S = 30.0
"""How often an end and a size of memory are noted."""
SLIP_FROM_S = 120.0
"""Earlier estimates of a run are not worth comparing."""
SLIP_LEAST_S = 60.0
GROWTH_FROM_S = 300.0
"""Until then a run still warms up."""
GROWTH_LEAST = 16 << 20

_Steering: TypeAlias = tuple[int, float | None, int | None, int]


def steering(snap: Snapshot) -> _Steering:
    """What a person changes knowingly: after it the usual is no longer the usual."""
    return snap.control.concurrency, snap.control.rate, snap.counts.total, snap.control.capacity


def works(snap: Snapshot) -> bool:
    """Jobs are expected to end: there are some, and nobody keeps them from starting."""
    live = snap.state in (RunState.RUNNING, RunState.DRAINING) and not snap.throttle.closed
    return live and bool(snap.counts.running or (snap.counts.pending and snap.control.concurrency))


class Quiet:
    """How long no job has ended although some should."""

    def __init__(self) -> None:
        self._last = (0.0, -1)

    def step(self, snap: Snapshot) -> float:
        if snap.counts.finished != self._last[1] or not works(snap):
            self._last = (snap.elapsed_s, snap.counts.finished)
        return snap.elapsed_s - self._last[0]


class Pace:
    """The pace now against the median of the last quarter of an hour."""

    def __init__(self) -> None:
        self.usual = 0.0
        """Jobs per second; 0 while it is not known."""
        self._blocks: deque[float] = deque(maxlen=USUAL_BLOCKS)
        self._block: tuple[float, int] | None = None
        self._steering: _Steering | None = None

    def step(self, snap: Snapshot) -> float:
        """How much of the usual pace is missing, 0 to 1; 0 while nothing can be said."""
        if self._steering != steering(snap):
            self._steering = steering(snap)
            self._blocks.clear()
            self._block = None
        if snap.state is not RunState.RUNNING or not works(snap) or _runs_out(snap):
            self._block = None
            self.usual = 0.0
            return 0.0
        began, before = self._block or (snap.elapsed_s, snap.counts.finished)
        if snap.elapsed_s - began >= BLOCK_S:
            self._blocks.append((snap.counts.finished - before) / (snap.elapsed_s - began))
            began, before = snap.elapsed_s, snap.counts.finished
        self._block = began, before
        self.usual = median(self._blocks) if len(self._blocks) >= ENOUGH_BLOCKS else 0.0
        if self.usual * BLOCK_S < 1:
            return 0.0
        return max(0.0, 1 - snap.rates.done_30s / self.usual)


def _runs_out(snap: Snapshot) -> bool:
    """Fewer jobs are left than workers: a run that ends slows down."""
    return not snap.counts.pending and snap.counts.running < snap.control.concurrency


class Slip:
    """How much later the end looks than it did within the last quarter of an hour."""

    def __init__(self) -> None:
        self.later_s = 0.0
        self.ago_s = 0.0
        """How long ago the end looked earlier."""
        self._ends: deque[tuple[float, float, float]] = deque(maxlen=30)
        """(when, end, what was left)."""
        self._steering: _Steering | None = None
        self._finished = 0

    def step(self, snap: Snapshot, eta: Eta) -> float:
        """The share of what was left then that has been added since."""
        now, changed = snap.elapsed_s, self._steering != steering(snap) or snap.counts.finished < self._finished
        self._steering, self._finished = steering(snap), snap.counts.finished
        if changed or eta.certainty is not Certainty.KNOWN:
            self._ends.clear()
        if eta.certainty is not Certainty.KNOWN or now < SLIP_FROM_S:
            return 0.0
        if not self._ends or now - self._ends[-1][0] >= LOOK_S:
            self._ends.append((now, now + eta.left_s, eta.left_s))
        when, end, left = min(self._ends, key=lambda each: each[1])
        self.later_s, self.ago_s = now + eta.left_s - end, now - when
        return self.later_s / left if left > 0 and self.later_s >= SLIP_LEAST_S else 0.0


class Growth:
    """By what share resident memory has grown in ten minutes, its ups and downs aside."""

    def __init__(self) -> None:
        self._sizes: deque[int] = deque(maxlen=21)
        self._looked_at = GROWTH_FROM_S

    def step(self, snap: Snapshot) -> float:
        if snap.health.rss_bytes and snap.elapsed_s - self._looked_at >= LOOK_S:
            self._looked_at = snap.elapsed_s
            self._sizes.append(snap.health.rss_bytes)
        if len(self._sizes) < (self._sizes.maxlen or 0):
            return 0.0
        before, now = min(self._sizes[0], self._sizes[1]), min(self._sizes[-1], self._sizes[-2])
        return now / before - 1 if now - before >= GROWTH_LEAST else 0.0
