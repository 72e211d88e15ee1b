"""The adaptive limit and the lack of descriptors in a run, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.commands import Hold, Release, SetAdaptive, SetConcurrency, Undo
from qtui.core.job import Done, Failed, Job
from qtui.core.past import Past
from qtui.core.snapshot import AutoView, RunState
from qtui.core.tables import Adaptive, Throttle
from tests.engine.rig import Handler, Rig, sleeping

Told = list[tuple[float, int | None, int | None, str]]


def adaptive(least: int = 1, most: int | None = None, window: float = 5.0) -> Throttle:
    return Throttle(adaptive=Adaptive(min=least, max=most, window=window))


def told(rig: Rig, what: str = "adaptive") -> Told:
    changes = [event for event in rig.events if isinstance(event, ev.LimitChanged) and event.what == what]
    return [(round(event.at, 3), event.old, event.new, event.reason) for event in changes]


def bears(most: int, lasts: float = 1.0) -> Handler:
    """Another side that refuses when more than `most` ask at once."""
    asking = 0

    async def handler(job: Job) -> Done | Failed:
        nonlocal asking
        asking += 1
        refused = asking > most
        try:
            await asyncio.sleep(lasts)
        finally:
            asking -= 1
        return Failed("http:429", retry_after=600.0) if refused else Done()

    return handler


async def test_it_starts_slowly_and_doubles_while_it_is_used() -> None:
    async with Rig(sleeping(1.0), jobs=400, capacity=99, concurrency=12, throttle=adaptive()) as rig:
        await rig.after(21.0)
        assert told(rig) == [
            (0.0, None, 1, "slow start"),
            (5.0, 1, 2, "slow start"),
            (10.0, 2, 4, "slow start"),
            (15.0, 4, 8, "slow start"),
            (20.0, 8, 12, "slow start"),
        ]
        assert rig.snap.throttle.adaptive == AutoView(12, 1, 12, False, "slow start")
        assert rig.most_running == 12


async def test_it_does_not_grow_while_nothing_reaches_it() -> None:
    async with Rig(sleeping(0.1), jobs=40, source_rate=1.0, concurrency=12, throttle=adaptive(least=4)) as rig:
        await rig.ended()

    assert told(rig) == [(0.0, None, 4, "slow start")]


async def test_it_grows_although_no_attempt_ends() -> None:
    async with Rig(sleeping(60.0), jobs=40, capacity=99, concurrency=4, throttle=adaptive()) as rig:
        await rig.after(11.0)

        assert rig.running == 4


async def test_a_refusal_halves_it_and_it_grows_by_one_again() -> None:
    throttle = adaptive()
    async with Rig(
        bears(5),
        jobs=999,
        capacity=99,
        concurrency=32,
        attempts=99,
        longest=0.0,
        lane=lambda job: "api",
        throttle=throttle,
    ) as rig:
        await rig.after(32.5)
        seen = rig.snap

    assert told(rig)[3:] == [
        (15.0, 4, 8, "slow start"),
        (16.0, 8, 4, "429 from api"),
        (26.0, 4, 5, "no trouble for 5.0s"),
        (31.0, 5, 6, "no trouble for 5.0s"),
        (32.0, 6, 3, "429 from api"),
    ]
    assert seen.throttle.adaptive == AutoView(3, 1, 32, False, "429 from api")
    assert (seen.workers, seen.control.concurrency) == (3, 32)
    assert any(line.text == "limit 8 → 4: 429 from api" and line.actor == "auto" for line in seen.log)
    assert "~▼4" in [mark for marks in seen.series.marks for mark in marks]


async def test_a_person_stays_its_ceiling() -> None:
    async with Rig(sleeping(1.0), jobs=999, capacity=99, concurrency=16, throttle=adaptive()) as rig:
        await rig.after(16.0)
        await rig.ask(SetConcurrency(3))
        await rig.after(20.0)
        assert (rig.running, rig.snap.workers) == (3, 3)
        await rig.ask(SetConcurrency(10))
        await rig.after(6.0)
        assert rig.running == 10
        assert told(rig)[-1][1:3] == (8, 10)


async def test_it_is_frozen_let_go_and_turned_off_and_that_is_undone() -> None:
    async with Rig(sleeping(1.0), jobs=999, capacity=99, concurrency=16, throttle=adaptive()) as rig:
        await rig.after(6.0)
        assert (await rig.ask(SetAdaptive("freeze"), dry_run=True)).text == "would: adaptive limit frozen"
        assert (await rig.ask(SetAdaptive("freeze"))).ok
        await rig.after(20.0)
        frozen = rig.snap.throttle.adaptive
        assert frozen == AutoView(2, 1, 16, True, "slow start")
        await rig.ask(SetAdaptive("on"))
        await rig.after(6.0)
        assert rig.running == 4
        await rig.ask(SetAdaptive("off"))
        await rig.after(1.5)
        assert (rig.running, rig.snap.throttle.adaptive) == (16, None)
        await rig.ask(Undo())
        assert rig.snap.throttle.adaptive == AutoView(16, 1, 16, False, "turned on by you")


async def test_it_grows_again_although_nothing_ran_when_it_was_let_go() -> None:
    async with Rig(sleeping(1.0), jobs=999, capacity=99, concurrency=16, throttle=adaptive()) as rig:
        await rig.after(6.0)
        await rig.ask(Hold())
        await rig.after(2.0)
        await rig.ask(SetAdaptive("freeze"))
        await rig.ask(SetAdaptive("on"))
        await rig.ask(Release())
        await rig.after(6.0)

        assert rig.snap.workers == 4


async def test_a_run_that_goes_on_begins_anew_with_it() -> None:
    async with Rig(sleeping(1.0), jobs=99, capacity=99, concurrency=16, throttle=adaptive(2), past=Past(at=9.0)) as rig:
        await rig.after(6.0)

    assert told(rig) == [(9.0, None, 2, "slow start"), (14.0, 2, 4, "slow start")]


async def test_its_max_is_changed_and_taken_back() -> None:
    async with Rig(sleeping(1.0), jobs=999, capacity=99, concurrency=16, throttle=adaptive()) as rig:
        await rig.after(16.0)
        await rig.ask(SetAdaptive(max=5))
        await rig.after(1.5)
        assert (rig.running, rig.snap.throttle.adaptive) == (5, AutoView(5, 1, 5, False, "slow start"))
        assert (await rig.ask(Undo())).ok
        assert rig.snap.throttle.adaptive == AutoView(5, 1, 16, False, "slow start")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (SetAdaptive(), "that is its max already"),
        (SetAdaptive("on"), "the adaptive limit is on already"),
        (SetAdaptive(max=2), "the adaptive limit's max is from 3 to 4,096, not 2"),
        (SetAdaptive(max=5000), "the adaptive limit's max is from 3 to 4,096, not 5,000"),
    ],
)
async def test_nonsense_about_it_is_refused(command: SetAdaptive, reason: str) -> None:
    async with Rig(sleeping(1.0), jobs=9, throttle=adaptive(least=3), concurrency=8) as rig:
        reply = await rig.ask(command)

    assert (reply.ok, reply.text) == (False, reason)


async def test_what_is_off_cannot_be_frozen() -> None:
    async with Rig(sleeping(1.0), jobs=9) as rig:
        assert (await rig.ask(SetAdaptive("freeze"))).text == "the adaptive limit is off; turn it on first"


async def test_lack_of_descriptors_lowers_the_number_at_once_and_it_grows_again() -> None:
    enough, open_now = 5, 0

    async def handler(job: Job) -> Done:
        nonlocal open_now
        if open_now >= enough:
            raise OSError(24, "Too many open files")
        open_now += 1
        try:
            await asyncio.sleep(1.0)
        finally:
            open_now -= 1
        return Done()

    async with Rig(handler, jobs=400, capacity=99, concurrency=8) as rig:
        await rig.after(4.0)
        at, _, new, why = (lowered := told(rig, "descriptors"))[-1]
        assert (at, new, why) == (0.0, 5, "this machine has no file descriptors left")
        assert (rig.running, rig.snap.workers, rig.snap.throttle.descriptors) == (5, 5, 5)
        enough = 99
        await rig.after(16.5)
        assert told(rig, "descriptors")[len(lowered) :] == [
            (5.0, 5, 6, "file descriptors sufficed for 5s"),
            (10.0, 6, 7, "file descriptors sufficed for 5s"),
            (15.0, 7, None, "file descriptors sufficed for 5s"),
        ]
        assert rig.running == 8
        assert await rig.ended() is RunState.FINISHED

    assert (rig.snap.counts.done, rig.snap.counts.failed) == (400, 0)
