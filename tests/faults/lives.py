"""Simulated lives of a run: the real engine on virtual time, the real journal on files, and death at drawn moments.

    python -m tests.faults --only lives [--lives N] [--seed N]

A seed decides everything: what jobs do, what a person does, when commits come and when the engine dies. What really
happened is noted outside the journal, by the jobs themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path

from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.core.job import Done, Failed, Job
from qtui.core.past import mark
from qtui.core.seams import Row
from qtui.core.snapshot import RunState
from qtui.core.tables import About, Backoff, JobTable, Preset, QueueTable, Retry, SourceTable, Table, Workers
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts
from qtui.engine.health import Heartbeat
from qtui.engine.sampler import Sampler
from qtui.executors import LocalExecutor
from qtui.journal import outflow, recovery, schema
from qtui.journal.journal import reopen
from qtui.journal.recovery import Found
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from tests.conftest import VirtualLoop
from tests.engine.rig import FunctionKind, Numbers
from tests.faults import lives_checks as checks
from tests.faults.lives_checks import RESULTS, Books
from tests.faults.lives_journal import Mortal, SimJournal
from tests.faults.power import fast_place
from tests.faults.report import Report

TIMEOUT_S = 4.0
LONGEST_S = 30.0
"""Of a life that does not end by itself."""
PATIENCE_S = 100_000.0
MOMENTS = {
    "an event is taken": 150,
    "a commit begins": 25,
    "results are written, the commit is not": 12,
    "a commit is not told": 25,
    "everything is saved, the end is not noted": 0,
}
"""Where the engine may die, and how often it passes there before that at most."""
MOODS = ("done", "fails", "gone", "explodes", "lacks", "busy", "hangs", "ignores")
"""What an attempt does."""
COMMANDS = 6
"""Of a person in one life, about."""


class ShuffledLoop(VirtualLoop):
    """What is ready at the same moment runs in an order that the seed draws."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if len(ready) > 1:
            order = list(ready)
            self._chance.shuffle(order)
            ready.clear()
            ready.extend(order)
        super()._run_once()  # type: ignore[misc]


class Rows(Numbers):
    """A source whose rows are told from those of the others."""

    def __init__(self, index: int, stop: int, bad: int) -> None:
        super().__init__(stop, bad)
        self._index = index

    @property
    def ids(self) -> list[str]:
        return [f"{self._index}-{n}" for n in range(1, self.stop + 1)]

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        rows = [
            Row({"id": name}, "line 3 is not UTF-8" if number == self.problem_at else "")
            for number, name in enumerate(self.ids, 1)
        ]
        for start in range(skip, len(rows), 7):
            yield rows[start : start + 7]


