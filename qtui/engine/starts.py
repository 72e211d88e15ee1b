"""What may start, and which job is next: computed from the present state each time it is asked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Protocol

from qtui.core.job import Job
from qtui.engine.lane import Lane
from qtui.engine.lanes import Hosts, Line
from qtui.engine.limits import EXACT_S, RateLimit
from qtui.engine.queue import Order


class Pending(Protocol):
    """New work, oldest first."""

    items: Order[Job]

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
    """Chooses the next job, at most `concurrency` at once; 0, `held` or anything `barred` starts nothing new."""

    def __init__(
        self, queue: Pending, lane: Lane, limit: RateLimit, rejoin: str, hopes: Hopes, concurrency: int
    ) -> None:
        self.limit = limit
        self.concurrency = concurrency
        self.held = False
        self.barred: set[str] = set()
        """What else keeps everything from starting, by name."""
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
        self._hurried = False
        """A slot waits, and it was asked that outcomes become durable."""
        self._lines: tuple[Hosts, Line, Line] | None = None
        """The hosts, new work and ready retries, where something may be limited per host."""
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = math.inf
        # Kept, because until Python 3.12 every look for the running loop asks the system for the process's id.
        self._loop = asyncio.get_running_loop()

    def next(self, now: float) -> Job | None:
        """The next job, taken out of where it was and counted as running; None when nothing may start."""
        items, ready = self._queue.items, self._lane.ready
        own = self._with_slot(now) if self.resting else None
        taken = self.running + len(self.resting) - (own is not None)
        if not (items or ready) or taken >= self.concurrency or self.stopping or self.held or self.barred:
            if self._holding:
                self._set_holding(False, now)
            return None
        if self._alone or self.running + self.in_doubt >= self.concurrency:
            self._doubts(now)
            return None
        if self.limit.rate is not None and (wait := self.limit.wait(now)) > 0:
            self._set_holding(True, now)
            self._arm(now + wait, now)
            return None
        return self._take_own(own, now) if own is not None else self._oldest(now)

    def _doubts(self, now: float) -> None:
        """Only when what has ended is durable may more start."""
        self._set_holding(False, now)
        if not self._hurried:
            self._hurried = True
            self._hopes.hurry()

    def _oldest(self, now: float) -> Job | None:
        """The job that has waited longest, of those whose host may be asked."""
        if self._lines is not None:
            return self._next_of_hosts(*self._lines, now)
        items, ready = self._queue.items, self._lane.ready
        if self._holding:
            self._set_holding(False, now)
        retry = bool(ready) and self._retry_first(bool(items))
        if self.suspect is not None and self._must_wait(next(iter(ready if retry else items))):
            return None
        self._count(retry, now)
        return self._lane.take() if retry else self._queue.take()

    def _take_own(self, own: Job, now: float) -> Job | None:
        """A retry that has kept its slot goes on in it."""
        self._set_holding(False, now)
        if self._must_wait(own):
            return None
        self._count(True, now)
        self.resting.discard(own.seq)
        if self._lines is not None:
            self._lines[0].started(own, now)
        return self._lane.take(own)

    def _next_of_hosts(self, hosts: Hosts, new: Line, again: Line, now: float) -> Job | None:
        """The same, passing over the jobs whose host may not be asked now."""
        opens = hosts.due(now)
        retry_head, new_head = again.head(now), new.head(now)
        if retry_head is None and new_head is None:
            self._set_holding(True, now)
            self._arm(min(opens, hosts.due(now)), now)
            return None
        self._set_holding(False, now)
        retry = retry_head is not None and self._retry_first(new_head is not None)
        chosen = retry_head if retry else new_head
        if self.suspect is not None and chosen is not None and self._must_wait(chosen):
            return None
        self._count(retry, now)
        job = again.take() if retry else new.take()
        hosts.started(job, now)
        return job

    def _must_wait(self, job: Job) -> bool:
        """A suspect runs alone."""
        if self.suspect is None or not self.suspect(job):
            return False
        if self.running:
            return True  # it waits for the others to end; nothing overtakes it
        self._alone = True
        return False

    def _count(self, retry: bool, now: float) -> None:
        if self.limit.rate is not None:
            self.limit.spend(now)
        self.running += 1
        self._retry_was_last = retry

    def mind(self, hosts: Hosts, running: Iterable[Job]) -> None:
        """From now on hosts have limits; `running` are the jobs of the attempts that run already."""
        if self._lines is None:
            hosts.running(running)
            self._queue.items = new = Line(hosts, self._queue.items)
            self._lane.ready = again = Line(hosts, self._lane.ready)
            self._lines = (hosts, new, again)

    def _arm(self, when: float, now: float) -> None:
        """Look again at `when`, or earlier."""
        if when == math.inf or (self._timer is not None and self._armed_for <= when):
            return
        self.close()
        self._armed_for = when
        self._timer = self._loop.call_later(when - now, self._fired)

    def committed(self, in_doubt: int) -> bool:
        """More is durable; True when somebody has waited for that, and is to look again."""
        was, self._hurried = self._hurried, False
        freed, self.in_doubt = in_doubt < self.in_doubt, in_doubt
        return was or freed

    def ended(self) -> None:
        """An attempt that was chosen is over."""
        self.running -= 1
        if self._alone:
            self._alone = False
            self._loop.call_soon(self._hopes.wake)  # its slot takes one job; the others have waited for their slots too

    def limit_changed(self) -> None:
        """Call it after the rate of the limit was set."""
        self.close()
        self._hopes.wake()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _with_slot(self, now: float) -> Job | None:
        """The first ready job that has kept its slot and whose host may be asked."""
        for job in self._lane.ready:
            if job.seq not in self.resting:
                continue
            if self._lines is None:
                return job
            hosts = self._lines[0]
            when = hosts.opens_at(hosts.of(job), now)
            if when <= now + EXACT_S:
                return job
            self._arm(when, now)  # it has a slot already: no room for others may ever wake us
        return None

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
