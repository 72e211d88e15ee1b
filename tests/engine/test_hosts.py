"""Limits of rate and per host, cool-down and circuit, in virtual time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtui.core import events as ev
from qtui.core.commands import CancelJob, SetRate
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import RunState
from qtui.core.tables import Adaptive, Breaker, Throttle
from qtui.engine.limits import RateLimit
from tests.conftest import VirtualLoop
from tests.engine.rig import Handler, Rig, sleeping


def odd(job: Job) -> str:
    return "slow" if int(str(job.row["n"])) % 2 else "quick"


def starts(rig: Rig) -> list[tuple[float, int]]:
    return [(round(event.at, 6), event.job.seq) for event in rig.of(ev.AttemptStarted)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rate", "burst", "expected"),
    [
        (2.0, None, [0.0, 0.5, 1.0, 1.5, 2.0]),
        (2.0, 1, [0.0, 0.5, 1.0, 1.5, 2.0]),
        (2.0, 3, [0.0, 0.0, 0.0, 0.5, 1.0]),
        (100.0, None, [0.0, 0.0, 0.01, 0.02, 0.03]),
    ],
)
async def test_so_many_starts_come_at_once_and_the_others_evenly(
    rate: float, burst: int | None, expected: list[float]
) -> None:
    async with Rig(jobs=5, concurrency=8, capacity=8, throttle=Throttle(rate=rate, burst=burst)) as rig:
        await rig.ended()

    assert [at for at, _ in starts(rig)] == pytest.approx(expected)


async def test_a_rate_that_is_raised_holds_at_once() -> None:
    async with Rig(jobs=3, concurrency=3, rate=0.01) as rig:
        await rig.after(1.0)
        await rig.ask(SetRate(10.0))
        await rig.ended()

    assert [at for at, _ in starts(rig)] == pytest.approx([0.0, 1.099, 1.199], abs=0.01)


def test_a_changed_limit_keeps_the_starts_that_were_ahead() -> None:
    limit = RateLimit(1.0, 3)
    for _ in range(3):
        limit.spend(0.0)
    limit.change(10.0, 1, 0.0)

    assert limit.wait(0.0) == pytest.approx(0.3)


async def test_a_slow_host_is_passed_over_and_its_jobs_keep_their_order() -> None:
    async def handler(job: Job) -> Done:
        await asyncio.sleep(100.0 if odd(job) == "slow" else 1.0)
        return Done()

    async with Rig(handler, jobs=8, concurrency=3, capacity=8, lane=odd, throttle=Throttle(per_host=1)) as rig:
        await rig.ended()

    quick = [found for found in starts(rig) if found[1] % 2 == 0]
    slow = [found for found in starts(rig) if found[1] % 2]
    assert quick == [(0.0, 2), (1.0, 4), (2.0, 6), (3.0, 8)]
    assert slow == [(0.0, 1), (100.0, 3), (200.0, 5), (300.0, 7)]


async def test_starts_per_host_are_spaced() -> None:
    async with Rig(jobs=6, concurrency=6, capacity=6, lane=odd, throttle=Throttle(per_host_rate=0.5)) as rig:
        await rig.ended()

    assert starts(rig) == [(0.0, 1), (0.0, 2), (2.0, 3), (2.0, 4), (4.0, 5), (4.0, 6)]


async def test_a_waiting_job_of_a_busy_host_can_be_cancelled() -> None:
    throttle = Throttle(per_host=1)
    async with Rig(sleeping(1.0), jobs=4, concurrency=4, lane=lambda job: "h", throttle=throttle) as rig:
        await rig.after(0.5)
        await rig.ask(CancelJob(2))
        await rig.ended()

    assert starts(rig) == [(0.0, 1), (1.0, 3), (2.0, 4)]


@pytest.mark.parametrize("overflow", ["block", "drop-old", "drop-new"])
async def test_jobs_of_limited_hosts_are_lost_as_others_are_and_forgotten(overflow: str) -> None:
    throttle = Throttle(per_host=1)
    async with Rig(sleeping(1.0), jobs=30, concurrency=3, lane=odd, throttle=throttle, overflow=overflow) as rig:
        assert await rig.ended() is RunState.FINISHED
        hosts = rig.engine.hosts

    assert hosts is not None
    assert len(hosts) == 0
    assert (len(starts(rig)) == 30) is (overflow == "block")


async def test_retry_after_pauses_the_host_and_no_other() -> None:
    async def handler(job: Job) -> Done | Failed:
        await asyncio.sleep(1.0)
        return Failed("http:429", retry_after=10.0) if job.seq == 1 and not job.waits else Done()

    async with Rig(handler, jobs=6, concurrency=2, capacity=6, attempts=2, lane=odd) as rig:
        await rig.after(2.5)
        seen = rig.snap.throttle.hosts
        assert await rig.ended() is RunState.FINISHED

    assert [(host.name, host.waiting, host.why, host.left_s) for host in seen] == [("slow", 2, "cooling", 8.5)]
    assert [(event.host, event.for_s) for event in rig.of(ev.HostPaused)] == [("slow", 10.0)]  # type: ignore[attr-defined]
    assert [at for at, seq in starts(rig) if seq % 2] == [0.0, 11.0, 11.0, 12.0]
    assert [at for at, seq in starts(rig) if seq % 2 == 0] == [0.0, 1.0, 1.0]


async def test_a_cool_down_is_not_prolonged_beyond_its_longest() -> None:
    async def handler(job: Job) -> Done | Failed:
        await asyncio.sleep(float(job.seq))
        return Failed("http:429", retry_after=60.0) if not job.waits else Done()

    async with Rig(handler, jobs=3, concurrency=3, attempts=2, lane=lambda job: "h", longest=60.0) as rig:
        await rig.ended()

    assert [at for at, _ in starts(rig)] == [0.0, 0.0, 0.0, 61.0, 62.0, 63.0]


def failing_until(until: float) -> Handler:
    async def handler(job: Job) -> Done | Failed:
        await asyncio.sleep(1.0)
        return Done() if asyncio.get_running_loop().time() > until else Failed("connection")

    return handler


async def test_a_circuit_opens_probes_and_closes_and_burns_no_try_meanwhile() -> None:
    throttle = Throttle(circuit=Breaker(failures=2, open=30.0))
    handler, lane = failing_until(50.0), lambda job: "h"
    async with Rig(
        handler, jobs=6, concurrency=1, attempts=9, capacity=6, base=1.0, lane=lane, throttle=throttle
    ) as rig:
        await rig.ended()

    assert [at for at, _ in starts(rig)][:5] == [0.0, 1.0, 32.0, 63.0, 64.0]
    assert [event.why for event in rig.of(ev.HostPaused)] == ["open", "open"]  # type: ignore[attr-defined]
    assert [event.at for event in rig.of(ev.HostOpened)] == [64.0]  # type: ignore[attr-defined]
    assert rig.snap.counts.done == 6


LIMITS = st.builds(
    Throttle,
    rate=st.none() | st.sampled_from([0.5, 2.0, 40.0]),
    burst=st.none() | st.integers(1, 5),
    per_host=st.none() | st.integers(1, 3),
    per_host_rate=st.none() | st.sampled_from([0.25, 1.0, 20.0]),
    adaptive=st.booleans() | st.builds(Adaptive, min=st.integers(1, 3), window=st.sampled_from([0.2, 2.0])),
    circuit=st.none() | st.builds(Breaker, failures=st.integers(1, 4), open=st.sampled_from([0.0, 1.0, 9.0])),
)


@settings(max_examples=60, deadline=None)
@given(LIMITS, st.integers(1, 5), st.integers(1, 6), st.sampled_from(["fair", "front", "back"]), st.integers(0, 99))
def test_no_mix_of_limits_is_exceeded_and_no_job_starves(
    throttle: Throttle, hosts: int, concurrency: int, rejoin: str, seed: int
) -> None:
    async def handler(job: Job) -> Done | Failed:
        fate = (job.seq * 7 + (job.attempt + job.waits) * 13 + seed) % 10
        await asyncio.sleep(fate / 4)
        return Failed("timeout", retry_after=fate / 2 if fate % 2 else None) if fate > 6 else Done()

    def lane(job: Job) -> str:
        return f"h{job.seq % hosts}" if job.seq % hosts else ""

    async def run() -> list[ev.Event]:
        given = {"jobs": 25, "capacity": 6, "concurrency": concurrency, "attempts": 50, "base": 0.1}
        async with Rig(handler, **given, rejoin=rejoin, lane=lane, throttle=throttle) as rig:  # type: ignore[arg-type]
            assert await rig.ended() is RunState.FINISHED
            assert rig.snap.counts.done == 25
            return rig.events

    loop = VirtualLoop()
    try:
        told = loop.run_until_complete(asyncio.wait_for(run(), 1e6))
    finally:
        loop.close()
    assert_within(throttle, told, lane)


def assert_within(throttle: Throttle, told: list[ev.Event], lane: Callable[[Job], str]) -> None:
    """The attempts of a run have kept to the limits."""
    times: dict[str, list[float]] = defaultdict(list)
    running: dict[str, int] = defaultdict(int)
    limit: int | None = None
    for event in told:
        if isinstance(event, ev.LimitChanged):
            limit = event.new
        elif isinstance(event, ev.AttemptStarted):
            host = lane(event.job)
            assert limit is None or sum(running.values()) < limit
            times["all"].append(event.at)
            times[host or "none"].append(event.at)
            running[host] += 1
            assert not host or throttle.per_host is None or running[host] <= throttle.per_host
        elif isinstance(event, ev.AttemptEnded):
            running[lane(event.job)] -= 1
    for name, at in times.items():
        rate = throttle.rate if name == "all" else throttle.per_host_rate if name != "none" else None
        burst = (throttle.burst or 2) if name == "all" else 1
        for first, last in combinations(range(len(at)), 2) if rate is not None else ():
            assert last - first + 1 <= burst + rate * (at[last] - at[first]) + 1e-6
