"""The flight recorder: which attempts are in the air, in a file mapped into memory, which outlives the process.

A job leaves it only when its outcome is durable, so after a crash it names exactly those that run again. It is a help
for people and for finding jobs that crash the engine; what is true stands in the journal.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import final

import msgspec

from qtui.core.job import Job
from qtui.core.past import mark
from qtui.text import clean

FILE = "flight"
_ENTRY = struct.Struct("<Q8sB111s")
"""The job's number (0: empty), the mark of its key, the length of its name in bytes, and the name."""
_NAME = 111
_EMPTY = bytes(_ENTRY.size)
CHUNK = 64
"""Entries that are added at a time, or as many as there are: each growth maps the whole file anew."""


class InFlight(msgspec.Struct, frozen=True):
    """A job whose attempt was running, or had ended without being durable, when the engine died."""

    seq: int
    mark: str
    """`mark` of its key."""
    name: str


@final
class Flight:
    """Belongs to the engine's loop. Without space on the disk it records nothing, and nothing else is harmed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._file = -1
        with suppress(OSError):
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._map: mmap.mmap | None = None
        self._entries = 0
        self._free: list[int] = []
        self._flying: dict[int, int] = {}
        """Job number → entry."""
        self._landing: deque[tuple[int, int]] = deque()
        """Positions of ends that are not durable yet, with their entries."""

    def begin(self, job: Job) -> None:
        """An attempt of `job` starts."""
        if not self._free and not self._grow():
            return
        assert self._map is not None, "it grew"
        entry = self._flying[job.seq] = self._free.pop()
        name = job.name.encode(errors="replace")[:_NAME]
        _ENTRY.pack_into(self._map, entry * _ENTRY.size, job.seq, bytes.fromhex(mark(job.key)), len(name), name)

    def end(self, seq: int, position: int) -> None:
        """Its attempt has ended; the event that says so stands at `position`."""
        if (entry := self._flying.pop(seq, None)) is not None:
            self._landing.append((position, entry))

    def saved(self, position: int) -> None:
        """Everything up to `position` is durable."""
        landing = self._landing
        while landing and landing[0][0] <= position:
            entry = landing.popleft()[1]
            assert self._map is not None, "there is an entry"
            self._map[entry * _ENTRY.size : (entry + 1) * _ENTRY.size] = _EMPTY
            self._free.append(entry)

    def close(self, *, orderly: bool) -> None:
        """Let go; after an orderly end nothing is in the air."""
        if orderly:
            self._path.unlink(missing_ok=True)
        if self._map is not None:
            self._map.close()
            self._map = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _grow(self) -> bool:
        before, more = self._entries * _ENTRY.size, max(CHUNK, self._entries)
        try:
            # Space is taken before it is mapped: a write into a hole of a full disk would kill the process.
            os.posix_fallocate(self._file, before, more * _ENTRY.size)
            larger = mmap.mmap(self._file, before + more * _ENTRY.size)
        except (OSError, ValueError):
            return False
        if self._map is not None:
            self._map.close()
        self._map = larger
        self._free.extend(range(self._entries + more - 1, self._entries - 1, -1))
        self._entries += more
        return True


def read(folder: Path) -> list[InFlight]:
    """What was in the air when the last engine of the run died, by job number; nothing after an orderly end."""
    content = b""
    with suppress(OSError):
        content = (folder / FILE).read_bytes()
    usable = len(content) - len(content) % _ENTRY.size
    found = [
        InFlight(seq, digest.hex(), clean(name[:length].decode(errors="replace")))
        for seq, digest, length, name in _ENTRY.iter_unpack(content[:usable])
        if seq
    ]
    return sorted(found, key=lambda flying: flying.seq)
