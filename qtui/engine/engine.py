"""The engine of a run: joins sources, queue, lane, slots, journal and ledger; commands in, events out."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

from qtui.core import events as ev
from qtui.core.commands import MAX_CONCURRENCY, Reply, Request
from qtui.core.events import PASSING
from qtui.core.job import Done, Found, Interrupted, Job, Outcome
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.core.past import Past, mark
from qtui.core.queries import Answer, Query
from qtui.core.seams import Ordered
from qtui.core.snapshot import Health, RunState, Snapshot
from qtui.core.tables import Preset
from qtui.engine.aftermath import DONE, follows, next_attempt
from qtui.engine.answers import answer, picture_of
from qtui.engine.audience import Audience
from qtui.engine.barriers import Barriers
from qtui.engine.beginning import restore, run_started
from qtui.engine.ceilings import Ceilings
from qtui.engine.controls import Controls
from qtui.engine.dispatch import Dispatcher, Policy, Work
from qtui.engine.durability import Durability
from qtui.engine.gauges import Gauges
from qtui.engine.host_limits import HostLimits
from qtui.engine.intake import Intake
from qtui.engine.lane import Lane
from qtui.engine.lanes import Hosts
from qtui.engine.limits import RateLimit
from qtui.engine.parts import Parts, RunInfo
from qtui.engine.retrying import Retrying
from qtui.engine.rounds import Rounds
from qtui.text import plural

__all__ = ["Engine", "Parts", "RunInfo"]

log = logging.getLogger(__name__)


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
        self._holds, self._suspects = preset.job.on_crash == "hold", past.suspicious(preset.job.crashes)
        self.audience, self._tasks = Audience(), set[asyncio.Task[None]]()
        self._starting = True  # until what earlier lives left open is there again
        self._ended, self._reopened = asyncio.Event(), asyncio.Event()
        self.strategy = preset.workers.strategy
        self.intake = Intake(self, parts)
        self.queue, self.producers = self.intake.queue, self.intake.producers
        self.lane = Lane(parts.clock.now, self.work_came)
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
        if self._suspects:
            self.dispatcher.starts.suspect = self._suspected
        self.controls = Controls(self)
        self.gauges = Gauges(self.ledger, self.now, self.emit)
        """Where attempts tell how far they are."""
        self.rounds = Rounds(self, parts.renew)
        self._ordered = parts.journal if isinstance(parts.journal, Ordered) else None
        parts.journal.on_commit, self._append = self._committed, parts.journal.append

    # -- life

    async def start(self, retry: Sequence[str] = ()) -> None:
        """Begin, or go on. Raises QtuiError when kind or executor cannot get ready.

        `retry` names final states, failed or held, whose jobs get another round at once.
        """
        preset = self.preset
        await self.executor.open(MAX_CONCURRENCY if self.strategy == "unbounded" else preset.workers.concurrency)
        started = run_started(self, self._clock.wall())
        if self._past is None:
            self.emit(started)
        else:
            await restore(self, self._past, started)
        self._starting = False
        self.ceilings.begin()
        if self.info.note:
            self.emit(ev.Notice(self.now(), self.info.note))
        self.intake.announce()
        for state in retry:
            if number := self.ledger.counts[State(state)]:
                said = f"retry of all {plural(number, f'{state} job')}"
                self.rounds.feed(partial(Retrying(self).all, state), said, "you")
        self.intake.open()
        self.dispatcher.wake()
        self.check_ended()

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
        self.intake.committed()
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
        if self.blocked or durability.far_behind:
            return self.journal.room()
        return None

    # -- what slots tell

    def work_came(self) -> None:
        """The queue or the lane has something that may start."""
        self.dispatcher.wake()

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
        what = DONE
        if not isinstance(outcome, Done):
            what = follows(self.preset.retry, job, outcome, self._luck, stopping=self.ledger.stopping)
        elif outcome.found:
            outcome, found = self.intake.adopted(job, outcome)
        then, delay, group, spared = what
        keeps = keeps and then == "waiting"
        at = now - self._zero
        self.emit(ev.AttemptEnded(at, job, slot, run_s, outcome, then, delay, group, found, keeps, spared))
        self.dispatcher.starts.in_doubt = self.durability.ended()
        self._tell_limits(job, outcome, then, run_s, now)
        if self._suspects:
            self._suspects.discard(mark(job.key))  # it ended, and we are still here
        if then == "waiting":
            if not keeps:
                self.dispatcher.join(job.seq)
            self.lane.add(job if isinstance(outcome, Interrupted) else next_attempt(job, spared=spared), delay)
        elif then == "pending":
            self.queue.put_back(job)
        self.check_ended()
        return keeps

    def _tell_limits(self, job: Job, outcome: Outcome, then: str, run_s: float, now: float) -> None:
        """Whatever limits attempts learns from the end of one; what is not asked for costs nothing."""
        if then != "done":
            self.ceilings.ended(outcome, job, self._lane_of, run_s, now - self._zero)
            self.host_limits.tell(job, outcome, now, final=then not in ("waiting", "pending"))
        elif self.host_limits.hosts is not None:
            self.host_limits.tell(job, outcome, now, final=True)
        if self.barriers.counts:
            self.barriers.attempt_ended(outcome, now - self._zero)

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
        return picture_of(self, self._ordered)

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

    def ended_no_more(self) -> None:
        """A person gives work to a run that had finished."""
        self._ended.clear()
        self._reopened.set()
