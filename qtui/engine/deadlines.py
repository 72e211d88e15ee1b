"""Deadlines of attempts: one timer for all of them, and time in which the process did not run counts for none.

Every deadline of a kind lasts equally long, so those that began first end first: what is due is found at the front,
however many there are.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from qtui.core.job import Job, Outcome
from qtui.core.patience import LATE_S, LONG_S, LOOK_S, overdue
from qtui.engine.clock import asleep

GRACE_S = 5.0
"""How long an attempt that was cancelled may take to end before its slot goes on without it."""


class Slot:
    """A numbered place where one attempt runs."""

    __slots__ = ("active", "deadline", "future", "job", "number", "reason", "rests", "stale", "started", "task")

    def __init__(self, number: int) -> None:
        self.number = number
        self.task: asyncio.Task[None] | None = None
        self.future: asyncio.Future[Job | None] | None = None
        """What an idle slot waits for; None tells it to go."""
        self.job: Job | None = None
        self.started = 0.0
        self.active = False
        """The task is inside an attempt; only then may it be cancelled."""
        self.reason: Outcome | None = None
        """What the attempt becomes because we cancelled it."""
        self.deadline = math.inf
        """When to cancel the attempt or, once cancelled, when to go on without it; `Deadlines` keeps it."""
        self.rests = False
        """Its job waits in the lane for another attempt, and it waits for nobody else."""
        self.stale = False
        """Abandoned: whatever its attempt does now no longer counts."""

    def assign(self, job: Job, now: float) -> None:
        self.job = job
        self.started = now
        self.reason = None
        self.deadline = math.inf


class Deadlines:
    """`passed(slot)` is called once for every deadline that is over."""

    def __init__(self, limit_s: float, now: Callable[[], float], passed: Callable[[Slot], None]) -> None:
        self._limit_s = limit_s
        self._now = now
        self._passed = passed
        self._limits: dict[Slot, None] = {}
        """Attempts that may go on until their deadline, those that end first in front."""
        self._graces: dict[Slot, None] = {}
        """Attempts that were cancelled, in the same order."""
        self._timer: asyncio.TimerHandle | None = None
        self._next_look = math.inf
        self._was_late = False
        self._slept = asleep()
        self._ran_again = -math.inf
        # Kept, because until Python 3.12 every look for the running loop asks the system for the process's id.
        self._loop = asyncio.get_running_loop()

    def limit(self, slot: Slot, now: float) -> None:
        """An attempt begins that may take so long."""
        slot.deadline = now + self._limit_s
        self._limits[slot] = None
        self._look_at(slot.deadline)

    def grace(self, slot: Slot, now: float) -> None:
        """An attempt was cancelled and is to end soon."""
        self.over(slot)
        slot.deadline = now + GRACE_S
        self._graces[slot] = None
        self._look_at(slot.deadline)

    def over(self, slot: Slot) -> None:
        """The attempt has ended."""
        if slot.deadline < math.inf:
            slot.deadline = math.inf
            self._limits.pop(slot, None)
            self._graces.pop(slot, None)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    # -- time in which nobody ran

    def ran_again(self) -> float:
        """When the process went on after the last long time in which it did not run; a suspended machine stops the
        loop's clock too, so no deadline has passed then, but its connections are gone.
        """
        slept = asleep()
        if slept - self._slept >= LONG_S:
            self._ran_again = self._now()
        self._slept = slept
        return self._ran_again

    def forgive(self, gap: float, now: float) -> None:
        """The process did not run for `gap` seconds. What a look has noticed already is not forgiven twice."""
        if now - self._next_look > LATE_S:
            self._excuse(gap, now)
            self._look_at(now + LOOK_S, again=True)
        elif gap >= LONG_S:
            self._ran_again = now

    def _excuse(self, gap: float, now: float) -> None:
        """No attempt is excused for more than it has lasted, so that the order stays."""
        for slots, span in ((self._limits, self._limit_s), (self._graces, GRACE_S)):
            for slot in slots:
                slot.deadline = min(slot.deadline + gap, now + span)
        if gap >= LONG_S:
            self._ran_again = now

    # -- the timer

    def _look_at(self, when: float, *, again: bool = False) -> None:
        if when >= self._next_look - 0.001 and not again:
            return  # the timer fires early enough
        if self._timer is not None:
            self._timer.cancel()
        now = self._now()
        self._next_look = min(when, now + LOOK_S)
        self._timer = self._loop.call_later(max(0.0, self._next_look - now), self._look)

    def _look(self) -> None:
        now = self._now()
        late = overdue(self._next_look, now)
        self._timer, self._next_look = None, math.inf
        self.ran_again()
        if late:
            self._excuse(late, now)
        if not late or self._was_late:  # after a gap the answers that came meanwhile are read first
            self._judge(self._limits, now + 1e-6)
            self._judge(self._graces, now + 1e-6)
        self._was_late = late > 0
        if coming := [next(iter(slots)).deadline for slots in (self._limits, self._graces) if slots]:
            self._look_at(now + LOOK_S if late else min(coming))

    def _judge(self, slots: dict[Slot, None], now: float) -> None:
        while slots and (first := next(iter(slots))).deadline <= now:
            self.over(first)
            self._passed(first)
