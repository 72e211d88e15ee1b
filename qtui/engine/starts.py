"""What may start, and which job is next: computed from the present state each time it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from qtui.core.job import Job
from qtui.engine.lane import Lane
from qtui.engine.limits import RateLimit


class Pending(Protocol):
    """New work, oldest first."""

    @property
    def items(self) -> Sequence[Job]: ...

    def take(self) -> Job: ...

    def settle(self) -> None:
        """Let in whoever waits for the room that `take` made."""
        ...


class Hopes(Protocol):
    """Who is told what keeps work from starting, and woken when it may start again."""

    def holds(self, held: bool, now: float) -> None: ...

    def wake(self) -> None: ...

    def hurry(self) -> None:
        """A slot waits until outcomes are durable."""
        ...


class Starts:
    """Chooses the next job, at most `concurrency` at once; 0 or `held` starts nothing new."""

    def __init__(
        self, queue: Pending, lane: Lane, limit: RateLimit, rejoin: str, hopes: Hopes, concurrency: int
    ) -> None:
        self.limit = limit
        self.concurrency = concurrency
        self.held = False
        self.stopping = False
        self.running = 0
        """Attempts started and not ended, those of leaving slots included."""
        self.in_doubt = 0
        """Attempts that have ended and are not durable: after a crash they run again, so they count as running."""
        self.resting: set[int] = set()
        """Jobs in the lane that have kept their slots: they take room as if they ran."""
        self.suspect: Callable[[Job], bool] | None = None
        """Whether a job may have crashed the engine before: such a job runs alone. None where nobody is suspected."""
        self._alone = False
        """A suspect is running."""
        self._queue, self._lane = queue, lane
        self._rejoin = rejoin
        self._hopes = hopes
        self._retry_was_last = False
        self._holding = False
        self._timer: asyncio.TimerHandle | None = None
        # Kept, because until Python 3.12 every look for the running loop asks the system for the process's id.
        self._loop = asyncio.get_running_loop()

    def next(self, now: float) -> Job | None:
        """The next job, taken out of where it was and counted as running; None when nothing may start."""
        items, ready = self._queue.items, self._lane.ready
        own = self._with_slot() if self.resting else None
        taken = self.running + len(self.resting) - (own is not None)
        if self.stopping or self.held or taken >= self.concurrency or not (items or ready):
            self._set_holding(False, now)
            return None
        if self._alone or self.running + self.in_doubt >= self.concurrency:
            self._set_holding(False, now)
            self._hopes.hurry()
            return None
        if (wait := self.limit.wait(now)) > 0:
            self._set_holding(True, now)
            if self._timer is None:
                self._timer = self._loop.call_later(wait, self._fired)
            return None
        self._set_holding(False, now)
        retry = own is not None or (bool(ready) and self._retry_first(bool(items)))
        if self.suspect is not None and self.suspect(own or (ready[0] if retry else items[0])):
            if self.running:
                return None  # it waits for the others to end; nothing overtakes it
            self._alone = True
        self.limit.spend(now)
        self.running += 1
        self._retry_was_last = retry
        if own is not None:
            self.resting.discard(own.seq)
        return self._lane.take(own) if retry else self._queue.take()

    def ended(self) -> None:
        """An attempt that was chosen is over."""
        self.running -= 1
        self._alone = False

    def limit_changed(self) -> None:
        """Call it after the rate of the limit was set."""
        self.close()
        self._hopes.wake()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _with_slot(self) -> Job | None:
        """The first ready job that has kept its slot."""
        return next((job for job in self._lane.ready if job.seq in self.resting), None)

    def _retry_first(self, new_work: bool) -> bool:
        if not new_work or self._rejoin == "front":
            return True
        return self._rejoin == "fair" and not self._retry_was_last

    def _set_holding(self, held: bool, now: float) -> None:
        if held != self._holding:
            self._holding = held
            self._hopes.holds(held, now)

    def _fired(self) -> None:
        self._timer = None
        self._hopes.wake()
