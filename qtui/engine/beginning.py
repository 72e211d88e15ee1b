"""How a run begins, or goes on where an earlier life of it ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qtui.core import events as ev
from qtui.core.past import Past
from qtui.engine.dispatch import SLICE_S
from qtui.text import clean

if TYPE_CHECKING:
    from qtui.engine.engine import Engine


def run_started(engine: Engine, wall: float) -> ev.RunStarted:
    """The first fact of a run; `wall` is the time of day."""
    preset, at = engine.preset, engine.now()
    return ev.RunStarted(
        at,
        clean(preset.about.name, 60),
        clean(preset.source),
        wall - at,
        1 if engine.strategy == "unbounded" else preset.workers.concurrency,
        preset.queue.capacity if engine.strategy == "pool" else 0,
        preset.throttle.rate,
        preset.retry.attempts,
        preset.job.timeout,
        preset.queue.overflow,
        engine.strategy,
    )


async def restore(engine: Engine, past: Past, started: ev.RunStarted) -> None:
    """Bring back what earlier lives left open, some at a time: it may be a hundred thousand jobs."""
    at = engine.now()
    engine.emit(
        ev.RunResumed(at, started, past.lives + 1, past.done, past.failed, past.held, past.cancelled, past.lost)
    )
    for group in past.groups:
        engine.emit(ev.GroupRestored(at, group))
    if past.attention:
        engine.emit(ev.AttentionRestored(at, past.attention))
    slice_began = at
    for entry in past.open:
        if (at := engine.now()) - slice_began > SLICE_S:
            await asyncio.sleep(0)
            slice_began = at = engine.now()
        engine.emit(ev.JobRestored(at, entry.job, entry.waiting, at + entry.due_in_s))
        if entry.job.seq in engine.gone:
            engine.emit(ev.JobCancelled(at, entry.job.seq, ev.GONE))
            continue
        engine.dispatcher.join(entry.job.seq)
        if entry.waiting:
            engine.lane.add(entry.job, entry.due_in_s)
        else:
            engine.queue.restore(entry.job)
