"""The engine's pulse: how late the loop is, how much memory it takes, and whether the machine slept."""

from __future__ import annotations

import asyncio
import os
import resource
from pathlib import Path

from qtui.core.events import Notice
from qtui.core.snapshot import Health
from qtui.engine.engine import Engine
from qtui.text import seconds

BEAT_S = 0.5
SUSPENDED_S = 2.0
"""A beat so much too late means that the process did not run at all: suspended, stopped or starved."""

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Heartbeat:
    """Updates `engine.health` twice a second; a gap in its beats is no attempt's fault."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(BEAT_S)
            late = loop.time() - before - BEAT_S
            if late > SUSPENDED_S:
                self._engine.dispatcher.forgive(late)
                self._engine.emit(
                    Notice(self._engine.now(), f"did not run for {seconds(late)}; no job is blamed for it", "warning")
                )
            journal = self._engine.journal
            self._engine.health = Health(max(0.0, late), rss(), peak_rss(), journal.state, journal.backlog)


def rss() -> int:
    """Resident memory of this process in bytes, or 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def peak_rss() -> int:
    """The most resident memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
