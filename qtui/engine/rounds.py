"""Another round for jobs whose story had ended: they go through the queue like all others, and wait for room too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from qtui.core import events as ev
from qtui.core.job import Job
from qtui.core.seams import FinalJob
from qtui.engine.producer import Offer
from qtui.engine.queue import Gate

if TYPE_CHECKING:
    from qtui.engine.engine import Engine

NOBODY = -1
"""The index of what enters the queue and is no producer's: retries that a person asked for."""


class Rounds:
    """Several commands may offer the same job: they take turns, so that it gets one more round and not two."""

    def __init__(self, engine: Engine, renew: Callable[[Job], Job]) -> None:
        self._engine, self._renew = engine, renew
        self.feeding = 0
        """Commands that are still giving rounds."""
        self.given = 0
        """How many rounds final jobs were given in this life."""
        self.gate = Gate()
        self._turns = asyncio.Lock()

    def retry_one(self, final: FinalJob, by: str, reason: str = "") -> None:
        """Give one final job another round."""
        self.feed(lambda: self.offer_again(final, by, None), f"retry of job {final.job.seq}", by, reason)

    def feed(self, work: Callable[[], Awaitable[object]], said: str, by: str, reason: str) -> None:
        """Give final jobs another round; a run that had finished goes on for them, and does not end meanwhile."""
        if self._engine.ledger.ended is not None:
            self._engine.emit(ev.RunReopened(self._engine.now(), by))
            self._engine.ended_no_more()
        self._engine.emit(ev.CommandDone(self._engine.now(), by, said, reason))
        self.feeding += 1
        self._engine.spawn(self._fed(work), said)

    async def _fed(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        finally:
            self.feeding -= 1
            self._engine.check_ended()

    async def offer_again(self, final: FinalJob, by: str, known: int | None) -> bool:
        """Let a final job enter the queue, unless it has had another round meanwhile; True when it has entered.

        `known` is how many rounds had been given when the journal was asked for it, or None. Several commands may
        offer the same job: they take turns, and whoever asked before another one has given rounds asks again.
        """
        seq = final.job.seq
        async with self._turns:
            if seq in self._engine.ledger.open:
                return False
            if known != self.given and await self._engine.journal.job(seq) != final:
                return False
            again = self._renew(final.job)
            offer = Offer(again.producer, again=again, by=by, was=final.state, signature=final.signature)
            await self._engine.queue.put(offer, NOBODY, self.gate)
            return True
