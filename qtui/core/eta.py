"""How long a run will still take: blended rates, an honest range, and a display that changes seldom."""

from __future__ import annotations

import math
from collections import deque
from enum import StrEnum

import msgspec

from qtui.core.snapshot import RunState, Snapshot
from qtui.text import clock, plural, rate

BLOCK_S = 10.0
"""Length of the blocks whose rates are compared for the range."""
BLOCKS = 180
"""Half an hour of them."""
HOLD_S = 2.0
"""The shown estimate changes at most so often,"""
HOLD_SHARE = 0.02
"""and only if it differs by more than this."""


class Certainty(StrEnum):
    KNOWN = "known"
    COLLECTING = "collecting"
    """Too early to say."""
    UNKNOWN = "unknown"
    """The number of jobs is not known."""
    PAUSED = "paused"
    STALLED = "stalled"
    OVER = "over"


_BY_STATE = {
    RunState.STARTING: Certainty.COLLECTING,
    RunState.PAUSED: Certainty.PAUSED,
    RunState.STOPPING: Certainty.OVER,
    RunState.FINISHED: Certainty.OVER,
    RunState.STOPPED: Certainty.OVER,
}


class Eta(msgspec.Struct, frozen=True):
    """An estimate ready to be shown."""

    certainty: Certainty
    left_s: float = 0.0
    """Seconds left, rounded as `text` is."""
    margin_s: float = 0.0
    """Half the range, 0 when it is not known or not worth a word."""
    jobs: int = 0
    """Jobs left, as far as they are known."""
    rate: float = 0.0
    """Jobs per second that the estimate counts on."""
    quiet_s: float = 0.0
    """How long no job has ended, where it is stalled."""

    @property
    def text(self) -> str:
        """`7:10`, `33m`, `2h 35m`, `paused`, `stalled`, `…`; empty when there is nothing to say."""
        match self.certainty:
            case Certainty.KNOWN:
                return span(self.left_s)
            case Certainty.PAUSED | Certainty.STALLED:
                return self.certainty.value
            case Certainty.COLLECTING:
                return "…"
            case _:
                return ""

    @property
    def assumption(self) -> str:
        """What the estimate rests on, or why there is none; one clause."""
        match self.certainty:
            case Certainty.KNOWN:
                return f"if {plural(self.jobs, 'job')} end at {rate(self.rate)}, retries included"
            case Certainty.STALLED:
                return f"no job has ended for {clock(self.quiet_s)}"
            case Certainty.PAUSED:
                return "nothing new starts or comes; there is an estimate when it goes on"
            case Certainty.COLLECTING:
                return "too few jobs have ended yet"
            case Certainty.UNKNOWN:
                return "nobody knows how many jobs there will be"
            case _:
                return ""

    @property
    def margin(self) -> str:
        """`± 1m`, `± 30s`, or empty."""
        if self.certainty is not Certainty.KNOWN or self.margin_s < 5:
            return ""
        if self.margin_s < 55:
            return f"± {round(self.margin_s / 5) * 5}s"
        if self.margin_s < 3300:
            return f"± {round(self.margin_s / 60)}m"
        return f"± {round(self.margin_s / 3600)}h"


