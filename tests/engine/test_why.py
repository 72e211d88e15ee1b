"""Why nothing runs, asked of a real engine in virtual time."""

from __future__ import annotations

import asyncio
from datetime import UTC

import pytest

from qtui.core.commands import Hold, Pause, Release, Resume, SetConcurrency
from qtui.core.job import Done, Failed, Job
from qtui.core.why import why_run
from tests.engine.rig import Rig, sleeping


def why(rig: Rig) -> str:
    return why_run(rig.snap, UTC)


async def test_a_slow_rate_limit_says_when_the_next_job_starts() -> None:
    async with Rig(jobs=9, rate=1 / 60, concurrency=2) as rig:
        await rig.after(48)
        assert rig.snap.counts.running == 0
        assert rig.snap.throttle.next_s == pytest.approx(12.0, abs=0.1)
        assert why(rig).startswith("rate limit 1/min: the next start is at ")
        assert why(rig).endswith(", in 12s")


async def test_a_hold_and_its_release() -> None:
    async with Rig(sleeping(1.0), jobs=99, capacity=9, concurrency=2) as rig:
        await rig.ask(Hold())
        await rig.after(180)
        assert why(rig) == "held by you 3 min ago, 9 jobs wait; nothing starts until they are released"
        await rig.ask(Release())
        assert why(rig) == ""


async def test_a_pause_and_its_end() -> None:
    async with Rig(sleeping(1.0), jobs=9, capacity=4, concurrency=2) as rig:
        await rig.after(0.1)
        await rig.ask(Pause())
        await rig.after(190)
        assert why(rig) == "paused by you 3 min ago and the queue is empty"
        await rig.ask(Resume())
        assert rig.snap.paused is None


async def test_no_workers() -> None:
    async with Rig(sleeping(1.0), jobs=9, capacity=4, concurrency=1) as rig:
        await rig.ask(SetConcurrency(0))
        await rig.after(2)
        assert why(rig) == "there are no workers, 4 jobs wait; add one to go on"


async def test_littles_law_and_utilisation_of_a_steady_run() -> None:
    async with Rig(sleeping(0.5), jobs=999, capacity=6, concurrency=2) as rig:
        await rig.after(60.3)
        waiting, running = rig.snap.waiting, rig.snap.running
        assert (running.level, running.rate, running.span_s) == (
            pytest.approx(2.0, abs=0.05),
            pytest.approx(4.0, rel=0.05),
            pytest.approx(0.5, abs=0.01),
        )
        assert waiting.level == pytest.approx(waiting.rate * waiting.span_s, rel=0.05)
        assert set(rig.snap.series.busy[2:]) == {100}
        assert sum(rig.snap.series.admitted) == rig.snap.counts.accepted
        assert sum(rig.snap.overview.admitted) == rig.snap.counts.accepted


async def test_idle_time_is_seen_in_the_utilisation() -> None:
    async def every_second(job: Job) -> Done | Failed:
        await asyncio.sleep(0.25)
        return Done()

    async with Rig(every_second, jobs=20, capacity=4, concurrency=1, source_rate=1.0) as rig:
        await rig.after(10.2)
        assert rig.snap.series.busy[1:10] == [25] * 9
