"""Another round for many failed jobs: through the queue like others, and no further when the first ones fail again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from qtui.core import events as ev
from qtui.core.job_filter import ASIDE, Condition
from qtui.core.queries import Jobs, JobsQuery
from qtui.core.seams import FinalJob
from qtui.text import count

if TYPE_CHECKING:
    from qtui.engine.engine import Engine
    from qtui.engine.rounds import Giver

PAGE = 200
"""Jobs that are asked for at a time."""
FIRST = 20
"""So many jobs of a group are watched."""
TOLERATED = 0.2
"""When a larger share of them fails again, the others are held back."""


class Trial:
    """What becomes of the first jobs of a round; hears every event while it lasts."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._settled: asyncio.Future[None] | None = None
        self.given = 0
        self.failed = 0
        self.cancelled = 0

    def watch(self, seq: int) -> None:
        """A job is about to be given another round; the first twenty are watched."""
        if self.given < FIRST:
            self._running.add(seq)
        self.given += 1

    def missed(self, seq: int) -> None:
        """It was not given one after all."""
        self.given -= 1
        self._end(seq)

    def hear(self, event: ev.Event) -> None:
        """Take note when one of them ends."""
        if isinstance(event, ev.AttemptEnded):
            if event.job.seq in self._running and event.then in ("done", "failed", "cancelled"):
                self.failed += event.then == "failed"
                self.cancelled += event.then == "cancelled"
                self._end(event.job.seq)
        elif isinstance(event, ev.JobCancelled) and event.seq in self._running:
            self.cancelled += 1
            self._end(event.seq)

    def _end(self, seq: int) -> None:
        self._running.discard(seq)
        if not self._running and self._settled is not None and not self._settled.done():
            self._settled.set_result(None)

    async def settled(self) -> None:
        """Return when all of them have ended."""
        if self._running:
            self._settled = asyncio.get_running_loop().create_future()
            await self._settled

    @property
    def verdict(self) -> str:
        """Why the others are better held back, or empty."""
        if self.given == 1:
            return "the probe failed again" if self.failed else "the probe was cancelled" if self.cancelled else ""
        if self.failed > FIRST * TOLERATED:
            return f"{self.failed} of the first {min(FIRST, self.given)} failed again"
        return ""


class _Page:
    """How many rounds had been given when a page of final jobs was read, and by whoever reads it since."""

    __slots__ = ("known",)

    def __init__(self, known: int) -> None:
        self.known = known


class Retrying:
    """One command's worth of work; all of it runs as tasks of the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def all(self, state: str, giver: Giver) -> None:
        """Every job in a final state, whatever group it is of; those set aside are left alone."""
        trials: dict[str, Trial] = {}
        held: dict[str, int] = {}
        attention = self._engine.ledger.outstanding.attention
        try:
            async for final, page in self._finals(None, state):
                group = final.signature
                if attention.is_aside(final.job.seq, group):
                    continue
                trial = trials.get(group)
                if trial is None:
                    trial = trials[group] = self._trial()
                if group and trial.verdict and trial.given > 1:
                    held[group] = held.get(group, 0) + 1
                    continue
                await self._offer(final, page, giver, trial)
        finally:
            for trial in trials.values():
                self._engine.unsubscribe(trial.hear)
        for group, number in held.items():
            self._hold_back(group, number, trials[group].verdict)

    async def probed(self, groups: Sequence[tuple[str, int]], giver: Giver) -> None:
        """Every group for itself, one job of it first."""
        begun = []
        async with asyncio.TaskGroup() as tasks:
            for signature, number in groups:
                work = self.group(signature, number, giver, probe=True)
                begun.append(tasks.create_task(work, name=f"retry of {signature[:60]}"))

    async def group(self, signature: str, number: int, giver: Giver, *, probe: bool) -> None:
        """The oldest `number` failed jobs of a group; with a probe a stage waits for what became of the one before."""
        trial = self._trial()
        attention = self._engine.ledger.outstanding.attention
        try:
            async for final, page in self._finals(signature, "failed"):
                if trial.given >= number:
                    return
                if final.job.seq in attention.jobs:
                    continue
                if probe and trial.given in (1, FIRST):
                    await trial.settled()
                if (probe or trial.given > 1) and (why := trial.verdict):
                    self._hold_back(signature, number - trial.given, why)
                    return
                await self._offer(final, page, giver, trial)
        finally:
            self._engine.unsubscribe(trial.hear)

    async def these(self, finals: Sequence[FinalJob], waiting: Sequence[int], giver: Giver) -> None:
        """Jobs that a person has marked: the waiting ones start now, the final ones get another round."""
        engine = self._engine
        for seq in waiting:
            if engine.lane.hasten(seq):
                engine.emit(ev.RetryHastened(engine.now(), seq, giver.by))
        for final in finals:
            if final.job.seq not in engine.gone:
                await engine.rounds.offer_again(final, giver, None)

    async def matching(self, where: Sequence[Condition], giver: Giver) -> None:
        """Every final job that matches; said at the end, because it may take long."""
        number, attention = 0, self._engine.ledger.outstanding.attention
        aside = ASIDE in where[-1].value.split(",")  # `among` puts the states there; the file may be a moment behind
        async for seqs in matching(self._engine, where):
            for final in await self._engine.journal.lost_jobs(seqs):
                if final.job.seq not in self._engine.gone and (
                    aside or not attention.is_aside(final.job.seq, final.signature)
                ):
                    number += await self._engine.rounds.offer_again(final, giver, None)
        engine = self._engine
        engine.emit(ev.CommandDone(engine.now(), giver.by, f"{count(number)} jobs that match were given another round"))

    def _trial(self) -> Trial:
        trial = Trial()
        self._engine.subscribe(trial.hear)
        return trial

    def _hold_back(self, signature: str, number: int, why: str) -> None:
        if number > 0:
            self._engine.emit(ev.HeldBack(self._engine.now(), signature, number, why))

    async def _offer(self, final: FinalJob, page: _Page, giver: Giver, trial: Trial) -> None:
        seq = final.job.seq
        trial.watch(seq)
        if await self._engine.rounds.offer_again(final, giver, page.known):
            page.known += 1
        else:
            trial.missed(seq)

    async def _finals(self, signature: str | None, state: str) -> AsyncIterator[tuple[FinalJob, _Page]]:
        """Final jobs in order, page by page."""
        engine, after = self._engine, 0
        while True:
            page = _Page(engine.rounds.given)  # before it is read: rounds that are given meanwhile may be missing in it
            finals = await engine.journal.failed_jobs(signature, after, PAGE, state)
            if not finals:
                return
            for final in finals:
                after = final.job.seq
                if after not in engine.gone:
                    yield final, page


async def matching(engine: Engine, where: Sequence[Condition]) -> AsyncIterator[list[int]]:
    """The numbers of the jobs that match now, in order, a page at a time."""
    asked = [*where, Condition("id", "<=", str(engine.intake.last_seq), float(engine.intake.last_seq))]
    after = 0
    while True:
        page = await engine.journal.query(
            JobsQuery(0, PAGE, [*asked, Condition("id", ">", str(after), float(after))], "oldest")
        )
        if not isinstance(page, Jobs) or not page.rows:
            return
        after = page.rows[-1].seq
        yield [row.seq for row in page.rows]
