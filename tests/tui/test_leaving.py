"""The ways out of a run: whose run it is decides what q and Ctrl-C do, and each step says what the next one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from qtui.core.commands import Drain, Reply, Request, Stop
from qtui.core.snapshot import RunState, Snapshot
from qtui.tui import leaving
from qtui.tui.app import Joins, QtuiApp
from qtui.tui.ending import Left
from qtui.tui.theme import DARK
from tests.tui.fake_port import FakeHost, FakePort
from tests.tui.rig import Rig, running, until
from tests.tui.samples import sample


class DeafPort(FakePort):
    """The port of an engine that answers nothing, in a process that can be killed; it takes `needs` kills."""

    def __init__(self, *first: Snapshot, needs: int = 1, answers: bool = False) -> None:
        super().__init__(*first)
        self.kills: list[bool] = []
        self.answers = answers
        self._needs = needs

    async def send(self, request: Request) -> Reply:
        if self.answers:
            return await super().send(request)
        self.requests.append(request)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    def kill(self, *, hard: bool) -> bool:
        self.kills.append(hard)
        if len(self.kills) >= self._needs:
            self.end()
        return True


@asynccontextmanager
async def joined(joins: Joins, port: FakePort | None = None) -> AsyncIterator[Rig]:
    port = port or FakePort(sample())
    app = QtuiApp(FakeHost(), port=port, palette=DARK, hz=20, joins=joins)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.feed.newest is not None)
        yield Rig(app, port, pilot)


async def dialog(rig: Rig, *keys: str) -> None:
    await rig.press(keys[0])
    await until(lambda: rig.app.screen.is_modal)
    await rig.press(*keys[1:])


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_q_in_the_run_of_somebody_else_only_detaches(key: str) -> None:
    async with joined(Joins.OTHERS) as rig:
        await rig.press(key)
        assert (await rig.ended()).how is Left.DETACHED
        assert rig.port.commands == []


async def test_ctrl_c_twice_in_the_run_of_somebody_else_only_detaches() -> None:
    async with joined(Joins.OTHERS) as rig:
        await dialog(rig, "ctrl+c")
        await rig.shows("q or ctrl+c again = keep running.")
        await rig.press("ctrl+c")
        assert (await rig.ended()).how is Left.DETACHED
        assert rig.port.commands == []


async def test_the_run_of_somebody_else_can_be_stopped_by_a_choice() -> None:
    async with joined(Joins.OTHERS) as rig:
        await dialog(rig, "ctrl+c", "s")
        assert await rig.asked() == [Stop()]


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_who_only_watches_is_asked_nothing(key: str) -> None:
    async with joined(Joins.WATCHED) as rig:
        await rig.press(key)
        assert (await rig.ended()).how is Left.DETACHED
        assert rig.port.commands == []


async def test_draining_and_stopping_say_what_the_next_press_does() -> None:
    async with running() as rig:
        await dialog(rig, "q", "d")
        await rig.shows("ctrl+c twice stops now")
        assert rig.port.commands == [Drain()]
        await dialog(rig, "ctrl+c", "ctrl+c")
        await rig.shows("ctrl+c again kills the engine")
        assert rig.port.commands == [Drain(), Stop()]


async def test_ctrl_c_after_a_stop_kills() -> None:
    port = DeafPort(sample(), answers=True)
    async with joined(Joins.OWN, port) as rig:
        await dialog(rig, "q", "s")
        await rig.shows("ctrl+c again kills the engine")
        await rig.press("ctrl+c")
        assert (await rig.ended()).how is Left.STOPPED
    assert port.kills == [False]


async def test_a_stop_that_is_not_answered_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "ANSWERS_S", 0.05)
    monkeypatch.setattr(leaving, "GRACE_S", 0.05)
    port = DeafPort(sample(), needs=2)
    async with joined(Joins.OWN, port) as rig:
        await dialog(rig, "ctrl+c", "ctrl+c")
        assert (await rig.ended()).how is Left.STOPPED
    assert port.kills == [False, True]


async def test_an_engine_that_cannot_be_killed_from_here_is_said_to_be_so() -> None:
    async with running(sample(state=RunState.STOPPING)) as rig:
        await dialog(rig, "q")
        await rig.shows("Kill the engine")
        await rig.press("s")
        await rig.shows("cannot be killed from here")
        assert rig.app.return_value is None


async def test_a_stop_that_is_refused_leaves_nobody_waiting() -> None:
    port = FakePort(sample())
    port.replies = lambda command: Reply(False, "this face only watches")
    async with joined(Joins.OWN, port) as rig:
        await dialog(rig, "q", "s")
        await rig.shows("this face only watches")
        await dialog(rig, "q", "b")
        assert (await rig.ended()).how is Left.DETACHED


async def test_the_preset_that_was_picked_is_told_for_the_way_back() -> None:
    app = QtuiApp(FakeHost(FakePort(sample())), palette=DARK)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, FakePort(), pilot)
        await rig.shows("LEARN")
        await pilot.press("enter")
        await rig.shows("▲ BACKPRESSURE")
        await dialog(rig, "q", "b")
        assert (await rig.ended()).picked == "backpressure"


async def test_what_is_typed_behind_q_is_meant_for_the_dialog() -> None:
    async with running() as rig:
        await rig.press("q", "b")
        assert (await rig.ended()).how is Left.DETACHED
        assert rig.port.commands == []
