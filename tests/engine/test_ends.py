"""The end of an attempt: nothing starts, rests or halts before all that follows from it is counted."""

from __future__ import annotations

import asyncio
import gc

from qtui.core.snapshot import RunState
from tests.engine.rig import Rig, no_op


async def test_giving_up_before_a_task_could_begin_is_no_error() -> None:
    errors: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: errors.append(context))
    async with Rig(no_op, jobs=3, strategy="semaphore", held=True) as rig:
        await rig.after(0.1)
        rig.engine.dispatcher.held = False
        rig.engine.give_up("you")
        await rig.after(0.1)
        assert await rig.ended() is RunState.STOPPED
    gc.collect()

    assert not errors
