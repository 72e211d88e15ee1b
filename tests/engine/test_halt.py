"""A run that halts: nothing new starts until a person releases it; in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.commands import Drain, Hold, Release, RetryFailed, RetryJob, Stop, Undo
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import RunState
from qtui.core.tables import Halt
from qtui.core.verdict import Judge
from tests.engine.rig import Rig


async def fails(job: Job) -> Done | Failed:
    await asyncio.sleep(1.0)
    return Failed("http:500")


async def odd_fail(job: Job) -> Done | Failed:
    await asyncio.sleep(1.0)
    return Failed("http:500") if job.seq % 2 else Done()


def starts(rig: Rig) -> list[float]:
    return [event.at for event in rig.of(ev.AttemptStarted)]  # type: ignore[attr-defined]


async def test_nothing_starts_after_one_failure_too_many_and_what_runs_is_finished() -> None:
    async with Rig(odd_fail, jobs=100, concurrency=2, halt=Halt(failures=0.5, of=8)) as rig:
        await rig.after(60)
        verdict = Judge().step(rig.snap)

        assert starts(rig) == [0.0, 0.0, 1.0, 1.0]
        assert rig.of(ev.Halted) == [ev.Halted(2.0, "2 of the last 4 attempts failed")]
        assert rig.snap.counts.running == 0
        assert rig.snap.state is RunState.HALTED
        assert (verdict.word, verdict.key, verdict.key_text) == ("HALTED", "P", "release")
        assert verdict.sentence == f"stopped starting 58s ago: {rig.snap.throttle.halted}"
        await rig.ask(Stop())


async def test_a_release_counts_failures_anew() -> None:
    async with Rig(fails, jobs=100, concurrency=1, halt=Halt(failures=3, of=100)) as rig:
        await rig.after(10)
        assert (await rig.ask(Release())).ok
        await rig.after(10)

        assert starts(rig) == [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]
        assert rig.of(ev.Halted) == [
            ev.Halted(3.0, "3 of the last 3 attempts failed"),
            ev.Halted(13.0, "3 of the last 3 attempts failed"),
        ]
        await rig.ask(Stop())


async def test_what_runs_when_it_halts_does_not_halt_it_twice() -> None:
    async with Rig(fails, jobs=100, concurrency=8, capacity=8, halt=Halt(consecutive=3)) as rig:
        await rig.after(10)

        assert starts(rig) == [0.0] * 8
        assert rig.of(ev.Halted) == [ev.Halted(1.0, "3 attempts in a row failed")]
        await rig.ask(Stop())


@pytest.mark.parametrize("command", [RetryJob(1), RetryFailed()])
async def test_a_retry_does_not_lift_it(command: RetryJob | RetryFailed) -> None:
    async with Rig(fails, jobs=100, concurrency=1, halt=Halt(consecutive=2)) as rig:
        await rig.after(5)
        await rig.ask(command)
        await rig.after(5)

        assert starts(rig) == [0.0, 1.0]
        assert rig.snap.state is RunState.HALTED
        await rig.ask(Stop())


async def test_a_retry_that_falls_due_waits_for_the_release() -> None:
    async with Rig(fails, jobs=1, concurrency=1, attempts=3, base=4.0, halt=Halt(consecutive=1)) as rig:
        await rig.after(20)
        await rig.ask(Release())
        await rig.after(5)

        assert starts(rig) == [0.0, 20.0]
        await rig.ask(Stop())


async def test_a_run_with_nothing_left_ends_although_it_has_halted() -> None:
    async with Rig(fails, jobs=2, concurrency=2, halt=Halt(consecutive=1)) as rig:
        assert await rig.ended() is RunState.FINISHED

    assert rig.snap.counts.failed == 2


async def test_a_release_that_is_taken_back_holds_the_workers() -> None:
    async with Rig(fails, jobs=100, concurrency=1, halt=Halt(consecutive=2)) as rig:
        await rig.after(5)
        await rig.ask(Release())
        assert (await rig.ask(Undo())).text == "workers held: nothing new starts"
        await rig.after(5)

        assert starts(rig) == [0.0, 1.0, 5.0]
        assert rig.snap.throttle.held_by_person
        await rig.ask(Stop())


async def test_one_release_lifts_a_hold_and_a_halt() -> None:
    async with Rig(fails, jobs=100, concurrency=1, halt=Halt(consecutive=2)) as rig:
        await rig.after(5)
        await rig.ask(Hold())
        await rig.ask(Release())

        assert not rig.snap.throttle.closed
        assert not (await rig.ask(Release())).ok
        await rig.ask(Stop())


async def test_a_halted_run_can_be_drained_once_it_is_released() -> None:
    async with Rig(fails, jobs=100, concurrency=1, capacity=4, halt=Halt(consecutive=2)) as rig:
        await rig.after(5)
        assert (await rig.ask(Drain())).ok
        for _ in range(4):
            await rig.after(5)
            await rig.ask(Release())

        assert await rig.ended() is RunState.STOPPED
    assert rig.snap.counts.accepted == rig.snap.counts.failed


async def test_a_dry_release_changes_nothing() -> None:
    async with Rig(fails, jobs=100, concurrency=1, halt=Halt(consecutive=2)) as rig:
        await rig.after(5)
        assert (await rig.ask(Release(), dry_run=True)).text == "would: workers released"
        await rig.after(5)

        assert rig.snap.state is RunState.HALTED
        await rig.ask(Stop())
