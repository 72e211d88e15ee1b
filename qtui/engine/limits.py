"""Limits on starting attempts."""

from __future__ import annotations

import math

BURST_S = 0.02
"""A limiter that was idle may catch up by this much time at once, at least one start."""


class RateLimit:
    """At most `rate` starts per second, evenly spaced (the generic cell rate algorithm)."""

    __slots__ = ("_next", "rate")

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self._next = -math.inf
        """When the next start would be exactly on time."""

    def wait(self, now: float) -> float:
        """Seconds until a start is allowed; 0 when it is allowed now."""
        if self.rate is None:
            return 0.0
        slack = max(0.0, BURST_S - 1 / self.rate)
        return max(0.0, self._next - slack - now)

    def spend(self, now: float) -> None:
        """Note a start at `now`."""
        if self.rate is not None:
            self._next = max(now, self._next) + 1 / self.rate