class Forecast:
    """Follows one run. Rates count jobs that ended for good, so retries still to come are part of them."""

    def __init__(self) -> None:
        self._fast = _Ewma(30.0)
        self._slow = _Ewma(300.0)
        self._blocks: deque[float] = deque(maxlen=BLOCKS)
        self._block_began: tuple[float, int] | None = None
        self._last_end = (0.0, -1)
        self._shown: tuple[float, Eta] | None = None

    def step(self, snap: Snapshot) -> Eta:
        """The estimate at `snap`; snapshots must come in order of time."""
        self._count(snap)
        certainty = self._certainty(snap)
        if certainty is not Certainty.KNOWN:
            self._shown = None
            quiet = snap.elapsed_s - self._last_end[0] if certainty is Certainty.STALLED else 0.0
            return Eta(certainty, quiet_s=quiet)
        left = self._left(snap)
        if left is None:
            return Eta(Certainty.COLLECTING)
        jobs = _jobs_left(snap) or 0
        fresh = Eta(Certainty.KNOWN, rounded(left), self._margin(jobs, left), jobs, jobs / left if left > 0 else 0.0)
        if self._shown is not None:
            at, shown = self._shown
            small = abs(left - shown.left_s) <= HOLD_SHARE * max(shown.left_s, 1.0)
            if snap.elapsed_s - at < HOLD_S or small:
                return shown
        self._shown = (snap.elapsed_s, fresh)
        return fresh

    def _count(self, snap: Snapshot) -> None:
        now, ended = snap.elapsed_s, snap.counts.finished
        if ended != self._last_end[1]:
            self._last_end = (now, ended)
        seed = snap.rates.done_30s
        self._fast.step(now, ended, seed)
        self._slow.step(now, ended, snap.rates.done_run or seed)
        if self._block_began is None:
            self._block_began = (now, ended)
        began, before = self._block_began
        if now - began >= BLOCK_S:
            self._blocks.append((ended - before) / (now - began))
            self._block_began = (now, ended)

    def _certainty(self, snap: Snapshot) -> Certainty:
        if snap.state in _BY_STATE:
            return _BY_STATE[snap.state]
        if _jobs_left(snap) is None:
            return Certainty.UNKNOWN
        if snap.throttle.closed or not snap.control.concurrency:
            return Certainty.PAUSED
        if snap.elapsed_s - self._last_end[0] > max(60.0, 5 * snap.latency.p99):
            return Certainty.STALLED
        return Certainty.KNOWN

    def _left(self, snap: Snapshot) -> float | None:
        """Seconds left: a rate tells most about a stretch as long as the window it was measured in."""
        jobs = _jobs_left(snap) or 0
        overall = snap.counts.finished / snap.elapsed_s if snap.elapsed_s > 0 else 0.0
        rates = [(self._fast.rate, 30.0), (self._slow.rate, 300.0), (overall, max(30.0, snap.elapsed_s))]
        if snap.elapsed_s < 5 or not snap.counts.finished or max(rate for rate, _ in rates) <= 0:
            return None
        typical = jobs / max(self._slow.rate, overall, 1e-9)
        weights = [min(typical, window) / max(typical, window, 1e-9) + 1e-6 for _, window in rates]
        blended = sum(rate * weight for (rate, _), weight in zip(rates, weights, strict=True)) / sum(weights)
        return jobs / blended if blended > 0 else None

    def _margin(self, jobs: int, left: float) -> float:
        """Half of what lies between the tenth and the ninetieth percentile of comparable stretches."""
        stretch = max(1, min(round(left / BLOCK_S), len(self._blocks) // 4))
        blocks = list(self._blocks)
        rates = sorted(sum(blocks[start : start + stretch]) / stretch for start in range(0, len(blocks) - stretch + 1))
        if len(rates) < 4:
            return 0.0
        low, high = rates[len(rates) // 10], rates[(len(rates) * 9) // 10]
        return (jobs / low - jobs / high) / 2 if low > 0 else 0.0


class _Ewma:
    """An exponentially weighted rate of a growing count; what came before the first step weighs nothing.

    A face that joins late starts from a rate that was known before.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._sum = 0.0
        self._weight = 0.0
        self._last: tuple[float, int] | None = None

    @property
    def rate(self) -> float:
        return self._sum / self._weight if self._weight > 0 else 0.0

    def step(self, now: float, total: int, seed: float) -> None:
        if self._last is None:
            self._weight = 1 - math.exp(-now / self._window_s) if seed > 0 else 0.0
            self._sum = seed * self._weight
            self._last = (now, total)
            return
        then, before = self._last
        passed = now - then
        if passed <= 0:
            return
        keep = math.exp(-passed / self._window_s)
        self._sum = keep * self._sum + (1 - keep) * (total - before) / passed
        self._weight = keep * self._weight + (1 - keep)
        self._last = (now, total)


def _jobs_left(snap: Snapshot) -> int | None:
    if snap.state is RunState.DRAINING:
        return snap.counts.accepted - snap.counts.finished
    return None if snap.counts.total is None else max(0, snap.counts.total - snap.counts.finished)


def rounded(left_s: float) -> float:
    """To 5 s, a minute, 5 or 15 minutes, by size: an estimate is never more precise than it is."""
    for below, step in ((600, 5), (3600, 60), (6 * 3600, 300)):
        if left_s < below:
            return float(max(5, round(left_s / step) * step))
    return float(round(left_s / 900) * 900)


def span(left_s: float) -> str:
    """`7:10` below ten minutes, then `33m`, then `2h 35m`, then `3d 4h`."""
    if left_s < 600:
        return clock(left_s)
    minutes = round(left_s / 60)
    if minutes < 60:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minutes:02d}m"
    return f"{hours // 24}d {hours % 24}h"


def retry_seconds(snap: Snapshot, jobs: int) -> float | None:
    """About how much longer the run takes with so many jobs more, or None when it shows no pace."""
    pace = snap.rates.done_30s or snap.rates.done or snap.rates.done_run
    return jobs / pace if pace > 0 else None
