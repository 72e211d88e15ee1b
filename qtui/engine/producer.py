"""Producers: each pulls rows from its source and offers them to the queue through its gate, at its own rate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec

from qtui.core.job import Job
from qtui.core.seams import Row, Source
from qtui.engine.frontier import Frontier
from qtui.engine.queue import BoundedQueue, Gate
from qtui.errors import QtuiError

CATCH_UP_S = 0.05
"""A producer that fell behind its rate may catch up by so much; what it missed while blocked is not made good."""
SLICE_S = 0.002
STRIDE = 16
"""Rows between two looks at the clock."""


class Offer(msgspec.Struct, frozen=True, gc=False):
    """What a producer offers to the queue: a new row, or a job that gets another round."""

    producer: int
    row: Row | None = None
    again: Job | None = None
    by: str = ""
    was: str = "failed"
    signature: str = ""
    retry: int = 0
    """The command that gave it."""


class Reports(Protocol):
    """What a producer tells about itself, and asks."""

    def room(self) -> Awaitable[None] | None:
        """What a producer waits for that nothing in the queue holds: a journal that is far behind. None: nothing."""
        ...

    def total_known(self, index: int, total: int) -> None: ...

    def source_ended(self, index: int, problem: str) -> None: ...


class Producer:
    """One source on its way into the queue. `run` ends when the source is exhausted or has failed."""

    def __init__(
        self,
        index: int,
        source: Source,
        rate: float | None,
        queue: BoundedQueue[Offer, Job],
        now: Callable[[], float],
        skip: int = 0,
    ) -> None:
        self.index = index
        self.source = source
        self.skip = skip
        """Rows of the source that earlier lives of the run had accepted."""
        self.gate = Gate()
        self.frontier: Frontier | None = None
        """Gives the rows that jobs find, when the source's own are read."""
        self._interval = 1 / rate if rate else 0.0
        self._queue = queue
        self._now = now
        self._next = now()
        self._slice = now()
        self._stopped = self._own_read = False
        self._reading: Iterator[list[Row]] = iter(())

    async def run(self, reports: Reports) -> None:
        problem = ""
        counting: asyncio.Task[None] | None = None
        thread = ThreadPoolExecutor(1, f"source {self.index}") if self.source.blocking else None
        try:
            if thread is not None and self.source.total() is None:
                counting = asyncio.create_task(self._count(reports), name=f"count source {self.index}")
            async for batch in self._all(thread):
                for count, row in enumerate(batch):
                    if self._interval:
                        await self._pace()
                    if count % STRIDE == 0:  # also with a rate: whoever is behind it does not wait in _pace()
                        await self._breathe(reports)
                    offer = Offer(self.index, row)
                    if not self._queue.put_now(offer, self.gate):  # mostly it can: a coroutine less
                        await self._queue.put(offer, self.index, self.gate)
        except (QtuiError, OSError, ValueError) as error:
            problem = str(error)
        finally:
            self._stopped = True
            if counting is not None:
                counting.cancel()
            if thread is not None:
                thread.submit(self._close)  # there, because it may be reading
                thread.shutdown(wait=False)  # a pipe that never ends must not hold us
        self._end(reports, problem)

    def _end(self, reports: Reports, problem: str) -> None:
        if self.frontier is None or self.frontier.ends(problem):
            reports.source_ended(self.index, problem)

    async def _all(self, thread: ThreadPoolExecutor | None) -> AsyncIterator[list[Row]]:
        if not self._own_read:  # it is run again when jobs find something after its end
            async for batch in self._batches(thread):
                yield batch
            self._own_read = True
        if self.frontier is not None:
            async for batch in self.frontier.batches():
                yield batch

    async def _batches(self, thread: ThreadPoolExecutor | None) -> AsyncIterator[list[Row]]:
        self._reading = batches = self.source.batches(self.skip)
        loop = asyncio.get_running_loop()
        while True:
            # blocking sources are read one batch at a time in a thread of their own: the default one is shared
            batch = _next(batches) if thread is None else await loop.run_in_executor(thread, _next, batches)
            if batch is None:
                return
            yield batch

    def _close(self) -> None:
        """Let go of a source that is not read to its end."""
        if isinstance(self._reading, Generator):
            self._reading.close()

    async def _pace(self) -> None:
        """Wait for this producer's rate."""
        now = self._now()
        self._next = max(self._next, now - CATCH_UP_S) + self._interval
        if self._next > now + self._interval:
            await asyncio.sleep(self._next - self._interval - now)

    async def _breathe(self, reports: Reports) -> None:
        """Give the loop a turn now and then, and the journal time, even when no queue makes it wait."""
        if self._now() - self._slice > SLICE_S:
            await asyncio.sleep(0)
            if (journal := reports.room()) is not None:
                await journal
            self._slice = self._now()

    async def _count(self, reports: Reports) -> None:
        """Find out how much there is while it is already being read."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, f"count source {self.index}") as thread:
            try:
                total = await loop.run_in_executor(thread, self.source.count, lambda: self._stopped)
            except (QtuiError, OSError):
                return  # the producer itself meets the same error and tells it
            finally:
                thread.shutdown(wait=False)
        if total is not None:
            reports.total_known(self.index, total)


def _next(batches: Iterator[list[Row]]) -> list[Row] | None:
    return next(batches, None)
