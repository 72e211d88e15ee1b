"""Limits per host that are changed, lifted and set for the first time while a run is on; in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.commands import Command, ResetHost, SetPerHost, SetPerHostRate, Stop, Undo
from qtui.core.job import Done, Failed, Job
from qtui.core.tables import Breaker, Throttle
from tests.engine.rig import Rig, sleeping


def odd(job: Job) -> str:
    return "slow" if job.seq % 2 else "quick"


def starts(rig: Rig, host: str = "") -> list[float]:
    events = [event for event in rig.of(ev.AttemptStarted) if isinstance(event, ev.AttemptStarted)]
    return [round(event.at, 6) for event in events if not host or odd(event.job) == host]


async def test_a_limit_per_host_is_lowered_and_raised() -> None:
    async with Rig(
        sleeping(10), jobs=40, concurrency=8, capacity=40, lane=lambda job: "h", throttle=Throttle(per_host=4)
    ) as rig:
        await rig.after(5)
        await rig.ask(SetPerHost(1))
        await rig.after(20)
        await rig.ask(SetPerHost(3))
        await rig.after(1)

        assert starts(rig) == [0.0] * 4 + [10.0, 20.0, 25.0, 25.0]
        assert rig.snap.throttle.per_host == 3
        await rig.ask(Stop())


async def test_the_first_limit_per_host_counts_what_runs_already() -> None:
    async with Rig(sleeping(10), jobs=40, concurrency=4, capacity=40, lane=odd) as rig:
        await rig.after(5)
        assert rig.engine.hosts is None
        await rig.ask(SetPerHost(1))
        await rig.after(20)

        assert starts(rig, "slow") == [0.0, 0.0, 10.0, 20.0]
        assert starts(rig, "quick") == [0.0, 0.0, 10.0, 20.0]
        await rig.ask(Stop())


async def test_a_lifted_limit_lets_all_start_at_once() -> None:
    async with Rig(
        sleeping(10), jobs=40, concurrency=6, capacity=40, lane=lambda job: "h", throttle=Throttle(per_host=1)
    ) as rig:
        await rig.after(5)
        await rig.ask(SetPerHost(None))
        await rig.after(1)

        assert starts(rig) == [0.0] + [5.0] * 5
        await rig.ask(Stop())


async def test_a_rate_per_host_is_set_changed_and_lifted() -> None:
    async with Rig(sleeping(0.1), jobs=200, concurrency=1, capacity=40, lane=lambda job: "h") as rig:
        await rig.after(0.15)
        await rig.ask(SetPerHostRate(0.5))
        await rig.after(5.0)
        await rig.ask(SetPerHostRate(1.0))
        await rig.after(2.5)
        await rig.ask(SetPerHostRate(None))
        await rig.after(0.25)

        assert starts(rig) == [0.0, 0.1, 0.2, 2.2, 4.2, 5.675, 6.675, 7.65, 7.75, 7.85]
        await rig.ask(Stop())


async def test_limits_are_undone_one_by_one() -> None:
    async with Rig(sleeping(10), jobs=40, lane=odd, throttle=Throttle(per_host=4)) as rig:
        for command in (SetPerHost(2), SetPerHostRate(3.0)):
            assert (await rig.ask(command)).ok
        assert (rig.snap.throttle.per_host, rig.snap.throttle.per_host_rate) == (2, 3.0)
        for _ in range(2):
            assert (await rig.ask(Undo())).ok

        assert (rig.snap.throttle.per_host, rig.snap.throttle.per_host_rate) == (4, None)
        await rig.ask(Stop())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (SetPerHost(9), "would: at most 9 attempts at once per host"),
        (SetPerHost(None), "would: no limit per host"),
        (SetPerHostRate(2.5), "would: rate limit 2.5/s per host"),
    ],
)
async def test_a_dry_run_says_what_it_would_do(command: Command, said: str) -> None:
    async with Rig(sleeping(10), jobs=5, throttle=Throttle(per_host=4)) as rig:
        before = rig.engine.throttle
        assert (await rig.ask(command, dry_run=True)).text == said
        assert rig.engine.throttle is before
        await rig.ask(Stop())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (SetPerHost(0), "the limit per host is a number from 1 to 4,096, or none"),
        (SetPerHost(4), "that is the limit per host already"),
        (SetPerHostRate(0.0), "a rate limit is between 0.001 and 1,000,000 starts per second, or none"),
        (SetPerHostRate(None), "that is the rate limit per host already"),
        (ResetHost("shop"), "shop is not left alone; no host is"),
    ],
)
async def test_nonsense_is_refused_with_a_reason(command: Command, said: str) -> None:
    async with Rig(sleeping(10), jobs=5, throttle=Throttle(per_host=4)) as rig:
        assert (await rig.ask(command)).text == said
        await rig.ask(Stop())


async def test_a_host_that_asked_for_a_pause_is_asked_again_at_once() -> None:
    async def handler(job: Job) -> Done | Failed:
        await asyncio.sleep(1.0)
        return Failed("http:429", retry_after=100.0) if job.seq == 1 and not job.waits else Done()

    async with Rig(handler, jobs=4, concurrency=1, capacity=6, lane=odd) as rig:
        await rig.after(5)
        assert (await rig.ask(ResetHost("shop"))).text == "shop is not left alone; there are slow"
        assert (await rig.ask(ResetHost("slow"), dry_run=True)).text == "would: slow is asked again at once"
        await rig.after(5)
        assert (await rig.ask(ResetHost("slow"))).ok
        assert not (await rig.ask(ResetHost("slow"))).ok
        await rig.ended()

    assert starts(rig, "slow") == [0.0, 10.0]
    assert rig.of(ev.HostOpened) == [ev.HostOpened(10.0, "you", "slow")]


async def test_an_open_circuit_is_closed_by_hand() -> None:
    async def handler(job: Job) -> Done | Failed:
        await asyncio.sleep(1.0)
        return Failed("http:503") if job.seq <= 2 else Done()

    async with Rig(
        handler, jobs=5, concurrency=1, capacity=6, throttle=Throttle(circuit=Breaker(failures=2, open=100.0))
    ) as rig:
        await rig.after(10)
        assert (await rig.ask(ResetHost(""))).text == "jobs without a host is asked again at once"
        await rig.ended()

    assert starts(rig) == [0.0, 1.0, 10.0, 11.0, 12.0]
