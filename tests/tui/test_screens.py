"""Every screen, from a recorded run with its clock stopped, against the text it was when a person last looked at it.

After a change that was looked at: `python -m pytest tests/tui/test_screens.py --redraw`.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from textual.screen import Screen

from qtui.core.eta import Forecast
from qtui.core.verdict import Judge
from qtui.tui.app import QtuiApp
from qtui.tui.motion import Motion
from qtui.tui.screens.bad_preset import BadPresetScreen
from qtui.tui.screens.picker import PickerScreen
from qtui.tui.screens.resume import ResumeDialog
from qtui.tui.theme import DARK, PLAIN, Palette
from tests.recorded.play import Played, PlayedPort
from tests.recorded.record import WALL
from tests.tui.fake_port import FakeHost
from tests.tui.presets import host
from tests.tui.rig import Rig, until
from tests.tui.stage import Stage
from tests.tui.test_resume import CALM

KEPT = Path(__file__).parent / "screens"
COMFORTABLE, PROJECTOR, WIDE = (120, 40), (80, 24), (200, 60)


@dataclass(frozen=True)
class Scenario:
    """A run at a moment, and the keys that lead from one screen to the next."""

    run: str
    at: float
    screens: dict[str, str] = field(default_factory=lambda: {"overview": ""})
    """Name → keys from the screen before it, apart by spaces."""
    sizes: tuple[tuple[int, int], ...] = (COMFORTABLE, PROJECTOR)
    palette: Palette = DARK
    then: Callable[[Rig], None] = lambda rig: None
    """What happens to the terminal or to the engine before the first screen."""


VIEWS = {
    "overview": "",
    "timeline": "2",
    "timeline-frozen": "space left left left",
    "jobs": "3",
    "jobs-filtered": "slash s t a t e : f a i l e d enter",
    "failures": "escape 4",
    "retry": "r",
    "charts": "escape 5",
    "events": "6",
    "log": "right_square_bracket",
    "inspector": "1 j j enter",
    "help": "escape question_mark",
    "palette": "escape colon",
    "leave": "escape q",
}


def lose_the_engine(rig: Rig) -> None:
    rig.port.hangs = True
    cast(Stopped, rig.app).at += 8.4


def come_back_later(rig: Rig) -> None:
    rig.app.on_app_blur()
    cast(Stopped, rig.app).at += 3000
    rig.app.on_app_focus()


SCENARIOS = {
    "scrape": Scenario("scrape", 182.0, VIEWS),
    "wide": Scenario("scrape", 182.0, {"overview": "", "failures": "4", "charts": "5"}, sizes=(WIDE,)),
    "plain": Scenario("scrape", 182.0, {"overview": "", "failures": "4"}, palette=PLAIN),
    "paused": Scenario("scrape", 127.0),
    "starving": Scenario("scrape", 133.8),
    "held": Scenario("scrape", 193.0),
    "failing": Scenario("scrape", 222.0),
    "draining": Scenario("scrape", 236.0),
    "stopped": Scenario("scrape", 260.0),
    "flowing": Scenario("easy", 44.0, {"overview": "", "timeline": "2"}),
    "shrinking": Scenario("easy", 60.5),
    "finished": Scenario("short", 60.0),
    "reconnecting": Scenario("scrape", 182.0, then=lose_the_engine),
    "away": Scenario("scrape", 182.0, then=come_back_later),
    "cards": Scenario("three", 28.0),
    "columns": Scenario("columns", 39.0, {"overview": "", "timeline": "2"}),
    "cells": Scenario("cells", 13.0),
    "blocks": Scenario("blocks", 7.5),
    "tiny": Scenario("scrape", 182.0, sizes=((60, 16), (44, 11), (38, 9))),
}
BEFORE: dict[str, Callable[[], Screen[Any]]] = {
    "picker": lambda: PickerScreen(host()),
    "bad-preset": lambda: BadPresetScreen(host(), "scrape"),
    "resume": lambda: ResumeDialog(CALM),
}
"""Screens that are seen before there is a run."""


class StoppedClock(datetime):
    """Wall clock of the moment the picture is of."""

    at = WALL

    @classmethod
    def now(cls, tz: object = None) -> StoppedClock:
        return cls.fromtimestamp(cls.at)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def settled(rig: Rig) -> list[str]:
    """The screen once it does not change any more."""
    await rig.pilot.pause()
    rig.app.paint()
    rows: list[str] = []
    while (now := [row.rstrip() for row in rig.rows()]) != rows:
        rows = now
        for _ in range(3):
            await rig.pilot.pause()
    return rows


def compare(path: Path, rows: list[str], redraw: bool) -> str:
    """How the screen differs from what was kept, empty when it does not."""
    text = "\n".join(rows) + "\n"
    if redraw:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return ""
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if kept == text:
        return ""
    return "\n".join(difflib.unified_diff(kept.splitlines(), rows, f"{path.name} kept", "now", lineterm="", n=0))


class Stopped(QtuiApp):
    """The app with its own clock stopped."""

    at = 1000.0

    @property
    def now(self) -> float:
        return self.at


def bring_up(scenario: Scenario, folder: Path) -> list[tuple[Stopped, PlayedPort]]:
    """An app for each size, that has seen the half minute before the moment."""
    played = Played(scenario.run)
    *before, last = played.pictures(scenario.at)
    judge, forecast = Judge(), Forecast()
    for snap in before:
        judge.step(snap)
        forecast.step(snap)
    port = played.port(folder, last)
    apps = []
    for _ in scenario.sizes:
        app = Stopped(FakeHost(), port=port, palette=scenario.palette, hz=0.01, motion=Motion.NONE)
        app.painting.judge, app.painting.forecast = deepcopy(judge), deepcopy(forecast)
        apps.append((app, port))
        port = port.again(last)
    return apps


@pytest.mark.parametrize("name", SCENARIOS)
async def test_screens_of_a_run_are_as_they_were_last_seen(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    scenario = SCENARIOS[name]
    monkeypatch.setattr(StoppedClock, "at", WALL + scenario.at)
    monkeypatch.setattr("qtui.tui.painting.datetime", StoppedClock)
    wrong = []
    for (app, port), size in zip(bring_up(scenario, tmp_path), scenario.sizes, strict=True):
        async with app.run_test(size=size) as pilot:
            rig = Rig(app, port, pilot)
            await until(lambda app=app: app.feed.newest is not None)
            app.paint()
            scenario.then(rig)
            for screen, keys in scenario.screens.items():
                await pilot.press(*keys.split())
                path = KEPT / f"{name}-{screen}-{size[0]}x{size[1]}.txt"
                wrong.append(compare(path, await settled(rig), pytestconfig.getoption("--redraw")))
    if any(wrong):
        pytest.fail("\n\n".join(filter(None, wrong)), pytrace=False)


@pytest.mark.parametrize("name", BEFORE)
async def test_screens_before_a_run_are_as_they_were_last_seen(name: str, pytestconfig: pytest.Config) -> None:
    wrong = []
    for size in (COMFORTABLE, PROJECTOR):
        app = Stage(screen=BEFORE[name])
        async with app.run_test(size=size) as pilot:
            await until(lambda app=app: len(app.screen_stack) > 1)
            for _ in range(3):
                await pilot.pause(0.02)
            path = KEPT / f"{name}-{size[0]}x{size[1]}.txt"
            wrong.append(compare(path, [row.rstrip() for row in app.rows()], pytestconfig.getoption("--redraw")))
    if any(wrong):
        pytest.fail("\n\n".join(filter(None, wrong)), pytrace=False)
