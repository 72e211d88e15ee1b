"""A journal read from outside: by `qtui results`, `qtui ls` and replays, also while its engine writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, final

import msgspec

from qtui.core.job import Job, Value
from qtui.core.queries import Answer, Query
from qtui.errors import JournalUnreadable
from qtui.journal import queries
from qtui.journal.encoding import decode, encode, kept, result_line
from qtui.journal.schema import FILE, UNREADABLE, open_readonly, reason
from qtui.text import clean

WINDOW = 500
"""Rows read at a time: between two windows the writer may fold its log in."""


class Summary(msgspec.Struct, frozen=True):
    """A run in a few numbers, as its journal says."""

    run_id: str
    name: str
    preset: str
    started_at: float
    """Wall clock."""
    ended_at: float
    """Wall clock of the engine's orderly end, 0 when it has none."""
    how: str
    """finished, stopped or crashed as the engine said; empty while it lives, or when it died unasked."""
    accepted: int
    done: int
    failed: int
    held: int
    cancelled: int
    total: int | None
    """Jobs the sources give, or None while that is unknown."""
    results: str
    """Where results are written, or empty."""


@final
class Reader:
    """One connection that only looks; belongs to the thread that opened it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._db = open_readonly(self._path)

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def query(self, query: Query) -> Answer:
        """Answer a face's question. Raises JournalUnreadable when a page is damaged."""
        try:
            return queries.answer(self._db, query, time.time())
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def summary(self) -> Summary:
        """The run in a few numbers; does not look at the jobs. Raises JournalUnreadable."""
        try:
            meta = dict(self._db.execute("SELECT k, v FROM meta"))
            ended, how = self._db.execute("SELECT ended, how FROM epoch ORDER BY id DESC LIMIT 1").fetchone() or (0, "")
            known, total = self._db.execute("SELECT count(*) = count(total), sum(total) FROM producer").fetchone()
            return Summary(
                run_id=clean(meta["run_id"]),
                name=clean(meta["name"]),
                preset=clean(meta["preset"], 4096),
                results=clean(meta["results"], 4096),
                accepted=int(meta.get("accepted", 0)),
                done=int(meta.get("done", 0)),
                failed=int(meta.get("failed", 0)),
                held=int(meta.get("held", 0)),
                cancelled=int(meta.get("cancelled", 0)),
                started_at=float(meta["started_at"]),
                ended_at=float(ended or 0),
                how=how or "",
                total=total if known else None,
            )
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def results(self, order: str = "completion", *, failed: bool = False) -> Iterator[dict[str, Value]]:
        """What the done jobs gave, shaped like the lines of the results file; in the order of completion or submission.

        With `failed`, the failed jobs instead: key, name, attempts, error and the code of their last attempt.
        Only a window is ever in memory. Raises JournalUnreadable.
        """
        try:
            yield from self._failed(order) if failed else self._done(order)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def _done(self, order: str) -> Iterator[dict[str, Value]]:
        for seq, key, name, text in self._windows("done", order, "key, name, value"):
            value = None if text is None else decode(text)
            job = Job(seq, name if key is None else kept(key), name, {})
            yield decode(result_line(job, value, encode(value)).decode())  # type: ignore[misc]  # a line is a dict

    def _failed(self, order: str) -> Iterator[dict[str, Value]]:
        columns = "key, name, attempts, error, (SELECT code FROM attempt a WHERE a.seq = job.seq AND n = job.attempts)"
        for _, key, name, attempts, error, code in self._windows("failed", order, columns):
            yield {
                "key": name if key is None else kept(key),
                "name": name,
                "attempts": attempts,
                "code": code,
                "error": error,
            }

    def _windows(self, state: str, order: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Jobs in `state`, window by window, so that no long transaction keeps the writer's log from shrinking."""
        db = self._db
        if order == "submission":
            at, source = "seq", "job"
        else:
            # Sorted once into a file of our own; sorting anew for every window would be quadratic.
            db.execute("DROP TABLE IF EXISTS temp.ordered")
            db.execute(
                "CREATE TEMP TABLE ordered AS SELECT seq AS of FROM job WHERE state = ? ORDER BY ended_at, seq",
                (state,),
            )
            at, source = "ordered.rowid", "temp.ordered CROSS JOIN job ON job.seq = ordered.of"
        last = 0
        while True:
            rows = db.execute(
                f"SELECT {at}, seq, {columns} FROM {source} LEFT JOIN result USING (seq)"
                f" WHERE {at} > ? AND state = ? ORDER BY {at} LIMIT ?",
                (last, state, WINDOW),
            ).fetchall()
            for row in rows:
                yield row[1:]
            if len(rows) < WINDOW:
                return
            last = rows[-1][0]

    def _unreadable(self, error: Exception) -> JournalUnreadable:
        return JournalUnreadable(f"{clean(self._path)} cannot be read: {clean(reason(error))}; it is left as it is")


def open_reader(folder: Path) -> Reader:
    """The journal in a run's folder, to be looked at.

    Raises:
        JournalUnreadable: when there is none, or it is not ours, too new or damaged.
    """
    return Reader(folder)
