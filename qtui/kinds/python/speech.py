"""What functions print and log while they run on the engine's own loop: kept for each job by itself, the end of it.

In a worker process there is one job at a time, and its engine reads what the process writes.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, TextIO, final

from qtui.text import clean_block

CHARACTERS = 4_000
"""Of the end of what one attempt says."""


@final
class Heard:
    """The last that one attempt has said."""

    __slots__ = ("_length", "_parts")

    def __init__(self) -> None:
        self._parts: deque[str] = deque()
        self._length = 0

    def add(self, said: str) -> None:
        said = said[-CHARACTERS:]
        self._parts.append(said)
        self._length += len(said)
        while len(self._parts) > 1 and self._length - len(self._parts[0]) >= CHARACTERS:
            self._length -= len(self._parts.popleft())

    @property
    def text(self) -> str:
        """From the beginning of a line, if it was cut: half a secret could not be recognised any more."""
        said = "".join(self._parts)
        if len(said) > CHARACTERS - 1:
            said = said[-CHARACTERS:].partition("\n")[2] or said[-CHARACTERS:]
        return clean_block(said).strip("\n")


_speaking: ContextVar[Heard | None] = ContextVar("speaking", default=None)
"""Whose code runs: a task of its own, and the threads that it starts by asyncio, know it."""


class _Overheard(io.TextIOBase):
    """A standard stream that is written to as before, and listened to."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, said: str) -> int:
        if (heard := _speaking.get()) is not None:
            heard.add(str(said))
        return self.stream.write(said)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def flush(self) -> None:
        self.stream.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding


class _Log(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if (heard := _speaking.get()) is not None:
            with contextlib.suppress(Exception):  # a record that cannot be formatted is its author's affair
                heard.add(f"{record.levelname.lower()}: {self.format(record)}\n")


@final
class Speech:
    """Listens while any attempt runs."""

    def __init__(self) -> None:
        self._by_job: dict[int, Heard] = {}
        self._log = _Log()
        self._streams: dict[str, _Overheard] = {}
        """By name, kept from one time to the next."""

    def of(self, seq: int) -> str:
        """What the running attempt of a job has said."""
        heard = self._by_job.get(seq)
        return heard.text if heard is not None else ""

    @contextlib.contextmanager
    def heard(self, seq: int) -> Iterator[Heard]:
        """Everything that is said in here is the job's."""
        if not self._by_job:
            self._listen()
        heard = self._by_job[seq] = Heard()
        token = _speaking.set(heard)
        try:
            yield heard
        finally:
            _speaking.reset(token)
            self._by_job.pop(seq, None)
            if not self._by_job:
                self._leave()

    def _listen(self) -> None:
        for name in ("stdout", "stderr"):
            if (stream := getattr(sys, name)) is not None:
                known = self._streams.get(name)
                if known is None or known.stream is not stream:
                    known = self._streams[name] = _Overheard(stream)
                setattr(sys, name, known)
        logging.getLogger().addHandler(self._log)

    def _leave(self) -> None:
        logging.getLogger().removeHandler(self._log)
        for name, overheard in self._streams.items():
            if getattr(sys, name) is overheard:  # otherwise a job has put another in its place
                setattr(sys, name, overheard.stream)
