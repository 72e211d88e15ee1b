"""A growing file: its lines, and those that are appended while the run lasts, through truncation and rotation.

Every row says in `at` where it ended: the file's number, the position, and a checksum of the bytes before it. A run
that goes on begins behind its last row, in the file that had it, wherever that was moved to in the same folder.
"""

from __future__ import annotations

import logging
import os
import stat
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import ClassVar, Literal

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.core.tables import SourceTable, Text
from qtui.core.units import Duration
from qtui.errors import InputError
from qtui.sources import formats
from qtui.sources.base import what
from qtui.sources.stream import BLOCK
from qtui.sources.text import BLANK, MAX_LINE, decoded
from qtui.text import clean

POLL_S = 0.2
SEEN = 1024
"""Bytes before the end of a line that its checksum covers, at the most."""
_log = logging.getLogger(__name__)


class TailSource(SourceTable, frozen=True, kw_only=True):
    """[[source]] kind = "tail": rows {line, at}, or the fields of JSON objects and {at}."""

    relative: ClassVar[tuple[str, ...]] = ("path",)

    kind: str = "tail"
    path: Text
    """The file to follow; it may not exist yet."""
    start: Literal["start", "end"] = msgspec.field(default="start", name="from")
    """Begin with what the file holds already, or with what is appended."""
    format: Literal["lines", "jsonl"] = "lines"
    """What a line is: text, or a JSON object."""
    idle: Duration | None = None
    """End after so long without a new line; without it the source ends only with the run."""
    wait: bool = True
    """Wait for a file that does not exist yet; false refuses it."""

    def _cursor(self) -> str:
        """`at` of the row to begin behind, or empty."""
        return ""

    @property
    def title(self) -> str:
        return f"what is appended to {self.label}"

    @property
    def label(self) -> str:
        """The file's name."""
        return clean(os.path.basename(self.path), 60)

    @property
    def blocking(self) -> bool:
        return True

    @property
    def repeatable(self) -> bool:
        return False  # it has no end

    @property
    def place(self) -> str:
        return "at"

    def capabilities(self) -> Capabilities:
        return Capabilities(reads=(self.path,))

    def bind(self, run_fields: Mapping[str, Value]) -> TailSource:
        """The same source: paths are taken as they are."""
        return self

    def after(self, last: Mapping[str, Value]) -> TailSource:
        """The source that begins behind a row it gave in an earlier life of the run."""
        told = {field.name: getattr(self, field.name) for field in msgspec.structs.fields(TailSource)}
        return _TailBehind(**told, behind=str(last.get("at", "")))

    def check(self) -> str:
        if self.path == "-" or self.path.endswith(".gz"):
            return 'tail follows a file that grows; kind = "lines" reads standard input and packed files'
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            folder = os.path.dirname(self.path) or "."
            if not os.path.isdir(folder):
                return f"the folder {clean(folder)} does not exist"
            return "" if self.wait else f"{clean(self.path)} does not exist"
        except (OSError, ValueError) as error:
            return f"{clean(self.path)} cannot be read: {clean(error)}"
        if not stat.S_ISREG(mode):
            return f'{clean(self.path)} is not a file that grows; kind = "lines" reads pipes'
        return "" if os.access(self.path, os.R_OK) else f"{clean(self.path)} may not be read by this user"

    def fingerprint(self) -> str:
        return what(msgspec.structs.replace(self, idle=None, wait=True))  # a grown file is the same one

    def columns(self) -> Sequence[str] | None:
        return ("line", "at") if self.format == "lines" else None

    def total(self) -> int | None:
        return None

    def count(self, stop: Callable[[], bool]) -> int | None:
        return None

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        """`skip` counts from the start of the file; behind a row of an earlier life it means nothing."""
        quiet = 0.0
        left = 0 if self._cursor() else skip
        follower = _Follower(self)
        try:
            while self.idle is None or quiet < self.idle:
                found = follower.read()
                rows, left = found[left:], max(0, left - len(found))
                if rows:
                    quiet = 0.0
                    yield from formats.in_batches(rows)
                elif follower.idle:
                    yield []
                    time.sleep(POLL_S)  # no portable way to be told that a file has grown
                    quiet += POLL_S
            yield from formats.in_batches(follower.rest())
        finally:
            follower.close()


class _TailBehind(TailSource, frozen=True, kw_only=True):
    """A file that an earlier life of the run has read a part of; made by `after`, never by a preset."""

    behind: str

    def _cursor(self) -> str:
        return self.behind