class World:
    """All lives of one run, and what happened in them."""

    def __init__(self, seed: int, place: Path) -> None:
        self.chance = chance = random.Random(seed)
        self.place = place
        self.folder = place / "run"
        self.folder.mkdir()
        self.wall = 1e9
        self.begun = False
        self.sources = [
            Rows(index, chance.randint(1, 18), chance.choice([0, 0, 3])) for index in range(chance.randint(1, 3))
        ]
        self.submission = chance.random() < 0.3
        self.hold = chance.random() < 0.3
        self.crashes = chance.choice([0, 1, 2, 3, 3])
        every = [name for source in self.sources for name in source.ids]
        self.poison = {chance.choice(every)} if self.crashes and chance.random() < 0.2 else set()
        """Jobs that kill the engine."""
        self.moods = chance.choice(
            [(60, 10, 5, 5, 4, 4, 2, 2), (20, 20, 10, 10, 10, 10, 5, 5), (90, 5, 1, 0, 0, 0, 0, 0)]
        )
        self.preset = Preset(
            About(name="lives"),
            [SourceTable(kind="rows", name=f"p{index}") for index in range(len(self.sources))],
            JobTable(kind="simulate", timeout=TIMEOUT_S, on_crash="hold" if self.hold else "run", crashes=self.crashes),
            Table(),
            QueueTable(capacity=chance.choice([1, 2, 5, 20])),
            Workers(concurrency=chance.randint(1, 8)),
            Retry(
                attempts=chance.randint(1, 4),
                backoff=Backoff(base=0.2, factor=2.0, max=5.0),
                on=["timeout", "http:5xx", "exception:ValueError"],
                rejoin=chance.choice(["fair", "front", "back"]),
            ),
        )
        self.starts: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.shown: set[str] = set()
        """Jobs that somebody was told to be done."""
        self.cut_off: Counter[str] = Counter()
        """How often a death cut a job off after it had begun."""
        self.doubt: set[str] = set()
        """Jobs that must not start before a person says so."""
        self.again: set[str] = set()
        """Jobs that a person gave another round."""
        self.poisoned: Counter[str] = Counter()
        """How often a job has killed the engine since a person last let it run."""
        self.just_cut_off: set[str] = set()
        """By the last death."""
        self.problems: list[str] = []
        self.story: list[str] = []

    # -- all lives

    def run(self) -> None:
        for _ in range(self.chance.choice([1, 2, 2, 3, 5])):
            self._life(last=False)
        self._life(last=True)
        self._check_end()

    def _life(self, *, last: bool) -> None:
        loop = ShuffledLoop(self.chance)
        mortal = Mortal(loop)
        life = Life(self, mortal, last=last)
        try:
            try:
                loop.run_until_complete(life.live())
            except RuntimeError:
                if not mortal.dead:
                    raise
            self.wall += loop.time()
            self._look_back(life)
        finally:
            burial = loop.create_task(life.bury())
            while not burial.done():
                with contextlib.suppress(RuntimeError):  # what the dead life has left ready may stop the loop once more
                    loop.run_until_complete(burial)
            loop.close()
        self.wall += self.chance.choice([0.0, 0.5, 3600.0, -50.0])

    def _look_back(self, life: Life) -> None:
        """The life is over; its files are as it left them."""
        journal, engine = life.journal, life.engine
        if journal is None or engine is None:
            self.story.append(f"died before it began: {life.mortal.why}")
            return
        how = life.mortal.why or (engine.ledger.ended.how if engine.ledger.ended else "?")
        self.story.append(f"{how}; {journal.saved} of {len(life.events)} events saved, {journal.told} told")
        if life.mortal.dead:
            journal.crash()
        self._agree()
        engine.ledger.validate()
        self._agree("internal" not in engine.problem, engine.problem)
        books = checks.read(self.place)
        checks.check_fold(books, life.events, journal.saved)
        lost = self.shown - books.having("done")
        self._agree(not lost, f"G3: shown as done and lost: {sorted(lost)}")
        if life.mortal.dead:
            told = sum(key in books.having("done") for key in self.shown)
            self._agree(told <= books.counts["done"], "G3: more was counted as done than is")
            self._count_cut_off(life, books)
        else:
            checks.check_counts(books, engine.ledger.counts)
            checks.check_groups(books, engine.ledger)
        checks.check(books, self.preset.retry.attempts, self.again, self.submission)

    def _count_cut_off(self, life: Life, books: Books) -> None:
        """What was in the air, or had ended without that being durable, runs again."""
        assert life.journal is not None
        lost = life.in_the_air(life.journal.saved)
        self.cut_off.update(lost)
        self.just_cut_off = set(lost)
        limit = max((life.flights[key] for key in lost), default=(0, 0))[1]
        self._agree(len(lost) <= limit, f"G4: {len(lost)} jobs run again, {limit} at once were allowed: {lost}")
        if self.hold:
            self.doubt |= set(lost)

    def check_found(self, before: Found) -> None:
        """What the next life sees names what runs again."""
        known = {mark(entry.job.key) for entry in before.past.open if entry.interrupted}
        known |= {flying.mark for flying in before.in_flight}
        unknown = [name for name in self.just_cut_off if mark(key_of(name)) not in known]
        self._agree(not unknown, f"G4: not named before they run again: {unknown}")

    def check_recovered(self, found: Found) -> Books:
        """The journal as the next life begins with it."""
        books = checks.read(self.place)
        checks.check(books, self.preset.retry.attempts, self.again, self.submission)
        self._agree(not books.counts["running"], "an attempt of a dead engine still runs")
        left = {entry.job.row["id"] for entry in found.past.open}
        wanted = books.having("pending", "waiting")
        self._agree(left == wanted, f"G1: open and forgotten: {sorted(wanted - left)}")
        if self.hold:
            # A job whose start never reached the disk has not begun, and a word of a person that never did is unsaid.
            free = self.doubt - books.having("held")
            self._agree(not free, f"G5: cut off and not held: {sorted(free)}")
            self.doubt |= books.having("held")
        self.shown |= books.having("done")
        self.just_cut_off = set()
        return books

    def check_started(self, engine: Engine, books: Books) -> None:
        """The engine has begun another life and has committed nothing in it."""
        engine.ledger.validate()
        checks.check_groups(books, engine.ledger)
        for state in ("done", "failed", "held", "cancelled"):
            self._agree(engine.ledger.counts[state] == books.counts[state], f"resumed with another number of {state}")  # type: ignore[index]
        open_now = {entry.job.row["id"] for entry in engine.ledger.open.values()}
        self._agree(open_now == books.having("pending", "waiting"), "G1: resumed with other open jobs")

    def _check_end(self) -> None:
        books = checks.read(self.place)
        every = {name for source in self.sources for name in source.ids}
        self._agree(set(books.jobs) == every, f"G1: disappeared: {sorted(every ^ set(books.jobs))}")
        final = books.having("done", "failed", "cancelled", "held")
        self._agree(final == every, f"G1: without an end: {sorted(every - final)}")
        done = books.having("done")
        never = [name for name in done if not self.effects[name]]
        self._agree(not never, f"G2: done and never run: {never}")
        self._agree(Counter(books.results) == Counter(done), "G6: the results are not those of the done jobs")
        octets = (self.place / RESULTS).stat().st_size
        self._agree(octets == books.meta["results_offset"], "G6: there is something behind the results")
        more = [name for name, times in self.effects.items() if times > 1 + self.cut_off[name]]
        self._agree(not more, f"G2: had their effect again without having been cut off: {more}")

    def blame(self, problem: str) -> None:
        """Something was violated where an exception would be taken for a job's."""
        self.problems.append(problem)

    def _agree(self, holds: bool = True, problem: str = "") -> None:
        assert holds, problem
        assert not self.problems, self.problems[0]


