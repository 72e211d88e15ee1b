"""What of all that the engine has told its journal is on disk, and who waits for that."""

from __future__ import annotations

import asyncio
from collections import deque

MAX_BACKLOG = 10_000
"""Records that may wait for the disk before slots and producers wait too."""


class Durability:
    """Positions count the records of this life from 1."""

    __slots__ = ("_ends", "_waiting", "position", "saved")

    def __init__(self) -> None:
        self.position = 0
        """Of the newest record."""
        self.saved = 0
        """Everything up to here is on disk."""
        self._ends: deque[int] = deque()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def far_behind(self) -> bool:
        """So many records are not on disk that nobody should add to them."""
        return self.position - self.saved > MAX_BACKLOG

    @property
    def in_doubt(self) -> int:
        """Attempts whose end is not on disk: after a crash they run again."""
        return len(self._ends)

    def ended(self) -> int:
        """The newest record is the end of an attempt; how many are in doubt now."""
        if self.position > self.saved:
            self._ends.append(self.position)
        return len(self._ends)

    def commit(self, position: int) -> None:
        """Everything up to `position` is on disk."""
        self.saved = position
        if self._waiting:
            self._wake(position)
        ends = self._ends
        while ends and ends[0] <= position:
            ends.popleft()

    async def until(self, position: int) -> None:
        """Wait until everything up to `position` is on disk."""
        if position > self.saved:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((position, waiter))
            await waiter

    def _wake(self, position: int) -> None:
        for wanted, waiter in self._waiting:
            if wanted <= position and not waiter.done():
                waiter.set_result(None)
        self._waiting = [(wanted, waiter) for wanted, waiter in self._waiting if wanted > position]
