"""Limits on starting attempts."""

from __future__ import annotations

import math

BURST_S = 0.02
"""Without a burst of its own a limiter that was idle may catch up by this much time at once, at least one start."""
EXACT_S = 1e-9
"""Closer than a clock can tell: a wait of less is none."""


class RateLimit:
    """At most `rate` starts per second, evenly spaced; at most `burst` at once (the generic cell rate algorithm).

    In any span of t seconds there are at most `burst + rate * t` starts.
    """

    __slots__ = ("_next", "_slack", "burst", "rate")

    def __init__(self, rate: float | None, burst: int | None = None) -> None:
        self.rate = rate
        self.burst = burst
        self._slack = _slack(rate, burst)
        self._next = -math.inf
        """When the next start would be exactly on time."""

    def wait(self, now: float) -> float:
        """Seconds until a start is allowed; 0 when it is allowed now."""
        if self.rate is None:
            return 0.0
        wait = self._next - self._slack - now
        return wait if wait > EXACT_S else 0.0

    def spend(self, now: float) -> None:
        """Note a start at `now`."""
        if self.rate is not None:
            self._next = max(now, self._next) + 1 / self.rate

    def change(self, rate: float | None, burst: int | None, now: float) -> None:
        """Another limit from now on; starts that were ahead of their time stay ahead by as many starts."""
        ahead = max(0.0, self._next - now) * (self.rate or 0.0)
        self.rate, self.burst = rate, burst
        self._slack = _slack(rate, burst)
        self._next = now + ahead / rate if rate else -math.inf

    def idle(self, now: float) -> bool:
        """Whether it has nothing to remember."""
        return self.rate is None or self._next <= now


def _slack(rate: float | None, burst: int | None) -> float:
    if rate is None:
        return 0.0
    return (burst - 1) / rate if burst is not None else max(0.0, BURST_S - 1 / rate)