def key_of(name: str) -> str:
    """The key that the engine gives the job of a row."""
    return f'{{"id":"{name}"}}'


class Life:
    """One life of the engine, with a person at the controls."""

    def __init__(self, world: World, mortal: Mortal, *, last: bool) -> None:
        self.world = world
        self.mortal = mortal
        self.last = last
        self.chance = world.chance
        self.journal: SimJournal | None = None
        self.engine: Engine | None = None
        self.events: list[tuple[int, ev.Event]] = []
        self.flights: dict[str, tuple[int, int]] = {}
        """Job → order in which its last attempt began, and the concurrency then."""
        self._landed: dict[str, int] = {}
        """Job → position of the end of that attempt."""
        self._entered: set[str] = set()
        """Jobs that have really begun in this life."""
        self._books: Books | None = None
        """The journal as this life has found it."""
        self._calm: set[str] = set()
        """Jobs whose attempt is not long enough for a timeout."""
        self._tasks: set[asyncio.Task[object]] = set()

    # -- birth, life, death

    async def live(self) -> None:
        fold, file, found = self._open()
        if self.mortal.dead:
            file.close()
            return
        world = self.world
        journal = self.journal = SimJournal(world.folder, fold, file, self.mortal, self.chance)
        kind = FunctionKind(self._handle)
        clock = LoopClock(wall=world.wall)
        luck = random.Random(self.chance.random())
        past = found.past if found else None
        parts = Parts(list(world.sources), kind, LocalExecutor(kind), journal, clock, luck, past)
        engine = self.engine = Engine(world.preset, parts)
        journal.on_state = engine.journal_told
        engine.subscribe(self._note)
        engine.subscribe(self._show, durable=True)
        self._spawn(Heartbeat(engine).run())
        if self.chance.random() < 0.3:
            self._spawn(Sampler(engine).run())
        if not self.last:
            self._doom()
        await engine.start()
        if self._books and not self.mortal.dead:
            world.check_started(engine, self._books)
        self._begin_with(engine)
        async with asyncio.timeout(PATIENCE_S):
            await self._to_the_end(engine)
        for task in self._tasks:
            task.cancel()
        await engine.close()
        if self.last:
            assert engine.ledger.state is RunState.FINISHED, engine.ledger.state

    def _open(self) -> tuple[Fold, ResultsFile, Found | None]:
        world = self.world
        if not world.begun:
            meta: dict[str, str | float] = {
                "run_id": "lives",
                "started_at": world.wall,
                "results": str(world.place / RESULTS),
                **outflow.facts("submission" if world.submission else "completion", "jsonl"),
            }
            schema.create(world.folder / schema.FILE, meta)
            world.begun = True
            file = ResultsFile.fresh(world.place / RESULTS)
            return Fold(world.wall, lines=True), file, None
        before = recovery.look(world.folder, world.wall)
        world.check_found(before)
        policy = recovery.Policy(world.hold, world.crashes)
        found, fold, again = reopen(world.folder, policy, {}, world.wall, before)
        assert again is not None, "there are results"
        self._books = world.check_recovered(found)
        if not self.last and self.chance.random() < 0.1:
            self.mortal.die("put right, but not begun")
        return fold, again, found

    def _begin_with(self, engine: Engine) -> None:
        counts = engine.ledger.counts
        if not self.last:
            self._spawn(self._operate(engine))
        for state in ("held", "failed"):
            number = sum(count for named, count in counts.items() if str(named) == state)
            if number and (self.chance.random() < 0.2 or (self.last and state == "held")):
                engine.retry_many(None, number, "retry", "you", state=state)

    async def _to_the_end(self, engine: Engine) -> None:
        await engine.wait_ended()
        if not self.last and self.chance.random() < 0.3:
            await engine.ask(cmd.Request(cmd.RetryFailed()))
            await engine.wait_ended()

    def _doom(self) -> None:
        chance, loop = self.chance, asyncio.get_running_loop()
        loop.call_later(chance.choice([0.05, 1.0, 5.0, LONGEST_S]) * chance.random(), self._stop_or_die)
        loop.call_later(LONGEST_S, lambda: self.mortal.die("long enough"))
        if chance.random() < 0.6:
            moment = chance.choice(list(MOMENTS))
            self.mortal.doom[moment] = chance.randint(0, MOMENTS[moment])

    def _stop_or_die(self) -> None:
        engine = self.engine
        assert engine is not None
        match self.chance.choice(["die", "die", "stop", "give up", "drain"]):
            case "stop":
                engine.stop("you")
            case "give up":
                engine.stop("you")
                engine.give_up("you")
            case "drain" if engine.ledger.state in (RunState.RUNNING, RunState.PAUSED):
                engine.drain("you")
            case _:
                self.mortal.die("killed")

    async def bury(self) -> None:
        """Let go of what a dead process would not hold any more."""
        if self.engine is not None:
            self.mortal.dead = True
            await self.engine.close()
        here = asyncio.current_task()
        for _ in range(5):
            if left := [task for task in asyncio.all_tasks() if task is not here]:
                for task in left:
                    task.cancel()
                await asyncio.wait(left, timeout=1)

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._spent)

    def _spent(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.mortal.dead:
            self.world.blame(f"{type(error).__name__}: {error}")

    # -- what really happens

    async def _handle(self, job: Job) -> Done | Failed:
        name = str(job.row["id"])
        if not self.mortal.dead:
            self._begins(name)
        if self.mortal.dead:
            return Done()
        mood = self.chance.choices(MOODS, self.world.moods)[0]
        if mood in ("hangs", "ignores"):
            await (asyncio.sleep(100) if mood == "hangs" else self._ignore_cancelling())
            return Failed("http:503", "late")
        self._calm.add(name)
        if wait := self.chance.choice([0.0, 0.0, 0.01, 0.3, 2.0]) * self.chance.random():
            await asyncio.sleep(wait)
        if mood == "explodes":
            raise ValueError("bad")
        if mood == "lacks":
            raise OSError(errno.EMFILE, "Too many open files")
        if mood == "done" and not self.mortal.dead:
            self.world.effects[name] += 1
        return self._outcome(name, mood)

    def _begins(self, name: str) -> None:
        world = self.world
        world.starts[name] += 1
        self._entered.add(name)
        self._calm.discard(name)
        if name in world.doubt:
            world.blame(f"G5: {name} was cut off and started again unasked")
        if name in world.poison and not self.last:
            world.poisoned[name] += 1
            if world.poisoned[name] > max(2, world.crashes):  # what the journal did not have yet cannot be held
                world.blame(f"F11: {name} has killed the engine {world.poisoned[name]} times and was not held")
            self.mortal.die(f"killed by {name}")

    def _outcome(self, name: str, mood: str) -> Done | Failed:
        match mood:
            case "fails":
                return Failed("http:503", f"no luck with {self.chance.choice('abc')}")
            case "gone":
                return Failed("http:404", "not there")
            case "busy":
                return Failed("http:503", "busy", retry_after=1.0)
        return Done({"id": name})

    @staticmethod
    async def _ignore_cancelling() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        await asyncio.sleep(20)

    def _note(self, event: ev.Event) -> None:
        """Everything, as it happens."""
        if self.mortal.dead or self.engine is None:
            return
        engine = self.engine
        position = engine._position
        self.events.append((position, event))
        match event:
            case ev.AttemptStarted(job=job):
                name = str(job.row["id"])
                self.flights[name] = (len(self.events), engine.dispatcher.concurrency)
                self._landed.pop(name, None)
                self._entered.discard(name)
            case ev.AttemptEnded(job=job, outcome=outcome):
                name = str(job.row["id"])
                self._landed[name] = position
                if isinstance(outcome, Failed) and outcome.code == "timeout" and name in self._calm:
                    self.world.blame(f"G7: {name} was blamed for time in which it could not run: {outcome.message}")
            case ev.JobRequeued(job=job):
                name = str(job.row["id"])
                self.world.again.add(name)
                self.world.doubt.discard(name)
                self.world.poisoned.pop(name, None)

    def _show(self, event: ev.Event) -> None:
        if isinstance(event, ev.AttemptEnded) and event.then == "done" and not self.mortal.dead:
            self.world.shown.add(str(event.job.row["id"]))

    def in_the_air(self, durable: int) -> list[str]:
        """Jobs that have really begun and whose end is not on the disk."""
        return [name for name in self._entered if self._landed.get(name, durable + 1) > durable]

    # -- a person

    async def _operate(self, engine: Engine) -> None:
        chance = self.chance
        pace = chance.choice([0.05, 0.5, 3.0])
        for _ in range(chance.randint(0, 2 * COMMANDS)):
            await asyncio.sleep(pace * chance.random())
            if chance.random() < 0.1:
                await self._trouble(engine)
            else:
                self._spawn(engine.ask(cmd.Request(self._command(engine), dry_run=chance.random() < 0.1)))
            engine.ledger.validate()
            engine.snapshot()

    def _command(self, engine: Engine) -> cmd.Command:
        chance = self.chance
        seq = chance.randint(1, sum(source.stop for source in self.world.sources))
        groups = [*engine.ledger.groups, ""]
        commands: list[cmd.Command] = [
            cmd.SetConcurrency(chance.randint(0, 9)),
            cmd.SetConcurrency(chance.randint(1, 9)),
            cmd.SetCapacity(chance.randint(1, 20)),
            cmd.SetRate(chance.choice([None, 1.0, 20.0])),
            cmd.Pause(chance.choice([None, 0, 1])),
            cmd.Resume(),
            cmd.Hold(),
            cmd.Release(),
            cmd.RetryFailed(),
            cmd.RetryFailed(),
            cmd.RetryGroup(chance.choice(groups), chance.choice([None, 1])),
            cmd.RetryJob(seq),
            cmd.RetryJob(seq),
            cmd.CancelJob(seq),
            cmd.CancelJob(seq),
            cmd.Drain(),
            cmd.KeepRunning(),
            cmd.Undo(),
        ]
        return chance.choice(commands)

    async def _trouble(self, engine: Engine) -> None:
        """The machine sleeps, or its disk is full for a while."""
        assert self.journal is not None
        loop = asyncio.get_running_loop()
        if self.chance.random() < 0.5:
            assert isinstance(loop, VirtualLoop)
            loop.jump(self.chance.choice([3.0, 60.0]))
            return
        self.journal.block("disk full")
        await asyncio.sleep(self.chance.choice([0.5, 5.0]))
        self.journal.block("")


def live(seed: int) -> None:
    """All lives of the run that `seed` draws. Raises AssertionError with its story where a promise is broken."""
    with tempfile.TemporaryDirectory(dir=fast_place()) as place:
        world = World(seed, Path(place))
        try:
            world.run()
        except Exception as error:
            lives = "".join(f"\n  life {number}: {told}" for number, told in enumerate(world.story, 1))
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}{lives}") from error


def full(report: Report) -> None:
    """Many seeds; a failing one is printed, and `--only lives --lives 1 --seed N` repeats it."""
    logging.getLogger("qtui").setLevel(logging.CRITICAL)  # what fails is told by the report
    began = time.monotonic()
    seeds = range(report.options.seed, report.options.seed + report.options.lives)
    for seed in seeds:
        report.attempt("lives", lambda: live(seed), f"--lives 1 --seed {seed}")  # noqa: B023  # called at once
    report.note("lives", f"{len(seeds) / (time.monotonic() - began):.0f} seeds a second")
