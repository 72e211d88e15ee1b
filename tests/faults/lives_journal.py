"""A journal without threads for simulated lives: the real store and fold, committed at moments that a seed draws."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from qtui.core.events import AttemptEnded, AttemptStarted, Event
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.seams import FinalJob
from qtui.journal import queries, schema
from qtui.journal.flight import Flight
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold, Record
from qtui.journal.store import Store

FILES = (schema.FILE, f"{schema.FILE}-wal", f"{schema.FILE}-shm")


class Died(Exception):
    """The engine's process has died in the middle of a commit."""


class Mortal:
    """A life that may end at any moment; what happens after its end does not happen."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.dead = False
        self.why = ""
        self.doom: dict[str, int] = {}
        """Moment → how often it may still pass; nothing happens at moments that are not named."""
        self._loop = loop

    def die(self, why: str) -> None:
        if not self.dead:
            self.dead, self.why = True, why
            self._loop.stop()

    def passes(self, moment: str) -> bool:
        """True when the life has ended here."""
        if not self.dead and moment in self.doom:
            self.doom[moment] -= 1
            if self.doom[moment] < 0:
                self.die(moment)
        return self.dead


class DyingResults:
    """The results file, where the engine may die between the lines and the commit that names their end."""

    def __init__(self, file: ResultsFile, life: Mortal) -> None:
        self._file = file
        self._life = life
        self.path = file.path

    @property
    def offset(self) -> int:
        return self._file.offset

    @offset.setter
    def offset(self, value: int) -> None:
        self._file.offset = value

    def write(self, lines: Iterable[bytes]) -> int:
        end = self._file.write(lines)
        if self._life.passes("results are written, the commit is not"):
            raise Died
        return end

    def close(self) -> None:
        self._file.close()


class SimJournal:
    """Implements `qtui.core.seams.Journal` on the loop alone."""

    def __init__(self, folder: Path, fold: Fold, results: ResultsFile, life: Mortal, chance: random.Random) -> None:
        self.on_commit: Callable[[int], None] = lambda position: None
        self.on_state: Callable[[str], None] = lambda sentence: None
        self.problem = ""
        self.saved = 0
        """What is on the disk."""
        self.told = 0
        """What the engine knows of that."""
        self._folder = folder
        self._fold = fold
        self._life = life
        self._chance = chance
        self._results = results
        self._store = Store(folder, DyingResults(results, life))  # type: ignore[arg-type]
        self._store.begin()
        self._flight = Flight(folder)
        self._last = 0
        self._waiting: list[Record] = []
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.TimerHandle | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._stubborn = chance.random() < 0.2
        """A slow disk: hurrying does not help."""
        self._pace = chance.choice([0.005, 0.05, 0.05, 0.2, 1.0])

    # -- what the engine sees

    def append(self, position: int, event: Event) -> None:
        if self._life.dead:
            return
        self._last = position
        if type(event) is AttemptStarted:
            self._flight.begin(event.job)
        elif type(event) is AttemptEnded:
            self._flight.end(event.job.seq, position)
        self._waiting.append((position, event))
        self._arm(self._chance.uniform(0, self._pace))
        self._life.passes("an event is taken")

    def hurry(self) -> None:
        if self._waiting and not self._stubborn:
            self._arm(self._chance.choice([0.0, 0.001, 0.003]), sooner=True)

    @property
    def backlog(self) -> int:
        return len(self._waiting)

    @property
    def state(self) -> str:
        return "blocked" if self.problem else "ok"

    async def room(self) -> None:
        while self.problem or self.backlog >= 10_000:
            await self._change()

    async def query(self, query: Query) -> Answer:
        return Unknown("this is a simulation")

    async def failed_jobs(self, signature: str | None, after: int, limit: int, state: str = "failed") -> list[FinalJob]:
        await self._up_to_date()
        with closing(schema.open_readonly(self._folder / schema.FILE)) as db:
            # Short pages, so that what a person does meanwhile falls between them.
            found = queries.failed_jobs(db, signature, after, min(limit, self._chance.choice([1, 3, limit])), state)
        await asyncio.sleep(self._chance.choice([0.0, 0.002, 0.1]))
        return found

    async def lost_jobs(self, seqs: Sequence[int]) -> list[FinalJob]:
        found = [await self.job(seq) for seq in sorted(seqs)]
        return [final for final in found if final is not None]

    async def job(self, seq: int) -> FinalJob | None:
        await self._up_to_date()
        with closing(schema.open_readonly(self._folder / schema.FILE)) as db:
            found = queries.lost_job(db, seq)
        await asyncio.sleep(self._chance.choice([0.0, 0.002, 0.1]))
        return found

    async def close(self, how: str) -> None:
        self._forget_timers()
        if self._life.dead:
            return
        if self.problem and self._chance.random() < 0.5:
            self._life.die("the disk stays full")
            return
        self.problem = ""
        while self._waiting or self._store.behind:
            self._save()
            if self._life.dead:
                return
        self._tell()
        if self._life.passes("everything is saved, the end is not noted"):
            return
        self._store.end(how)
        self._store.close()
        self._flight.close(orderly=True)

    # -- what the disk does

    def block(self, sentence: str) -> None:
        """The disk is full, or has space again when `sentence` is empty."""
        self.problem = sentence
        self.on_state(sentence)
        self._wake()
        if not sentence:
            self._arm(0.0, sooner=True)

    def _arm(self, delay: float, *, sooner: bool = False) -> None:
        if self._life.dead or self.problem:
            return
        if self._timer is not None:
            if not sooner:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self._commit)

    def _commit(self) -> None:
        self._timer = None
        if self._life.dead or self.problem:
            return
        self.commit()
        if self._waiting or self._store.behind:
            self._arm(self._chance.uniform(0, self._pace))

    def commit(self) -> None:
        """Save, then tell; between the two there is time to die."""
        self._save()
        if self._life.dead:
            return
        if self._chance.random() < 0.5:
            self._tell()
        elif self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(self._chance.uniform(0, 0.01), self._tell)

    def _save(self) -> None:
        with suppress(Died):
            if self._waiting:
                self._save_records(self._take())
            elif self._store.behind:
                self._store.release()

    def _take(self) -> list[Record]:
        number = len(self._waiting)
        if number > 1 and self._chance.random() < 0.2:
            number = self._chance.randint(1, number)
        return self._waiting[:number]

    def _save_records(self, records: list[Record]) -> None:
        if self._life.passes("a commit begins"):
            return
        fold = self._fold
        if again := fold.unknown(records):
            fold.learn(self._store.states(again))
        self._store.save(fold.fold(records))
        del self._waiting[: len(records)]
        self.saved = records[-1][0]
        self._life.passes("a commit is not told")

    def _tell(self) -> None:
        self._telling = None
        if self._life.dead or self.told == self.saved:
            return
        self.told = self.saved
        self._flight.saved(self.told)
        self._wake()
        self.on_commit(self.told)

    async def _up_to_date(self) -> None:
        position = self._last
        while self.told < position:
            self.hurry()
            await self._change()

    async def _change(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _forget_timers(self) -> None:
        for timer in (self._timer, self._telling):
            if timer is not None:
                timer.cancel()
        self._timer = self._telling = None

    # -- death

    def crash(self) -> None:
        """Leave behind what a killed process leaves: closing a connection would tidy up."""
        paths = [self._folder / name for name in FILES]
        left = {path: path.read_bytes() for path in paths if path.exists()}
        self._store._connection.close()
        for path in paths:
            path.unlink(missing_ok=True)
        for path, content in left.items():
            path.write_bytes(content)
        self._flight.close(orderly=False)
        if self._chance.random() < 0.4:  # lines of a commit that never came, torn anywhere
            with self._results.path.open("r+b") as file:
                file.seek(self._results.offset)
                file.write(self._chance.randbytes(self._chance.randint(1, 300)))
        self._results.close()
