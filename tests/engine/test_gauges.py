"""How far attempts say they are: at a pace for eyes, the newest word of each, and never of a job that is over."""

from __future__ import annotations

import asyncio
import math

import pytest

from qtui.core import events as ev
from qtui.core.job import Done, Job
from tests.engine.rig import Handler, Rig, sleeping


def telling(*words: tuple[float | None, str], every: float) -> Handler:
    async def handler(job: Job) -> Done:
        for share, text in words:
            RIGS[-1].engine.gauges.tell(job.seq, share, text)
            await asyncio.sleep(every)
        return Done()

    return handler


RIGS: list[Rig] = []


async def told(rig: Rig) -> list[ev.AttemptProgressed]:
    RIGS.append(rig)
    async with rig:
        await rig.ended()
    RIGS.pop()
    return [event for event in rig.events if isinstance(event, ev.AttemptProgressed)]


async def test_a_job_that_tells_all_the_time_is_passed_on_ten_times_a_second_with_its_newest_word() -> None:
    words = [(n / 1000, f"step {n}") for n in range(1000)]
    events = await told(Rig(telling(*words, every=0.001), jobs=1))

    assert len(events) in (9, 10)  # the last is at the very end
    assert [event.text for event in events[:3]] == ["step 99", "step 199", "step 299"]
    assert events[0].share == pytest.approx(0.099)


async def test_one_look_serves_every_slot() -> None:
    events = await told(Rig(telling((0.5, "half"), every=0.15), jobs=3, concurrency=3))

    assert [(event.seq, event.slot, event.share) for event in events] == [(1, 1, 0.5), (2, 2, 0.5), (3, 3, 0.5)]
    assert len({event.at for event in events}) == 1


async def test_a_word_of_a_job_that_is_over_moves_no_gauge() -> None:
    """The slot has another job by the time the word is passed on."""

    async def handler(job: Job) -> Done:
        if job.seq == 1:
            RIGS[-1].engine.gauges.tell(job.seq, 0.9, "nearly")
        await asyncio.sleep(0.05 if job.seq == 1 else 1)
        return Done()

    assert await told(Rig(handler, jobs=2, concurrency=1)) == []


@pytest.mark.parametrize(("share", "seen"), [(7.0, 1.0), (-1.0, 0.0), (math.nan, None), (None, None)])
async def test_a_share_is_between_nothing_and_all(share: float | None, seen: float | None) -> None:
    (event,) = await told(Rig(telling((share, "x"), every=0.15), jobs=1))

    assert event.share == seen


async def test_words_are_cleaned_and_short() -> None:
    (event,) = await told(Rig(telling((0.5, "a\x1b[31m" + "b" * 500), every=0.15), jobs=1))

    assert "\x1b" not in event.text
    assert len(event.text) <= 121


async def test_a_closed_engine_passes_nothing_on() -> None:
    rig = Rig(sleeping(10), jobs=1)
    async with rig:
        await rig.after(1)
        rig.engine.gauges.tell(1, 0.5, "half")
        rig.engine.gauges.close()
        await rig.after(1)

    assert rig.of(ev.AttemptProgressed) == []
