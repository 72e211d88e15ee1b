"""An engine on a bench: jobs are a function, rows are numbers, the journal commits when the test says so."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from types import TracebackType

from qtui.core import events as ev
from qtui.core.commands import Command, Reply, Request
from qtui.core.job import REJECTED, Done, Failed, Job, Value
from qtui.core.past import Past
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.seams import FinalJob, Kept, Row, Source
from qtui.core.signature import signature
from qtui.core.snapshot import RunState, Snapshot
from qtui.core.tables import (
    About,
    Backoff,
    Halt,
    JobTable,
    Preset,
    QueueTable,
    Retry,
    SourceTable,
    Table,
    Throttle,
    Workers,
)
from qtui.engine.clock import Clock, LoopClock
from qtui.engine.engine import Engine, Parts
from qtui.executors import LocalExecutor

Handler = Callable[[Job], Awaitable[Done | Failed]]


class Numbers:
    """A source of the numbers from 1 to `stop`."""

    title = "numbers"
    blocking = False
    place = ""

    def __init__(self, stop: int, problem_at: int = 0) -> None:
        self.stop = stop
        self.problem_at = problem_at

    def check(self) -> str:
        return ""

    def columns(self) -> list[str]:
        return ["n"]

    def fingerprint(self) -> str:
        return f"numbers to {self.stop}"

    def total(self) -> int:
        return self.stop

    def count(self, stop: Callable[[], bool]) -> int:
        return self.stop

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        for n in range(skip + 1, self.stop + 1):
            yield [Row({"n": n}, "line 3 is not UTF-8" if n == self.problem_at else "")]


class FunctionKind:
    """A kind whose job is a function."""

    def __init__(self, handler: Handler, lane: Callable[[Job], str] = lambda job: "") -> None:
        self.handler = handler
        self.lane_of = lane
        self.concurrency = 0

    async def open(self, concurrency: int) -> None:
        self.concurrency = concurrency

    def lane(self, job: Job) -> str:
        return self.lane_of(job)

    def resize(self, concurrency: int) -> None:
        self.concurrency = concurrency

    def fields(self, row: Mapping[str, Value]) -> Mapping[str, Value]:
        return {}

    async def run(self, job: Job) -> Done | Failed:
        return await self.handler(job)

    async def close(self) -> None:
        pass


class BenchJournal:
    """Durable after `delay` seconds; never while `stuck`. Keeps everything, for the test to read."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.stuck = False
        self.on_commit: Callable[[int], None] = lambda position: None
        self.events: list[ev.Event] = []
        self.final: dict[int, FinalJob] = {}
        self.closed = ""
        self.kept: list[list[dict[str, Value]]] = [[]]
        """Durable rows that jobs have found, by producer."""
        self._keys: set[tuple[int, str]] = set()
        self._finding: list[ev.AttemptEnded] = []
        self._position = 0
        self._durable = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def append(self, position: int, event: ev.Event) -> None:
        self.events.append(event)
        self._position = position
        match event:
            case ev.AttemptEnded(job=job, then="failed" | "cancelled" as then, signature=group):
                self.final[job.seq] = FinalJob(job, then, group)
            case ev.JobDropped(job=job, rejected=rejected):
                self.final[job.seq] = FinalJob(
                    job, "failed" if rejected else "cancelled", signature(REJECTED) if rejected else ""
                )
            case ev.JobPutBack(job=job, was=was, signature=group):
                self.final[job.seq] = FinalJob(job, was, group)
            case ev.JobRequeued(job=job) | ev.AttemptEnded(job=job, then="done"):
                self.final.pop(job.seq, None)
        if isinstance(event, ev.AttemptEnded) and event.found:
            self._finding.append(event)
        self._arm()

    def _arm(self) -> None:
        if self._timer is None and not self.stuck:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.delay, self.commit)

    def commit(self) -> None:
        self._timer = None
        self._durable = self._position
        for ended in self._finding:
            for one in ended.found:
                if (ended.job.producer, one.key) not in self._keys:
                    self._keys.add((ended.job.producer, one.key))
                    self.kept[ended.job.producer].append(one.row)
        self._finding.clear()
        self.let_in()
        self.on_commit(self._durable)

    def release(self) -> None:
        self.stuck = False
        self._arm()

    def let_in(self) -> None:
        """There is room for more, although nothing has become durable."""
        while self._waiters:
            self._waiters.popleft().set_result(None)

    def hurry(self) -> None:
        pass

    @property
    def backlog(self) -> int:
        return self._position - self._durable

    @property
    def state(self) -> str:
        return "blocked" if self.stuck else "ok"

    async def room(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def query(self, query: Query) -> Answer:
        return Unknown("this is a bench")

    def found_count(self, producer: int) -> int:
        return len(self.kept[producer])

    async def found(self, producer: int, after: int, limit: int, skip: int = 0) -> list[Kept]:
        rows = self.kept[producer][after + skip : after + skip + limit]
        return [Kept(number, row) for number, row in enumerate(rows, after + skip + 1)]

    async def failed_jobs(self, signature: str | None, after: int, limit: int, state: str = "failed") -> list[FinalJob]:
        found = [
            final
            for seq, final in sorted(self.final.items())
            if seq > after and final.state == state and signature in (None, final.signature)
        ]
        return found[:limit]

    async def lost_jobs(self, seqs: Sequence[int]) -> list[FinalJob]:
        return [self.final[seq] for seq in sorted(seqs) if seq in self.final]

    async def job(self, seq: int) -> FinalJob | None:
        return self.final.get(seq)

    async def close(self, how: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.closed = how


async def no_op(job: Job) -> Done:
    return Done()


def sleeping(seconds: float) -> Handler:
    async def handler(job: Job) -> Done:
        await asyncio.sleep(seconds)
        return Done(job.seq)

    return handler


class Rig:
    """`async with Rig(...) as rig:`; the books are checked after every event and at the end."""

    def __init__(
        self,
        handler: Handler = no_op,
        *,
        jobs: int | list[int] = 10,
        capacity: int = 4,
        concurrency: int = 2,
        attempts: int = 1,
        base: float = 1.0,
        timeout: float = 0.0,
        rate: float | None = None,
        source_rate: float | None = None,
        rejoin: str = "fair",
        jitter: str = "none",
        journal: BenchJournal | None = None,
        sources: Sequence[Source] | None = None,
        seed: int = 1,
        past: Past | None = None,
        skip: bool = True,
        gone: frozenset[int] = frozenset(),
        renew: Callable[[Job], Job] = lambda job: job,
        retry: tuple[str, ...] = (),
        on_crash: str = "run",
        crashes: int = 3,
        held: bool = False,
        lane: Callable[[Job], str] = lambda job: "",
        throttle: Throttle | None = None,
        halt: Halt | None = None,
        longest: float = 120.0,
        overflow: str = "block",
        strategy: str = "pool",
        holds_slot: bool = False,
        clock: Clock | None = None,
    ) -> None:
        numbers = [jobs] if isinstance(jobs, int) else jobs
        self.sources: Sequence[Source] = sources or [Numbers(number) for number in numbers]
        self.kind = FunctionKind(handler, lane)
        self.journal = journal or BenchJournal()
        self.luck = random.Random(seed)
        self.preset = Preset(
            About(name="bench"),
            [SourceTable(kind="range", name=f"p{i}", rate=source_rate) for i in range(len(self.sources))],
            JobTable(kind="simulate", name="job {n}", timeout=timeout, on_crash=on_crash, crashes=crashes),  # type: ignore[arg-type]
            Table(),
            QueueTable(capacity=capacity, overflow=overflow),  # type: ignore[arg-type]
            Workers(concurrency=concurrency, strategy=strategy),  # type: ignore[arg-type]
            Retry(
                attempts=attempts,
                backoff=Backoff(base=base, factor=2.0, max=60.0, jitter=jitter),  # type: ignore[arg-type]
                on=["any"],
                rejoin=rejoin,  # type: ignore[arg-type]
                max_retry_after=longest,
                holds_slot=holds_slot,
            ),
            throttle or Throttle(rate=rate),
            halt or Halt(),
        )
        self.past, self.skip, self.gone, self.renew = past, skip, gone, renew
        self.retry, self.held = retry, held
        self.clock = clock
        self.engine: Engine
        self.most_running = 0
        self.events: list[ev.Event] = []

    async def __aenter__(self) -> Rig:
        parts = Parts(
            list(self.sources),
            self.kind,
            LocalExecutor(self.kind),
            self.journal,
            self.clock or LoopClock(wall=1e9),
            self.luck,
            self.past,
            self.skip,
            self.gone,
            self.renew,
        )
        self.engine = Engine(self.preset, parts)
        self.engine.dispatcher.held = self.held
        self.engine.subscribe(self._watch)
        await self.engine.start(self.retry)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.engine.close()
        if error is None:
            self.engine.ledger.validate()
            assert not self.engine.problem, self.engine.problem

    def _watch(self, event: ev.Event) -> None:
        self.events.append(event)
        self.most_running = max(self.most_running, self.running)

    @property
    def running(self) -> int:
        return int(self.engine.ledger.busy.value)

    @property
    def snap(self) -> Snapshot:
        return self.engine.snapshot()

    async def ask(self, command: Command, *, dry_run: bool = False) -> Reply:
        reply = await self.engine.ask(Request(command, dry_run=dry_run))
        self.engine.ledger.validate()
        return reply

    async def ended(self) -> RunState:
        return await self.engine.wait_ended()

    async def after(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(seconds)
        self.engine.ledger.validate()

    def of(self, kind: type) -> list[ev.Event]:
        return [event for event in self.events if isinstance(event, kind)]
