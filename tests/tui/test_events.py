"""View 6: two logs that follow or stand still, whatever comes in, and that are asked for page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from qtui.core.queries import Answer, LogQuery, LogRow, Query, Unknown
from qtui.tui.canvas import Canvas
from qtui.tui.screens.events import EventsView
from qtui.tui.screens.events_book import KEEP, PAGE, LogBook
from qtui.tui.screens.events_lines import draw_line, line_text
from qtui.tui.theme import DARK
from tests.tui.fake_port import FakePort, window
from tests.tui.rig import Rig, running, until
from tests.tui.samples import NOW, sample
from tests.tui.stage import HOSTILE


def end(number: int, kind: str = "done", name: str = "") -> LogRow:
    at = NOW - 5000 + number
    level = {"failed": "error", "retry": "warning"}.get(kind, "info")
    said = "" if kind == "done" else "HTTP 503: Service Unavailable"
    return LogRow((at, number, 1), at, name or f"shop.example/p/{number}", said, level, kind, number, 1, 0.81)


def ends(number: int) -> list[LogRow]:
    kinds = ("done", "done", "retry", "done", "failed")
    return [end(n, kinds[n % 5]) for n in range(1, number + 1)]


def happening(number: int, text: str, level: str = "info") -> LogRow:
    return LogRow((float(number), 0, 0), NOW - 100 + number, "you", text, level)


@asynccontextmanager
async def logs(
    attempts: list[LogRow] | None = None, size: tuple[int, int] = (100, 24)
) -> AsyncIterator[tuple[Rig, EventsView]]:
    """The app with view 6 open on the events."""
    port = FakePort(sample())
    port.lines["events"] = [happening(n, f"concurrency {n} → {n + 1}") for n in range(1, 6)]
    port.lines["attempts"] = attempts if attempts is not None else ends(40)
    async with running(port=port, size=size) as rig:
        await rig.press("6")
        await rig.shows("concurrency 5 → 6")
        yield rig, rig.app.screen.query_one(EventsView)


async def test_6_shows_what_was_done_message_first_and_time_last() -> None:
    async with logs() as (rig, _):
        row = next(row for row in rig.rows() if "concurrency 5 → 6" in row)
        assert row.index("concurrency") < row.index("you") < row.index(":")


async def test_the_brackets_turn_to_the_job_log_and_back() -> None:
    async with logs() as (rig, _):
        await rig.press("right_square_bracket")
        await rig.shows("shop.example/p/40")
        row = next(row for row in rig.rows() if "shop.example/p/39 " in row)
        assert "×" in row
        assert row.index("p/39") < row.index("HTTP 503: Service Unavailable") < row.index("0.81s")
        await rig.press("left_square_bracket")
        await rig.shows("concurrency 1 → 2")


async def test_it_follows_the_newest_until_it_is_scrolled() -> None:
    async with logs() as (rig, view):
        await rig.press("right_square_bracket")
        await rig.shows("shop.example/p/40 ")
        await rig.shows("following")
        rig.port.lines["attempts"] += [end(41), end(42)]
        await rig.give(sample(elapsed_s=615.0))
        await rig.shows("shop.example/p/42 ")
        await rig.press("up")
        await rig.shows("follow off, G to resume")
        chosen = view.selected_job()
        rig.port.lines["attempts"] += [end(43)]
        await rig.give(sample(elapsed_s=618.0))
        await until(lambda: not view._loading)
        assert view.selected_job() == chosen == 41
        await rig.press("G")
        await rig.shows("shop.example/p/43 ")
        assert view.selected_job() == 43


async def test_f_switches_following_off_and_on() -> None:
    async with logs() as (rig, _):
        await rig.press("f")
        await rig.shows("follow off, G to resume")
        await rig.press("f")
        await rig.shows("following")


async def test_l_cycles_the_level() -> None:
    async with logs() as (rig, view):
        await rig.press("right_square_bracket")
        await rig.shows("shop.example/p/40 ")
        await rig.press("l")
        await rig.shows(" warning+ ")
        await until(lambda: {row.kind for row in view.rows} == {"retry", "failed"})
        await rig.press("l")
        await rig.shows(" error ")
        await until(lambda: {row.kind for row in view.rows} == {"failed"})
        await rig.press("l")
        await until(lambda: len(view.rows) == 40)


async def test_a_filter_is_a_chip_and_esc_takes_it_back() -> None:
    async with logs() as (rig, view):
        await rig.press("right_square_bracket", "slash", *"p/17", "enter")
        await until(lambda: [row.seq for row in view.rows] == [17])
        await rig.shows('"p/17"')
        await rig.press("escape")
        await until(lambda: len(view.rows) == 40)
        assert rig.app.screen.query_one(EventsView).display


async def test_nothing_that_matches_is_said() -> None:
    async with logs() as (rig, _):
        await rig.press("slash", *"nothing has this", "enter")
        await rig.shows("no line matches; esc takes the filter back")


async def test_enter_opens_the_job_of_the_line() -> None:
    async with logs() as (rig, _):
        await rig.press("right_square_bracket")
        await rig.shows("shop.example/p/40 ")
        await rig.press("up", "enter")
        await rig.shows("JOB #39")


async def test_an_event_is_no_job() -> None:
    async with logs() as (rig, view):
        assert view.selected_job() is None
        await rig.press("enter")
        await rig.shows("no job is chosen")


async def test_older_lines_are_asked_for_as_one_scrolls_up_and_the_cursor_stays_on_its_line() -> None:
    async with logs(ends(3 * PAGE)) as (rig, view):
        await rig.press("right_square_bracket")
        await rig.shows(f"p/{3 * PAGE} ")
        assert len(view.rows) == PAGE
        for _ in range(12):
            await rig.press("pageup")
        await until(lambda: len(view.rows) > PAGE)
        chosen = view._chosen()
        await until(lambda: not view._loading)
        assert chosen == view._chosen()


async def test_g_goes_to_the_very_first_line_and_back_down_again() -> None:
    async with logs(ends(3 * PAGE)) as (rig, view):
        await rig.press("right_square_bracket")
        await rig.shows(f"p/{3 * PAGE} ")
        await rig.press("g")
        await until(lambda: bool(view.rows) and view.rows[0].seq == 1)
        assert view.selected_job() == 1
        await rig.press("G")
        await until(lambda: view.selected_job() == 3 * PAGE)


async def test_marked_lines_are_copied_whole_else_the_chosen_one() -> None:
    async with logs() as (rig, view):
        await rig.press("right_square_bracket")
        await rig.shows("shop.example/p/40 ")
        await rig.press("up")
        assert view.copied() == line_text(end(39, "failed"))
        assert view.act("mark")
        assert view.act("up")
        assert view.act("up")
        assert view.act("mark")
        assert view.copied() == f"{line_text(end(38))}\n{line_text(end(39, 'failed'))}"
        await rig.press("escape")
        assert "\n" not in view.copied()


async def test_a_run_without_a_journal_shows_what_the_picture_knows() -> None:
    port = FakePort(sample())
    port.query = refuse  # type: ignore[method-assign]
    async with running(port=port) as rig:
        await rig.press("6")
        await rig.shows("this run keeps no journal")
        await rig.shows("concurrency 8 → 12")
        await rig.press("right_square_bracket")
        await rig.shows("blog.example/post/25295")


async def refuse(query: Query) -> Answer:
    return Unknown("this run keeps no journal")


async def test_a_hidden_log_asks_nothing() -> None:
    async with logs() as (rig, view):
        await rig.press("1")
        asked = len(rig.port.queries)
        await rig.give(sample(elapsed_s=640.0))
        view._tick()
        assert len(rig.port.queries) == asked


@pytest.mark.parametrize("size", [(46, 13), (80, 24), (120, 40), (200, 60)])
async def test_it_fits_any_screen_and_foreign_text_stays_text(size: tuple[int, int]) -> None:
    hostile = [end(100 + n, "failed", name or "x") for n, name in enumerate(HOSTILE)]
    async with logs([*ends(60), *hostile], size) as (rig, _):
        await rig.press("right_square_bracket")
        await rig.shows("xxxx")
        await rig.press("up", "pageup", "G", "g", "l", "l", "l")
        assert "\x1b" not in rig.text()


@pytest.mark.parametrize("name", HOSTILE)
def test_lines_stay_inside_their_width(name: str) -> None:
    for width in [*range(1, 30), 40, 60, 80, 120, 200]:
        canvas = Canvas(width + 1, 2, DARK)
        for y in range(2):
            canvas.put(width, y, "│")
        draw_line(canvas, 0, 0, width, end(7, "retry", name), NOW, cursor=True, marked=True)
        draw_line(canvas, 0, 1, width, happening(1, name, "error"), NOW, cursor=False, marked=True)
        if width >= 5:
            assert all(line.endswith("│") for line in canvas.rows()), width
        assert "\x1b" not in line_text(end(7, "retry", name)) + line_text(happening(1, name))


class Journal:
    """Answers from a list and counts."""

    def __init__(self, rows: list[LogRow]) -> None:
        self.rows = rows
        self.asked = 0

    async def __call__(self, query: Query) -> Answer:
        assert isinstance(query, LogQuery)
        self.asked += 1
        return window(self.rows, query)


async def test_what_is_kept_is_bounded_in_both_directions() -> None:
    journal = Journal(ends(4 * KEEP))
    book = LogBook(journal, "attempts")
    await book.load_newest()
    while book.older:
        await book.load_older()
        assert len(book.rows) <= KEEP
    assert book.rows[0].seq == 1
    assert book.newer
    while book.newer:
        await book.load_newer()
        assert len(book.rows) <= KEEP
    assert book.rows[-1].seq == 4 * KEEP
    assert [row.seq for row in book.rows] == list(range(3 * KEEP + 1, 4 * KEEP + 1))


async def test_who_follows_a_fast_run_sees_its_newest_lines_and_not_those_of_a_minute_ago() -> None:
    journal = Journal(ends(10))
    book = LogBook(journal, "attempts")
    await book.load_newest()
    journal.rows = ends(10_000)
    asked = journal.asked
    await book.catch_up()
    assert book.rows[-1].seq == 10_000
    assert not book.newer
    assert journal.asked - asked <= 6


async def test_lines_that_come_in_one_by_one_are_neither_lost_nor_doubled() -> None:
    journal = Journal([])
    book = LogBook(journal, "attempts")
    await book.load_newest()
    for number in range(1, 30):
        journal.rows.append(end(number))
        await book.load_newer()
    assert [row.seq for row in book.rows] == list(range(1, 30))
