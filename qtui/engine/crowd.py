"""The designs that do without workers: a task for every accepted job, which waits until it is given a permit."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar, final

Permit = TypeVar("Permit")


@final
class Numbers:
    """Numbers from 1 on; the smallest free one is given out."""

    __slots__ = ("_free", "_highest")

    def __init__(self) -> None:
        self._free: list[int] = []
        self._highest = 0

    def take(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        self._highest += 1
        return self._highest

    def give_back(self, number: int) -> None:
        heapq.heappush(self._free, number)


@final
class Crowd(Generic[Permit]):
    """Jobs that wait, each in a task of its own that runs `turn(permit)`."""

    def __init__(self, turn: Callable[[asyncio.Future[Permit]], Coroutine[object, object, None]]) -> None:
        self._turn = turn
        self._waiting: dict[int, tuple[asyncio.Task[None], asyncio.Future[Permit]]] = {}
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, seq: int) -> None:
        """Create the task of a job that was accepted or gets another attempt."""
        permit: asyncio.Future[Permit] = self._loop.create_future()
        self._waiting[seq] = self._loop.create_task(self._turn(permit)), permit

    def take(self, seq: int) -> tuple[asyncio.Task[None], asyncio.Future[Permit]]:
        """The task of a job that was chosen, and the permit it waits for."""
        if seq not in self._waiting:
            self.join(seq)  # put back by a stop that was taken back
        return self._waiting.pop(seq)

    def leave(self, seq: int) -> None:
        """The job was cancelled before it had its permit."""
        if (found := self._waiting.pop(seq, None)) is not None:
            found[0].cancel()

    def close(self) -> list[asyncio.Task[None]]:
        """Cancel everybody; the tasks, to wait for their end."""
        tasks = [task for task, _ in self._waiting.values()]
        self._waiting.clear()
        for task in tasks:
            task.cancel()
        return tasks
