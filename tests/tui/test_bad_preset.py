"""A preset that cannot run: every problem with its spot, and the screen goes on by itself once the file is valid."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from qtui.core.port import Checked, Problem
from qtui.tui.canvas import length
from qtui.tui.screens.bad_preset import BadPresetScreen
from qtui.tui.screens.problems import problem_box, problem_lines, report_text, spot
from tests.tui.presets import BROKEN, PROBLEMS, good, host
from tests.tui.stage import HOSTILE, FakeHost, Stage, until


@asynccontextmanager
async def shown(of: FakeHost, size: tuple[int, int] = (120, 34)) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage(screen=lambda: BadPresetScreen(of, "scrape"))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def text(problem: Problem, source: str = BROKEN) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in problem_lines(problem, source, 80)]


def test_a_misspelt_key_is_underlined_and_the_right_one_named() -> None:
    assert text(PROBLEMS[0]) == [
        " 11  │ [workers]",
        " 12  │ concurency = 12",
        "     │ ━━━━━━━━━━",
        '       Did you mean "concurrency"?',
        "       allowed  concurrency, strategy, executor",
    ]


def test_a_wrong_value_is_underlined() -> None:
    assert text(PROBLEMS[1]) == [
        "  8  │ [queue]",
        "  9  │ capacity = -5",
        "     │            ━━",
        "       allowed  1 to 1,000,000",
    ]


def test_a_table_is_shown_without_the_one_before_it() -> None:
    assert text(PROBLEMS[3])[0] == " 14  │ [job]"


def test_a_problem_of_the_whole_file_has_no_lines() -> None:
    assert text(Problem("preset", "this table is missing", 0, "nothing", "a table")) == [
        "       found    nothing",
        "       allowed  a table",
    ]


@pytest.mark.parametrize(
    ("line", "problem", "marked"),
    [
        ('path = "a.txt"', Problem("source[0].path", "no such file", 1, '"a.txt"'), '"a.txt"'),
        ("path = 'a.txt'", Problem("source[0].path", "no such file", 1, '"a.txt"'), "a.txt"),
        ("backoff = { bas = 1 }", Problem("retry.backoff.bas", "no such key", 1, "bas"), "bas"),
        ("  kind = 5", Problem("job.kind", "must be text", 1), "kind"),
        ("[job]", Problem("job.http", "missing", 1), "[job]"),
        ("12 = 12", Problem("a.b", "bad", 1, "99"), "12 = 12"),
    ],
)
def test_the_spot(line: str, problem: Problem, marked: str) -> None:
    start, long = spot(line, problem)
    assert line[start : start + long] == marked


async def test_shows_all_problems_and_that_nothing_was_started() -> None:
    async with shown(host()) as (app, _):
        screen = app.text()
    assert "× 4 PROBLEMS" in screen
    assert "nothing was started" in screen
    for problem in PROBLEMS:
        assert f"{problem.path}  {problem.message}" in screen


async def test_goes_on_by_itself_when_the_file_is_valid(tmp_path: Path) -> None:
    presets = host()
    presets.path = tmp_path / "scrape.toml"
    presets.path.write_text("bad")
    async with shown(presets) as (app, pilot):
        assert "watching the file" in app.text()
        presets.checked["scrape"] = good("scrape", "Pages")
        presets.path.write_text("good now")
        await until(pilot, lambda: app.answers)
    assert app.answers == [True]


async def test_an_unchanged_file_is_not_checked_at_every_look(tmp_path: Path) -> None:
    presets = host()
    presets.path = tmp_path / "scrape.toml"
    async with shown(presets) as (app, _):
        screen = app.screen
        assert isinstance(screen, BadPresetScreen)
        presets.checked["scrape"] = good("scrape", "Pages")
        screen.look_again()
        assert screen.checked.problems
        for _ in range(3):
            screen.look_again()
        assert not screen.checked.problems


async def test_fewer_problems_are_shown_as_they_are_fixed(tmp_path: Path) -> None:
    presets = host()
    presets.path = tmp_path / "scrape.toml"
    async with shown(presets) as (app, pilot):
        presets.checked["scrape"] = Checked("scrape", "scrape", problems=PROBLEMS[:1], text=BROKEN)
        presets.path.write_text("better")
        await pilot.press("G")
        await until(pilot, lambda: "× 1 PROBLEM " in app.text())
    assert app.answers == []


@pytest.mark.parametrize(("key", "answer"), [("q", False), ("escape", None), ("ctrl+c", False)])
async def test_leaving_starts_nothing(key: str, answer: bool | None) -> None:
    async with shown(host()) as (app, pilot):
        await pilot.press(key)
        await pilot.pause()
    assert app.answers == [answer]


async def test_a_suggestion_is_carried_out_after_its_difference_was_shown(tmp_path: Path) -> None:
    presets = host()
    presets.path = tmp_path / "scrape.toml"
    async with shown(presets) as (app, pilot):
        assert "f fix it for me" in app.text()
        await pilot.press("f")
        await until(pilot, lambda: "+   12  concurrency = 12" in app.text())
        assert "-   12  concurency = 12" in app.text()
        presets.checked["scrape"] = good("scrape", "Pages")  # valid from now on, but a question stands over the screen
        assert isinstance(app.screen_stack[-2], BadPresetScreen)
        for _ in range(5):
            app.screen_stack[-2].look_again()
        assert presets.corrected == []
        await pilot.press("y")
        await until(pilot, lambda: app.answers)
    assert [(each.old, each.new) for each in presets.corrected] == [("concurency", "concurrency")]
    assert app.answers == [True]


async def test_keys_stand_in_the_bar_only_where_they_do_something() -> None:
    async with shown(host()) as (app, pilot):
        assert "f fix it" in app.rows()[-1]
        await pilot.press("down")
        assert "f fix it" not in app.rows()[-1]
        await pilot.press("e")
        await until(pilot, lambda: "comes with qtui" in app.rows()[-1])
        await pilot.press("y")
        assert "copied 5 lines" in app.rows()[-1]


def test_the_report_is_one_line_for_each_problem() -> None:
    report = report_text(Checked("a.toml", problems=PROBLEMS[:2]), "a")
    assert report.split("\n") == [
        "a.toml: 2 problems",
        "  line 12: workers.concurency: there is no such key, found concurency; did you mean concurrency?",
        "  line 9: queue.capacity: this must be at least 1, found -5",
    ]


async def test_keys_scroll_to_every_problem() -> None:
    async with shown(host(), (80, 16)) as (app, pilot):
        assert "job.http" not in app.text()
        await pilot.press("G")
        assert "job.http" in app.text()
        await pilot.press("up", "up", "up")
        assert "workers.concurency" in app.text()


@pytest.mark.parametrize("seed", range(40))
def test_any_problem_fits_any_width(seed: int) -> None:
    rng = random.Random(seed)
    name = rng.choice(HOSTILE)
    source = "\n".join(rng.choices([*HOSTILE, BROKEN], k=5))
    problem = Problem(name, rng.choice(HOSTILE) * 3, rng.randrange(40), rng.choice(HOSTILE), name * 3, name)
    width = rng.randrange(1, 160)
    box = problem_box(problem, rng.randrange(1, 1000), source, width)
    for line in box.lines:
        assert all("\x1b" not in span.text for span in line)
        assert width < 12 or length(line) <= width - 4


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (50, 14), (80, 24), (200, 60)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    presets = host()
    hostile = [Problem(name, name, number, name, name, name) for number, name in enumerate(HOSTILE)]
    presets.checked["scrape"] = Checked("scrape", HOSTILE[2], problems=hostile, text="\n".join(HOSTILE))
    async with shown(presets, size) as (app, pilot):
        await pilot.press("down", "pagedown", "G", "pageup", "g")
        assert "\x1b" not in app.text()
