"""The engine's pulse: how late the loop is, how much memory it takes, and whether the machine slept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections import deque
from collections.abc import Callable
from pathlib import Path

from qtui.core.events import Notice
from qtui.core.snapshot import Health
from qtui.engine import clock as engine_clock
from qtui.engine.engine import Engine
from qtui.engine.memory import Memory, MemoryReader
from qtui.text import seconds

BEAT_S = 0.5
SUSPENDED_S = 2.0
"""A beat so much too late means that the process did not run at all: suspended, stopped or starved."""

BEATS_A_LOOK = 2
"""What costs more to find out is looked at once in so many beats."""
BEATS = 6
"""How many beats the lag is judged by."""

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Heartbeat:
    """Updates `engine.health` twice a second; a gap in its beats is no attempt's fault."""

    def __init__(
        self,
        engine: Engine,
        blocked: Callable[[float], bool] = lambda span: False,
        memory: Callable[[], Memory | None] | None = None,
        disk: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        """`blocked(span)`: code was seen holding up the loop in the last seconds; then nothing was asleep.

        `memory` tells how much is in use; the system's own numbers when absent. `disk` tells what is free of how much.
        """
        self._engine = engine
        self._blocked = blocked
        self._memory = memory or MemoryReader()
        self._disk = disk
        self._room = (0, 0)
        self._late: deque[float] = deque([0.0] * BEATS, BEATS)
        self._tasks = self._most_tasks = self._connections = 0
        self._beats = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        asleep = engine_clock.asleep()
        self._beat(0.0)
        while True:
            before = loop.time()
            await asyncio.sleep(BEAT_S)
            late = max(0.0, loop.time() - before - BEAT_S)
            slept, asleep = engine_clock.asleep() - asleep, engine_clock.asleep()
            if late > SUSPENDED_S:
                self._engine.dispatcher.forgive(late)
            if (gap := late + max(0.0, slept)) > SUSPENDED_S and not self._blocked(gap):
                self._suspended(gap)
                late = 0.0  # that is over; what it says of the loop, it says in its own words
            self._beat(late)

    def _suspended(self, gap: float) -> None:
        said = f"suspended {seconds(gap)}: qtui did not run; no job is blamed for it"
        self._engine.emit(Notice(self._engine.now(), said, "warning"))

    def _beat(self, late: float) -> None:
        self._late.append(late)
        lag = sorted(self._late)[-2]  # one hiccup is not a lag
        looks = self._beats % BEATS_A_LOOK == 0
        if looks:
            self._count()
        self._beats += 1
        journal = self._engine.journal
        was = self._engine.health
        self._engine.health = Health(
            lag,
            rss(),
            peak_rss(),
            journal.state,
            journal.backlog,
            self._tasks,
            max(self._most_tasks, self._engine.dispatcher.most_tasks),
            self._connections,
            was.memory_share,
            was.memory_limit,
            *self._room,
        )
        if looks and self._engine.barriers.minds_memory:
            self._engine.barriers.look(self._memory())

    def _count(self) -> None:
        self._tasks = len(asyncio.all_tasks())
        self._most_tasks = max(self._most_tasks, self._tasks)
        self._connections = open_sockets()
        self._room = self._disk()


def rss() -> int:
    """Resident memory of this process in bytes, or 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def room(folder: Path) -> tuple[int, int]:
    """Bytes free for us where `folder` is, of how many; zeros where the system does not say."""
    try:
        told = os.statvfs(folder)
    except OSError:
        return 0, 0
    return told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize


def open_sockets() -> int:
    """How many sockets this process has open, or 0 where the system does not say."""
    number = 0
    try:
        for entry in os.scandir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # closed since it was listed
                number += os.readlink(entry.path).startswith("socket:")
    except OSError:
        return 0
    return number


def peak_rss() -> int:
    """The most resident memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
