"""The engine's own eye on the run: alerts in its log and its snapshots, whether somebody looks or not."""

from __future__ import annotations

import asyncio

from qtui.core import events as ev
from qtui.core.commands import Stop
from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import AlertView
from qtui.core.tables import Halt
from qtui.engine.alarms import Alarms
from tests.engine.rig import Rig


async def test_a_standstill_is_in_the_log_in_the_picture_and_told_once() -> None:
    async def hangs(job: Job) -> Done | Failed:
        await asyncio.sleep(0.1 if job.seq < 20 else 1000.0)
        return Done()

    told: list[AlertView] = []
    async with Rig(hangs, jobs=50, concurrency=2) as rig:
        watching = asyncio.ensure_future(Alarms(rig.engine, told.append).run())
        await rig.after(300)

        assert [alert.kind for alert in told] == ["stalled"]
        assert [alert.kind for alert in rig.snap.alerts] == ["stalled"]
        notices = [event for event in rig.events if isinstance(event, ev.Notice)]
        assert [(notice.text, notice.level) for notice in notices] == [(told[0].text, "error")]
        assert rig.snap.log[0].text.startswith("stalled: no job has ended for 1:0")
        watching.cancel()
        await rig.ask(Stop())


async def test_a_halt_is_told_at_once_because_a_run_that_nobody_watches_is_stopped_for_it() -> None:
    told: list[AlertView] = []

    async def fails(job: Job) -> Done | Failed:
        return Failed("http:503")

    async with Rig(fails, jobs=50, concurrency=1, halt=Halt(consecutive=3)) as rig:
        watching = asyncio.ensure_future(Alarms(rig.engine, told.append).run())
        await rig.after(0.1)
        await rig.ask(Stop())
        await rig.ended()
        watching.cancel()

    assert [alert.text for alert in told] == ["halted: 3 attempts in a row failed"]
