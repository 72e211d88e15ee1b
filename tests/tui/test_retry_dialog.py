"""The retry dialog: says number and cost, and probes one unless told otherwise."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.snapshot import FailureGroup, Rates, Snapshot
from qtui.tui.screens.retry_dialog import RetryDialog
from tests.tui.samples import failures, sample
from tests.tui.stage import HOSTILE, Stage


def stage(group: FailureGroup | None, snap: Snapshot | None = None) -> Stage:
    return Stage(screen=lambda: RetryDialog(group, snap or sample(rates=Rates(done_30s=3.5))))


async def text_of(app: Stage, size: tuple[int, int] = (80, 24)) -> str:
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        return app.text()


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["enter"], "probe"),
        (["p"], "probe"),
        (["down", "enter"], "all"),
        (["a"], "all"),
        (["up", "enter"], None),
        (["escape"], None),
    ],
)
async def test_keys_answer(keys: list[str], result: object) -> None:
    app = stage(failures()[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    assert app.answers == [result]


async def test_says_how_many_and_what_it_costs() -> None:
    text = await text_of(stage(failures()[0]))
    assert "Retry 28 jobs?" in text
    assert "adds about 8 s" in text
    assert "if it passes, the other 27" in text


async def test_all_groups_counts_every_failed_job() -> None:
    text = await text_of(stage(None))
    assert "Retry 58 jobs?" in text
    assert "in 5 groups" in text


async def test_warns_when_the_policy_does_not_cover_the_error() -> None:
    assert "may fail again" in await text_of(stage(failures()[1]))


async def test_one_job_needs_no_probe() -> None:
    app = stage(failures()[3])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == ["all"]


async def test_nothing_to_retry_can_only_be_left() -> None:
    app = stage(msgspec.structs.replace(failures()[0], jobs=0))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "No job failed for good" in app.text()
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == [None]


async def test_a_run_without_pace_names_no_cost() -> None:
    assert "adds about" not in await text_of(stage(failures()[0], sample(rates=Rates())))


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_are_shown_harmlessly(name: str) -> None:
    group = msgspec.structs.replace(failures()[0], title=name, message=name, hosts=[(name, 3)])
    assert "\x1b" not in await text_of(stage(group), (40, 10))
