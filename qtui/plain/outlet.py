"""Output that may stand still: a pager that waits for a key must hold up neither signals nor the link."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import final

LIMIT = 32 * 1024 * 1024
"""Bytes that wait for a slow reader before more are refused."""


@final
class Outlet:
    """Writes to a file descriptor from a thread of its own, in order, and never keeps more than a bound.

    It writes below Python's own buffers, so that a program can end while a write stands still.
    """

    def __init__(self, fd: int, on_end: Callable[[OSError | None], None], limit: int = LIMIT) -> None:
        """`on_end` is called once from the thread: with the error that ended it, or None after `finish`."""
        self._fd = fd
        self._on_end = on_end
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._held = 0
        self._finishing = False
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="outlet", daemon=True).start()

    def put(self, chunk: bytes, *, last: bool = False) -> bool:
        """Take a chunk; False, and it is not taken, while the reader is too far behind. `last` is always taken."""
        with self._changed:
            if self._ended or (self._held >= self._limit and not last):
                return False
            self._waiting.append(chunk)
            self._held += len(chunk)
            self._changed.notify()
            return True

    def finish(self) -> None:
        """Nothing more will come; `on_end` tells when all of it is written."""
        with self._changed:
            self._finishing = True
            self._changed.notify()

    def _run(self) -> None:
        error = None
        try:
            while (chunk := self._next()) is not None:
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
        except OSError as failed:
            error = failed
        with self._changed:
            self._ended = True
            self._waiting.clear()
        self._on_end(error)

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._waiting and not self._finishing:
                self._changed.wait()
            if not self._waiting:
                return None
            chunk = self._waiting.popleft()
            self._held -= len(chunk)
            return chunk
