"""Foreign iterators, run in a thread of their own behind a bounded queue, so that whoever reads can always leave."""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
import traceback
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, final

from qtui.errors import InputError
from qtui.sources.formats import BATCH
from qtui.text import clean

AHEAD = 1000
"""How many rows are made before somebody takes them."""
TURN_S = 0.25
"""How often whoever reads gets a turn while nothing comes, and how soon the thread notices that nobody reads."""
LEAVES_S = 1.0
"""How long a generator may take for its clean-up before nobody waits for it any more."""


class _End:
    """Behind the last row."""

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        """Why there are no more, or empty."""


@final
class Pump:
    """Calls a function and takes what it gives; one that never ends is left behind in its daemon thread."""

    def __init__(self, function: Callable[[], object], label: str) -> None:
        self._function = function
        self._label = label
        self._queue: queue.Queue[object] = queue.Queue(AHEAD)
        self._closed = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name=f"rows of {label}", daemon=True)

    def batches(self) -> Iterator[list[Any]]:
        """What it gives as it comes; an empty list now and then while nothing does.

        Raises:
            InputError: when it raises anything.
        """
        self._thread.start()
        while True:
            batch = self._waiting()
            last = batch[-1] if batch else None
            if not isinstance(last, _End):
                yield batch
                continue
            if batch[:-1]:
                yield batch[:-1]
            if last.problem:
                raise InputError(last.problem)
            return

    def close(self) -> None:
        """Have the iterator closed in its own thread, and wait a moment for that."""
        self._closed.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._cancel)
        if self._thread.ident is not None:
            self._thread.join(LEAVES_S)

    def _waiting(self) -> list[object]:
        """Everything that is there, or nothing after a while."""
        batch: list[object] = []
        with suppress(queue.Empty):
            batch.append(self._queue.get(timeout=TURN_S))
            while len(batch) < BATCH and not isinstance(batch[-1], _End):
                batch.append(self._queue.get_nowait())
        return batch

    # -- in its own thread

    def _run(self) -> None:
        problem = ""
        try:
            given = self._function()
            if isinstance(given, AsyncIterable) or inspect.isawaitable(given):
                given = asyncio.run(self._follow(given))
            self._take(given)
        except BaseException as error:  # foreign code may even raise SystemExit
            problem = self._said(error)
        self._put(_End(problem))

    def _take(self, given: object) -> None:
        if not isinstance(given, Iterable) or isinstance(given, str | bytes | dict):
            raise _NoRowsError(type(given).__name__)
        rows = iter(given)
        try:
            for row in rows:
                if not self._put(row):
                    return
        finally:
            if inspect.isgenerator(rows):
                rows.close()

    async def _follow(self, given: Any) -> object:
        """Take everything of an async iterable; gives back what an async function has returned instead of one."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            if inspect.isawaitable(given):
                given = await given
            if not isinstance(given, AsyncIterable):
                return given
            await self._take_async(given)
        except asyncio.CancelledError:
            if not self._closed.is_set():
                raise  # foreign code did it, and not because we go
        return ()

    async def _take_async(self, given: AsyncIterable[object]) -> None:
        rows = aiter(given)
        try:
            async for row in rows:
                # a full queue must not hold up whatever else runs on the loop of a client
                if not (self._put_now(row) or await asyncio.to_thread(self._put, row)):
                    return
        finally:
            if inspect.isasyncgen(rows):
                await rows.aclose()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _put_now(self, row: object) -> bool:
        try:
            self._queue.put_nowait(row)
        except queue.Full:
            return False
        return not self._closed.is_set()

    def _put(self, row: object) -> bool:
        """Wait for room; False when nobody reads any more."""
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._queue.put(row, timeout=TURN_S)
                return True
        return False

    def _said(self, error: BaseException) -> str:
        """One sentence, with the innermost line of code that is not ours."""
        if isinstance(error, _NoRowsError):
            what = clean(error, 60)
            return f"{self._label} gave {what}; it must give an iterable of rows, such as a list or a generator"
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        where = f" ({clean(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
        said = clean(error, 200)
        return f"{self._label} failed: {type(error).__name__}{f': {said}' if said else ''}{where}"


class _NoRowsError(Exception):
    """What the function gave is nothing that rows could come from; says its type."""
