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
from qtui.journal.columns import FINAL, GONE_SAID
from qtui.journal.encoding import kept
from qtui.text import clean

WINDOW = 10_000
Content = Callable[[int, int, str, str], tuple[str, int]]
"""From a job's number, producer, key and row as JSON: its key as it would be now, and a checksum of its content."""


class Match(Enum):
    """What a row of the input is to the run."""

    NEW = 0
    SAME = 1
    CHANGED = 2
    """Its key is known, with another content."""


@final
class Known:
    """A key that was given several times matches as many rows: those of the same content first, then the first added.

    Each further job of a key has a place that follows from the key and how many there were: side by side, a thousand
    equal lines would be looked through for every one of them.
    """

    def __init__(self, number: int) -> None:
        size = 8
        while size < 2 * number:
            size *= 2
        self._mask = size - 1
        self._keys = array("Q", bytes(8 * size))
        self._seqs = array("I", bytes(4 * size))
        self._contents = array("I", bytes(4 * size))
        self._taken = bytearray(size)
        self._more: dict[int, int] = {}
        """Further jobs of a key, where there are any."""
        self._used: dict[int, int] = {}
        """How many of the first jobs of a key, where it has several, are taken without a gap."""
        self._replaced: dict[int, int] = {}
        """Final jobs whose key a job added before them has with another content: where that one is."""
        self._number = 0
        self.last = 0
        """The number of the job that `take` has matched."""

    def __len__(self) -> int:
        return self._number

    def add(self, key: str, seq: int, content: int, *, final: bool = False) -> None:
        """Get to know a job; there is room for as many as were announced."""
        hashed = _hash(key)
        place = self._find(hashed)
        if self._keys[place]:
            if final and self._contents[place] != content:
                self._replaced[seq] = place
            self._more[hashed] = number = self._more.get(hashed, 0) + 1
            hashed = _further(hashed, number)
            place = self._find(hashed)
        self._keys[place], self._seqs[place], self._contents[place] = hashed, seq, content
        self._number += 1

    def take(self, key: str, content: int) -> Match:
        """Match a row of the input; no job matches twice."""
        hashed = _hash(key)
        first = self._find(hashed)
        if not self._keys[first]:
            return Match.NEW
        if hashed in self._more:
            first = self._choose(hashed, first, content)
        if first < 0 or self._taken[first]:
            return Match.NEW
        self._taken[first] = 1
        self.last = self._seqs[first]
        return Match.SAME if self._contents[first] == content else Match.CHANGED

    def _find(self, hashed: int) -> int:
        """The place that has `hashed`, or the empty one where it would be."""
        keys, place = self._keys, hashed & self._mask
        while (found := keys[place]) and found != hashed:
            place = (place + 1) & self._mask
        return place

    def _choose(self, hashed: int, first: int, content: int) -> int:
        """Of a key with several jobs the place of the one to take, or -1."""
        used, other = self._used.get(hashed, 0), -1
        for number in range(used, self._more[hashed] + 1):
            place = self._find(_further(hashed, number)) if number else first
            if self._taken[place]:
                if number == used:
                    self._used[hashed] = used = number + 1
            elif self._contents[place] == content:
                return place
            elif other < 0:
                other = place
        return other

    def rest(self) -> Iterator[int]:
        """The numbers of the jobs that no row has matched, but for those that were run again as something else."""
        for place, key in enumerate(self._keys):
            if key and not self._taken[place]:
                seq = self._seqs[place]
                by = self._replaced.get(seq)
                if by is None or not self._taken[by]:
                    yield seq

    def restart(self) -> None:
        """Every job may be matched again."""
        self._taken = bytearray(len(self._taken))
        self._used = {}


def _further(hashed: int, number: int) -> int:
    """Stands for the `number`th further job of a key."""
    return _hash(f"{hashed} {number}")


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
                    "SELECT seq, state, producer, key, name, row FROM job"
                    " WHERE seq < ? AND NOT (state = 'cancelled' AND error = ?) ORDER BY seq DESC LIMIT ?",
                    (last, GONE_SAID, WINDOW),
                ).fetchall()
                for seq, state, producer, key, name, row in rows:
                    now, checksum = content(seq, int(producer), name if key is None else kept(key), row)
                    known.add(now, seq, checksum, final=state in FINAL)
                if len(rows) < WINDOW:
                    return known
                last = rows[-1][0]
        except sqlite3.DatabaseError as error:
            raise JournalUnreadable(
                f"{clean(path)} cannot be read: {clean(schema.reason(error))}; it is left as it is"
            ) from error
