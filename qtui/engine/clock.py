"""Time for the engine: the loop's own clock, so that a test can run hours in milliseconds."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic and wall-clock time in seconds."""

    def now(self) -> float: ...

    def wall(self) -> float: ...


class LoopClock:
    """The running loop's time; `wall` is the system's clock unless one is given."""

    __slots__ = ("_wall", "now")

    def __init__(self, wall: float | None = None) -> None:
        self.now = asyncio.get_running_loop().time  # called several times per job: no call in between
        self._wall = None if wall is None else wall - self.now()

    def wall(self) -> float:
        return time.time() if self._wall is None else self._wall + self.now()


def asleep() -> float:
    """Seconds that the machine has been suspended since it was started; 0 where the system does not say.

    The monotonic clock stands still meanwhile: no deadline of an attempt passes.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
