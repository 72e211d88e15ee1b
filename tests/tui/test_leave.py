"""The leave dialog: what it says about the run, and that only deliberate keys end it."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.snapshot import Counts, Health, Rates, ThrottleView
from qtui.tui.screens.leave import LeaveDialog, drain_note
from tests.tui.samples import sample
from tests.tui.stage import HOSTILE, Stage


def stage(**changes: object) -> Stage:
    return Stage(screen=lambda: LeaveDialog(sample(**changes)))


async def answer(*keys: str) -> object:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    return app.answers[0] if app.answers else "still open"


async def test_says_what_is_running_and_what_is_left() -> None:
    app = stage()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = app.text()
    assert "12 jobs are running, 64 are queued and 3 will be tried again." in text
    assert "3,270 of 6,400 are still to do" in text
    assert "qtui attach scrape" in text


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["enter"], "detach"),
        (["b"], "detach"),
        (["q"], "detach"),
        (["down", "enter"], "drain"),
        (["d"], "drain"),
        (["s"], "stop"),
        (["ctrl+c"], "stop"),
        (["up", "enter"], None),
        (["escape"], None),
        (["p"], "still open"),
    ],
)
async def test_keys_answer(keys: list[str], result: object) -> None:
    assert await answer(*keys) == result


async def test_keys_do_not_reach_the_app_behind() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("p", "plus", "z")
    assert app.keys == []


async def test_a_click_on_a_choice_takes_it() -> None:
    app = stage()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        row = next(y for y, line in enumerate(app.rows()) if "Drain, then exit" in line)
        await pilot.click(offset=(40, row))
        await pilot.pause()
    assert app.answers == ["drain"]


def test_draining_is_estimated_from_the_pace() -> None:
    assert drain_note(sample(rates=Rates(done_30s=7.9))) == "no new jobs; 79 finish, ~10 s"


def test_draining_is_no_faster_than_the_rate_limit() -> None:
    held = sample(rates=Rates(done_30s=7.9), throttle=ThrottleView(0.5, 0.9))
    assert drain_note(held) == "no new jobs; 79 finish, ~3 min"


def test_draining_without_a_pace_names_no_time() -> None:
    assert drain_note(sample(rates=Rates())) == "no new jobs; 79 finish"


def test_a_back_off_longer_than_the_work_is_the_estimate() -> None:
    snap = sample(rates=Rates(done_30s=79.0))
    lane = msgspec.structs.replace(snap.lane, due_s=[42.0])
    assert drain_note(msgspec.structs.replace(snap, lane=lane)).endswith("~40 s")


@pytest.mark.parametrize(
    ("throttle", "words"),
    [
        (ThrottleView(held_by_person=True), "the workers are on hold: 79 wait until you release them"),
        (ThrottleView(halted="all failed"), "the run has halted: 79 wait until you release it"),
        (ThrottleView(short_of_memory=True), "memory is short: 79 wait until there is more"),
    ],
)
def test_draining_where_nothing_starts_says_that_it_would_wait(throttle: ThrottleView, words: str) -> None:
    assert drain_note(sample(throttle=throttle)) == words


async def test_a_run_without_a_journal_warns() -> None:
    app = stage(health=Health(journal="off"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "No journal is kept" in app.text()


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 10), (80, 24), (200, 60)])
async def test_fits_any_screen(size: tuple[int, int]) -> None:
    app = stage(counts=Counts(running=1, total=None), run_id=HOSTILE[2])
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "down", "down")
        assert all("\x1b" not in row for row in app.rows())
