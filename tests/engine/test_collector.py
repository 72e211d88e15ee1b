"""A crowd of tasks is no work for the collector of Python, and is given back to it when it has gone."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from qtui.engine.collector import CROWD, Collector
from tests.engine.rig import Rig, sleeping


@pytest.fixture(autouse=True)
def _nothing_frozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_a_crowd_is_spared_and_given_back_when_it_has_gone() -> None:
    collector = Collector()
    for tasks in range(CROWD + 1):
        collector.grown(tasks)
    assert gc.get_freeze_count() > 0

    collector.shrunk(CROWD - 1)
    assert gc.get_freeze_count() > 0
    collector.shrunk(CROWD // 2 - 1)
    assert gc.get_freeze_count() == 0


def test_a_few_tasks_that_come_and_go_are_left_to_it() -> None:
    collector = Collector()
    for _ in range(3 * CROWD):
        collector.grown(64)

    assert gc.get_freeze_count() == 0


async def test_an_unbounded_run_spares_its_crowd_while_it_lasts() -> None:
    number = CROWD + 100
    async with Rig(sleeping(60), jobs=number, strategy="unbounded") as rig:
        await rig.after(30)
        assert rig.running == number
        assert gc.get_freeze_count() > 0
        await rig.ended()

    assert rig.snap.counts.done == number
    assert gc.get_freeze_count() == 0
