"""Any mix of commands, faults and time: the books balance at every step and every accepted job ends once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qtui.core import events as ev
from qtui.core.commands import (
    CancelJob,
    CancelJobs,
    Command,
    Drain,
    Hold,
    KeepRunning,
    Pause,
    PutBack,
    Redo,
    Release,
    Resume,
    RetryFailed,
    RetryJob,
    RetryJobs,
    SetAsideJobs,
    SetCapacity,
    SetConcurrency,
    SetPerHost,
    SetPerHostRate,
    SetRate,
    Stop,
    Undo,
)
from qtui.core.job import Done, Failed, Job
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import FINAL
from qtui.core.snapshot import RunState
from tests.conftest import VirtualLoop
from tests.engine.rig import BenchJournal, Handler, Rig

T = TypeVar("T")

JOBS = 40


async def moody(job: Job, runs: int) -> Done | Failed:
    """What a job does follows from its number and attempt: quick, slow, failing, exploding, hanging."""
    match (job.seq * 7 + job.attempt * 3) % 8:
        case 0:
            return Failed("http:503", f"no luck {job.seq}")
        case 1:
            await asyncio.sleep(0.5)
            raise ValueError(f"job {job.seq}")
        case 2:
            await asyncio.sleep(100)
        case 3:
            return Done()
        case 4 if runs == 1:
            raise OSError(24, "Too many open files")
        case _:
            await asyncio.sleep(job.seq % 5)
    return Done(job.seq)


def handler() -> Handler:
    """`moody`, told how often the job ran before: lack of descriptors spends no attempt and must pass some time."""
    runs: Counter[int] = Counter()

    async def run(job: Job) -> Done | Failed:
        runs[job.seq] += 1
        return await moody(job, runs[job.seq])

    return run


class EngineMachine(RuleBasedStateMachine):
    """Drives an engine on virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.journal = BenchJournal(delay=0.02)

    def run(self, work: Coroutine[object, object, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(
        capacity=st.integers(1, 8),
        concurrency=st.integers(0, 6),
        rejoin=st.sampled_from(["fair", "front", "back"]),
        overflow=st.sampled_from(["block", "drop-new", "drop-old", "reject"]),
    )
    def start(self, capacity: int, concurrency: int, rejoin: str, overflow: str) -> None:
        self.rig = Rig(
            handler(),
            jobs=[JOBS // 2, JOBS // 2],
            capacity=capacity,
            concurrency=concurrency,
            attempts=3,
            base=0.5,
            timeout=8.0,
            rejoin=rejoin,
            overflow=overflow,
            lane=lambda job: ("", "one", "two")[job.seq % 3],
            journal=self.journal,
        )
        self.run(self.rig.__aenter__())

    def ask(self, command: Command) -> None:
        reply = self.run(self.rig.engine.ask(self._request(command)))
        assert reply.text

    @staticmethod
    def _request(command: Command):  # type: ignore[no-untyped-def]
        from qtui.core.commands import Request

        return Request(command)

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.3, 1.0, 7.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @rule(value=st.integers(-1, 9))
    def concurrency(self, value: int) -> None:
        self.ask(SetConcurrency(value))

    @rule(value=st.integers(0, 12))
    def capacity(self, value: int) -> None:
        self.ask(SetCapacity(value))

    @rule(value=st.sampled_from([None, 0.5, 3.0, 100.0]))
    def rate(self, value: float | None) -> None:
        self.ask(SetRate(value))

    @rule(value=st.sampled_from([None, 0, 1, 3]))
    def per_host(self, value: int | None) -> None:
        self.ask(SetPerHost(value))

    @rule(value=st.sampled_from([None, 0.5, 3.0]))
    def per_host_rate(self, value: float | None) -> None:
        self.ask(SetPerHostRate(value))

    @rule(producer=st.sampled_from([None, 0, 1, 2]), paused=st.booleans())
    def gate(self, producer: int | None, paused: bool) -> None:
        self.ask(Pause(producer) if paused else Resume(producer))

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        self.ask(Hold() if held else Release())

    @rule(seq=st.integers(1, JOBS))
    def cancel(self, seq: int) -> None:
        self.ask(CancelJob(seq))

    @rule(seq=st.integers(1, JOBS))
    def retry(self, seq: int) -> None:
        self.ask(RetryJob(seq))

    @rule(probe=st.booleans())
    def retry_failed(self, probe: bool) -> None:
        self.ask(RetryFailed(probe))

    @rule(seqs=st.lists(st.integers(1, JOBS), min_size=1, max_size=5), what=st.integers(0, 2))
    def several(self, seqs: list[int], what: int) -> None:
        commands = (RetryJobs(seqs), CancelJobs(seqs), SetAsideJobs(seqs))
        self.ask(commands[what])

    @rule()
    def undo(self) -> None:
        self.ask(Undo())

    @rule(back=st.integers(0, 2))
    def put_back(self, back: int) -> None:
        self.ask(PutBack(max(1, self.rig.engine.rounds.last - back)))

    @rule()
    def redo(self) -> None:
        self.ask(Redo())

    @rule(begin=st.booleans())
    def drain(self, begin: bool) -> None:
        self.ask(Drain() if begin else KeepRunning())

    @rule()
    def disk_stops(self) -> None:
        self.journal.stuck = True

    @rule()
    def disk_works_again(self) -> None:
        if self.journal.stuck:
            self.run(self._release())

    async def _release(self) -> None:
        self.journal.release()

    @rule(seconds=st.floats(1.0, 100.0))
    def machine_sleeps(self, seconds: float) -> None:
        self.loop.jump(seconds)
        self.rig.engine.dispatcher.forgive(seconds)

    @invariant()
    def books_balance(self) -> None:
        if hasattr(self, "rig"):
            engine = self.rig.engine
            engine.ledger.validate()
            assert engine.dispatcher.running == self.rig.running
            assert not engine.problem
            engine.snapshot()

    def teardown(self) -> None:
        if not hasattr(self, "rig"):
            self.loop.close()  # it was given up before it began
            return
        try:
            self.run(self._finish())
            self._check_story()
        finally:
            self.run(self.rig.engine.close())
            self.loop.close()

    async def _finish(self) -> None:
        """Take every obstacle away; then the run must come to its end by itself."""
        engine = self.rig.engine
        self.journal.release()
        for command in (KeepRunning(), Release(), Resume(), SetRate(None), SetPerHostRate(None), SetConcurrency(4)):
            await engine.ask(self._request(command))
        async with asyncio.timeout(100_000):
            state = await engine.wait_ended()
        assert state in (RunState.FINISHED, RunState.STOPPED)

    def _check_story(self) -> None:
        ledger = self.rig.engine.ledger
        assert sum(ledger.counts[state] for state in FINAL) == ledger.accepted
        assert ledger.lost == len(self.rig.of(ev.JobDropped))
        again = Ledger()
        for position, event in enumerate(self.rig.events, 1):
            if isinstance(event, ev.JobRequeued):
                again.commit(position - 1, event.at)  # only a job whose end is on disk is given another round
            again.apply(event, position)
        again.commit(len(self.rig.events), self.rig.engine.now())
        assert again.counts == ledger.counts, "folding the events again gives another state"
        running: set[int] = set()
        for event in self.rig.events:
            match event:
                case ev.AttemptStarted(job=job):
                    assert job.seq not in running, f"job {job.seq} runs twice at once"
                    running.add(job.seq)
                case ev.AttemptEnded(job=job):
                    running.remove(job.seq)


TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_stop_at_any_moment_ends_the_run_and_loses_nothing() -> None:
    for moment in range(60):
        loop = VirtualLoop()

        async def story(after: float = moment / 3) -> None:
            async with Rig(handler(), jobs=[20, 20], capacity=3, concurrency=4, attempts=3, timeout=8.0) as rig:
                await asyncio.sleep(after)
                await rig.ask(Stop())
                await rig.ended()
                counts = rig.snap.counts
                assert counts.running == 0
                assert counts.pending + counts.waiting + counts.finished == counts.accepted

        loop.run_until_complete(story())
        loop.close()
