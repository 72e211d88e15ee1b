"""Questions answered in a thread of their own, which comes with the first one and goes when nobody asks.

It is never the default executor: a hung name server would keep every question waiting there.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias, TypeVar, final

from qtui.errors import QtuiError
from qtui.journal.schema import open_readonly

IDLE_S = 5.0
"""How long the thread and its connection stay without a question."""

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection | QtuiError], None]


@final
class Asker:
    """Runs questions one after the other on a connection that only looks. Used from the loop's thread."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._work: deque[Work] = deque()
        self._changed = threading.Condition()
        """Guards everything below."""
        self._alive = False
        self._db: sqlite3.Connection | None = None
        self._gone: asyncio.Future[None] | None = None
        """Somebody waits for the thread to let go of the file."""

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer to `question`, which runs in the thread.

        Raises:
            JournalUnreadable: when the journal cannot be opened.
            sqlite3.Error: what the question met.
        """
        future: asyncio.Future[T] = self._loop.create_future()

        def work(db: sqlite3.Connection | QtuiError) -> None:
            if future.cancelled():
                return
            try:
                if isinstance(db, QtuiError):
                    raise db
                answer = question(db)
            except Exception as error:  # whatever it is, it belongs to the one who asked
                self._later(_refuse, future, error)
            else:
                self._later(_give, future, answer)

        with self._changed:
            self._work.append(work)
            if not self._alive:
                self._alive = True
                threading.Thread(target=self._live, name="qtui-journal-reader", daemon=True).start()
            self._changed.notify()
        return await future

    async def leave(self) -> None:
        """Let go of the file; a question that is running is broken off. A later one opens the file again."""
        with self._changed:
            if not self._alive:
                return
            gone = self._gone = self._loop.create_future()
            if self._db is not None:
                self._db.interrupt()
            self._changed.notify()
        await gone

    def _live(self) -> None:
        opened: sqlite3.Connection | QtuiError
        try:
            opened = open_readonly(self._path)
        except QtuiError as error:
            opened = error
        else:
            with self._changed:
                self._db = opened
        while work := self._next():
            work(opened)
        if isinstance(opened, sqlite3.Connection):
            opened.close()
        with self._changed:
            gone, self._gone = self._gone, None
        if gone:
            self._later(_give, gone, None)

    def _next(self) -> Work | None:
        """The next question, or None when the thread is to go; from then on a question starts another."""
        with self._changed:
            while not self._work:
                if self._gone or not self._changed.wait(IDLE_S):
                    if self._work:
                        break
                    self._alive = False
                    self._db = None
                    return None
            return self._work.popleft()

    def _later(self, act: Callable[..., None], future: asyncio.Future[T], what: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(act, future, what)


def _give(future: asyncio.Future[T], answer: T) -> None:
    if not future.done():
        future.set_result(answer)


def _refuse(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
