"""The picker: what there is, what it would do, and a choice that is never an accident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from qtui.core.port import Checked, PresetEntry, Problem, RunEntry
from qtui.tui.canvas import length
from qtui.tui.screens.bad_preset import BadPresetScreen
from qtui.tui.screens.picker import PickerScreen
from qtui.tui.screens.preset_card import pipeline, preset_lines, run_lines
from tests.tui.presets import good, host
from tests.tui.stage import HOSTILE, FakeHost, Stage, until


@asynccontextmanager
async def shown(
    of: FakeHost | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    chosen = of or host()
    app = Stage(screen=lambda: PickerScreen(chosen))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_preselects_backpressure() -> None:
    async with shown() as (app, pilot):
        assert next(row for row in app.rows() if "▌" in row and "►" in row).split("►")[1].startswith(" backpressure")
        await pilot.press("enter")
    assert app.answers == ["backpressure"]


async def test_groups_presets_and_live_runs() -> None:
    async with shown() as (app, _):
        text = app.text()
    assert text.index("LEARN") < text.index("retries") < text.index("REAL") < text.index("files") < text.index("RUNS")
    assert "scrape-catalogue" in text
    assert " old " not in text


async def test_shows_what_a_preset_will_do() -> None:
    async with shown() as (app, _):
        text = app.text()
    for wanted in (
        "│ 2 producers │─►─│ queue 64    │─►─│ 8 workers   │─► 840",
        "jobs     840, simulated",
        "network  none",
        "range: 420 jobs at 9/s",
        "Writes results.jsonl in this directory.",
        "[[source]]",
    ):
        assert wanted in text


async def test_says_which_presets_cannot_run() -> None:
    async with shown() as (app, pilot):
        await until(pilot, lambda: "× 4 problems" in app.text())


async def test_a_preset_with_problems_opens_them_instead_of_running() -> None:
    async with shown() as (app, pilot):
        await pilot.press("slash", *"scrape", "enter", "enter")
        await pilot.pause()
        assert isinstance(app.screen, BadPresetScreen)
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, PickerScreen)
    assert app.answers == []


async def test_a_preset_that_became_valid_runs() -> None:
    presets = host()
    async with shown(presets) as (app, pilot):
        await pilot.press("slash", *"scrape", "enter", "enter")
        await pilot.pause()
        presets.checks["scrape"] = good("scrape", "Pages", real=True)
        assert isinstance(app.screen, BadPresetScreen)
        app.screen._check()
        await pilot.pause()
    assert app.answers == ["scrape"]


async def test_a_live_run_is_attached() -> None:
    async with shown() as (app, pilot):
        await pilot.press("G")
        assert "This run is live." in app.text()
        await pilot.press("enter")
    assert app.answers == ["attach:scrape-catalogue-3"]


async def test_a_run_that_did_not_end_is_gone_on_with_by_starting_its_preset() -> None:
    presets = host()
    stopped = RunEntry("s-1", "shop", "presets/shop.toml", "stopped", 50.0, 61, 3, 100, identity='["a",""]')
    older = msgspec.structs.replace(stopped, run_id="s-0", name="older", started_at=9.0)
    other = msgspec.structs.replace(stopped, run_id="s-2", name="typed", identity='["a","urls.txt"]')
    aside = msgspec.structs.replace(stopped, run_id="s-3", name="set-aside", identity='["b",""]', aside=True)
    presets.live += [stopped, older, other, aside]
    async with shown(presets) as (app, pilot):
        text = app.text()
        assert text.index("REAL") < text.index("RESUME") < text.index("RUNS")
        row = next(row for row in app.rows() if "◆ shop" in row)
        assert "stopped 64%, 3 failed" in row
        assert not any(name in text for name in ("older", "typed", "set-aside"))
        await pilot.press("G", "up")
        assert "This run has not come to its end." in app.text()
        await pilot.press("enter")
    assert app.answers == ["presets/shop.toml"]


async def test_the_filter_narrows_and_escape_takes_it_back() -> None:
    async with shown() as (app, pilot):
        await pilot.press("slash", *"paged", "enter")
        await pilot.pause()
        assert "api-client" in app.text()
        assert "pool-or" not in app.text()
        await pilot.press("escape")
        assert "pool-or" in app.text()
        await pilot.press("enter")
    assert app.answers == ["api-client"]


async def test_q_quits() -> None:
    async with shown() as (app, pilot):
        await pilot.press("q")
    assert app.answers == [None]


async def test_keys_stop_at_the_ends() -> None:
    async with shown() as (app, pilot):
        await pilot.press("g", "up", "down", "enter")
    assert app.answers == ["retries"]


async def test_a_double_click_runs() -> None:
    async with shown() as (app, pilot):
        row = next(y for y, line in enumerate(app.rows()) if "► order" in line)
        await pilot.click(offset=(8, row))
        assert app.answers == []
        await pilot.click(offset=(8, row), times=2)
    assert app.answers == ["order"]


async def test_the_text_of_a_preset_scrolls() -> None:
    async with shown(size=(80, 24)) as (app, pilot):
        assert "[retry]" not in app.text()
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert "[retry]" in app.text()


async def test_a_host_with_nothing_says_so() -> None:
    async with shown(FakeHost([], [], {})) as (app, pilot):
        assert "there are no presets" in app.text()
        await pilot.press("down", "enter")
    assert app.answers == []


@pytest.mark.parametrize("width", [10, 30, 46, 60, 120])
@pytest.mark.parametrize("number", [0, 1, 8, 99_999])
def test_the_pipeline_fits(width: int, number: int) -> None:
    checked = msgspec.structs.replace(
        good("a", "b"), capacity=number, concurrency=number, producers=["p"] * min(number, 50)
    )
    assert all(length(line) <= width for line in pipeline(checked, width))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_presets_and_runs_are_drawn_harmlessly(name: str) -> None:
    entry = PresetEntry(name, name, name, name)
    problems = [Problem(name, name, 1, name, name, name)]
    for checked in (
        Checked(
            name, name, name, text=name, producers=[name] * 9, kind=name, plan=[name] * 3, capacity=1, concurrency=1
        ),
        Checked(name, name, name, problems, name),
    ):
        for line in preset_lines(entry, checked, 40):
            assert length(line) <= 40
            assert all("\x1b" not in span.text for span in line)
    for line in run_lines(RunEntry(name, name, name, "running", 1e18, 1, 2, 3), 40):
        assert length(line) <= 40


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (50, 14), (80, 24), (200, 60)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    presets = host()
    presets.entries += [PresetEntry(name, name, name, "real") for name in HOSTILE]
    async with shown(presets, size) as (app, pilot):
        await pilot.press("down", "G", "up", "slash", "x", "escape", "pagedown")
        assert "\x1b" not in app.text()


def test_the_path_of_a_file_is_a_source_too() -> None:
    entry = PresetEntry(str(Path("my presets/a.toml")), "a", "", "real")
    text = ["".join(span.text for span in line) for line in preset_lines(entry, Checked(entry.source), 80)]
    assert "PRESET  my presets/a.toml" in text
