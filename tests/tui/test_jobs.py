"""View 3: a window on a long list, a cursor that stays on its job, and a filter in words."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from qtui.core.job_filter import Condition
from qtui.core.queries import Answer, JobRow, Jobs, JobsQuery, Query, Unknown
from qtui.core.snapshot import HeadView
from qtui.tui.canvas import Canvas
from qtui.tui.screens.job_filter import JobFilter
from qtui.tui.screens.job_table import draw_heading, draw_job
from qtui.tui.screens.jobs import JobsView
from qtui.tui.theme import DARK
from tests.tui.samples import NOW, sample
from tests.tui.stage import HOSTILE, Stage

STATES = ("done", "done", "done", "failed", "running", "waiting", "pending")


def job(seq: int, state: str = "", name: str = "") -> JobRow:
    state = state or STATES[seq % len(STATES)]
    final = state in ("done", "failed")
    return JobRow(
        seq,
        name or f"shop.example/p/{seq}",
        state,
        "feeds",
        2 if seq % 5 == 0 else 1,
        6.1,
        0.8 if final else 0.0,
        NOW - seq % 100 if final else 0.0,
        "HTTP 503 Service Unavailable" if state == "failed" else "",
    )


class Journal:
    """Answers job queries from a list, newest first, and remembers what was asked."""

    def __init__(self, jobs: int) -> None:
        self.jobs = [job(seq) for seq in range(1, jobs + 1)]
        self.asked: list[JobsQuery] = []
        self.lost = False

    async def __call__(self, query: Query) -> Answer:
        assert isinstance(query, JobsQuery)
        self.asked.append(query)
        if self.lost:
            return Unknown("the engine cannot be reached")
        rows = [row for row in reversed(self.jobs) if all(holds(row, condition) for condition in query.where)]
        if query.order == "oldest":
            rows.reverse()
        scanned = any(condition.key == "text" for condition in query.where)
        total = None if scanned and query.limit else len(rows)
        return Jobs(rows[query.offset : query.offset + query.limit], total)


def holds(row: JobRow, condition: Condition) -> bool:
    match condition.key:
        case "text":
            return condition.value in row.name + row.error
        case "state":
            return row.state in condition.value.split(",")
        case "id":
            return row.seq < condition.number
    return row.state == "failed"


@asynccontextmanager
async def shown(
    journal: Journal, size: tuple[int, int] = (120, 30)
) -> AsyncIterator[tuple[JobsView, Stage, Pilot[None]]]:
    view = JobsView(journal)
    view.styles.height = "1fr"
    app = Stage(view)
    async with app.run_test(size=size) as pilot:
        view.focus()
        view.update_snapshot(sample())
        await settled(pilot)
        yield view, app, pilot


async def settled(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def refreshed(view: JobsView, pilot: Pilot[None]) -> None:
    """What the passing of a second does."""
    view.pages.outdate()
    view._load()
    await settled(pilot)


async def test_shows_the_newest_and_how_many_there_are() -> None:
    async with shown(Journal(1_234)) as (view, app, _):
        assert "JOBS 1,234" in app.text()
        assert "shop.example/p/1234" in app.rows()[2]
        assert view.selected_job() == 1234


async def test_asks_for_pages_and_never_for_everything() -> None:
    journal = Journal(5_000)
    async with shown(journal) as (view, _, pilot):
        await pilot.press("G")
        await settled(pilot)
        assert view.selected_job() == 1
    assert all(query.limit <= 100 for query in journal.asked)
    assert len(journal.asked) <= 6


async def test_keys_move_the_cursor_and_stop_at_the_ends() -> None:
    async with shown(Journal(300)) as (view, _, pilot):
        await pilot.press("down", "j", "up")
        assert view.selected_job() == 299
        await pilot.press("g", "up")
        assert view.selected_job() == 300
        await pilot.press("pagedown")
        assert view.selected_job() == 300 - 26
        await pilot.press("G", "down")
        await settled(pilot)
        assert view.selected_job() == 1


async def test_the_cursor_stays_on_its_job_when_newer_ones_come() -> None:
    journal = Journal(300)
    async with shown(journal) as (view, app, pilot):
        await pilot.press("down", "down")
        row = next(y for y, line in enumerate(app.rows()) if "▌" in line)
        journal.jobs += [job(seq) for seq in range(301, 306)]
        await refreshed(view, pilot)
        assert view.selected_job() == 298
        assert "▌" in app.rows()[row]
        assert "/298" in app.rows()[row]


async def test_a_far_jump_of_the_list_does_not_lose_the_job() -> None:
    journal = Journal(300)
    async with shown(journal) as (view, app, pilot):
        await pilot.press("down")
        journal.jobs += [job(seq) for seq in range(301, 801)]
        await refreshed(view, pilot)
        assert view.selected_job() == 299
        assert any("▌" in line and "/299" in line for line in app.rows())


async def test_following_keeps_the_cursor_on_the_newest() -> None:
    journal = Journal(300)
    async with shown(journal) as (view, app, pilot):
        assert "following the newest" in app.text()
        journal.jobs.append(job(301))
        await refreshed(view, pilot)
        assert view.selected_job() == 301
        await pilot.press("down")
        assert "f follow" in app.text()


async def test_a_job_that_leaves_the_filter_keeps_the_cursor_and_no_other_is_marked() -> None:
    journal = Journal(100)
    async with shown(journal) as (view, app, pilot):
        view.set_filter(Condition("state", ":", "failed"))
        await settled(pilot)
        await pilot.press("down")
        aimed = view.selected_job()
        assert aimed is not None
        journal.jobs[aimed - 1] = job(aimed, "pending")
        await refreshed(view, pilot)
        assert view.selected_job() == aimed
        assert f"on #{aimed}, which moved away" in app.text()
        assert not any("▌" in line for line in app.rows())
        await pilot.press("down")
        assert view.selected_job() != aimed


async def test_typing_a_filter_narrows_the_list() -> None:
    journal = Journal(700)
    async with shown(journal) as (view, app, pilot):
        await pilot.press("slash", *"state:failed 503", "enter")
        await settled(pilot)
        assert "JOBS 100 match" in app.text()
        assert " state:failed " in app.text()
        assert ' "503" ' in app.text()
        await pilot.press("escape")
        await settled(pilot)
        assert view.filter == JobFilter((Condition("state", ":", "failed"),))
        await pilot.press("escape")
        assert view.filter == JobFilter()
        assert app.keys == []


async def test_an_unknown_state_is_said_and_changes_nothing() -> None:
    async with shown(Journal(10)) as (view, app, pilot):
        await pilot.press("slash", *"state:nope")
        await settled(pilot)
        assert "state is one of open, pending" in app.text()
        await pilot.press("enter")
        assert view.filter == JobFilter()
        await pilot.press(*["backspace"] * 4, *"done", "enter")
        await settled(pilot)
        assert view.filter == JobFilter((Condition("state", ":", "done"),))


async def test_a_group_is_shown_as_a_chip() -> None:
    async with shown(Journal(100)) as (view, app, pilot):
        view.set_filter(Condition("sig", "=", "http:503 …"), title="HTTP 503")
        await settled(pilot)
        assert " group: HTTP 503 " in app.text()


async def test_an_engine_that_is_gone_is_said_and_not_asked_in_a_loop() -> None:
    journal = Journal(10)
    journal.lost = True
    async with shown(journal) as (_, app, pilot):
        await settled(pilot)
        assert "the engine cannot be reached" in app.text()
        assert len(journal.asked) <= 3


async def test_a_hidden_list_asks_nothing() -> None:
    journal = Journal(10)
    view = JobsView(journal)
    view.display = False
    app = Stage(view)
    async with app.run_test(size=(80, 24)) as pilot:
        view.update_snapshot(sample())
        view._tick()
        await settled(pilot)
        assert journal.asked == []


@pytest.mark.parametrize("key", ["r", "R", "enter", "x", "X", "i", "I", "y", "1", "escape"])
async def test_actions_are_left_to_the_app(key: str) -> None:
    async with shown(Journal(10)) as (_, app, pilot):
        await pilot.press(key)
        assert app.keys == [key]


async def test_mistakes_are_underlined_while_typing_and_nothing_is_applied() -> None:
    async with shown(Journal(10)) as (view, app, pilot):
        await pilot.press("slash", *"state:done run>x")
        await settled(pilot)
        underlined = [
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.underline
        ]
        assert "".join(underlined) == "run>x"
        assert "run takes a duration" in app.text()
        assert view.filter.typed == "state:done"


async def test_tab_completes_keys_and_values() -> None:
    async with shown(Journal(10)) as (view, app, pilot):
        await pilot.press("slash", *"sta", "tab", *"f", "tab", "enter")
        await settled(pilot)
        assert view.filter.typed == "state:failed"
        await pilot.press("slash", *"prod", "tab", "tab")
        await settled(pilot)
        assert "producer:sitemap" in app.text()


async def test_the_count_of_a_scan_comes_after_its_page() -> None:
    journal = Journal(700)
    async with shown(journal) as (_, app, pilot):
        await pilot.press("slash", *"503", "enter")
        await settled(pilot)
        assert "JOBS 101 match" in app.text()
        page, *after = [query.limit for query in journal.asked if query.where]
        assert page > 0
        assert 0 in after


async def test_space_marks_and_goes_on_and_escape_takes_the_marks_back() -> None:
    async with shown(Journal(50)) as (view, app, pilot):
        await pilot.press("space", "space", "down", "space")
        assert view.marked_jobs() == [50, 49, 47]
        assert "■ 3 marked" in app.text()
        assert view.copied().splitlines()[0].startswith("#50  done  shop.example/p/50")
        await pilot.press("escape")
        assert view.marked_jobs() == []


async def test_v_marks_a_range_far_beyond_the_screen() -> None:
    journal = Journal(3_000)
    async with shown(journal) as (view, _, pilot):
        await pilot.press("down", "v", "G")
        await settled(pilot)
        await pilot.press("v")
        await settled(pilot)
        assert len(view.marked_jobs()) == 2_999
        assert view.marked_jobs()[0] == 2_999
        await pilot.press("M")
        assert view.marked_jobs() == []


async def test_a_marked_job_stays_marked_when_rows_move() -> None:
    journal = Journal(50)
    async with shown(journal) as (view, app, pilot):
        await pilot.press("down", "space")
        journal.jobs += [job(seq) for seq in range(51, 60)]
        await refreshed(view, pilot)
        assert view.marked_jobs() == [49]
        assert next(line for line in app.rows() if "■" in line and "/49 " in line)


async def test_the_order_of_the_results_begins_at_whoever_holds_them_back() -> None:
    journal = Journal(500)
    async with shown(journal) as (view, app, pilot):
        view.update_snapshot(sample(head=HeadView(300, "x", "running", 1, 12)))
        for _ in range(5):
            await pilot.press("o")
            await settled(pilot)
        assert view.filter.order == "submission"
        assert "12 results wait for #300 running" in app.text()
        assert view.selected_job() == 300


async def test_the_list_gives_the_neighbour_of_a_job() -> None:
    async with shown(Journal(50)) as (view, _, _pilot):
        assert view.step_job(1) == 49
        assert view.step_job(-1) == 50


@pytest.mark.parametrize("name", HOSTILE)
def test_rows_stay_inside_their_width(name: str) -> None:
    for width in [*range(1, 30), 40, 60, 80, 92, 120, 200]:
        canvas = Canvas(width + 1, 3, DARK)
        for y in range(3):
            canvas.put(width, y, "│")
        draw_heading(canvas, 0, 0, width)
        row = JobRow(10**9, name, random.Random(width).choice(STATES), name, 10**4, 1e9, 0.1, 1e18, name)
        draw_job(canvas, 0, 1, width, row, cursor=True)
        draw_job(canvas, 0, 2, width, None, cursor=False)
        if width >= 5:
            assert all(line.endswith("│") for line in canvas.rows()), width
        assert all("\x1b" not in line for line in canvas.rows()), width


@pytest.mark.parametrize("size", [(1, 1), (12, 3), (40, 8), (80, 19), (200, 55)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    journal = Journal(50)
    journal.jobs += [job(51 + n, name=name) for n, name in enumerate(HOSTILE)]
    async with shown(journal, size) as (_, app, pilot):
        await pilot.press("down", "G", "pageup", "slash", "x", "escape")
        await settled(pilot)
        assert "\x1b" not in app.text()