class _Follower:
    """The file that is read, and the line that is not complete yet."""

    def __init__(self, source: TailSource) -> None:
        self._source = source
        self._fd = -1
        self._position = 0
        """Where the incomplete line begins."""
        self._carry = b""
        self._lost = 0
        """Bytes of an overlong line that are not kept."""
        self._moved = False
        """Another file has taken the name of this one, which is read once more to its end."""
        self.idle = False
        self._begin()

    def _begin(self) -> None:
        cursor = self._source._cursor().split(":")
        if len(cursor) == 4 and all(cursor):
            folder = os.path.dirname(self._source.path) or "."
            name = os.path.basename(self._source.path)
            with suppress(OSError):
                names = sorted(entry for entry in os.listdir(folder) if entry.startswith(name))
                if any(self._open_behind(os.path.join(folder, entry), cursor) for entry in names):
                    return
            _log.info("%s: the file that was read before is gone; reading what is there", self._source.label)
        elif self._source.start == "end" and self._open():
            self._position = os.lseek(self._fd, 0, os.SEEK_END)

    def _open_behind(self, path: str, cursor: list[str]) -> bool:
        """Open the file if it is the one the cursor stands in, still with the same bytes before it."""
        inode, end, size, checksum = (*map(int, cursor[:3]), cursor[3])
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        told = os.pread(fd, size + 1, end - size - 1) if end > size else b""
        if os.fstat(fd).st_ino != inode or f"{zlib.crc32(told[:-1]):08x}" != checksum:
            os.close(fd)
            return False
        self._fd, self._position = fd, os.lseek(fd, end, os.SEEK_SET)
        return True

    def _open(self) -> bool:
        try:
            self._fd = os.open(self._source.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise InputError(f"{self._source.label} cannot be read: {clean(error.strerror)}") from error
        self._position, self._carry, self._lost, self._moved = 0, b"", 0, False
        return True

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self) -> list[Row]:
        """The rows of the next block; `idle` tells whether there is none for now. Raises InputError."""
        self.idle = False
        if self._fd < 0 and not self._open():
            self.idle = True
            return []
        try:
            block = os.read(self._fd, BLOCK)
        except OSError as error:
            raise InputError(f"{self._source.label} cannot be read any further: {clean(error.strerror)}") from error
        return self._rows(block) if block else self._at_end()

    def _at_end(self) -> list[Row]:
        self.idle = True
        here = os.fstat(self._fd)
        if here.st_size < self._position + len(self._carry) + self._lost:
            _log.info("%s was truncated; reading it from its start", self._source.label)
            os.lseek(self._fd, 0, os.SEEK_SET)
            self._position, self._carry, self._lost = 0, b"", 0
            return []
        try:
            there = os.stat(self._source.path)
        except OSError:
            return []  # moved away, and its successor is not there yet
        if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
            return []
        if not self._moved:
            self._moved = True  # whoever writes may not have noticed yet
            return []
        _log.info("%s was replaced; going on with the new file", self._source.label)
        rows = self.rest()
        self.close()
        return rows

    def rest(self) -> list[Row]:
        """The line at the end of the file that nobody will complete."""
        if not self._carry:
            return []
        self._carry, line = b"", self._carry
        return self._split(line)

    def _rows(self, block: bytes) -> list[Row]:
        end = block.rfind(b"\n")
        if end < 0:
            if len(self._carry) <= MAX_LINE:
                self._carry += block
            else:
                self._lost += len(block)
            return []
        piece, self._carry = self._carry + block[:end], block[end + 1 :]
        return self._split(piece)

    def _split(self, piece: bytes) -> list[Row]:
        inode = os.fstat(self._fd).st_ino
        texts, problems = decoded(piece, 0)
        rows = []
        for number, (raw, text) in enumerate(zip(piece.split(b"\n"), texts, strict=True)):
            begin, end = self._position, self._position + len(raw) + self._lost + 1
            seen = b"" if self._lost else raw[-SEEN:]
            self._position, self._lost = end, 0
            if text.strip(BLANK):
                at = f"{inode}:{end}:{len(seen)}:{zlib.crc32(seen):08x}"
                rows.append(self._row(text, at, problems.get(number, ""), begin))
        return rows

    def _row(self, text: str, at: str, problem: str, begin: int) -> Row:
        fields: dict[str, Value] = {"line": text}
        if problem:
            fields = {"line": clean(text, 200)}
        elif self._source.format == "jsonl":
            fields, problem = formats.parsed(text)
        return Row({**fields, "at": at}, f"{self._source.label} at byte {begin}: {problem}" if problem else "")
