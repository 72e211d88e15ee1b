"""The jobs a run knows, found by what they are: for comparing an input that has changed with what was done.

A table of our own, 17 bytes a place and half of them free: 34 MB for a million jobs, a quarter of a dict.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from typing import final

from qtui.errors import JournalUnreadable
from qtui.journal import schema
from qtui.journal.columns import GONE_SAID
from qtui.journal.encoding import kept
from qtui.text import clean

WINDOW = 10_000
Content = Callable[[str, str], tuple[str, int]]
"""From a job's key and its row as JSON: its key as it would be now, and a checksum of its content."""


class Match(Enum):
    """What a row of the input is to the run."""

    NEW = 0
    SAME = 1
    CHANGED = 2
    """Its key is known, with another content."""


@final
class Known:
    """A key that was given several times matches as many rows; those that were added first are matched first."""

    def __init__(self, number: int) -> None:
        size = 8
        while size < 2 * number:
            size *= 2
        self._mask = size - 1
        self._keys = array("Q", bytes(8 * size))
        self._seqs = array("I", bytes(4 * size))
        self._contents = array("I", bytes(4 * size))
        self._taken = bytearray(size)
        self._number = 0
        self.last = 0
        """The number of the job that `take` has matched."""

    def __len__(self) -> int:
        return self._number

    def add(self, key: str, seq: int, content: int) -> None:
        """Get to know a job; there is room for as many as were announced."""
        hashed = _hash(key)
        place = hashed & self._mask
        keys = self._keys
        while keys[place]:
            place = (place + 1) & self._mask
        keys[place], self._seqs[place], self._contents[place] = hashed, seq, content
        self._number += 1

    def take(self, key: str, content: int) -> Match:
        """Match a row of the input; no job matches twice."""
        hashed = _hash(key)
        place = hashed & self._mask
        keys = self._keys
        while found := keys[place]:
            if found == hashed and not self._taken[place]:
                self._taken[place] = 1
                self.last = self._seqs[place]
                return Match.SAME if self._contents[place] == content else Match.CHANGED
            place = (place + 1) & self._mask
        return Match.NEW

    def rest(self) -> Iterator[int]:
        """The numbers of the jobs that no row has matched."""
        for place, key in enumerate(self._keys):
            if key and not self._taken[place]:
                yield self._seqs[place]

    def restart(self) -> None:
        """Every job may be matched again."""
        self._taken = bytearray(len(self._taken))


def _hash(key: str) -> int:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1  # 0 is an empty place


def read_known(folder: Path, number: int, content: Content) -> Known:
    """All jobs of a run's journal, but for those that are cancelled because their row was gone: it may come back.

    Raises JournalUnreadable.
    """
    known = Known(number)
    path = folder / schema.FILE
    with closing(schema.open_readonly(path)) as db:
        try:
            last = 1 << 62
            # The newest first: what was run again because it had changed stands for its key, not what it was before.
            while True:
                rows = db.execute(
                    "SELECT seq, key, name, row FROM job WHERE seq < ? AND NOT (state = 'cancelled' AND error = ?)"
                    " ORDER BY seq DESC LIMIT ?",
                    (last, GONE_SAID, WINDOW),
                ).fetchall()
                for seq, key, name, row in rows:
                    now, checksum = content(name if key is None else kept(key), row)
                    known.add(now, seq, checksum)
                if len(rows) < WINDOW:
                    return known
                last = rows[-1][0]
        except sqlite3.DatabaseError as error:
            raise JournalUnreadable(
                f"{clean(path)} cannot be read: {clean(schema.reason(error))}; it is left as it is"
            ) from error
