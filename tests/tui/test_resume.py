"""The dialog before an unfinished run goes on: what it says, that the safe choice comes first, and what is started."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from qtui.core.past import Plan
from qtui.core.port import Port, Refusal, Unfinished
from qtui.core.snapshot import Snapshot
from qtui.errors import ExitCode
from qtui.tui.app import QtuiApp
from qtui.tui.ending import Ending, Left
from qtui.tui.screens.resume import ResumeDialog, resume_sheet
from qtui.tui.theme import DARK
from tests.tui.fake_port import FakeHost, FakePort
from tests.tui.rig import Rig, until
from tests.tui.samples import sample
from tests.tui.stage import HOSTILE, Stage

CALM = Plan("scrape-1", done=812, interrupted=2, queued=5, new=9, names=["GET /a", "GET /b"])
SURPRISING = Plan("scrape-1", done=812, new=9, gone=3, surprises=["the input has changed: 3 jobs no longer in it"])


def stage(plan: Plan) -> Stage:
    return Stage(screen=lambda: ResumeDialog(plan))


# -- the sheet


def test_going_on_is_the_first_choice() -> None:
    assert [choice.result for choice in resume_sheet(CALM).choices] == ["resume", "fresh", None]


def test_where_something_is_surprising_starting_nothing_is_the_first_choice() -> None:
    assert [choice.result for choice in resume_sheet(SURPRISING).choices] == [None, "resume", "fresh"]


async def test_it_says_what_going_on_would_do() -> None:
    app = stage(CALM)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = app.text()

    assert "scrape-1 is not finished" in text
    assert "812 done kept · 2 interrupted run again · 5 queued go on · 9 new" in text
    assert "run again: GET /a, GET /b" in text
    assert "scrape-1 is kept aside" in text


def test_a_run_with_nothing_left_is_called_finished() -> None:
    (title,) = resume_sheet(Plan("scrape-1", done=812, failed=3, new=0)).title

    assert title.text == "scrape-1 is finished"


async def test_a_surprise_is_marked_and_said_once() -> None:
    app = stage(SURPRISING)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = app.text()

    assert text.count("the input has changed") == 1
    assert "▲ the input has changed: 3 jobs no longer in it" in text


# -- keys


@pytest.mark.parametrize(
    ("plan", "keys", "answer"),
    [
        (CALM, ["enter"], "resume"),
        (CALM, ["r"], "resume"),
        (CALM, ["f"], "fresh"),
        (CALM, ["down", "enter"], "fresh"),
        (CALM, ["escape"], None),
        (CALM, ["q"], None),
        (CALM, ["ctrl+c"], None),
        (SURPRISING, ["enter"], None),
        (SURPRISING, ["r"], "resume"),
        (SURPRISING, ["f"], "fresh"),
    ],
)
async def test_keys_answer(plan: Plan, keys: list[str], answer: object) -> None:
    app = stage(plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()

    assert app.answers == [answer]


async def test_other_keys_do_nothing_and_reach_nobody() -> None:
    app = stage(CALM)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("p", "plus", "s", "x")
        await pilot.pause()

    assert (app.answers, app.keys) == ([], [])


# -- drawing


@pytest.mark.parametrize("plan", [CALM, SURPRISING], ids=["calm", "surprising"])
@pytest.mark.parametrize("size", [(80, 24), (38, 12)])
async def test_its_borders_are_whole_and_its_choices_seen(size: tuple[int, int], plan: Plan) -> None:
    app = stage(plan)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        rows = [row.strip() for row in app.rows() if row.strip()]

    assert (rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]) == ("╭", "╮", "╰", "╯")
    assert all(row[0] in "│▌" and row[-1] == "│" for row in rows[1:-1])
    assert len({len(row) for row in rows}) == 1
    text = "\n".join(rows)
    assert all(title in text for title in ("Go on with it", "Start anew", "Start nothing"))


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (38, 12), (80, 24), (200, 60)])
async def test_hostile_plans_fit_any_screen(size: tuple[int, int]) -> None:
    evil = Plan(HOSTILE[2], done=10**12, names=[*HOSTILE], notes=[*HOSTILE], surprises=[*HOSTILE])
    app = stage(evil)
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "down", "up")
        assert all("\x1b" not in row and "\u202e" not in row for row in app.rows())


# -- the app


class RefusingPort(FakePort):
    """The engine's answer when a person should decide first."""

    def __init__(self, plan: Plan | None) -> None:
        super().__init__()
        self.plan = plan

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        if self.plan is not None:
            raise Refusal("scrape-1 is unfinished", ExitCode.NEEDS_CONSENT, plan=self.plan)
        async for snap in super().snapshots():
            yield snap


class DecidingHost(FakeHost):
    """Refuses with the plan until it is told what becomes of the unfinished run."""

    async def open(self, source: str, unfinished: Unfinished = "ask") -> Port:
        await super().open(source, unfinished)
        return RefusingPort(CALM) if unfinished == "ask" else FakePort(sample())


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[QtuiApp, DecidingHost, Pilot[Ending], Rig]]:
    host = DecidingHost(FakePort())
    app = QtuiApp(host, source="scrape", palette=DARK, hz=20)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, FakePort(), pilot)
        await rig.shows("scrape-1 is not finished")
        yield app, host, pilot, rig


@pytest.mark.parametrize(("key", "wanted"), [("r", "resume"), ("f", "fresh")])
async def test_the_app_opens_the_preset_again_with_what_was_chosen(key: str, wanted: str) -> None:
    async with opened() as (app, host, _, rig):
        await rig.press(key)
        await until(lambda: app.feed.newest is not None)

        assert host.unfinished == ["ask", wanted]
        assert host.opened == ["scrape", "scrape"]


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_starting_nothing_leaves_and_says_so(key: str) -> None:
    async with opened() as (_, host, _, rig):
        await rig.press(key)
        ending = await rig.ended()

        assert host.unfinished == ["ask"]
        assert (ending.how, ending.reason, ending.code) == (Left.QUIT, "nothing was started", 0)


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_the_keys_that_always_leave_start_nothing(key: str) -> None:
    async with opened() as (_, host, _, rig):
        await rig.press(key)
        ending = await rig.ended()

        assert host.unfinished == ["ask"]
        assert (ending.how, ending.code) == (Left.QUIT, 0)


async def test_an_engine_of_the_launcher_that_asks_is_answered_like_any_other() -> None:
    """The launcher starts the first engine beside the screen; the second one is the screen's own."""
    host = DecidingHost(FakePort())

    async def opening() -> Port:
        return RefusingPort(CALM)

    app = QtuiApp(host, opening=opening, source="scrape", palette=DARK, hz=20)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, FakePort(), pilot)
        await rig.shows("scrape-1 is not finished")
        await rig.press("r")
        await until(lambda: app.feed.newest is not None)

    assert host.unfinished == ["resume"]


async def test_a_second_refusal_is_said_at_the_end() -> None:
    class Stubborn(DecidingHost):
        async def open(self, source: str, unfinished: Unfinished = "ask") -> Port:
            port = await super().open(source, unfinished)
            if unfinished == "ask":
                return port
            raise Refusal("the disk is full", ExitCode.CANNOT_WRITE)

    app = QtuiApp(Stubborn(FakePort()), source="scrape", palette=DARK, hz=20)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, FakePort(), pilot)
        await rig.shows("scrape-1 is not finished")
        await rig.press("r")
        ending = await rig.ended()

    assert (ending.how, ending.reason, ending.code) == (Left.REFUSED, "the disk is full", 74)
