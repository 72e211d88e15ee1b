"""No attempt is blamed for the time in which the process did not run, and every attempt is for the rest."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.job import Done, Failed, Interrupted, Job
from qtui.engine import deadlines
from tests.conftest import VirtualLoop
from tests.engine.rig import Rig, sleeping


def stop_for(gap: float) -> None:
    """What SIGSTOP and SIGCONT are to a loop: time passed, and every timer is late."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.jump(gap)


@pytest.mark.parametrize("gap", [0.5, 1.5, 3.0, 3600.0])
async def test_a_stop_that_nobody_else_has_noticed_is_forgiven_by_the_sweep(gap: float) -> None:
    async with Rig(sleeping(1.5), jobs=50, concurrency=50, timeout=2.0) as rig:
        await rig.after(1)
        stop_for(gap)
        await rig.ended()

        assert rig.snap.counts.done == 50


async def test_an_answer_that_came_during_the_stop_counts_although_the_time_was_over() -> None:
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def waits(job: Job) -> Done:
        await answer
        await asyncio.sleep(0)  # reading it takes the loop more than one turn
        return Done()

    async with Rig(waits, jobs=1, timeout=2.0) as rig:
        await rig.after(1.95)
        asyncio.get_running_loop().call_later(0.01, answer.set_result, None)
        stop_for(3)
        await rig.ended()

        assert rig.snap.counts.done == 1


@pytest.mark.parametrize("first", ["the heartbeat", "the sweep"])
async def test_a_stop_is_forgiven_once_whoever_notices_it_first(first: str) -> None:
    async with Rig(sleeping(1000), jobs=1, timeout=5.0) as rig:
        await rig.after(1)
        stop_for(60)
        if first == "the sweep":
            await rig.after(0.01)
        rig.engine.dispatcher.forgive(60)
        await rig.ended()

        assert rig.engine.now() == pytest.approx(65, abs=0.3)


async def test_a_loop_that_is_late_all_the_time_still_ends_attempts_that_hang() -> None:
    async def busy() -> None:
        while True:
            await asyncio.sleep(0.05)
            stop_for(0.4)

    async with Rig(sleeping(1000), jobs=1, timeout=2.0) as rig:
        lagging = asyncio.create_task(busy())
        await rig.ended()
        lagging.cancel()

        assert rig.snap.counts.failed == 1
        assert rig.engine.now() < 60


@pytest.mark.parametrize("code", ["timeout", "connection"])
async def test_what_broke_during_a_long_stop_spends_no_try(code: str) -> None:
    async def breaks(job: Job) -> Done | Failed:
        await asyncio.sleep(1.5)
        return Done() if rig.engine.now() > 5 else Failed(code, "connection reset by the other side")

    async with Rig(breaks, jobs=1, timeout=60.0) as rig:
        await rig.after(1)
        stop_for(3)
        await rig.ended()

        assert rig.snap.counts.done == 1
        first, *_ = rig.of(ev.AttemptEnded)
        assert isinstance(first, ev.AttemptEnded)
        assert first.outcome == Interrupted("qtui did not run in between: connection reset by the other side")


async def test_connections_that_a_suspended_machine_lost_spend_no_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's clock stands still then; only the machine's own tells."""
    slept = 0.0
    monkeypatch.setattr(deadlines, "asleep", lambda: slept)

    async def breaks(job: Job) -> Done | Failed:
        await asyncio.sleep(1.5)
        return Done() if rig.engine.now() > 2 else Failed("connection", "connection reset by the other side")

    async with Rig(breaks, jobs=1, timeout=60.0) as rig:
        await rig.after(1)
        slept = 3600.0
        await rig.ended()

        assert rig.snap.counts.done == 1


async def test_what_breaks_without_a_stop_is_the_jobs_own_failure() -> None:
    async def breaks(job: Job) -> Done | Failed:
        await asyncio.sleep(1.5)
        return Failed("connection", "connection reset by the other side")

    async with Rig(breaks, jobs=2, concurrency=1, timeout=60.0) as rig:
        await rig.after(1)
        stop_for(3)
        await rig.ended()

        assert rig.snap.counts.failed == 2
        assert len(rig.of(ev.AttemptEnded)) == 3
