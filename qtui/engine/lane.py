"""The back-off lane: retries wait here for their time, without a slot."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable

from qtui.core.job import Job
from qtui.engine.queue import Order


class Lane:
    """Jobs by the time they are due; `on_due` is called when at least one became ready.

    One timer for the earliest of them, none per job.
    """

    def __init__(self, now: Callable[[], float], on_due: Callable[[], None]) -> None:
        self._now = now
        self._on_due = on_due
        self._heap: list[tuple[float, int, Job]] = []
        self._live: dict[int, float] = {}
        """Job number → due time; an entry of the heap that disagrees is dead."""
        self.ready: Order[Job] = deque()
        """Those that may start now."""
        self._order = 0
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0

    def __len__(self) -> int:
        return len(self._live) + len(self.ready)

    def add(self, job: Job, delay: float) -> None:
        """Keep `job` for `delay` seconds."""
        due = self._now() + delay
        self._order += 1
        self._live[job.seq] = due
        heapq.heappush(self._heap, (due, self._order, job))
        self._arm()

    def take(self, job: Job | None = None) -> Job:
        """The job that has been ready longest, or that very one. Raises IndexError when none is."""
        if job is None:
            return self.ready.popleft()
        self.ready.remove(job)
        return job

    def put_back(self, job: Job) -> None:
        """A ready job that was taken and not started stays first in line."""
        self.ready.appendleft(job)

    def hasten(self, seq: int) -> bool:
        """Make a waiting job ready now; False when it does not wait here."""
        if self._live.pop(seq, None) is None:
            return any(job.seq == seq for job in self.ready)
        self.ready.append(next(job for _, _, job in self._heap if job.seq == seq))
        self._on_due()
        return True

    def remove(self, seq: int) -> bool:
        """Forget a job; False when it is not here."""
        for job in self.ready:
            if job.seq == seq:
                self.ready.remove(job)
                return True
        return self._live.pop(seq, None) is not None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        while self._heap and self._live.get(self._heap[0][2].seq) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if self._timer is not None and self._heap and self._armed_for <= self._heap[0][0]:
            return  # it fires early enough; re-arming for every job would cost more than a fire for nothing
        self.close()
        if self._heap:
            loop = asyncio.get_running_loop()
            self._armed_for = self._heap[0][0]
            self._timer = loop.call_at(loop.time() + max(0.0, self._armed_for - self._now()), self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._now()
        fell_due = False
        while self._heap and self._heap[0][0] <= now + 1e-9:
            due, _, job = heapq.heappop(self._heap)
            if self._live.get(job.seq) == due:
                del self._live[job.seq]
                self.ready.append(job)
                fell_due = True
        self._arm()
        if fell_due:
            self._on_due()
