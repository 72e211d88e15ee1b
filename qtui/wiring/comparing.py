"""An input that may have changed, compared with what its run knows: by key, never by position."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, compress
from pathlib import Path
from typing import cast

import msgspec

from qtui.core.job import Found, Job, Value
from qtui.core.naming import Naming
from qtui.core.seams import Adopting, Row, Source
from qtui.journal.encoding import fields
from qtui.journal.known import Known, Match, read_known


class Comparison(msgspec.Struct, frozen=True):
    """What a look through the whole input has found."""

    new: int
    matched: list[int]
    """Rows of each source that are known."""
    gone: frozenset[int]
    """Numbers of jobs that no row matches."""
    changed: frozenset[int]
    """Numbers of jobs whose key is known with another content."""
    inserted: int
    """New rows that stand before known ones: more than was appended."""


def known_jobs(
    folder: Path,
    number: int,
    namings: Sequence[Naming],
    move: Callable[[str], str],
    *,
    rename: bool,
    outdated: int,
) -> Known:
    """The jobs of a run by their keys; `rename` computes the keys anew, for a preset whose `job.key` has changed.

    Up to the number `outdated` no job's content is taken for the same: another template was executed then.
    Raises JournalUnreadable.
    """

    def content(seq: int, producer: int, key: str, row: str) -> tuple[str, int]:
        told = fields(move(row))
        naming = namings[min(producer, len(namings) - 1)]  # the last one where the preset has fewer sources now
        checksum = naming.content(told)
        return naming.key(Row(told)) if rename else move(key), checksum ^ (seq <= outdated)

    return read_known(folder, number, content)


def compare(
    sources: Sequence[Source],
    namings: Sequence[Naming],
    known: Known,
    found: Callable[[int], Iterator[list[Row]]],
    progress: Callable[[str], None],
) -> Comparison:
    """Look through all sources; blocks for as long as reading them takes. Raises InputError, JournalUnreadable.

    Sources that cannot be read twice must not be among them. `found` gives the rows that jobs of a source have found.
    """
    matched = [0] * len(sources)
    changed: set[int] = set()
    new = inserted = 0
    for index, (source, naming) in enumerate(zip(sources, namings, strict=True)):
        pending = seen = 0
        for batch in chain(source.batches(), found(index)):
            for row in batch:
                match known.take(naming.key(row), naming.content(row.fields)):
                    case Match.NEW:
                        pending += 1
                        continue
                    case Match.CHANGED:
                        changed.add(known.last)
                matched[index] += 1
                inserted, new, pending = inserted + pending, new + pending, 0
            seen += len(batch)
            progress(f"comparing {source.title} with what was done: {seen:,} rows")
        new += pending
    return Comparison(new, matched, frozenset(known.rest()), frozenset(changed), inserted)


class Unknown:
    """A source without the rows that a run knows already; always read in a thread, because most of it may be left out.

    `rerun` lets rows through whose key is known with another content, but for those of the jobs `kept`.
    """

    blocking = True
    repeatable = False

    def __init__(
        self,
        source: Source,
        naming: Naming,
        known: Known,
        lock: threading.Lock,
        *,
        rerun: bool,
        kept: frozenset[int] = frozenset(),
    ) -> None:
        self._source = source
        self._naming = naming
        self._known = known
        self._lock = lock
        self._rerun = rerun
        self._kept = kept

    @property
    def title(self) -> str:
        return self._source.title

    @property
    def place(self) -> str | tuple[str, ...]:
        return self._source.place

    def check(self) -> str:
        return self._source.check()

    def fingerprint(self) -> str:
        return self._source.fingerprint()

    def columns(self) -> Sequence[str] | None:
        return self._source.columns()

    def total(self) -> int | None:
        return self._source.total()

    def count(self, stop: Callable[[], bool]) -> int | None:
        return self._source.count(stop)

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        for batch in self._source.batches(skip):
            yield self._sift(batch)  # an empty one too: it is the moment to leave

    def _sift(self, batch: list[Row]) -> list[Row]:
        """Those of the rows that are unknown."""
        keys = [(self._naming.key(row), self._naming.content(row.fields)) for row in batch]
        with self._lock:  # several sources share what is known, each in its thread
            wanted = [self._wants(key, content) for key, content in keys]
        return list(compress(batch, wanted))

    def _wants(self, key: str, content: int) -> bool:
        match = self._known.take(key, content)
        if match is Match.CHANGED:
            return self._rerun and self._known.last not in self._kept
        return match is Match.NEW


class UnknownFound(Unknown):
    """The same for a source that adopts rows: those found in earlier lives are left out as its own are."""

    @property
    def _adopting(self) -> Adopting:
        return cast(Adopting, self._source)

    @property
    def own(self) -> int:
        return self._adopting.own

    @property
    def most(self) -> int | None:
        return self._adopting.most

    def adopt(self, parent: Mapping[str, Value], found: Mapping[str, Value]) -> Found | None:
        return self._adopting.adopt(parent, found)

    def restore(self, found: Sequence[dict[str, Value]]) -> list[Row]:
        return self._sift(self._adopting.restore(found))


def moved(job: Job, move: Callable[[str], str]) -> Job:
    """A job of an earlier life whose addresses have moved with the embedded site."""
    row = {name: _moved(value, move) for name, value in job.row.items()}
    return msgspec.structs.replace(job, key=move(job.key), name=move(job.name), row=row)


def _moved(value: Value, move: Callable[[str], str]) -> Value:
    if isinstance(value, str):
        return move(value)
    if isinstance(value, Mapping):
        return {name: _moved(inner, move) for name, inner in value.items()}
    return [_moved(inner, move) for inner in value] if isinstance(value, list) else value
