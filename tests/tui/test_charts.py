"""View 5: three panels that share their width, and a switch of the range."""

from __future__ import annotations

import pytest

from qtui.tui.screens.charts import ChartsView
from tests.tui.rig import running
from tests.tui.samples import sample


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_5_shows_times_latency_and_explanation(size: tuple[int, int]) -> None:
    async with running(size=size) as rig:
        await rig.press("5")
        await rig.shows("LAST 3 MIN")
        await rig.shows("EXPLAIN")
        text = rig.text()
        for expected in ("LATENCY", "p95 3.7s", "waiting  64 = 7.7/s × 8.3s", "what if", "║"):
            assert expected in text


async def test_the_brackets_choose_the_range() -> None:
    async with running() as rig:
        await rig.press("5", "right_square_bracket")
        await rig.shows("THE WHOLE RUN")
        await rig.press("left_square_bracket")
        await rig.shows("LAST 3 MIN")


async def test_the_present_number_of_workers_has_the_estimate_of_the_header() -> None:
    async with running() as rig:
        for at in range(1, 4):
            await rig.give(sample(elapsed_s=612.0 + at))
        await rig.press("5")
        await rig.shows("what if")
        eta = rig.app.painting.scene.eta.text
        row = next(row for row in rig.rows() if "12 workers" in row and "now" in row)
        assert f"ETA {eta}" in row
        assert f"ETA {eta}" in rig.rows()[0]


async def test_what_it_explains_can_be_copied_as_text() -> None:
    async with running() as rig:
        await rig.press("5")
        await rig.shows("what if")
        lines = rig.app.screen.query_one(ChartsView).copied().split("\n")
        assert lines[0] == "waiting  64 = 7.7/s × 8.3s"
        assert any(line.startswith("12 workers") for line in lines)


@pytest.mark.parametrize("size", [(46, 13), (60, 22), (69, 30)])
async def test_small_screens_show_the_charts_over_time_first(size: tuple[int, int]) -> None:
    async with running(size=size) as rig:
        await rig.press("5")
        await rig.shows("LAST 3 MIN")


async def test_it_is_there_after_the_end_too() -> None:
    from qtui.core.snapshot import RunState

    async with running(sample(state=RunState.FINISHED)) as rig:
        await rig.press("5")
        await rig.shows("EXPLAIN")


async def test_the_overview_of_a_wide_screen_explains_too() -> None:
    async with running(size=(200, 60)) as rig:
        assert "EXPLAIN" in rig.text()
        assert "you are here ●" in rig.text()
    async with running(size=(120, 40)) as rig:
        assert "EXPLAIN" not in rig.text()
