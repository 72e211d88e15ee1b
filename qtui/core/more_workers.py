"""Whether more workers helped: rates before and after, and what of the difference may be chance."""

from __future__ import annotations

import math

from qtui.core.snapshot import Snapshot

SETTLE_S = 12.0
"""Longer than the 10 s window of `rates.done`, so that it lies wholly after the change; well within 20 s."""
LONG_S = 32.0
"""From then on the window of 30 s does, which tells smaller differences from chance."""
FORGET_S = 180.0
"""So long after the change other things have changed as well."""
CHANCE = 1.6
"""Standard deviations of a count of jobs that may be chance."""


class MoreWorkers:
    """Notices that more workers did not bring more jobs a second. Several changes in a row count as one."""

    def __init__(self) -> None:
        self._workers = 0
        self._before = (0, 0.0)
        self._changed_at = 0.0
        self._in_vain = False

    def step(self, snap: Snapshot, waited_for: bool, throttled: bool) -> tuple[int, int] | None:
        """(from, to) while it is known that going from one to the other was in vain.

        `waited_for`: there is work that waits. `throttled`: something else is known to keep it from starting, so that
        a difference that could be chance is none.
        """
        workers = snap.control.concurrency
        if workers != self._workers:
            settled = snap.elapsed_s - self._changed_at > SETTLE_S
            if settled or workers < self._before[0]:
                self._before = (self._workers, snap.rates.done_30s)
            self._workers, self._changed_at, self._in_vain = workers, snap.elapsed_s, False
        fewer = self._before[0]
        waited = snap.elapsed_s - self._changed_at
        # What a job that started at the change needs is not yet among those that are done.
        settle = max(SETTLE_S, SETTLE_S - 10 + 2 * snap.latency.p50)
        if not waited_for or not fewer or workers <= fewer or not settle <= waited < FORGET_S:
            self._in_vain = False
            return None
        self._in_vain = self._judge(snap, waited, throttled)
        return (fewer, workers) if self._in_vain else None

    def _judge(self, snap: Snapshot, waited: float, throttled: bool) -> bool:
        fewer, before = self._before
        rate, window = (snap.rates.done_30s, 30.0) if waited >= LONG_S else (snap.rates.done, 10.0)
        half = before * (1 + 0.5 * (self._workers / fewer - 1))
        if throttled or self._in_vain:
            return rate < half
        jobs = rate * window
        return (jobs + CHANCE * math.sqrt(jobs + 1)) / window < half
