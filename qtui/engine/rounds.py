"""Another round for jobs whose story had ended: they go through the queue like all others, and wait for room too.

A command that gives rounds can be taken back: it gives no more, and what has not started since is what it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.core.job import Job
from qtui.core.seams import FinalJob
from qtui.engine.cancelling import withdraw
from qtui.engine.plan import Refusal, TooLate, Who
from qtui.engine.producer import Offer
from qtui.engine.queue import Gate

if TYPE_CHECKING:
    from qtui.engine.engine import Engine

NOBODY = -1
"""The index of what enters the queue and is no producer's: retries that a person asked for."""
KEPT = 100
"""So many commands can be taken back."""


class Giver:
    """A command that gives final jobs another round."""

    __slots__ = ("by", "command", "gate", "number", "started", "task")

    def __init__(self, number: int, by: str, command: cmd.Command | None, gate: Gate) -> None:
        self.number, self.by, self.command, self.gate = number, by, command, gate
        self.started = 0
        """How many of its jobs have started."""
        self.task: asyncio.Task[None] | None = None

    @property
    def giving(self) -> bool:
        """It has not given all of them yet."""
        return self.task is not None and not self.task.done() and not self.gate.paused


class Before(NamedTuple):
    """What a job was before it was given another round."""

    giver: Giver
    was: str
    signature: str
    aside: bool
    """It was set aside by itself."""


class Rounds:
    """Several commands may offer the same job: they take turns, so that it gets one more round and not two."""

    def __init__(self, engine: Engine, renew: Callable[[Job], Job]) -> None:
        self._engine, self._renew = engine, renew
        self.feeding = 0
        """Commands that are still giving rounds."""
        self.given = 0
        """How many rounds final jobs were given in this life."""
        self.last = 0
        """The number of the last command."""
        self.unstarted: dict[int, Before] = {}
        """Pending jobs that a person gave another round: a full queue drops others."""
        self._givers: dict[int, Giver] = {}
        self._shut = False
        self._turns = asyncio.Lock()

    def shut(self, shut: bool) -> None:
        """The run drains or stops, or goes on; whoever has moved a gate settles the queue."""
        self._shut = shut
        for giver in self._givers.values():
            giver.gate.shut = shut

    def feed(
        self,
        work: Callable[[Giver], Awaitable[object]],
        said: str,
        by: str,
        reason: str = "",
        command: cmd.Command | None = None,
    ) -> None:
        """Give final jobs another round; a run that had finished goes on for them, and does not end meanwhile."""
        engine = self._engine
        if engine.ledger.ended is not None:
            engine.emit(ev.RunReopened(engine.now(), by))
            engine.ended_no_more()
        engine.emit(ev.CommandDone(engine.now(), by, said, reason))
        self.last += 1
        giver = self._givers[self.last] = Giver(self.last, by, command, Gate())
        giver.gate.shut = self._shut
        self._forget()
        self.feeding += 1
        giver.task = engine.spawn(_give(work, giver), said)
        giver.task.add_done_callback(self._fed)

    def _fed(self, _: asyncio.Task[None]) -> None:
        self.feeding -= 1
        self._engine.check_ended()

    def _forget(self) -> None:
        """The oldest of too many, as soon as it has given all."""
        for number in list(self._givers)[: max(0, len(self._givers) - KEPT)]:
            if not self._givers[number].giving:
                del self._givers[number]

    async def offer_again(self, final: FinalJob, giver: Giver, known: int | None) -> bool:
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
            offer = Offer(again.producer, None, again, giver.by, final.state, final.signature, giver.number)
            await self._engine.queue.put(offer, NOBODY, giver.gate)
            return True

    def enter(self, job: Job, offer: Offer) -> None:
        """A job of a command enters the queue: the fact, and what it takes to take it back."""
        engine, seq = self._engine, job.seq
        aside = seq in engine.ledger.outstanding.attention.jobs
        self.given += 1
        self.unstarted[seq] = Before(self._givers[offer.retry], offer.was, offer.signature, aside)
        engine.emit(ev.JobRequeued(engine.now(), job, offer.by, offer.was, offer.signature))

    def started(self, seq: int) -> None:
        """An attempt of a job has started."""
        if (before := self.unstarted.pop(seq, None)) is not None:
            before.giver.started += 1

    def left(self, seq: int) -> None:
        """A job was cancelled before it could start."""
        self.unstarted.pop(seq, None)

    # -- taken back

    def to_take_back(self, number: int | None) -> tuple[Giver, list[int]]:
        """The command of this number, or the last, and its jobs that have not started. Raises Refusal."""
        giver = self._givers.get(self.last if number is None else number)
        if giver is None:
            raise Refusal("there is no such retry in this life of the run" if number else "there is no retry yet")
        seqs = [seq for seq, before in self.unstarted.items() if before.giver is giver]
        if not seqs and not giver.giving:
            raise TooLate("every job of that retry has started already" if giver.started else "that retry is over")
        return giver, seqs

    def take_back(self, giver: Giver, who: Who, said: str) -> None:
        """Give no more, and let what has not started be what it was."""
        engine = self._engine
        engine.emit(ev.CommandDone(engine.now(), who.by, said, who.reason))
        giver.gate.paused = True  # at once: whoever waits for room hears of its end only in the next turn of the loop
        if giver.task is not None:
            giver.task.cancel()
        for job in withdraw(engine, {seq for seq, before in self.unstarted.items() if before.giver is giver}):
            before = self.unstarted.pop(job.seq)
            engine.emit(ev.JobPutBack(engine.now(), job, who.by, before.was, before.signature, before.aside))
            engine.dispatcher.leave(job.seq)
        engine.check_ended()


async def _give(work: Callable[[Giver], Awaitable[object]], giver: Giver) -> None:
    """Called as late as here: what is cancelled before it begins has not made anything that nobody awaits."""
    await work(giver)
