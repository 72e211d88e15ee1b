"""The three designs on virtual time: what a semaphore and no limit at all do with the same work."""

from __future__ import annotations

import asyncio
import time

import pytest

from qtui.core import events as ev
from qtui.core.commands import CancelJob, Drain, Hold, Pause, Release, Resume, RetryJob, SetCapacity, SetConcurrency
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import RunState
from tests.engine.rig import Rig, sleeping


def job_tasks() -> int:
    """Tasks beside the test's own and those that a pool has too."""
    return sum(task.get_name().startswith("Task-") for task in asyncio.all_tasks()) - 1


async def test_a_semaphore_takes_everything_at_once_and_caps_what_runs() -> None:
    async with Rig(sleeping(1), jobs=50, capacity=4, concurrency=3, strategy="semaphore") as rig:
        await rig.after(0.5)
        assert (rig.snap.counts.pending, rig.snap.counts.running) == (47, 3)
        assert job_tasks() == 50, "every accepted job is a task"
        assert (rig.snap.queue.capacity, rig.snap.queue.full_share, rig.snap.control.strategy) == (0, 0, "semaphore")
        assert await rig.ended() is RunState.FINISHED
    assert (rig.most_running, rig.snap.counts.done, rig.snap.elapsed_s) == (3, 50, pytest.approx(17, abs=0.1))
    assert rig.snap.health.tasks_peak >= 50
    assert not rig.of(ev.ProducerBlocked)


async def test_unbounded_starts_every_job_at_once() -> None:
    async with Rig(sleeping(1), jobs=200, capacity=4, concurrency=3, strategy="unbounded") as rig:
        await rig.after(0.5)
        assert (rig.snap.counts.running, job_tasks(), rig.snap.control.concurrency) == (200, 200, 200)
        assert await rig.ended() is RunState.FINISHED
    assert (rig.snap.counts.done, rig.snap.elapsed_s) == (200, pytest.approx(1, abs=0.1))


async def test_the_picture_shows_4096_slots_and_counts_the_others() -> None:
    async with Rig(sleeping(5), jobs=4_200, strategy="unbounded") as rig:
        await rig.after(2)
        assert (len(rig.snap.slots), rig.snap.more_slots) == (4_096, 104)
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.more_slots == 0


async def test_permits_change_while_running() -> None:
    async with Rig(sleeping(1), jobs=40, concurrency=2, strategy="semaphore") as rig:
        await rig.after(0.5)
        assert (await rig.ask(SetConcurrency(5))).ok
        assert rig.running == 5
        assert (await rig.ask(SetConcurrency(1))).ok
        await rig.after(1.2)
        assert rig.running == 1
        assert {slot.number for slot in rig.snap.slots if slot.seq} == {1}
        assert (await rig.ask(SetConcurrency(40))).ok
        assert await rig.ended() is RunState.FINISHED


@pytest.mark.parametrize("strategy", ["semaphore", "unbounded"])
async def test_bounds_that_are_not_there_cannot_be_changed(strategy: str) -> None:
    async with Rig(sleeping(1), strategy=strategy) as rig:
        reply = await rig.ask(SetCapacity(9))
        assert not reply.ok
        assert "its queue has no bound" in reply.text
        if strategy == "unbounded":
            reply = await rig.ask(SetConcurrency(9))
            assert not reply.ok
            assert "no limit that could be changed" in reply.text
        await rig.ended()


@pytest.mark.parametrize("strategy", ["semaphore", "unbounded"])
async def test_retries_take_a_permit_again(strategy: str) -> None:
    async def fails_once(job: Job) -> Done | Failed:
        await asyncio.sleep(0.1)
        return Failed("timeout", "once") if job.attempt == 1 else Done()

    async with Rig(fails_once, jobs=20, concurrency=4, attempts=2, strategy=strategy) as rig:
        await rig.after(0.15)
        assert rig.snap.counts.waiting > 0
        assert job_tasks() == 20, "a job in back-off keeps a task too"
        assert await rig.ended() is RunState.FINISHED
        assert (rig.snap.counts.done, rig.snap.counts.recovered) == (20, 20)
        assert job_tasks() == 0


async def test_hold_pause_cancel_and_drain_work_without_a_pool() -> None:
    async with Rig(sleeping(1), jobs=30, concurrency=2, source_rate=10, strategy="semaphore") as rig:
        assert (await rig.ask(Hold())).ok
        await rig.after(0.55)
        waiting = rig.snap.counts.pending
        assert waiting >= 5
        assert rig.running == 0
        assert (await rig.ask(CancelJob(3))).ok
        await rig.after(0.1)
        assert job_tasks() == rig.snap.counts.pending
        assert (await rig.ask(Pause())).ok
        assert (await rig.ask(Release())).ok
        await rig.after(0.1)
        assert rig.running == 2
        assert (await rig.ask(CancelJob(1))).ok
        assert (await rig.ask(Resume())).ok
        await rig.after(0.3)
        assert (await rig.ask(Drain())).ok
        assert await rig.ended() is RunState.STOPPED
        assert rig.snap.counts.cancelled == 2
        assert rig.snap.counts.done == rig.snap.counts.accepted - 2


async def test_a_final_job_gets_another_round_in_a_task_of_its_own() -> None:
    outcomes = iter([Failed("timeout", "no"), Done()])

    async def run(job: Job) -> Done | Failed:
        return next(outcomes)

    async with Rig(run, jobs=1, strategy="semaphore") as rig:
        await rig.ended()
        assert (await rig.ask(RetryJob(1))).ok
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.counts.done == 1


async def test_an_attempt_that_does_not_stop_is_left_behind() -> None:
    async def stubborn(job: Job) -> Done:
        if job.seq == 1:
            while True:
                try:
                    await asyncio.sleep(60)
                    return Done()
                except asyncio.CancelledError:
                    pass
        return Done()

    async with Rig(stubborn, jobs=5, concurrency=1, timeout=1.0, strategy="semaphore") as rig:
        assert await rig.ended() is RunState.FINISHED
        assert (rig.snap.counts.done, rig.snap.counts.failed) == (4, 1)


@pytest.mark.parametrize("strategy", ["semaphore", "unbounded"])
async def test_stop_with_many_tasks_is_quick(strategy: str) -> None:
    async with Rig(sleeping(600), jobs=20_000, concurrency=8, strategy=strategy) as rig:
        await rig.after(60)
        assert job_tasks() >= 8_000
        before = time.process_time()
        rig.engine.stop("you")
        assert await rig.ended() is RunState.STOPPED
        await rig.engine.close()
        assert time.process_time() - before < 5
        assert rig.snap.counts.running == 0
        assert job_tasks() == 0
