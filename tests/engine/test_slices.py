"""What a hundred thousand jobs would freeze is done in slices: the loop has its turns in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from qtui.core import events as ev
from qtui.core.past import OpenJob, Past
from qtui.core.snapshot import RunState
from tests.engine.rig import Rig, sleeping
from tests.journal.story import job

NUMBER = 2_000
A_LOOK_S = 1e-4
"""What every look at the clock takes here: a slice of two milliseconds is twenty looks."""


class SlowClock:
    """Time passes by looking at it, as it does where work takes time."""

    def __init__(self) -> None:
        self._loop_time = asyncio.get_running_loop().time
        self._looks = 0

    def now(self) -> float:
        self._looks += 1
        return self._loop_time() + self._looks * A_LOOK_S

    def wall(self) -> float:
        return 1e9 + self.now()


async def turns_until(true: Callable[[], bool]) -> None:
    """Let the loop have turns, and no time pass, until it is so."""
    for _ in range(10_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("that never came")


def open_jobs() -> Past:
    entries = [OpenJob(job(seq), waiting=False) for seq in range(1, NUMBER + 1)]
    return Past(accepted=NUMBER, last_seq=NUMBER, given=[NUMBER], open=entries)


async def most_in_a_turn(rig: Rig, kind: type, until: int) -> int:
    """The most events of a kind within one turn of the loop, until there are so many."""
    most = known = len(rig.of(kind))
    while known < until:
        await asyncio.sleep(0)
        number = len(rig.of(kind))
        most, known = max(most, number - known), number
    return most


@pytest.mark.parametrize("kind", [ev.JobRestored, ev.AttemptStarted])
async def test_jobs_of_an_earlier_life_come_back_in_slices(kind: type) -> None:
    rig = Rig(sleeping(1e6), jobs=NUMBER, strategy="unbounded", past=open_jobs(), clock=SlowClock())
    entering = asyncio.create_task(rig.__aenter__(), name="start")
    await turns_until(lambda: bool(rig.events))
    assert await most_in_a_turn(rig, kind, NUMBER) < 100
    await entering
    rig.engine.stop("you")
    assert await rig.ended() is RunState.STOPPED
    await rig.__aexit__(None, None, None)


async def test_a_stop_while_they_come_back_ends_the_run_when_all_are_there() -> None:
    rig = Rig(sleeping(1e6), jobs=NUMBER, past=open_jobs(), clock=SlowClock())
    entering = asyncio.create_task(rig.__aenter__(), name="start")
    await turns_until(lambda: len(rig.of(ev.JobRestored)) > 5)
    rig.engine.stop("you")
    assert not rig.of(ev.RunEnded)
    await entering

    assert await rig.ended() is RunState.STOPPED
    assert rig.snap.counts.accepted == NUMBER
    await rig.__aexit__(None, None, None)
