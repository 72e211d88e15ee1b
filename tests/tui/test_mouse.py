"""Clicks do what keys do; the wheel changes nothing."""

from __future__ import annotations

from typing import cast

import pytest
from textual.events import MouseScrollDown

from qtui.core.commands import Pause, SetConcurrency
from qtui.tui.screens.main import MainScreen
from qtui.tui.widgets.band import plan
from tests.tui.rig import Rig, running


def middle(part: str, width: int = 120) -> tuple[int, int]:
    left, wide = getattr(plan(width), part)
    return left + wide // 2, 2


def context(rig: Rig) -> str:
    return cast(MainScreen, rig.app.screen)._stage.context


async def test_a_click_on_the_gate_pauses_the_producers() -> None:
    async with running() as rig:
        await rig.pilot.click("#band", offset=middle("gate"))
        assert await rig.asked() == [Pause()]


@pytest.mark.parametrize(
    ("part", "title"), [("queue", "Bound of the queue"), ("valve", "Rate limit"), ("workers", "Workers")]
)
async def test_a_click_on_a_box_asks_for_its_number(part: str, title: str) -> None:
    async with running() as rig:
        await rig.pilot.click("#band", offset=middle(part))
        await rig.shows(title)


async def test_a_click_on_the_key_of_the_verdict_is_that_key() -> None:
    async with running() as rig:
        verdict = rig.app.painting.scene.verdict
        assert verdict.key == "+"
        await rig.pilot.click("#verdict", offset=(114, 0))
        (command,) = await rig.asked()
        assert isinstance(command, SetConcurrency)


async def test_a_click_on_the_sentence_of_the_verdict_does_nothing() -> None:
    async with running() as rig:
        await rig.pilot.click("#verdict", offset=(30, 0))
        await rig.pilot.pause()
        assert rig.port.commands == []


async def test_a_click_on_the_failures_shows_them() -> None:
    async with running() as rig:
        await rig.pilot.click("#failures")
        assert context(rig) == "failures"


async def test_a_second_click_on_a_slot_opens_its_job() -> None:
    async with running() as rig:
        await rig.pilot.click("#slots", offset=(10, 2), times=2)
        await rig.shows("JOB #")
        assert context(rig) == "inspector"


async def test_the_wheel_changes_no_value() -> None:
    async with running() as rig:
        for panel in ("#band", "#slots", "#verdict"):
            await rig.pilot._post_mouse_events([MouseScrollDown], panel)
        await rig.pilot.pause()
        assert rig.port.commands == []
