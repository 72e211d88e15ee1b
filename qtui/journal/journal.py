"""The journal of a live run: what the engine appends to and asks, on its loop, without ever waiting for a disk."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, final

from qtui.core.events import AttemptEnded, AttemptStarted, Event
from qtui.core.past import Past
from qtui.core.queries import Answer, JobsQuery, Query, Unknown
from qtui.core.seams import FinalJob, Kept
from qtui.errors import CannotWrite, JournalUnreadable, QtuiError
from qtui.journal import queries, recovery, schema
from qtui.journal.asking import Asker
from qtui.journal.flight import Flight
from qtui.journal.listing import Scan
from qtui.journal.recovery import Found, Policy, look, recover
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from qtui.journal.runs import RunRecord
from qtui.journal.schema import reason
from qtui.journal.store import Store, make_reserve
from qtui.journal.writer import Voice, Writer
from qtui.text import clean

BACKLOG = 10_000
"""Records not yet saved, above which callers of `room` wait."""

T = TypeVar("T")


def _ignore(_position: int) -> None: ...


def _ignore_state(_state: str, _sentence: str) -> None: ...


def reopen(
    folder: Path, policy: Policy, facts: Mapping[str, str], now: float, seen: Found | None = None
) -> tuple[Found, Fold, ResultsFile | None]:
    """Put a run right at wall clock `now`, and what its next life is written with; see `SqliteJournal.resume`."""
    before = seen or look(folder, now)
    results = before.meta.get("results")
    if not make_reserve(folder):
        raise CannotWrite(f"the disk of {clean(folder)} is full; free some space, then start it again")
    found = recover(folder, before, now, policy, facts)
    file = ResultsFile.resumed(Path(results), int(found.meta["results_offset"])) if results else None
    fold = Fold(now - found.past.at, lines=file is not None)
    given = dict(enumerate(found.past.given))
    fold.go_on(found.totals, given, found.states, found.past.last_seq, found.past.attention)
    return found, fold, file


@final
class SqliteJournal:
    """Implements `qtui.core.seams.Journal` with a SQLite file, a writer's thread and a reader's thread.

    All methods but `rescue` belong to the loop's thread.
    """

    def __init__(
        self,
        folder: Path,
        loop: asyncio.AbstractEventLoop,
        fold: Fold,
        results: ResultsFile | None,
        found: Mapping[int, int] | None = None,
    ) -> None:
        """`found` is how many rows for new jobs earlier lives have left, by producer."""
        self.on_commit: Callable[[int], None] = _ignore
        """Called on the loop with the highest position that is durable."""
        self.on_state: Callable[[str, str], None] = _ignore_state
        """Called on the loop with `ok`, `blocked` or `failed`, and a sentence for people."""
        self.results = results.path if results else None
        self.results_moved_to = results.moved_to if results else None
        """Where an older results file was moved to, or None: a person should be told."""
        self._loop = loop
        self._asker = Asker(folder / schema.FILE, loop)
        self._last = 0
        """Position of the newest record."""
        self._saved = 0
        self._state = "ok"
        """What the writer has told: nobody meets a failure before `on_state` was called."""
        self._waiters: list[asyncio.Future[None]] = []
        """Woken at every commit and every change of state."""
        self._over: asyncio.Future[str] = loop.create_future()
        voice = Voice(
            saved=self._tell(self._on_saved), state=self._tell(self._on_state), over=self._tell(self._on_over)
        )
        self._flight = Flight(folder)
        self._writer = Writer(folder, lambda: Store(folder, results, found), fold, voice)
        self._writer.found = dict(found or {})  # known from the start: a crawl that has found nothing more is over
        self._writer.start()

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        run: RunRecord,
        results: Path | None = None,
        facts: Mapping[str, str] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> SqliteJournal:
        """A journal for a new run in its `folder`, and its results file; `facts` are kept with the run.

        Raises:
            CannotWrite: one sentence; nothing has started then, and no older results file was touched.
        """
        told: dict[str, str | float] = {
            "run_id": run.run_id,
            "name": run.name,
            "preset": run.preset,
            "started_at": run.started_at,
            "results": str(results.absolute()) if results else "",
        }
        schema.create(folder / schema.FILE, {**(facts or {}), **told})
        if not make_reserve(folder):
            raise CannotWrite(
                f"the disk of {clean(folder)} is full; free some space or choose another with --state DIR"
            )
        file = ResultsFile.fresh(results) if results else None
        fold = Fold(run.started_at, lines=file is not None)
        return cls(folder, loop or asyncio.get_running_loop(), fold, file)

    @classmethod
    def resume(
        cls,
        folder: Path,
        policy: Policy,
        facts: Mapping[str, str] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        seen: Found | None = None,
    ) -> tuple[SqliteJournal, Past]:
        """The journal of a run that goes on, put right, and what it remembers; the caller holds the run's lock.

        `facts` replace those that were kept with it before. `seen` is what the caller saw when it looked under the
        lock: looking again would read every page of a run that crashed once more.

        Raises:
            JournalUnreadable: when it cannot be read; nothing has changed then.
            CannotWrite: when it, or its results file, cannot be written.
        """
        found, fold, file = reopen(folder, policy, facts or {}, time.time(), seen)
        counts = recovery.found_counts(folder)
        return cls(folder, loop or asyncio.get_running_loop(), fold, file, counts), found.past

    @classmethod
    async def take_up(
        cls, folder: Path, policy: Policy, facts: Mapping[str, str], seen: Found | None = None
    ) -> tuple[SqliteJournal, Past]:
        """`resume`, with the loop free meanwhile: a hundred thousand open jobs take seconds to read."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "recover") as thread:
            found, fold, file = await loop.run_in_executor(thread, reopen, folder, policy, facts, time.time(), seen)
            counts = await loop.run_in_executor(thread, recovery.found_counts, folder)
        return cls(folder, loop, fold, file, counts), found.past

    def append(self, position: int, event: Event) -> None:
        """Take note of an event; positions grow. Costs a list append, and now and then a wake-up."""
        self._last = position
        if type(event) is AttemptStarted:
            self._flight.begin(event.job)
        elif type(event) is AttemptEnded:
            self._flight.end(event.job.seq, position)
        self._writer.put(position, event)

    def hurry(self) -> None:
        """Somebody waits for what was appended: make it durable without waiting for more."""
        self._writer.hurry()

    @property
    def backlog(self) -> int:
        """Events taken and not yet durable."""
        return self._writer.backlog

    @property
    def state(self) -> str:
        """ok; slow: the oldest record waits for more than a second; blocked: no space; failed: for good."""
        state = self._writer.state
        return "slow" if state == "ok" and self._writer.slow else state

    @property
    def head(self) -> tuple[int, int] | None:
        """In the order of submission: the number of the job whose result is written next, and how many results wait
        behind it. None in the order of completion, or without a results file.
        """
        return self._writer.head

    @property
    def problem(self) -> str:
        """The sentence that goes with blocked or failed, or empty."""
        return self._writer.problem

    async def room(self) -> None:
        """Return when more work may start: the backlog is small and there is space on the disk.

        Raises:
            CannotWrite: when the journal has failed; what is started now could not be recorded.
        """
        while self._state != "ok" or self._writer.backlog >= BACKLOG:
            if self._state == "failed":
                raise CannotWrite(self._writer.problem)
            await self._change()

    async def query(self, query: Query) -> Answer:
        """Answer from what is durable; a journal that cannot be read says so as `Unknown`."""
        now = self._now()
        try:
            if isinstance(query, JobsQuery):
                scan = Scan(query, now)
                while (found := await self._asker.ask(scan.step)) is None:
                    pass  # between two slices others have their turn
                return found
            return await self._asker.ask(lambda db: queries.answer(db, query, now))
        except (sqlite3.Error, QtuiError) as error:
            return Unknown(f"the journal gives no answer: {clean(reason(error))}")

    def found_count(self, producer: int) -> int:
        """How many rows for new jobs of a producer are durable."""
        return self._writer.found.get(producer, 0)

    async def found(self, producer: int, after: int, limit: int, skip: int = 0) -> list[Kept]:
        """Durable rows for new jobs of a producer whose id is above `after`, in order, without the first `skip`.

        Raises:
            JournalUnreadable: when it cannot be read.
        """
        counts = self._writer.found
        if skip and sum(counts.values()) == counts.get(producer, 0):
            after, skip = after + skip, 0  # ids have no gaps, and all are its own
        try:
            return await self._asker.ask(lambda db: queries.found(db, producer, after, limit, skip))
        except sqlite3.Error as error:
            raise JournalUnreadable(f"the journal gives no found rows: {clean(reason(error))}") from error

    async def failed_jobs(self, signature: str | None, after: int, limit: int, state: str = "failed") -> list[FinalJob]:
        """Failed (or held) jobs with a number above `after`, in order; all that was appended before the call is seen.

        Raises:
            CannotWrite: when the journal has failed. JournalUnreadable, when it cannot be read.
        """
        return await self._ask(lambda db: queries.failed_jobs(db, signature, after, limit, state))

    async def job(self, seq: int) -> FinalJob | None:
        """A job whose state is failed, cancelled or held; raises as `failed_jobs`."""
        return await self._ask(lambda db: queries.lost_job(db, seq))

    async def lost_jobs(self, seqs: Sequence[int]) -> list[FinalJob]:
        """Those of these jobs that are failed, cancelled or held, in order; raises as `failed_jobs`."""
        return await self._ask(lambda db: queries.lost_jobs(db, seqs))

    async def close(self, how: str) -> None:
        """Make everything durable and note how the run ended. Questions may still be asked afterwards.

        A full disk is given ten seconds.

        Raises:
            CannotWrite: when something could not be saved; the sentence says what.
        """
        await self._asker.leave()  # then one plain file can be left behind
        self._writer.end(how)
        problem = await asyncio.shield(self._over)
        self._writer.join()
        self._flight.close(orderly=not problem)
        if problem:
            raise CannotWrite(problem)

    def rescue(self, how: str) -> None:
        """What `close` does, without the loop: for another thread, when the loop is stuck and will not come back."""
        self._writer.end(how)
        self._writer.join()

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        position = self._last
        while self._saved < position:
            if self._state == "failed":
                raise CannotWrite(self._writer.problem)
            self._writer.hurry()
            await self._change()
        return await self._asker.ask(question)

    async def _change(self) -> None:
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter

    def _now(self) -> float:
        """Wall clock of the run: the clock of its events, carried on; a jump of the system's clock changes nothing."""
        newest, when = self._writer.newest
        return newest + time.monotonic() - when if when else time.time()

    def _on_saved(self, position: int) -> None:
        self._saved = position
        self._flight.saved(position)
        self._wake()
        self.on_commit(position)

    def _on_state(self, state: str, sentence: str) -> None:
        self._state = state
        self._wake()
        self.on_state(state, sentence)

    def _on_over(self, problem: str) -> None:
        self._wake()
        if not self._over.done():
            self._over.set_result(problem)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _tell(self, hear: Callable[..., None]) -> Callable[..., None]:
        """`hear`, called on the loop from any thread."""

        def tell(*told: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(hear, *told)

        return tell
