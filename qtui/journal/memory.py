"""The journal that remembers nothing beyond the process: for tests, demos and `durability = "none"`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

from msgspec.structs import replace

from qtui.core.events import AttemptEnded, Event, JobDropped, JobPutBack, JobRequeued
from qtui.core.job import REJECTED
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.seams import FinalJob, Kept
from qtui.core.signature import signature

KEPT = 10_000
"""Failed and cancelled jobs that can be given another round; the oldest are forgotten first."""


@final
class MemoryJournal:
    """Implements `qtui.core.seams.Journal`; acknowledges inside `append`. Memory is bounded."""

    def __init__(self, kept: int = KEPT) -> None:
        self.on_commit: Callable[[int], None] = lambda _position: None
        self.on_state: Callable[[str, str], None] = lambda _state, _sentence: None
        """Never called: nothing can go wrong here."""
        self._kept = kept
        self._lost: dict[int, FinalJob] = {}
        """Those that failed, were cancelled while running, or were lost to a full queue."""

    def append(self, position: int, event: Event) -> None:
        """Take note of an event and acknowledge it at once."""
        if isinstance(event, AttemptEnded):
            if event.then in ("failed", "cancelled", "held"):
                self._keep(FinalJob(replace(event.job, attempt=1), event.then, event.signature))
        elif isinstance(event, JobDropped):
            state, group = ("failed", signature(REJECTED)) if event.rejected else ("cancelled", "")
            self._keep(FinalJob(event.job, state, group))
        elif isinstance(event, JobRequeued):
            self._lost.pop(event.job.seq, None)
        elif isinstance(event, JobPutBack):
            self._keep(FinalJob(event.job, event.was, event.signature))
        self.on_commit(position)

    def _keep(self, final: FinalJob) -> None:
        self._lost[final.job.seq] = final
        if len(self._lost) > self._kept:
            del self._lost[next(iter(self._lost))]

    def hurry(self) -> None:
        """Nobody ever waits."""

    @property
    def backlog(self) -> int:
        return 0

    @property
    def state(self) -> str:
        return "off"

    async def room(self) -> None:
        """There always is."""

    async def query(self, query: Query) -> Answer:
        return Unknown("this run keeps no journal")

    def found_count(self, producer: int) -> int:
        """What jobs come across is not kept."""
        return 0

    async def found(self, producer: int, after: int, limit: int, skip: int = 0) -> list[Kept]:
        """Nothing: nothing is kept."""
        return []

    async def failed_jobs(self, signature: str | None, after: int, limit: int, state: str = "failed") -> list[FinalJob]:
        """Failed (or held) jobs with a number above `after`, in order; of one failure group or of all."""
        found = [
            final
            for final in self._lost.values()
            if final.state == state and final.job.seq > after and signature in (None, final.signature)
        ]
        return sorted(found, key=lambda final: final.job.seq)[:limit]

    async def job(self, seq: int) -> FinalJob | None:
        """A job that is failed, cancelled or held, as long as it is remembered."""
        return self._lost.get(seq)

    async def lost_jobs(self, seqs: Sequence[int]) -> list[FinalJob]:
        """Those of these jobs that are failed, cancelled or held and remembered, in order."""
        return [self._lost[seq] for seq in sorted(set(seqs)) if seq in self._lost]

    async def close(self, how: str) -> None:
        """Forget everything."""
        self._lost.clear()
