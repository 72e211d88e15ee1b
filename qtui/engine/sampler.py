"""Small samples of the run in its journal, four times a second while anything changes, so that it can be replayed."""

from __future__ import annotations

import asyncio

from msgspec.structs import astuple

from qtui.core.events import Sampled
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.engine.engine import Engine

EVERY_S = 0.25


def sample(ledger: Ledger, at: float) -> Sampled:
    """The run in a few numbers."""
    count = ledger.counts
    return Sampled(
        at,
        count[State.PENDING],
        count[State.RUNNING],
        count[State.WAITING],
        count[State.DONE],
        count[State.FAILED],
        count[State.HELD],
        count[State.CANCELLED],
        ledger.concurrency,
        ledger.capacity,
        sum(producer.blocked_since is not None for producer in ledger.producers.values()),
    )


class Sampler:
    """A quiet run writes nothing: what has not changed is not said again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last: tuple[object, ...] = ()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            taken = sample(self._engine.ledger, self._engine.now())
            if (told := astuple(taken)[1:]) != self._last and self._engine.ledger.ended is None:
                self._last = told
                self._engine.emit(taken)
