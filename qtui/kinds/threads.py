"""A few threads of our own for calls that may block: a name server or a disk that hangs holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class _Call(Generic[T]):
    __slots__ = ("future", "loop", "work")

    def __init__(self, work: Callable[[], T], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[T] = loop.create_future()


class Threads:
    """At most `limit` threads, started as they are needed, used from one loop.

    They are daemons: a call that never returns keeps its own thread and cannot delay the end of the process.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._started = 0
        self._calls = 0
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    async def call(self, work: Callable[[], T]) -> T:
        """The result of `work`, done in a thread. Cancelling stops the waiting, not the work."""
        call = _Call(work, asyncio.get_running_loop())
        self._calls += 1
        self._queue.put(lambda: self._carry_out(call))
        if self._calls > self._started and self._started < self._limit:
            self._started += 1
            Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()
        return await call.future

    def close(self) -> None:
        """Let idle threads end."""
        for _ in range(self._started):
            self._queue.put(None)
        self._started = 0

    def _serve(self) -> None:
        while (call := self._queue.get()) is not None:
            call()

    def _carry_out(self, call: _Call[T]) -> None:
        result: T | None = None
        problem: BaseException | None = None
        try:
            result = call.work()
        except BaseException as error:  # it belongs to whoever asked, on the other side
            problem = error

        def deliver() -> None:
            self._calls -= 1
            if call.future.done():
                return
            if problem is not None:
                call.future.set_exception(problem)
            else:
                call.future.set_result(result)  # type: ignore[arg-type]  # T may itself be None

        try:
            call.loop.call_soon_threadsafe(deliver)
        except RuntimeError:
            return  # the loop is closed, nobody waits any more
