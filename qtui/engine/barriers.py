"""What keeps everything from starting: too many failures, until a person says so; too little memory, until it eases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from qtui.core import events as ev
from qtui.core import halt
from qtui.core.hysteresis import Latch
from qtui.core.job import Outcome
from qtui.engine.memory import Memory

if TYPE_CHECKING:
    from qtui.engine.engine import Engine

HALTED, MEMORY = "halted", "memory"
EASES = 0.05
"""So much less memory in use, as a share of all, and it goes on."""


class Barriers:
    """Told of every attempt that ended, and of the memory once a second."""

    def __init__(self, engine: Engine) -> None:
        preset = engine.preset
        self._engine = engine
        self._policy, self._tally = preset.halt, halt.FRESH
        self.counts = preset.halt.failures is not None or preset.halt.consecutive is not None
        most = preset.throttle.memory
        self.minds_memory = most > 0
        self._memory = Latch(most, max(most - EASES, most / 2))

    def attempt_ended(self, outcome: Outcome, at: float) -> None:
        """Halt the run when this was one failure too many."""
        ledger = self._engine.ledger
        if not self.counts or ledger.halted or ledger.stopping:
            return
        self._tally = halt.ended(self._policy, self._tally, outcome)
        if reason := halt.reason(self._policy, self._tally):
            self._engine.dispatcher.starts.barred.add(HALTED)
            self._engine.emit(ev.Halted(at, reason))

    def release(self) -> None:
        """A person wants the run to go on: failures are counted anew. Whoever calls it wakes the dispatcher."""
        self._tally = halt.FRESH
        self._engine.dispatcher.starts.barred.discard(HALTED)

    def look(self, memory: Memory | None) -> None:
        """The memory in use now; None where the system does not tell it."""
        engine, share = self._engine, memory.share if memory else 0.0
        limit = memory.limit if memory else 0
        engine.health = msgspec.structs.replace(engine.health, memory_share=share, memory_limit=limit)
        if engine.ledger.started is None or engine.ledger.ended is not None:
            return
        was = self._memory.on
        if self._memory.step(engine.now(), share) is was:
            return
        starts = engine.dispatcher.starts
        (starts.barred.discard if was else starts.barred.add)(MEMORY)
        engine.emit(ev.MemoryHolds(engine.now(), not was, share, limit))
        engine.dispatcher.wake()
