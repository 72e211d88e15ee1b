"""View 4: groups stay where they are aimed at, and everything known about one is on the screen."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.pilot import Pilot

from qtui.core.snapshot import Counts, FailureGroup, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.screens.failures import FailuresView
from qtui.tui.screens.triage import draw_details, draw_groups, trend
from qtui.tui.theme import DARK, PLAIN
from tests.tui.samples import failures, sample
from tests.tui.stage import HOSTILE, Stage

change = msgspec.structs.replace


@asynccontextmanager
async def shown(
    snap: Snapshot, size: tuple[int, int] = (120, 35)
) -> AsyncIterator[tuple[FailuresView, Stage, Pilot[None]]]:
    view = FailuresView()
    view.styles.height = "1fr"
    app = Stage(view)
    async with app.run_test(size=size) as pilot:
        view.update_snapshot(snap)
        view.focus()
        await pilot.pause()
        yield view, app, pilot


def grown(snap: Snapshot, signature: str, jobs: int) -> Snapshot:
    groups = [change(g, jobs=jobs) if g.signature == signature else g for g in snap.failures]
    return change(snap, failures=groups, elapsed_s=snap.elapsed_s + 12)


def listed(app: Stage) -> list[str]:
    """The counts of the first two groups as the list shows them."""
    lines = [row[1:9].strip(" ▌") for row in app.rows()]
    return [line for line in lines if line.isdigit()][:2]


NOT_FOUND = "HTTP 404|Not Found"


async def test_selects_the_largest_group_first() -> None:
    async with shown(sample()) as (view, _, _):
        assert view.selected_group() == "HTTP 503|Service Unavailable"


async def test_keys_move_the_selection_and_stop_at_the_ends() -> None:
    async with shown(sample()) as (view, _, pilot):
        await pilot.press("down", "j")
        assert view.selected_group() == "Extract|missing field 'price'"
        await pilot.press("G", "down")
        assert view.selected_group() == "HTTP 429|Too Many Requests"
        await pilot.press("g", "up")
        assert view.selected_group() == "HTTP 503|Service Unavailable"


async def test_does_not_resort_under_the_cursor_and_says_so() -> None:
    async with shown(sample()) as (view, app, pilot):
        await pilot.press("down")
        view.update_snapshot(grown(sample(), NOT_FOUND, 500))
        await pilot.pause()
        assert view.selected_group() == NOT_FOUND
        assert listed(app) == ["28", "500"]
        assert "sorted 12 s ago, s re-sort" in app.text()
        await pilot.press("s")
        assert listed(app) == ["500", "28"]
        assert view.selected_group() == NOT_FOUND


async def test_s_takes_the_next_criterion_when_the_order_is_fresh() -> None:
    async with shown(sample()) as (_, app, pilot):
        await pilot.press("s")
        assert "sort: last seen" in app.text()


async def test_a_new_group_is_added_at_the_end() -> None:
    async with shown(sample()) as (view, app, pilot):
        new = change(failures()[0], signature="new", title="Brand new", jobs=999)
        view.update_snapshot(sample(failures=[new, *failures()], groups=6))
        await pilot.pause()
        assert view.selected_group() == "HTTP 503|Service Unavailable"
        assert app.text().index("HTTP 429") < app.text().index("Brand new")


async def test_a_group_that_is_gone_gives_the_cursor_to_one_that_is_there() -> None:
    async with shown(sample()) as (view, _, pilot):
        await pilot.press("down")
        view.update_snapshot(sample(failures=failures()[:1], groups=1))
        assert view.selected_group() == "HTTP 503|Service Unavailable"


async def test_the_filter_keeps_matching_groups_until_escape() -> None:
    async with shown(sample()) as (view, app, pilot):
        await pilot.press("slash", *"not found", "enter")
        await pilot.pause()
        assert view.selected_group() == NOT_FOUND
        assert "Extract" not in app.text()
        await pilot.press("escape")
        assert "Extract" in app.text()
        assert app.keys == []


async def test_letters_typed_into_the_filter_do_nothing_else() -> None:
    async with shown(sample()) as (_, app, pilot):
        await pilot.press("slash", "r", "q", "s", "1")
        assert app.keys == []


@pytest.mark.parametrize("key", ["r", "R", "enter", "1", "escape"])
async def test_actions_are_left_to_the_app(key: str) -> None:
    async with shown(sample()) as (_, app, pilot):
        await pilot.press(key)
        await pilot.pause()
        assert app.keys == [key]


async def test_a_click_selects_the_group() -> None:
    async with shown(sample()) as (view, app, pilot):
        row = next(y for y, line in enumerate(app.rows()) if "HTTP 404" in line)
        await pilot.click(offset=(12, row))
        assert view.selected_group() == NOT_FOUND


async def test_no_failures_is_good_news() -> None:
    async with shown(sample(failures=[], groups=0, counts=Counts())) as (view, app, _):
        assert "✓ none yet" in app.text()
        assert view.selected_group() is None


async def test_shows_what_became_of_a_retry() -> None:
    groups = [change(failures()[0], retrying=12, recovered=6)]
    async with shown(sample(failures=groups, groups=1)) as (_, app, _):
        assert "◆ retrying 12 · 6 ok" in app.text()


async def test_details_name_hosts_policy_samples_and_the_error_itself() -> None:
    async with shown(sample()) as (_, app, _):
        text = app.text()
    for wanted in (
        "by host   api.example",
        "yes, but its attempts are used up",
        "#4375  #4400  #4317",
        "GET https://api",
    ):
        assert wanted in text


async def test_attempts_that_are_tried_again_have_used_up_nothing() -> None:
    groups = [change(failures()[0], jobs=0, open=0)]
    async with shown(sample(failures=groups, groups=1)) as (_, app, _):
        assert "yes, and no job has used up its attempts" in app.text()


def test_a_group_is_new_only_when_it_appeared_during_the_run() -> None:
    group = change(failures()[0], first_s=100.0, per_minute=[0] * 8 + [40, 2])
    assert trend(group, 612.0) == "▲ NEW +42 in 3 min"
    assert not trend(group, 110.0).startswith("▲ NEW")


def test_a_group_that_doubled_is_rising() -> None:
    group = change(failures()[0], first_s=580.0, per_minute=[0, 0, 0, 0, 1, 2, 1, 3, 4, 5])
    assert trend(group, 612.0) == "▲ rising +12 in 3 min"


def group_of(rng: random.Random) -> FailureGroup:
    return FailureGroup(
        signature=str(rng.random()),
        title=rng.choice(HOSTILE),
        message=rng.choice(HOSTILE),
        jobs=rng.choice((0, 1, 12, 12_345_678)),
        attempts=rng.randrange(10**6),
        first_s=rng.random() * 10 ** rng.randrange(9),
        last_s=rng.random() * 100,
        per_minute=[rng.randrange(100) for _ in range(rng.randrange(12))],
        retryable=rng.random() < 0.5,
        retrying=rng.choice((0, 3)),
        samples=[rng.randrange(10**9) for _ in range(rng.randrange(6))],
        hosts=[(rng.choice(HOSTILE), rng.randrange(1000)) for _ in range(rng.randrange(5))],
        detail="\n".join(rng.choices(HOSTILE, k=rng.randrange(9))),
    )


@pytest.mark.parametrize("seed", range(60))
def test_any_group_at_any_size_keeps_the_frame(seed: int) -> None:
    rng = random.Random(seed)
    width, height = rng.randrange(1, 240), rng.randrange(1, 70)
    canvas = Canvas(width, height, rng.choice((DARK, PLAIN)))
    groups = [group_of(rng) for _ in range(rng.randrange(50))]
    snap = sample(failures=groups, groups=len(groups) + rng.randrange(3))
    selected = rng.choice(groups).signature if groups else None
    half = width // 2
    draw_groups(canvas, (0, 0, half, height), snap, groups, selected=selected, right=())
    if groups:
        draw_details(canvas, (half, 0, width - half, height), snap, groups[0], scroll=rng.randrange(9))
    rows = canvas.rows()
    if half >= 2 and height >= 2:
        assert all(rows[y][0] == "│" for y in range(1, height - 1))
    assert all("\x1b" not in row and "\u202e" not in row for row in rows)


@pytest.mark.parametrize("size", [(1, 1), (20, 4), (80, 19), (80, 12), (200, 55)])
async def test_hostile_errors_fit_any_screen(size: tuple[int, int]) -> None:
    rng = random.Random(7)
    snap = sample(failures=[group_of(rng) for _ in range(50)], groups=60)
    async with shown(snap, size) as (_, app, pilot):
        await pilot.press("down", "down", "shift+down", "slash", "x", "escape")
        assert "\x1b" not in app.text()
