"""The frontier of a crawl: rows that jobs found wait in the journal, and only a page of them is ever in memory.

It decides the end: nothing is unread, and no job of its producer is open that could still find something. A job stays
open until its end is durable, and what it found is durable with its end: between the two nothing can be missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Protocol

from qtui.core.job import Found, Value
from qtui.core.seams import Adopting, Kept, Row

PAGE = 200
"""Rows read from the journal at a time."""


class Shelf(Protocol):
    """The part of the journal that keeps what was found."""

    def found_count(self, producer: int) -> int: ...

    def found(self, producer: int, after: int, limit: int, skip: int = 0) -> Awaitable[list[Kept]]: ...


class Reports(Protocol):
    """What a frontier asks about its producer's jobs, and tells."""

    def finds(self, producer: int) -> bool:
        """Whether a job of the producer is open."""
        ...

    def source_ended(self, index: int, problem: str) -> None: ...

    def frontier_grew(self, index: int, found: int, rows: int) -> None: ...

    def reopen(self, index: int) -> None:
        """Let the producer go on, although it had ended."""
        ...


class Frontier:
    """`batches` gives what was found and ends with the crawl; `committed` is told whenever more has become durable."""

    def __init__(self, index: int, source: Adopting, shelf: Shelf, reports: Reports, skip: int) -> None:
        """`skip` rows, the source's own ones included, were accepted in earlier lives and are not to be given again."""
        self._index = index
        self._source = source
        self._shelf = shelf
        self._reports = reports
        self._skip = self._read = max(0, skip - source.own)
        """Rows found that were taken from the journal, those of earlier lives included."""
        self._after = 0
        self._told = -1
        self._idle: asyncio.Future[None] | None = None
        self._over = self._broken = False

    def adopt(self, parent: Mapping[str, Value], found: Sequence[Mapping[str, Value]]) -> tuple[Found, ...]:
        """What of all that a job came across is for this source, each once."""
        adopted: dict[str, Found] = {}
        for row in found:
            if (one := self._source.adopt(parent, row)) is not None:
                adopted.setdefault(one.key, one)
        return tuple(adopted.values())

    def committed(self) -> None:
        """More is durable: go on, or see that this is the end."""
        self._tell()
        idle = self._idle
        if self._over:
            if self._unread and not self._broken:
                self._over = False
                self._reports.reopen(self._index)
        elif idle is not None and not idle.done():
            if self._unread:
                idle.set_result(None)
            elif not self._reports.finds(self._index):
                self._over = True
                idle.set_result(None)
                # At once, not when the producer's task runs: whether all is read decides how a drain ends.
                self._reports.source_ended(self._index, "")

    def ends(self, problem: str) -> bool:
        """The producer's task is at its end; True when nobody has told that yet."""
        told, self._over = self._over, True
        self._broken = bool(problem)
        return not told

    async def batches(self) -> AsyncIterator[list[Row]]:
        """What was found, page by page, until nothing more can be."""
        self._tell()
        while True:
            while self._unread:
                yield await self._page()
            if not self._reports.finds(self._index):
                return
            self._idle = asyncio.get_running_loop().create_future()
            try:
                await self._idle
            finally:
                self._idle = None
            if self._over:
                return

    @property
    def _unread(self) -> int:
        found = self._shelf.found_count(self._index)
        if self._source.most is not None:
            found = min(found, self._source.most - self._source.own)
        return max(0, found - self._read)

    async def _page(self) -> list[Row]:
        kept = await self._shelf.found(self._index, self._after, min(PAGE, self._unread), self._skip)
        self._after, self._skip = kept[-1].id, 0
        self._read += len(kept)
        return self._source.restore([one.row for one in kept])

    def _tell(self) -> None:
        found = self._shelf.found_count(self._index)
        if found != self._told:
            self._told = found
            self._reports.frontier_grew(self._index, found, self._source.own + self._read + self._unread)
