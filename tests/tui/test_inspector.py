"""The inspector: one job's story, bound to the job, live until it is final."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.pilot import Pilot

from qtui.core.job import Value
from qtui.core.queries import Answer, AttemptRow, JobQuery, JobRow, JobStory, Query, Unknown
from qtui.core.snapshot import Snapshot
from qtui.tui.canvas import Span, length
from qtui.tui.screens.inspector import Inspector
from qtui.tui.screens.story import story_lines
from qtui.tui.screens.waterfall import steps, totals, waterfall
from tests.tui.samples import NOW, sample
from tests.tui.stage import HOSTILE, Stage

DETAIL = "fetch  presets/scrape.toml\nGET https://blog.example/post/5764"


def attempt(number: int, started: float, run_s: float, outcome: str) -> AttemptRow:
    code, message = ("timeout", "no response after 10.0 s") if outcome in ("retry", "failed") else ("", "")
    return AttemptRow(number, 6, NOW + started, run_s, outcome, code, message, DETAIL if code else "")


def story(state: str = "running", seq: int = 3187, value: Value = None) -> JobStory:
    final = state in ("done", "failed")
    attempts = [attempt(1, -17.0, 10.0, "retry"), attempt(2, -0.8, 0.8, state if final else "running")]
    if state == "waiting":
        attempts = attempts[:1]
    return JobStory(
        JobRow(seq, "blog.example/post/5764", state, "feeds", len(attempts), 8.4, 0.8, NOW if final else 0.0, ""),
        "https://blog.example/post/5764",
        NOW - 25.4,
        {"url": "https://blog.example/post/5764", "depth": 2},
        attempts,
        value,
        4.9 if state == "waiting" else None,
    )


class Journal:
    """Tells one story, and counts how often it was asked."""

    def __init__(self, told: JobStory) -> None:
        self.told = told
        self.asked: list[int] = []

    async def __call__(self, query: Query) -> Answer:
        assert isinstance(query, JobQuery)
        self.asked.append(query.seq)
        return self.told if query.seq == self.told.row.seq else Unknown(f"there is no job #{query.seq}")


def moment() -> Snapshot:
    snap = sample()
    return sample(elapsed_s=NOW - snap.started_at)


@asynccontextmanager
async def shown(
    told: JobStory, size: tuple[int, int] = (62, 36), seq: int = 3187
) -> AsyncIterator[tuple[Inspector, Journal, Stage, Pilot[None]]]:
    journal = Journal(told)
    drawer = Inspector(journal)
    drawer.styles.height = "1fr"
    app = Stage(drawer)
    async with app.run_test(size=size) as pilot:
        drawer.update_snapshot(moment())
        drawer.open(seq)
        await settled(pilot)
        yield drawer, journal, app, pilot


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def text(lines: list[list[Span]]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def test_the_waterfall_shows_where_the_time_went() -> None:
    found = steps(story(), NOW)
    assert [(step.label, round(step.end - step.start, 1)) for step in found] == [
        ("in queue", 8.4),
        ("attempt 1", 10.0),
        ("back-off", 6.2),
        ("attempt 2", 0.8),
    ]
    assert [line.rstrip() for line in text([list(line) for line in waterfall(found, 55)])] == [
        "in queue   ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆ 8.4s",
        "attempt 1                 ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆◆ 10s",
        "back-off                              6.2s ╌╌╌╌╌╌╌╌╌╌╌",
        "attempt 2                                       0.80s ▆",
    ]


def test_a_running_attempt_grows_with_the_run() -> None:
    assert round(totals(steps(story(), NOW + 5))["running"], 1) == 15.8


def test_a_waiting_job_shows_its_back_off_to_the_end() -> None:
    last = steps(story("waiting"), NOW)[-1]
    assert (last.label, round(last.end - last.start, 1)) == ("back-off", 11.9)


def test_a_job_that_never_started_is_in_the_queue() -> None:
    pending = JobStory(JobRow(1, "a", "pending", "p", 0, 0, 0, 0, ""), "a", NOW - 3, {}, [])
    assert [(step.label, step.end) for step in steps(pending, NOW)] == [("in queue", 3.0)]


def test_a_final_job_has_nothing_after_its_end() -> None:
    assert steps(story("failed"), NOW + 1000)[-1].label == "attempt 2"


def test_many_attempts_are_counted_in_the_middle() -> None:
    many = story("failed")
    attempts = [attempt(n, -25.0 + n, 0.5, "retry") for n in range(1, 21)]
    told = JobStory(many.row, many.key, many.accepted_at, {}, attempts)
    lines = text([list(line) for line in waterfall(steps(told, NOW), 60)])
    assert len(lines) == 10
    assert "steps more" in lines[2]
    assert lines[-1].startswith("attempt 20")


async def test_shows_state_attempts_error_and_fields() -> None:
    async with shown(story()) as (_, _, app, _):
        screen = app.text()
    for wanted in (
        "JOB #3187 blog.example/post/5764",
        "● running   slot 6   attempt 2 of 3",
        "queued 8.4s   back-off 6.2s   running 11s",
        "LAST ERROR   attempt 1",
        "timeout: no response after 10.0 s",
        "GET https://blog.example/post/5764",
        "depth  2",
        "x cancel",
    ):
        assert wanted in screen


async def test_shows_what_a_running_attempt_writes_the_newest_of_it() -> None:
    told = msgspec.structs.replace(story("running"), said="\n".join(f"line {number}" for number in range(30)))
    lines = ["".join(span.text for span in line) for line in story_lines(told, 2_000_000.0, 60)]
    assert lines[lines.index("OUTPUT   so far") + 1 :][:20] == [f"   line {number}" for number in range(10, 30)]


@pytest.mark.parametrize("outcome", ["done", "cancelled", "interrupted"])
async def test_shows_what_an_attempt_had_written_when_it_was_ended(outcome: str) -> None:
    told = story("cancelled")
    last = msgspec.structs.replace(told.attempts[-1], outcome=outcome, message="you", detail="so far so good")
    async with shown(msgspec.structs.replace(told, attempts=[*told.attempts[:-1], last])) as (_, _, app, _):
        screen = app.text()
    assert f"LAST OUTPUT   attempt {last.number}, {outcome}" in screen
    assert "so far so good" in screen


async def test_shows_the_result_of_a_done_job() -> None:
    async with shown(story("done", value={"title": "A post", "tags": ["a", "b"]})) as (_, _, app, _):
        assert "RESULT" in app.text()
        assert '["a","b"]' in app.text()
        assert "x cancel" not in app.text()


async def test_stays_on_the_job_and_follows_it_until_it_is_final() -> None:
    async with shown(story()) as (drawer, journal, app, pilot):
        journal.told = story("done")
        drawer._asked_at = -10.0
        drawer.update_snapshot(moment())
        await settled(pilot)
        assert "✓ done" in app.text()
        asked = len(journal.asked)
        drawer._asked_at = -10.0
        drawer.update_snapshot(moment())
        await settled(pilot)
        assert len(journal.asked) == asked


async def test_is_asked_at_most_twice_a_second() -> None:
    async with shown(story()) as (drawer, journal, _, pilot):
        for _ in range(20):
            drawer.update_snapshot(moment())
        await settled(pilot)
        assert len(journal.asked) <= 2


async def test_escape_closes_and_gives_the_keys_back() -> None:
    async with shown(story()) as (drawer, _, app, pilot):
        await pilot.press("escape")
        assert drawer.seq is None
        assert not drawer.display
        assert app.keys == []


async def test_an_unknown_job_is_said() -> None:
    async with shown(story(), seq=9) as (_, _, app, _):
        assert "there is no job #9" in app.text()


async def test_scrolls_what_does_not_fit() -> None:
    async with shown(story(), (62, 12)) as (_, _, app, pilot):
        assert "FIELDS" not in app.text()
        await pilot.press("G")
        assert "depth" in app.text()
        await pilot.press("g")
        assert "state" in app.text()


@pytest.mark.parametrize("width", [40, 51, 58, 62, 120])
async def test_keys_are_named_whole_or_not_at_all_and_scrolling_only_where_there_is_more(width: int) -> None:
    async with shown(story(), (width, 30)) as (_, _, app, _):
        keys = next(row for row in app.rows() if "x cancel" in row).strip("│ ")
        assert keys.split()[-1] in ("copy", "open", "next", "scroll")
        assert "scroll" not in keys or "more" in app.text()


@pytest.mark.parametrize("key", ["r", "x", "p"])
async def test_actions_are_left_to_the_app(key: str) -> None:
    async with shown(story()) as (_, _, app, pilot):
        await pilot.press(key)
        assert app.keys == [key]


@pytest.mark.parametrize("seed", range(40))
def test_any_story_fits_any_width(seed: int) -> None:
    rng = random.Random(seed)
    name = rng.choice(HOSTILE)
    outcomes = ("done", "retry", "failed", "cancelled", "interrupted", "running", "strange")
    attempts = [
        AttemptRow(
            n, 1, NOW + rng.uniform(-1e3, 1e3), rng.choice((-1.0, 0.0, 1e9)), rng.choice(outcomes), name, name, name
        )
        for n in range(rng.randrange(30))
    ]
    fields: dict[str, Value] = {name: name, "nested": {"a": [name, None, 1.5]}, "long": "y" * 9000}
    state = rng.choice(("pending", "running", "waiting", "done", "failed", "held", "cancelled", "odd"))
    told = JobStory(JobRow(1, name, state, name, 3, 1.0, 1.0, 1e18, name), name, NOW, fields, attempts, [name])
    width = rng.randrange(8, 120)
    for line in story_lines(told, NOW, width, attempts_allowed=3, textured=rng.random() < 0.5):
        assert length(line) <= width
        assert all("\x1b" not in span.text and "\u202e" not in span.text for span in line)


@pytest.mark.parametrize("size", [(1, 1), (9, 3), (30, 8), (80, 19)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    async with shown(story(), size) as (_, _, _, pilot):
        await pilot.press("pagedown", "down")
