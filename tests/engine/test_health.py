"""The engine's pulse: a late loop, a hiccup, a machine that slept, a disk that is full."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import cast

import pytest

import qtui
from qtui.core import events as ev
from qtui.engine import clock
from qtui.engine.health import BEAT_S, Heartbeat
from qtui.engine.watchdog import blamed
from tests.conftest import VirtualLoop
from tests.engine.rig import BenchJournal, Rig, sleeping


@asynccontextmanager
async def beating(rig: Rig) -> AsyncIterator[None]:
    task = asyncio.ensure_future(Heartbeat(rig.engine).run())
    await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.wait([task])


async def test_tasks_and_open_sockets_are_counted() -> None:
    async with Rig(sleeping(5), jobs=3, concurrency=3) as rig:
        left, right = socket.socketpair()
        with left, right:
            async with beating(rig):
                await rig.after(2.5)
                health = rig.engine.health
        assert health.tasks == len(asyncio.all_tasks()) + 1, "the heart itself has stopped"
        assert health.tasks_peak >= health.tasks >= 5
        assert health.connections >= 2
        async with beating(rig):
            await rig.after(0.1)
            assert rig.engine.health.connections == health.connections - 2


def stall(seconds: float) -> None:
    """The loop stands still, as behind a callback that takes so long."""
    cast(VirtualLoop, asyncio.get_running_loop()).jump(seconds)


async def late(*by: float) -> None:
    """One beat after the other, each so much too late."""
    for seconds in by:
        await asyncio.sleep(BEAT_S / 2)
        stall(BEAT_S / 2 + seconds)
        for _ in range(5):  # until the beat has begun anew
            await asyncio.sleep(0)


async def test_a_loop_that_is_late_again_and_again_is_measured_and_forgotten_when_it_is_in_time() -> None:
    async with Rig(sleeping(100), jobs=2) as rig, beating(rig):
        await late(0.4, 0.6)
        lag = rig.engine.health.loop_lag_s
        await rig.after(4)

        assert lag == pytest.approx(0.4)
        assert rig.engine.health.loop_lag_s == 0


async def test_one_hiccup_is_no_lag() -> None:
    async with Rig(sleeping(100), jobs=2) as rig, beating(rig):
        await late(0.9, 0.0)

        assert rig.engine.health.loop_lag_s < 0.01


async def test_a_standstill_is_told_once_and_is_no_lag_and_no_attempts_fault() -> None:
    async with Rig(sleeping(8), jobs=2, timeout=10) as rig, beating(rig):
        await rig.after(4)
        stall(12)
        await rig.after(3)
        told = [event for event in rig.of(ev.Notice) if isinstance(event, ev.Notice)]

        assert [(notice.text, notice.level) for notice in told] == [
            ("suspended 12s: qtui did not run; no job is blamed for it", "warning")
        ]
        assert rig.engine.health.loop_lag_s == 0
        await rig.ended()
    assert rig.snap.counts.done == 2


async def test_a_machine_that_slept_is_told_although_its_clock_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = 0.0
    monkeypatch.setattr(clock, "asleep", lambda: slept)
    async with Rig(sleeping(100), jobs=2) as rig, beating(rig):
        await rig.after(3)
        slept = 7200.0
        await rig.after(3)

        assert [event.text for event in rig.of(ev.Notice) if isinstance(event, ev.Notice)] == [
            "suspended 2:00:00: qtui did not run; no job is blamed for it"
        ]


async def test_nothing_new_starts_while_the_journal_is_blocked_and_it_goes_on_by_itself() -> None:
    ran: list[int] = []

    async def handler(job: object) -> object:
        ran.append(1)
        return await sleeping(1)(job)  # type: ignore[arg-type]

    journal = BenchJournal()
    async with Rig(handler, jobs=20, concurrency=2, journal=journal) as rig:  # type: ignore[arg-type]
        await rig.after(0.5)
        journal.stuck = rig.engine.blocked = True
        await rig.after(60)
        blocked = len(ran)
        rig.engine.blocked = False
        journal.release()
        await rig.ended()

    assert blocked == 2
    assert len(ran) == 20
    assert rig.snap.counts.done == 20


def test_the_engines_own_code_is_never_called_a_jobs() -> None:
    def frame_in(part: str) -> FrameType:
        found: list[FrameType] = []
        names = {"sys": sys, "found": found}
        path = Path(qtui.__file__).parent / part
        exec(compile("def work():\n    found.append(sys._getframe())", str(path), "exec"), names)
        thread = threading.Thread(target=names["work"])  # so that nothing of this test is among its callers
        thread.start()
        thread.join()
        return found[0]

    assert blamed(frame_in("kinds/http/body.py")) == "body.py:2 in work()"
    assert blamed(frame_in("core/tracks.py")) == ""
