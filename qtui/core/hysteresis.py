"""Judgements that need time: latches that do not blink, and whether more workers helped."""

from __future__ import annotations

from qtui.core.snapshot import Snapshot


class Latch:
    """True from `enter` on, false after `calm_s` seconds below `leave`: what hovers at a threshold does not blink."""

    def __init__(self, enter: float, leave: float, calm_s: float = 0.0, dwell_s: float = 0.0) -> None:
        self.enter = enter
        self.leave = leave
        self.calm_s = calm_s
        self.dwell_s = dwell_s
        """How long the value must stay at `enter` before the latch closes."""
        self.on = False
        self._since: float | None = None

    def step(self, now: float, value: float) -> bool:
        wants_change = value < self.leave if self.on else value >= self.enter
        if not wants_change:
            self._since = None
            return self.on
        if self._since is None:
            self._since = now
        if now - self._since >= (self.calm_s if self.on else self.dwell_s):
            self.on = not self.on
            self._since = None
        return self.on


class MoreWorkers:
    """Notices that half as many workers again, or more, did not bring more jobs a second."""

    WINDOW_S = 32.0
    """Longer than the 30 s window of `done_30s`, so that it lies wholly after the change."""

    def __init__(self) -> None:
        self._workers = 0
        self._before = (0, 0.0)
        self._changed_at = 0.0

    def step(self, snap: Snapshot, pressure: bool) -> tuple[int, int] | None:
        """(from, to) while it is known that going from one to the other was in vain."""
        workers = snap.control.concurrency
        if workers != self._workers:
            settled = snap.elapsed_s - self._changed_at > self.WINDOW_S
            if settled or workers < self._before[0]:
                self._before = (self._workers, snap.rates.done_30s)
            self._workers = workers
            self._changed_at = snap.elapsed_s
        fewer, throughput = self._before
        waited = snap.elapsed_s - self._changed_at
        if not pressure or not fewer or workers < 1.5 * fewer or not self.WINDOW_S < waited < 180:
            return None
        expected_gain = workers / fewer - 1
        return (fewer, workers) if snap.rates.done_30s < throughput * (1 + 0.2 * expected_gain) else None
