"""The end of an attempt: nothing starts, rests or halts before all that follows from it is counted."""

from __future__ import annotations

import asyncio
import gc

from qtui.core import events as ev
from qtui.core.commands import SetAdaptive
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import RunState
from qtui.core.tables import Adaptive, Breaker, Halt, Throttle
from tests.engine.rig import BenchJournal, Rig, no_op

FRAGILE = Throttle(circuit=Breaker(failures=1, open=0.5))


def host(job: Job) -> str:
    return "alpha"


async def test_a_host_that_is_well_again_brings_no_start_more_than_may_run_again_after_a_crash() -> None:
    async def broken_once(job: Job) -> Done | Failed:
        await asyncio.sleep(0.1)
        return Failed("http:503", "broken", permanent=True) if job.seq == 1 else Done()

    journal = BenchJournal()
    journal.stuck = True
    async with Rig(broken_once, jobs=6, concurrency=2, journal=journal, lane=host, throttle=FRAGILE) as rig:
        rig.engine.dispatcher.concurrency = 1
        await rig.after(0.3)
        rig.engine.dispatcher.concurrency = 2  # the second one probes, and both may run again
        await rig.after(5.0)

        assert len(rig.of(ev.AttemptEnded)) == len(rig.of(ev.AttemptStarted)) == 2, "neither end is on the disk"
        journal.release()
        await rig.ended()


async def test_a_failure_that_halts_the_run_lets_nothing_start_although_its_host_is_well_again() -> None:
    async def failing(job: Job) -> Failed:
        return Failed("http:503" if job.seq == 1 else "http:404", "no", permanent=True)

    async with Rig(failing, jobs=5, concurrency=1, lane=host, throttle=FRAGILE, halt=Halt(consecutive=2)) as rig:
        await rig.after(5.0)

        assert [event.job.seq for event in rig.of(ev.AttemptStarted)] == [1, 2]
        assert rig.engine.ledger.state is RunState.HALTED


async def test_an_end_that_lowers_the_limit_does_not_keep_the_slot_that_is_above_it() -> None:
    tries: list[int] = []

    async def refused_once(job: Job) -> Done | Failed:
        await asyncio.sleep(0.2 if job.seq == 1 else 0.1)
        tries.append(job.seq)
        return Failed("http:429", "slow down") if tries.count(job.seq) == 1 else Done()

    throttle = Throttle(adaptive=Adaptive(min=1, window=5.0))
    async with Rig(refused_once, jobs=2, attempts=2, throttle=throttle, holds_slot=True, held=True) as rig:
        await rig.ask(SetAdaptive("off"))
        await rig.ask(SetAdaptive("on"))
        rig.engine.dispatcher.held = False
        async with asyncio.timeout(60):
            await rig.ended()

        assert sorted(tries) == [1, 1, 2, 2]


async def test_giving_up_before_a_task_could_begin_is_no_error() -> None:
    errors: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: errors.append(context))
    async with Rig(no_op, jobs=3, strategy="semaphore", held=True) as rig:
        await rig.after(0.1)
        rig.engine.dispatcher.held = False
        rig.engine.give_up("you")
        await rig.after(0.1)
        assert await rig.ended() is RunState.STOPPED
    gc.collect()

    assert not errors
