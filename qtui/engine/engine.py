"""The engine of a run: joins sources, queue, lane, slots, journal and ledger; commands in, events out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence, Set
from functools import partial
from typing import NamedTuple

import msgspec

from qtui.core import events as ev
from qtui.core import picture
from qtui.core.commands import MAX_CONCURRENCY, Reply, Request
from qtui.core.events import PASSING
from qtui.core.job import Cancelled, Done, Failed, Found, Interrupted, Job, Outcome
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.core.naming import Naming
from qtui.core.past import Past, mark
from qtui.core.queries import Answer, Query
from qtui.core.retry import RetryAfter, decide
from qtui.core.seams import Adopting, Ordered
from qtui.core.signature import signature
from qtui.core.snapshot import Health, RunState, Snapshot
from qtui.core.tables import Preset
from qtui.engine.answers import answer
from qtui.engine.audience import Audience
from qtui.engine.barriers import Barriers
from qtui.engine.ceilings import Ceilings
from qtui.engine.controls import Controls
from qtui.engine.dispatch import SLICE_S, Dispatcher, Policy, Work
from qtui.engine.durability import Durability
from qtui.engine.frontier import Frontier
from qtui.engine.gauges import Gauges
from qtui.engine.host_limits import HostLimits
from qtui.engine.lane import Lane
from qtui.engine.lanes import Hosts
from qtui.engine.limits import RateLimit
from qtui.engine.parts import Parts, RunInfo
from qtui.engine.producer import Offer, Producer
from qtui.engine.queue import BoundedQueue
from qtui.engine.retrying import Retrying
from qtui.engine.rounds import NOBODY, Rounds
from qtui.errors import CannotWrite
from qtui.text import clean, plural

__all__ = ["Engine", "Parts", "RunInfo"]

log = logging.getLogger(__name__)

MAX_BACKLOG = 10_000
"""Records that may wait for the disk before slots wait too."""
SUSPICIOUS = 2
"""A job that was running in so many crashes of the engine runs alone, to see whether it was the cause; in fewer where
one more would have it held."""
INTERRUPTED_PAUSE_S = 0.5
"""How long a job rests that was interrupted because the machine lacked something."""


class Engine:
    """One run. `start`, then `wait_ended`, then `close`; everything else by `ask`, `query` and `snapshot`."""

    def __init__(self, preset: Preset, parts: Parts, info: RunInfo | None = None) -> None:
        self.preset, self.info = preset, info or RunInfo()
        self.executor = parts.executor
        self.journal = parts.journal
        self.ledger = Ledger()
        self.health = Health()
        self.problem = ""
        """Something a person should know now, or empty."""
        self.blocked = False
        """The journal cannot be written for now: what is started could not be recorded."""
        self.fatal = ""
        """Why the run was given up, or empty."""
        self.on_stop: Callable[[], None] = lambda: None
        """Told when a stop begins: whoever can ends the process should the stop get stuck."""
        self._clock, self._clock_now = parts.clock, parts.clock.now
        self._luck, self._kind, self._lane_of = parts.luck, parts.kind, parts.kind.lane
        self._past, self.gone = parts.past, parts.gone
        past = parts.past or Past()
        self._zero = self._clock_now() - past.at
        self.durability = Durability()
        self.last_seq = past.last_seq
        self._holds, self._suspects = preset.job.on_crash == "hold", _suspects(past, preset.job.crashes)
        self.audience, self._tasks = Audience(), set[asyncio.Task[None]]()
        self._starting = True  # until what earlier lives left open is there again
        self._ended, self._reopened = asyncio.Event(), asyncio.Event()
        self._named = [Naming(preset.job, parts.kind.fields, source.place) for source in parts.sources]
        self.strategy = preset.workers.strategy
        self.queue: BoundedQueue[Offer, Job] = BoundedQueue(
            preset.queue.capacity if self.strategy == "pool" else sys.maxsize,
            self._admit,
            self._producer_blocked,
            self._work_came,
            None if preset.queue.overflow == "block" else self._overflows,
        )
        self.lane = Lane(parts.clock.now, self._work_came)
        self.dispatcher = Dispatcher(
            Work(self.queue, self.lane, self.executor.run, self._ready, parts.journal.hurry),
            Policy(preset.job.timeout, preset.retry.rejoin, self.strategy, preset.retry.holds_slot),
            self,
            RateLimit(preset.throttle.rate, preset.throttle.burst),
            parts.clock.now,
            sys.maxsize if self.strategy == "unbounded" else preset.workers.concurrency,
        )
        self.ceilings = Ceilings(
            self.dispatcher, preset.throttle.adapts, self.emit, self.now, bounded=self.strategy != "unbounded"
        )
        self.barriers, self.throttle = Barriers(self), preset.throttle  # a person may change the limits
        self.host_limits = HostLimits(self, parts.kind.lane)
        if preset.throttle.per_host or preset.throttle.per_host_rate or preset.throttle.circuit:
            self.host_limits.mind()
        self._given = [*past.given, *[0] * len(parts.sources)][: len(parts.sources)]
        self.producers = self._make_producers(parts)
        if self._suspects:
            self.dispatcher.starts.suspect = self._suspected
        self.controls = Controls(self)
        self.gauges = Gauges(self.ledger, self.now, self.emit)
        """Where attempts tell how far they are."""
        self.rounds = Rounds(self, parts.renew)
        self._ordered = parts.journal if isinstance(parts.journal, Ordered) else None
        parts.journal.on_commit, self._append = self._committed, parts.journal.append

    def _make_producers(self, parts: Parts) -> list[Producer]:
        producers = []
        for index, (source, table) in enumerate(zip(parts.sources, self.preset.sources, strict=True)):
            skip = self._given[index] if parts.skip else 0
            producer = Producer(index, source, table.rate, self.queue, parts.clock.now, skip)
            if isinstance(source, Adopting):
                producer.frontier = Frontier(index, source, parts.journal, self, skip)
            producers.append(producer)
        return producers

    # -- life

    async def start(self, retry: Sequence[str] = ()) -> None:
        """Begin, or go on. Raises QtuiError when kind or executor cannot get ready.

        `retry` names final states, failed or held, whose jobs get another round at once.
        """
        preset = self.preset
        await self.executor.open(MAX_CONCURRENCY if self.strategy == "unbounded" else preset.workers.concurrency)
        started = ev.RunStarted(
            self.now(),
            clean(preset.about.name, 60),
            clean(preset.source),
            self._clock.wall() - self.now(),
            1 if self.strategy == "unbounded" else preset.workers.concurrency,
            preset.queue.capacity if self.strategy == "pool" else 0,
            preset.throttle.rate,
            preset.retry.attempts,
            preset.job.timeout,
            preset.queue.overflow,
            self.strategy,
        )
        if self._past is None:
            self.emit(started)
        else:
            await self._restore(self._past, started)
        self._starting = False
        self.ceilings.begin()
        if self.info.note:
            self.emit(ev.Notice(self.now(), self.info.note))
        for producer in self.producers:
            self._producer_starts(producer, self._given[producer.index])
        for state in retry:
            if number := self.ledger.counts[State(state)]:
                said = f"retry of all {plural(number, f'{state} job')}"
                self.rounds.feed(partial(Retrying(self).all, state), said, "you")
        for producer in self.producers:
            self.spawn(producer.run(self), f"producer {producer.index}")
        self.dispatcher.wake()
        self.check_ended()

    def _producer_starts(self, producer: Producer, given: int) -> None:
        table = self.preset.sources[producer.index]
        name, total = clean(table.name or table.kind, 40), producer.source.total()
        self.emit(ev.ProducerStarted(self.now(), producer.index, name, total, table.rate, given))

    async def _restore(self, past: Past, started: ev.RunStarted) -> None:
        """Bring back what earlier lives left open, some at a time: it may be a hundred thousand jobs."""
        at = self.now()
        self.emit(
            ev.RunResumed(at, started, past.lives + 1, past.done, past.failed, past.held, past.cancelled, past.lost)
        )
        for group in past.groups:
            self.emit(ev.GroupRestored(at, group))
        if past.attention:
            self.emit(ev.AttentionRestored(at, past.attention))
        slice_began = at
        for entry in past.open:
            if (at := self.now()) - slice_began > SLICE_S:
                await asyncio.sleep(0)
                slice_began = at = self.now()
            self.emit(ev.JobRestored(at, entry.job, entry.waiting, at + entry.due_in_s))
            if entry.job.seq in self.gone:
                self.emit(ev.JobCancelled(at, entry.job.seq, ev.GONE))
                continue
            self.dispatcher.join(entry.job.seq)
            if entry.waiting:
                self.lane.add(entry.job, entry.due_in_s)
            else:
                self.queue.restore(entry.job)

    async def wait_ended(self) -> RunState:
        """Wait until the run is finished or stopped and everything is durable, or until it was given up."""
        await self._ended.wait()
        return self.ledger.state

    async def wait_reopened(self) -> None:
        """Wait until a person gives work to a run that had finished."""
        await self._reopened.wait()

    async def close(self) -> None:
        """Let go of everything; call it once the run has ended, or to cut it off."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        self.lane.close()
        self.gauges.close()
        self.ceilings.close()
        await self.dispatcher.close()
        await self.executor.close()
        await self.journal.close(self.ledger.ended.how if self.ledger.ended else "stopped")

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Do something beside everything else, until it is done or the engine closes."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._reap)
        return task

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task %s failed", task.get_name(), exc_info=error)
            self.problem = f"internal error in {task.get_name()}: {type(error).__name__}; see the log"
            self.emit(ev.Notice(self.now(), self.problem, "error"))
            self.stop("qtui")

    # -- facts

    def now(self) -> float:
        """Seconds since the start of the run."""
        return self._clock_now() - self._zero

    def at(self, clock_now: float) -> float:
        """The same for a moment of the clock."""
        return clock_now - self._zero

    @property
    def hosts(self) -> Hosts | None:
        """None while nothing is limited per host."""
        return self.host_limits.hosts

    def clock_now(self) -> float:
        """The clock's own time, which dispatcher and limits count by."""
        return self._clock_now()

    def emit(self, event: ev.Event) -> None:
        """The only way a fact enters the world: ledger first, then the journal, then whoever listens."""
        durability, ledger = self.durability, self.ledger
        if type(event) in PASSING:
            ledger.apply(event)
        else:
            durability.position += 1
            ledger.apply(event, durability.position)
            self._append(durability.position, event)
        if self.audience.anybody:
            self.audience.tell(event, durability.position, unsettled=bool(ledger.unsettled))

    def subscribe(self, subscriber: Callable[[ev.Event], None], *, durable: bool = False) -> None:
        """Call `subscriber` with every event from now on, in order, on the engine's loop.

        A `durable` one tells others: it hears of an outcome, and of what came after it, once that is on disk.
        """
        self.audience.add(subscriber, durable=durable)

    def unsubscribe(self, subscriber: Callable[[ev.Event], None]) -> None:
        self.audience.remove(subscriber)

    def _committed(self, position: int) -> None:
        self.ledger.commit(position, self.now())
        self.audience.committed(position, unsettled=bool(self.ledger.unsettled))
        self.durability.commit(position)
        if self.dispatcher.starts.committed(self.durability.in_doubt):
            self.dispatcher.wake()
        for producer in self.producers:
            if producer.frontier is not None and self.ledger.ended is None:
                producer.frontier.committed()
        self.check_ended()

    def _suspected(self, job: Job) -> bool:
        """Whether it was running when the engine crashed, often enough to be the cause."""
        return bool(self._suspects) and mark(job.key) in self._suspects

    def _ready(self, job: Job) -> Awaitable[None] | None:
        """What an attempt of `job` waits for: a slow disk, and where it matters, that its start is on the disk."""
        durability = self.durability
        if self._holds or (self._suspects and self._suspected(job)):
            self.journal.hurry()
            return durability.until(durability.position)
        if self.blocked or durability.position - durability.saved > MAX_BACKLOG:
            return self.journal.room()
        return None

    # -- what producers, slots and queue tell

    def _admit(self, offer: Offer) -> Job:
        if offer.again is not None:
            job = msgspec.structs.replace(offer.again, attempt=1, waits=0)
            self.rounds.enter(job, offer)
        else:
            job = self._made(offer)
            self.emit(ev.JobAccepted(self.now(), job))
        self.dispatcher.join(job.seq)
        return job

    def _made(self, offer: Offer) -> Job:
        assert offer.row is not None, "an offer is a row or a job"
        self.last_seq += 1
        return self._named[offer.producer].job(self.last_seq, offer.producer, offer.row)

    def _overflows(self, offer: Offer) -> bool:
        """The queue is full: somebody is lost, unless a person asked for the offer, which then waits for room."""
        if offer.again is not None:
            return False
        overflow = self.preset.queue.overflow
        if overflow == "drop-old":
            oldest = next((job for job in self.queue.items if job.seq not in self.rounds.unstarted), None)
            if oldest is not None:
                self.emit(ev.JobDropped(self.now(), oldest, fresh=False))
                self.queue.replace(oldest, offer)
                if self.hosts is not None:
                    self.hosts.forget(oldest.seq)
                return True
        self.emit(ev.JobDropped(self.now(), self._made(offer), fresh=True, rejected=overflow == "reject"))
        return True

    def room(self) -> Awaitable[None] | None:
        """What a producer waits for that no queue makes it wait for: the journal, when it is far behind."""
        return self._journal_room() if self.blocked or self.durability.backlog > MAX_BACKLOG else None

    async def _journal_room(self) -> None:
        with contextlib.suppress(CannotWrite):  # whoever is told of it ends the run; no source is to blame
            await self.journal.room()

    def _producer_blocked(self, index: int, blocked: bool) -> None:
        if index != NOBODY:
            event = ev.ProducerBlocked if blocked else ev.ProducerUnblocked
            self.emit(event(self.now(), index))

    def _work_came(self) -> None:
        self.dispatcher.wake()

    def total_known(self, index: int, total: int) -> None:
        self.emit(ev.TotalKnown(self.now(), index, total))

    def source_ended(self, index: int, problem: str) -> None:
        self.emit(ev.ProducerEnded(self.now(), index, clean(problem)))
        self.check_ended()

    def finds(self, producer: int) -> bool:
        """Whether a job of the producer is open: it could still find something."""
        return any(entry.job.producer == producer for entry in self.ledger.open.values())

    def frontier_grew(self, index: int, found: int, rows: int) -> None:
        self.emit(ev.FrontierGrew(self.now(), index, found, rows))

    def reopen(self, index: int) -> None:
        """Let a producer go on whose jobs found something after its end: a person gave one another round."""
        producer = self.producers[index]
        self._producer_starts(producer, self.ledger.producers[index].given)
        self.spawn(producer.run(self), f"producer {index}")

    def attempt_started(self, job: Job, slot: int, now: float) -> None:
        if self.rounds.unstarted:
            self.rounds.started(job.seq)
        at = now - self._zero
        self.emit(ev.AttemptStarted(at, job, slot))
        if self.ceilings.limit is not None:
            self.ceilings.started(at)

    def limit_holds(self, held: bool, now: float) -> None:
        self.emit(ev.ThrottleHolding(now - self._zero, held))

    def attempt_ended(self, job: Job, slot: int, run_s: float, outcome: Outcome, now: float, *, keeps: bool) -> bool:
        """Decide what becomes of the job and write it down; True when it keeps its slot for another attempt."""
        found: tuple[Found, ...] = ()
        follows = DONE
        if not isinstance(outcome, Done):
            follows = self._follows(job, outcome)
        elif outcome.found:
            outcome, found = self._adopted(job, outcome)
        then, delay, group, spared = follows
        keeps = keeps and then == "waiting"
        at = now - self._zero
        self.emit(ev.AttemptEnded(at, job, slot, run_s, outcome, then, delay, group, found, keeps, spared))
        self.dispatcher.starts.in_doubt = self.durability.ended()
        self._tell_limits(job, outcome, then, run_s, now)
        if self._suspects:
            self._suspects.pop(mark(job.key), None)  # it ended, and we are still here
        if then == "waiting":
            if not keeps:
                self.dispatcher.join(job.seq)
            self.lane.add(job if isinstance(outcome, Interrupted) else _next_attempt(job, spared=spared), delay)
        elif then == "pending":
            self.queue.put_back(job)
        self.check_ended()
        return keeps

    def _follows(self, job: Job, outcome: Failed | Cancelled | Interrupted) -> Follows:
        """What becomes of a job whose attempt is not done."""
        match outcome:
            case Failed():
                group = signature(outcome)
                decision = decide(self.preset.retry, job.attempt, outcome, self._luck.random(), job.waits)
                if isinstance(decision, RetryAfter):
                    return Follows("waiting", decision.delay_s, group, decision.spared)
                return Follows("failed", 0.0, group)
            case Cancelled():
                return Follows("cancelled")
            case Interrupted():
                return BACK if self.ledger.stopping else Follows("waiting", INTERRUPTED_PAUSE_S)

    def _tell_limits(self, job: Job, outcome: Outcome, then: str, run_s: float, now: float) -> None:
        """Whatever limits attempts learns from the end of one; what is not asked for costs nothing."""
        if then != "done":
            self.ceilings.ended(outcome, job, self._lane_of, run_s, now - self._zero)
            self.host_limits.tell(job, outcome, now, final=then not in ("waiting", "pending"))
        elif self.host_limits.hosts is not None:
            self.host_limits.tell(job, outcome, now, final=True)
        if self.barriers.counts:
            self.barriers.attempt_ended(outcome, now - self._zero)

    def _adopted(self, job: Job, done: Done) -> tuple[Done, tuple[Found, ...]]:
        """The end of a job without what it came across, and what of that its source takes."""
        frontier = self.producers[job.producer].frontier
        found = frontier.adopt(job.row, done.found) if frontier is not None else ()
        return msgspec.structs.replace(done, found=()), found

    # -- the end

    def check_ended(self) -> None:
        """End the run when nothing is left to do and everything that was done is on disk."""
        ledger = self.ledger
        if ledger.open and not ledger.stopping:
            return  # nearly always; asked after every attempt
        if ledger.ended is not None or self._starting:
            return
        # A stop does not wait for a full disk: closing the journal gives it a last chance and says what is not saved.
        if ledger.unsettled and not (ledger.stopping and self.journal.state == "blocked"):
            return
        if ledger.stopping:
            if not self.dispatcher.running:
                self._end("stopped")
            return
        exhausted = all(producer.ended for producer in ledger.producers.values())
        # A drain shuts the gate before retries that are still being given: what is left of them stays as it was.
        if ledger.draining or (exhausted and not self.rounds.feeding):
            self._end("finished" if exhausted and not self.rounds.feeding else "stopped")

    def _end(self, how: str) -> None:
        self.emit(ev.RunEnded(self.now(), how))
        self._reopened.clear()
        self._ended.set()

    # -- wishes

    async def ask(self, request: Request) -> Reply:
        """Carry out a request, or say why not."""
        return await self.controls.ask(request)

    async def query(self, query: Query) -> Answer:
        """Ask about the past; what is not durable yet may be missing."""
        return await answer(self, query, self._kind)

    def snapshot(self) -> Snapshot:
        """The picture of now."""
        health = msgspec.structs.replace(
            self.health, tasks_peak=max(self.health.tasks_peak, self.dispatcher.most_tasks)
        )
        around = picture.Surroundings(
            self.info.run_id,
            health,
            self.controls.undo_text,
            self.controls.redo_text,
            self.problem,
            "",
            self.info.note,
            self.info.results,
            limits=self.throttle,
            hosts=self.hosts.views(self._clock_now()) if self.hosts is not None else [],
            head=self._ordered.head if self._ordered is not None else None,
            adaptive=self.ceilings.view(),
            next_s=self.dispatcher.starts.limit.wait(self._clock_now()),
            alerts=self.audience.alerts,
            alone_from=self.audience.alone_from,
        )
        return picture.take(self.ledger, self.now(), around)

    def drain(self, by: str, reason: str = "") -> None:
        """Take nothing new, finish everything accepted, then end."""
        self.emit(ev.DrainStarted(self.now(), by, reason))
        self._shut_gates(True)
        self.check_ended()

    def keep_running(self, by: str, reason: str = "") -> None:
        """Take a drain back."""
        self.emit(ev.DrainTakenBack(self.now(), by, reason))
        self._shut_gates(False)

    def stop(self, by: str, reason: str = "") -> None:
        """Interrupt what runs and end; what is left stays in the journal."""
        if self.ledger.stopping or self.ledger.ended is not None:
            return
        self.on_stop()
        self.emit(ev.StopStarted(self.now(), by, reason))
        self._shut_gates(True)
        self.dispatcher.stop()
        self.check_ended()

    def give_up(self, by: str) -> None:
        """Stop without waiting for any attempt; each is written down as interrupted."""
        self.stop(by)
        if self.ledger.ended is None:
            self.dispatcher.abandon()

    def fail(self, problem: str) -> None:
        """The run cannot go on: nothing that happens now could be recorded. It ends without a last word on disk."""
        self.problem = self.fatal = problem
        self._shut_gates(True)
        self.dispatcher.stop()
        self._ended.set()

    def journal_told(self, problem: str) -> None:
        """The journal cannot be written for now, for example because the disk is full; empty when it can be again."""
        self.blocked = bool(problem)
        self.problem = problem
        self.check_ended()

    def _shut_gates(self, shut: bool) -> None:
        for producer in self.producers:
            producer.gate.shut = shut
        self.rounds.shut(shut)
        self.queue.settle()

    def cancel_job(self, seq: int, by: str, reason: str = "") -> None:
        """Cancel a job that is open, wherever it is."""
        self.emit(ev.CommandDone(self.now(), by, f"cancel of job {seq}", reason))
        if self.dispatcher.cancel(seq, Cancelled(by)):
            return
        self.cancel_waiting({seq}, by)

    def cancel_waiting(self, seqs: Set[int], by: str) -> None:
        """Cancel those of these jobs that wait in the queue or in the lane."""
        waited = {seq for seq in seqs if self.lane.remove(seq)}
        for seq in waited:
            self._leaves_host(seq)
        for seq in sorted(waited | {job.seq for job in self.withdraw(seqs)}):
            self.rounds.left(seq)
            self.emit(ev.JobCancelled(self.now(), seq, by))
            self.dispatcher.leave(seq)
        self.check_ended()

    def withdraw(self, seqs: Set[int]) -> list[Job]:
        """Take those of these jobs that wait in the queue out of it; the caller says what becomes of them."""
        removed = self.queue.remove_all(lambda job: job.seq in seqs)
        for job in removed:
            self._leaves_host(job.seq)
        return removed

    def _leaves_host(self, seq: int) -> None:
        if self.hosts is not None:
            self.hosts.forget(seq)

    def ended_no_more(self) -> None:
        """A person gives work to a run that had finished."""
        self._ended.clear()
        self._reopened.set()


class Follows(NamedTuple):
    """What becomes of a job when an attempt has ended, as `AttemptEnded` tells it."""

    then: str
    delay_s: float = 0.0
    group: str = ""
    spared: bool = False


DONE, BACK = Follows("done"), Follows("pending")


def _next_attempt(job: Job, *, spared: bool) -> Job:
    if spared:
        return msgspec.structs.replace(job, waits=job.waits + 1)
    return msgspec.structs.replace(job, attempt=job.attempt + 1)


def _suspects(past: Past, limit: int) -> dict[str, int]:
    """Marks of jobs that run alone: they were running in several crashes, or one more would have them held."""
    suspicious = min(SUSPICIOUS, max(1, limit - 1)) if limit else SUSPICIOUS
    return {key: crashes for key, crashes in past.suspects.items() if crashes >= suspicious}
