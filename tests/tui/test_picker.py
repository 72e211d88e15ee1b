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
from qtui.tui.screens.picker_keys import KEYS
from qtui.tui.screens.preset_card import pipeline, preset_lines, run_lines
from tests.tui.presets import good, host
from tests.tui.samples import NOW
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
        "│ 2 producers │─►─│ queue ≤ 64  │─►─│ 8 workers   │─► 840",
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
        presets.checked["scrape"] = good("scrape", "Pages", real=True)
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
    presets.past += [stopped, older, other, aside]
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


async def test_every_key_of_the_key_bar_does_something() -> None:
    async with shown() as (app, pilot):
        picker = app.screen
        assert isinstance(picker, PickerScreen)
        bar = [key for key in KEYS if key.when(picker) and key.words(picker)]
        assert [key.label for key in bar] == [*("↑↓", "enter", "d", "e", "/", "n", "o", "t", "pgdn", "?", "q")]
        assert all(f"{key.label} {key.words(picker)}" in app.rows()[-1] for key in bar)
        for key in bar:
            if key.label in ("enter", "q", "t"):
                continue  # these leave, and have tests of their own; t needs the whole app
            before = app.text()
            await pilot.press("down" if key.label == "↑↓" else key.keys[0])
            await until(pilot, lambda before=before: app.screen is not picker or app.text() != before)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is picker)
    assert app.answers == []


async def test_the_help_lists_every_key_that_works_here() -> None:
    async with shown() as (app, pilot):
        await pilot.press("question_mark")
        text = app.text()
    here = [key for key in KEYS if key.help and key.label != "esc"]
    assert all(" ".join(key.help.split()[:3]) in text for key in here)


async def test_a_dry_run_tells_and_starts_nothing() -> None:
    async with shown() as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: "THE FIRST JOBS" in app.text())
        assert "DRY RUN" in app.text()
        assert "nothing is started" in app.text()
        await pilot.press("escape")
        assert isinstance(app.screen, PickerScreen)
    assert app.answers == []


async def test_a_preset_that_comes_with_qtui_is_not_edited_in_place() -> None:
    async with shown() as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: "backpressure comes with qtui and is not edited in place" in app.rows()[-1])
        await pilot.press("down")
        assert "choose" in app.rows()[-1]


async def test_a_new_preset_is_never_written_over_a_file_and_is_chosen_afterwards() -> None:
    presets = host()
    presets.entries.append(PresetEntry("there.toml", "there", "", "own", "./", "there.toml"))
    async with shown(presets) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "kind http" in app.text())
        await pilot.press("enter")
        await until(pilot, lambda: "my-http.toml" in app.text())
        await pilot.press("ctrl+u", *"there.toml", "enter")
        await until(pilot, lambda: "there.toml exists already" in app.text())
        await pilot.press("ctrl+u", *"mine.toml", "enter")
        await until(pilot, lambda: "wrote mine.toml" in app.rows()[-1])
        assert "▌ ► mine" in app.text()
        await pilot.press("enter")
    assert app.answers == ["mine.toml"]


async def test_a_file_that_cannot_be_opened_is_said_where_it_was_typed() -> None:
    async with shown() as (app, pilot):
        await pilot.press("o")
        await until(pilot, lambda: "Open a preset" in app.text())
        await pilot.press(*"nope", "enter")
        await until(pilot, lambda: "there is no preset nope" in app.text())
        await pilot.press("ctrl+u", *"order", "enter")
        await until(pilot, lambda: "▌ ► order" in app.text())


async def test_own_presets_stand_under_the_folder_they_lie_in() -> None:
    presets = host()
    for folder in ("~/.config/qtui/presets", "./"):
        presets.entries.append(PresetEntry(f"{folder}x.toml", f"x in {folder}", "", "own", folder))
    async with shown(presets) as (app, _):
        rows = app.rows()
    assert "bundled  ~/.config/qtui/presets  ./" in rows[0]
    assert [row.split("│")[1].split() for row in rows if "YOURS" in row] == [
        ["YOURS", "~/.config/qtui/presets"],
        ["YOURS", "./"],
    ]


@pytest.mark.parametrize(
    ("run", "first"),
    [
        (RunEntry("r", "order", "order", "finished", NOW), "order"),
        (RunEntry("r", "x", "elsewhere/x.toml", "finished", NOW, identity='["/home/x.toml",""]'), "x.toml"),
        (RunEntry("r", "x", "gone.toml", "finished", NOW, identity='["/gone.toml",""]'), "backpressure"),
    ],
)
async def test_the_preset_used_last_is_chosen(run: RunEntry, first: str) -> None:
    presets = host()
    presets.entries.append(PresetEntry("x.toml", "x", "", "own", "./", "/home/x.toml"))
    presets.past.append(run)
    async with shown(presets) as (_, pilot):
        assert isinstance(pilot.app.screen, PickerScreen)
        assert pilot.app.screen.chosen is not None
        assert pilot.app.screen.chosen.key == first


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
