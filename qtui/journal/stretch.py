"""Where attempts stand in the order of time: one row for each commit, holding those that ended in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from qtui.core.queries import Span
from qtui.journal.columns import Attempt, Cells, JobState

_decoder = msgspec.msgpack.Decoder(list[Span])
_encode = msgspec.msgpack.encode
_end = attrgetter("end")


def rows(until: float, attempts: Iterable[Attempt]) -> tuple[list[Cells], list[Cells]]:
    """The row of a commit and those of its failures; `until` is the time of its last event."""
    ended: list[tuple[int, int, int, float, float, str | None]] = [
        (attempt.seq, attempt.n, attempt.slot, attempt.t0, attempt.t1, attempt.outcome)
        for attempt in attempts
        if attempt.t1 is not None
    ]
    if not ended:
        return [], []
    failed = sorted((each[:5] for each in ended if each[5] == "failed"), key=lambda each: (each[4], each[0]))
    return [[until, len(ended), _encode(ended)]], list(failed)


def cut_off(db: sqlite3.Connection, states: Sequence[JobState]) -> None:
    """Note attempts that were running when the engine died: they ended with the last thing it is known to have done."""
    if not states:
        return
    (stretch,) = db.execute("SELECT max(until) FROM stretch WHERE id = (SELECT max(id) FROM stretch)").fetchone()
    (sample,) = db.execute("SELECT max(at) FROM sample WHERE rowid = (SELECT max(rowid) FROM sample)").fetchone()
    last = max(stretch or 0.0, sample or 0.0, *(state.started_at for state in states))
    cut = []
    for state in states:
        row = db.execute("SELECT slot FROM attempt WHERE seq = ? AND n = ?", (state.seq, state.attempts)).fetchone()
        if row is not None:
            cut.append(Attempt(state.seq, state.attempts, row[0], state.started_at, last, "interrupted"))
    told, _ = rows(last, cut)
    db.executemany("INSERT INTO stretch (until, number, ends) VALUES (?, ?, ?)", told)


def first_at(db: sqlite3.Connection, table: str, column: str, at: float, key: str = "id") -> int:
    """The lowest number of a row whose `column` is not before `at`; both rise together, so halving finds it."""
    low, high = 1, last_of(db, table, key) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (middle,)).fetchone()
        if row is None or row[0] >= at:
            high = middle
        else:
            low = middle + 1
    return low


def last_of(db: sqlite3.Connection, table: str, key: str = "id") -> int:
    return int(db.execute(f"SELECT max({key}) FROM {table}").fetchone()[0] or 0)


def spans_between(db: sqlite3.Connection, first: int, last: int, *, newest_first: bool = False) -> Iterator[list[Span]]:
    """What stands in the rows with these numbers, a row at a time."""
    order = "DESC" if newest_first else "ASC"
    found = db.execute(f"SELECT ends FROM stretch WHERE id BETWEEN ? AND ? ORDER BY id {order}", (first, last))
    for (ends,) in found:
        yield sorted(_decoder.decode(ends), key=_end, reverse=newest_first)
