"""A back-off that keeps its slot: nothing else runs there, and everything a person may do still works."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from qtui.core import events as ev
from qtui.core.commands import CancelJob, Drain, RetryJob, SetConcurrency
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import RunState, SlotState
from tests.engine.rig import Rig

STRATEGIES = pytest.mark.parametrize("strategy", ["pool", "semaphore", "unbounded"])


async def first_fails(job: Job) -> Done | Failed:
    await asyncio.sleep(1)
    return Failed("timeout", "once") if job.attempt == 1 else Done()


async def odd_fail(job: Job) -> Done | Failed:
    await asyncio.sleep(1)
    return Failed("timeout", "once") if job.attempt == 1 and job.seq % 2 else Done()


def resting(rig: Rig) -> list[int]:
    return [slot.seq for slot in rig.snap.slots if slot.state is SlotState.BACKOFF]


async def test_a_slot_in_back_off_takes_no_other_job() -> None:
    async with Rig(first_fails, jobs=6, concurrency=2, attempts=2, base=10, holds_slot=True) as rig:
        await rig.after(4)
        assert resting(rig) == [1, 2]
        assert (rig.snap.counts.running, rig.snap.counts.waiting) == (0, 2)
        assert rig.snap.rates.busy_share == pytest.approx(1, abs=0.05)
        (one, _) = rig.snap.slots
        assert (one.name, one.left_s, one.elapsed_s) == ("job 1", pytest.approx(7, abs=0.1), pytest.approx(3, abs=0.1))
        assert one.strip.endswith("rrr")
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.elapsed_s == pytest.approx(3 * 12, abs=0.5), "three pairs, each 1 s, 10 s of nothing, 1 s"
    ended = [(e.job.seq, e.slot) for e in rig.of(ev.AttemptEnded)]  # type: ignore[attr-defined]
    assert all(len({slot for seq, slot in ended if seq == job}) == 1 for job in range(1, 7)), "each keeps its slot"


async def test_without_it_the_slot_is_free_meanwhile() -> None:
    async with Rig(first_fails, jobs=6, concurrency=2, attempts=2, base=10) as rig:
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.elapsed_s < 16
        assert not any(event.keeps for event in rig.of(ev.AttemptEnded))  # type: ignore[attr-defined]


@STRATEGIES
async def test_it_ends_in_every_design(strategy: str) -> None:
    async with Rig(
        odd_fail, jobs=30, concurrency=3, attempts=2, base=2, holds_slot=True, rejoin="back", strategy=strategy
    ) as rig:
        assert await rig.ended() is RunState.FINISHED
        assert (rig.snap.counts.done, rig.snap.counts.recovered) == (30, 15)
        assert not rig.engine.ledger.resting
        assert rig.engine.ledger.busy.value == 0


@STRATEGIES
async def test_a_cancelled_job_gives_its_slot_back(strategy: str) -> None:
    async with Rig(first_fails, jobs=3, concurrency=1, attempts=2, base=50, holds_slot=True, strategy=strategy) as rig:
        await rig.after(5)
        assert 1 in resting(rig)
        assert (await rig.ask(CancelJob(1))).ok
        assert 1 not in resting(rig)
        if strategy != "unbounded":
            assert [slot.seq for slot in rig.snap.slots if slot.seq] == [2]
        assert await rig.ended() is RunState.FINISHED
        assert (rig.snap.counts.done, rig.snap.counts.cancelled) == (2, 1)


@pytest.mark.parametrize("strategy", ["pool", "semaphore"])
async def test_a_slot_that_has_to_go_leaves_its_job_in_the_lane(strategy: str) -> None:
    async with Rig(first_fails, jobs=3, concurrency=3, attempts=2, base=20, holds_slot=True, strategy=strategy) as rig:
        await rig.after(2)
        assert resting(rig) == [1, 2, 3]
        assert (await rig.ask(SetConcurrency(1))).ok
        assert resting(rig) == [1]
        assert rig.snap.counts.waiting == 3
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.counts.done == 3
        assert rig.snap.elapsed_s == pytest.approx(24, abs=0.2), "one after the other"


async def test_a_hastened_retry_starts_in_its_slot() -> None:
    async with Rig(first_fails, jobs=2, concurrency=2, attempts=2, base=100, holds_slot=True) as rig:
        await rig.after(2)
        assert (await rig.ask(RetryJob(2))).ok
        await rig.after(0.5)
        assert [(slot.number, slot.state) for slot in rig.snap.slots] == [
            (1, SlotState.BACKOFF),
            (2, SlotState.RUNNING),
        ]
        assert (await rig.ask(Drain())).ok
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.counts.done == 2


@STRATEGIES
async def test_stop_does_not_wait_for_a_back_off(strategy: str) -> None:
    async with Rig(odd_fail, jobs=20, concurrency=4, attempts=2, base=500, holds_slot=True, strategy=strategy) as rig:
        await rig.after(1.5)
        assert resting(rig)
        rig.engine.stop("you")
        assert await rig.ended() is RunState.STOPPED
        assert rig.snap.elapsed_s < 2
        assert rig.snap.counts.waiting > 0, "they go on in the next life"


async def test_the_rate_limit_counts_for_jobs_that_kept_their_slots() -> None:
    async def quick(job: Job) -> Done | Failed:
        return Failed("timeout", "once") if job.attempt == 1 else Done()

    async with Rig(quick, jobs=10, concurrency=10, attempts=2, base=5, rate=2, holds_slot=True) as rig:
        assert await rig.ended() is RunState.FINISHED
    starts = [event.at for event in rig.of(ev.AttemptStarted)]  # type: ignore[attr-defined]
    assert all(later - before > 0.45 for before, later in pairwise(starts))


async def test_an_attempt_that_does_not_stop_keeps_no_slot() -> None:
    async def stubborn(job: Job) -> Done:
        if job.attempt == 1:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                await asyncio.sleep(60)
        return Done()

    async with Rig(stubborn, jobs=2, concurrency=1, attempts=2, base=1, timeout=1, holds_slot=True) as rig:
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.counts.done == 2
