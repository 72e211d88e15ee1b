"""One simulated life: the real engine with a person at its controls, until it ends or dies at a drawn moment."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
from collections.abc import Coroutine
from functools import partial

from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import RunState
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts
from qtui.engine.health import Heartbeat
from qtui.engine.retrying import Retrying
from qtui.engine.sampler import Sampler
from qtui.executors import LocalExecutor
from qtui.journal import outflow, recovery, schema
from qtui.journal.journal import reopen
from qtui.journal.recovery import Found
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from tests.conftest import VirtualLoop
from tests.engine.rig import FunctionKind
from tests.faults.lives_checks import BUSY, RESULTS, Books
from tests.faults.lives_journal import Mortal, SimJournal
from tests.faults.lives_limits import Judge
from tests.faults.lives_person import Person
from tests.faults.lives_watch import Watch
from tests.faults.lives_world import World

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
        self._feels = self.chance.random() < 0.3
        """It has a heartbeat, which costs time, and finds out by itself that the machine slept."""
        self._books: Books | None = None
        """The journal as this life has found it."""
        self._at_fault: set[str] = set()
        """Jobs whose attempt fails by itself, or is too long."""
        self._judge: Judge | None = None
        """Of the limits, where there are any."""
        self._person: Person | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    # -- birth, life, death

    async def live(self) -> None:
        fold, file, found = self._open()
        if self.mortal.dead:
            file.close()
            return
        world = self.world
        journal = self.journal = SimJournal(world.folder, fold, file, self.mortal, self.chance)
        kind = FunctionKind(self._handle, world.form.host_of if world.form else lambda job: "")
        clock = LoopClock(wall=world.wall)
        luck = random.Random(self.chance.random())
        past = found.past if found else None
        parts = Parts(list(world.sources), kind, LocalExecutor(kind), journal, clock, luck, past)
        engine = self.engine = Engine(world.preset, parts)
        journal.on_state = engine.journal_told
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self._blame(f"unheard: {context}"))
        engine.subscribe(self._note)
        engine.subscribe(self._show, durable=True)
        person = self._person = Person(world, engine, journal, self._spawn, feels=self._feels, last=self.last)
        if world.form is not None:
            self._judge = Judge(world.preset, world.form, engine, self._blame, lambda: journal.told)
            self._spawn(Watch(engine, self._judge, self._blame).run())
        if self._feels:
            self._spawn(Heartbeat(engine, memory=person.memory).run())
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
        assert self._person is not None
        if not self.last:
            self._spawn(self._person.operate())
        for state in ("held", "failed"):
            number = sum(count for named, count in counts.items() if str(named) == state)
            if number and (self.chance.random() < 0.2 or (self.last and state == "held")):
                engine.rounds.feed(partial(Retrying(engine).all, state), "retry", "you")

    async def _to_the_end(self, engine: Engine) -> None:
        if self.last and self.world.form is not None:
            assert self._person is not None
            await self._person.operate()
            await self._person.put_right()
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
            case "drain" if engine.ledger.state in (RunState.RUNNING, RunState.PAUSED, RunState.HALTED):
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
            self._at_fault.add(name)
            await (asyncio.sleep(100) if mood == "hangs" else self._ignore_cancelling())
            return Failed("http:503", "late")
        if wait := self.chance.choice([0.0, 0.0, 0.01, 0.3, 2.0]) * self.chance.random():
            await asyncio.sleep(wait)
        if mood in ("fails", "gone", "busy", "explodes"):
            self._at_fault.add(name)
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
                return Failed("http:503", BUSY, retry_after=1.0)
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
        position = engine.durability.position
        self.events.append((position, event))
        if self._judge is not None:
            self._hear(self._judge, event)
        match event:
            case ev.AttemptStarted(job=job):
                name = str(job.row["id"])
                self.flights[name] = (len(self.events), engine.dispatcher.concurrency)
                self._landed.pop(name, None)
                self._entered.discard(name)
                self._at_fault.discard(name)
            case ev.AttemptEnded(job=job, outcome=outcome):
                name = str(job.row["id"])
                self._landed[name] = position
                if isinstance(outcome, Failed) and name not in self._at_fault and not job.problem:
                    self.world.blame(
                        f"G7: {name} has spent a try and was not at fault: {outcome.code} {outcome.message}"
                    )
            case ev.JobRequeued(job=job):
                name = str(job.row["id"])
                self.world.again.add(name)
                self.world.doubt.discard(name)
                self.world.poisoned.pop(name, None)
            case ev.JobPutBack(job=job, was="held"):
                self.world.doubt.add(str(job.row["id"]))

    def _hear(self, judge: Judge, event: ev.Event) -> None:
        try:
            judge.hear(event)
        except Exception as error:  # the engine would silently go on without whoever listens
            self.world.blame(f"the judge: {type(error).__name__}: {error}")
        if self.last and isinstance(event, ev.Halted) and self._person is not None:
            self._spawn(self._person.release())

    def _blame(self, problem: str) -> None:
        if not self.mortal.dead:  # what is seen of the dead no longer happens
            self.world.blame(problem)

    def _show(self, event: ev.Event) -> None:
        if isinstance(event, ev.AttemptEnded) and event.then == "done" and not self.mortal.dead:
            self.world.shown.add(str(event.job.row["id"]))

    def in_the_air(self, durable: int) -> dict[str, tuple[int, int]]:
        """Jobs that have really begun and whose end is not on the disk, with what `flights` says of them."""
        lost = [name for name in self._entered if self._landed.get(name, durable + 1) > durable]
        return {name: self.flights[name] for name in lost}
