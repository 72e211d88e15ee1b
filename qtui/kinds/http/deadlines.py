"""Deadlines of attempts: one timer for all of them, so that an attempt in time costs none."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from qtui.core.job import Failed
from qtui.core.patience import LOOK_S, overdue
from qtui.kinds.http.options import Timeouts
from qtui.text import seconds

MIN_RATE = 100
"""Bytes per second below which an answer is too slow, looked at over `Timeouts.slow`."""


class Attempt:
    """One attempt under way."""

    __slots__ = ("_cancels", "arrived", "deadline", "end", "expired", "mark", "reading", "settled", "task", "verdict")

    def __init__(self, task: asyncio.Task[object], now: float, first_byte: float, total: float) -> None:
        self.task = task
        self._cancels = task.cancelling()
        self.end = now + total
        self.deadline = min(now + first_byte, self.end)
        self.reading = False
        """The headers are there; now the body comes."""
        self.arrived = 0
        """Bytes of the body so far, as they came."""
        self.mark = 0
        self.expired = ""
        """Why we cancelled it."""
        self.verdict: Failed | None = None
        """How it ends if it is cancelled by its deadline from here on: its status was wrong already."""
        self.settled = False
        """Our request to cancel has been taken back."""

    def ended_by_us(self) -> bool:
        """Whether a CancelledError was ours alone; asked once, it also takes our request back."""
        if not self.expired:
            return False
        self.settled = True
        return self.task.uncancel() <= self._cancels


class Deadlines:
    """Cancels the task of an attempt that takes too long."""

    def __init__(self, timeouts: Timeouts, total: float, clock: Callable[[], float]) -> None:
        """`total` in seconds for a whole attempt; 0 for no limit."""
        self._first_byte = timeouts.first_byte or math.inf
        self._slow = timeouts.slow or math.inf
        self._total = total or math.inf
        self._clock = clock
        self._attempts: set[Attempt] = set()
        self._next = math.inf
        self._was_late = False
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Attempt:
        """Must be called by the task that makes the attempt."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an attempt needs a task")
        attempt = Attempt(task, self._clock(), self._first_byte, self._total)
        self._attempts.add(attempt)
        if attempt.deadline < self._next:
            self._sweep_at(attempt.deadline)
        return attempt

    def answered(self, attempt: Attempt) -> None:
        """The headers are there; from now on what matters is how the body comes."""
        attempt.reading = True
        attempt.mark = attempt.arrived
        attempt.deadline = min(self._clock() + self._slow, attempt.end)
        if attempt.deadline < self._next:
            self._sweep_at(attempt.deadline)

    def asked_again(self, attempt: Attempt) -> None:
        """A redirect is followed."""
        attempt.reading = False
        attempt.deadline = min(self._clock() + self._first_byte, attempt.end)
        if attempt.deadline < self._next:
            self._sweep_at(attempt.deadline)

    def end(self, attempt: Attempt) -> None:
        self._attempts.discard(attempt)
        if attempt.expired and not attempt.settled:
            attempt.task.uncancel()  # it ended on its own in the same moment; nobody shall see our request

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._next = None, math.inf

    def _sweep_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        now = self._clock()
        self._next = min(when, now + LOOK_S)
        self._timer = loop.call_at(loop.time() + max(0.0, self._next - now), self._sweep)

    def _sweep(self) -> None:
        now = self._clock()
        late = overdue(self._next, now)
        self._timer, self._next = None, math.inf
        if late:
            self._excuse(late)
        if not late or self._was_late:  # after a gap the answers that came meanwhile are read first
            self._judge(now + 1e-6)
        self._was_late = late > 0
        coming = min((attempt.deadline for attempt in self._attempts if not attempt.expired), default=math.inf)
        if coming < math.inf:
            self._sweep_at(now + LOOK_S if late else coming)

    def _excuse(self, gap: float) -> None:
        """No attempt is to blame for the time in which the process did not run."""
        for attempt in self._attempts:
            attempt.deadline += gap
            attempt.end += gap

    def _judge(self, now: float) -> None:
        for attempt in self._attempts:
            if attempt.deadline <= now and not attempt.expired:
                self._look(attempt, now)

    def _look(self, attempt: Attempt, now: float) -> None:
        slow = self._slow
        if attempt.end <= now:
            attempt.expired = f"not finished within {seconds(self._total)}"
        elif not attempt.reading:
            attempt.expired = f"no answer within {seconds(self._first_byte)}"
        elif attempt.arrived - attempt.mark < MIN_RATE * slow:
            attempt.expired = f"too slow: fewer than {MIN_RATE} bytes a second for {seconds(slow)}"
        else:
            attempt.mark = attempt.arrived
            attempt.deadline = min(now + slow, attempt.end)
            return
        attempt.task.cancel()
