"""What enters the run: what producers give and tell, and the jobs that the queue takes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Awaitable
from typing import TYPE_CHECKING

import msgspec

from qtui.core import events as ev
from qtui.core.job import Done, Found, Job
from qtui.core.naming import Naming
from qtui.core.past import Past
from qtui.core.seams import Adopting
from qtui.engine.frontier import Frontier
from qtui.engine.parts import Parts
from qtui.engine.producer import Offer, Producer
from qtui.engine.queue import BoundedQueue
from qtui.engine.rounds import NOBODY
from qtui.errors import CannotWrite
from qtui.text import clean

if TYPE_CHECKING:
    from qtui.engine.engine import Engine


class Intake:
    """Rows become jobs in the moment in which the queue takes them, and are numbered in that order."""

    def __init__(self, engine: Engine, parts: Parts) -> None:
        preset, past = engine.preset, parts.past or Past()
        self._engine = engine
        self.last_seq = past.last_seq
        """The number of the newest job."""
        self._named = [Naming(preset.job, parts.kind.fields, source.place) for source in parts.sources]
        self.queue: BoundedQueue[Offer, Job] = BoundedQueue(
            preset.queue.capacity if engine.strategy == "pool" else sys.maxsize,
            self._admit,
            self._producer_blocked,
            engine.work_came,
            None if preset.queue.overflow == "block" else self._overflows,
        )
        self._given = [*past.given, *[0] * len(parts.sources)][: len(parts.sources)]
        self.producers = self._make_producers(parts)

    def _make_producers(self, parts: Parts) -> list[Producer]:
        producers = []
        for index, (source, table) in enumerate(zip(parts.sources, self._engine.preset.sources, strict=True)):
            skip = self._given[index] if parts.skip else 0
            producer = Producer(index, source, table.rate, self.queue, parts.clock.now, skip)
            if isinstance(source, Adopting):
                producer.frontier = Frontier(index, source, parts.journal, self, skip)
            producers.append(producer)
        return producers

    def announce(self) -> None:
        """Tell of every producer, before any of them gives anything."""
        for producer in self.producers:
            self._tell_of(producer, self._given[producer.index])

    def _tell_of(self, producer: Producer, given: int) -> None:
        engine = self._engine
        table = engine.preset.sources[producer.index]
        name, total = clean(table.name or table.kind, 40), producer.source.total()
        engine.emit(ev.ProducerStarted(engine.now(), producer.index, name, total, table.rate, given))

    def open(self) -> None:
        """Let every producer give what it has."""
        for producer in self.producers:
            self._let_run(producer)

    def _let_run(self, producer: Producer) -> None:
        self._engine.spawn(producer.run(self), f"producer {producer.index}")

    # -- what the queue asks and tells

    def _admit(self, offer: Offer) -> Job:
        engine = self._engine
        if offer.again is not None:
            job = msgspec.structs.replace(offer.again, attempt=1, waits=0)
            engine.rounds.enter(job, offer)
        else:
            job = self._made(offer)
            engine.emit(ev.JobAccepted(engine.now(), job))
        engine.dispatcher.join(job.seq)
        return job

    def _made(self, offer: Offer) -> Job:
        assert offer.row is not None, "an offer is a row or a job"
        self.last_seq += 1
        return self._named[offer.producer].job(self.last_seq, offer.producer, offer.row)

    def _overflows(self, offer: Offer) -> bool:
        """The queue is full: somebody is lost, unless a person asked for the offer, which then waits for room."""
        if offer.again is not None:
            return False
        engine = self._engine
        overflow = engine.preset.queue.overflow
        if overflow == "drop-old":
            oldest = next((job for job in self.queue.items if job.seq not in engine.rounds.unstarted), None)
            if oldest is not None:
                engine.emit(ev.JobDropped(engine.now(), oldest, fresh=False))
                self.queue.replace(oldest, offer)
                if engine.hosts is not None:
                    engine.hosts.forget(oldest.seq)
                return True
        engine.emit(ev.JobDropped(engine.now(), self._made(offer), fresh=True, rejected=overflow == "reject"))
        return True

    def _producer_blocked(self, index: int, blocked: bool) -> None:
        if index != NOBODY:
            event = ev.ProducerBlocked if blocked else ev.ProducerUnblocked
            self._engine.emit(event(self._engine.now(), index))

    # -- what producers ask and tell

    def room(self) -> Awaitable[None] | None:
        """What a producer waits for that no queue makes it wait for: the journal, when it is far behind."""
        engine = self._engine
        return self._journal_room() if engine.blocked or engine.durability.far_behind else None

    async def _journal_room(self) -> None:
        with contextlib.suppress(CannotWrite):  # whoever is told of it ends the run; no source is to blame
            await self._engine.journal.room()

    def total_known(self, index: int, total: int) -> None:
        self._engine.emit(ev.TotalKnown(self._engine.now(), index, total))

    def source_ended(self, index: int, problem: str) -> None:
        self._engine.emit(ev.ProducerEnded(self._engine.now(), index, clean(problem)))
        self._engine.check_ended()

    # -- what jobs find

    def finds(self, producer: int) -> bool:
        """Whether a job of the producer is open: it could still find something."""
        return any(entry.job.producer == producer for entry in self._engine.ledger.open.values())

    def frontier_grew(self, index: int, found: int, rows: int) -> None:
        self._engine.emit(ev.FrontierGrew(self._engine.now(), index, found, rows))

    def reopen(self, index: int) -> None:
        """Let a producer go on whose jobs found something after its end: a person gave one another round."""
        producer = self.producers[index]
        self._tell_of(producer, self._engine.ledger.producers[index].given)
        self._let_run(producer)

    def adopted(self, job: Job, done: Done) -> tuple[Done, tuple[Found, ...]]:
        """The end of a job without what it came across, and what of that its source takes."""
        frontier = self.producers[job.producer].frontier
        found = frontier.adopt(job.row, done.found) if frontier is not None else ()
        return msgspec.structs.replace(done, found=()), found

    def committed(self) -> None:
        """More of what was found is on disk."""
        for producer in self.producers:
            if producer.frontier is not None and self._engine.ledger.ended is None:
                producer.frontier.committed()
