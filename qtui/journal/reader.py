"""A journal read from outside: by `qtui results`, `qtui ls` and replays, also while its engine writes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, final

import msgspec

from qtui.core.job import Job, Value
from qtui.core.queries import Answer, Query
from qtui.errors import JournalUnreadable
from qtui.journal import queries
from qtui.journal.encoding import Stored, decode, encode, fields_of, kept, result_line
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


class Result(NamedTuple):
    """A job and what it gave."""

    job: Job
    """Without its row."""
    state: str
    value: Value
    encoded: bytes
    """The value of a done job as JSON."""

    @property
    def fields(self) -> dict[str, Value]:
        return fields_of(self.value)

    @property
    def line(self) -> bytes:
        """As the results file has it; jobs that are not done stand there as a line of the same make."""
        if self.state == "done":
            return result_line(self.job, self.value, self.encoded)
        return encode({"key": self.job.key, "name": self.job.name, **self.fields}) + b"\n"


class Input(NamedTuple):
    """A job as its source gave it."""

    seq: int
    name: str
    row: str
    """Its fields as JSON."""
    problem: str
    """Why they cannot be used, or empty."""


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

    def fact(self, name: str) -> str:
        """Something that was kept with the run when it was made, or empty. Raises JournalUnreadable."""
        try:
            found = self._db.execute("SELECT v FROM meta WHERE k = ?", (name,)).fetchone()
        except UNREADABLE as error:
            raise self._unreadable(error) from error
        return str(found[0]) if found else ""

    def job(self, seq: int, word: str = "") -> Job | None:
        """The job of this number, else the first whose key or name is `word`. Raises JournalUnreadable."""
        try:
            return queries.job_called(self._db, seq, word)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def choose(self, order: str, states: Sequence[str]) -> int:
        """Choose the jobs that `results` and `inputs` tell of, and their order; gives their number.

        `completion` is the order in which they became final, `submission` that of their sources. What becomes final
        later is not among them. Raises JournalUnreadable.
        """
        # Sorted once into a file of our own; sorting anew for every window would be quadratic.
        by = "seq" if order == "submission" else "ended_at, seq"
        marks = ",".join("?" * len(states))
        try:
            self._db.execute("DROP TABLE IF EXISTS temp.chosen")
            self._db.execute(
                f"CREATE TEMP TABLE chosen AS SELECT seq AS of FROM job WHERE state IN ({marks}) ORDER BY {by}",
                [*states],
            )
            return int(self._db.execute("SELECT count(*) FROM temp.chosen").fetchone()[0])
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def results(self) -> Iterator[Result]:
        """What the chosen jobs gave; where they failed or are held: attempts, error and the code of the last one.

        Only a window is ever in memory. Raises JournalUnreadable.
        """
        columns = (
            "state, key, name, value, attempts, error,"
            " CASE state WHEN 'done' THEN ''"
            " ELSE (SELECT code FROM attempt a WHERE a.seq = job.seq AND n = job.attempts) END"
        )
        for row in self._windows(columns, "LEFT JOIN result USING (seq)"):
            try:
                result = _result(*row)
            except UNREADABLE as error:
                raise self._unreadable(error) from error
            yield result

    def inputs(self) -> Iterator[Input]:
        """What the sources gave for the chosen jobs. Raises JournalUnreadable."""
        for seq, name, row, problem in self._windows("name, row, problem"):
            yield Input(seq, name, row, problem or "")

    def _windows(self, columns: str, join: str = "") -> Iterator[tuple[Any, ...]]:
        """The chosen jobs, window by window, so that no long transaction keeps the writer's log from shrinking."""
        last = 0
        while True:
            try:
                rows = self._db.execute(
                    f"SELECT chosen.rowid, seq, {columns} FROM temp.chosen CROSS JOIN job ON job.seq = chosen.of {join}"
                    " WHERE chosen.rowid > ? ORDER BY chosen.rowid LIMIT ?",
                    (last, WINDOW),
                ).fetchall()
            except UNREADABLE as error:
                raise self._unreadable(error) from error
            for row in rows:
                yield row[1:]
            if len(rows) < WINDOW:
                return
            last = rows[-1][0]

    def _unreadable(self, error: Exception) -> JournalUnreadable:
        return JournalUnreadable(f"{clean(self._path)} cannot be read: {clean(reason(error))}; it is left as it is")


def _result(
    seq: int, state: str, key: Stored, name: str, text: str | None, attempts: int, error: str, code: str | None
) -> Result:
    job = Job(seq, name if key is None else kept(key), name, {})
    if state == "done":
        encoded = b"null" if text is None else str(text).encode()
        return Result(job, state, decode(encoded.decode()), encoded)
    return Result(job, state, {"attempts": attempts, "code": code, "error": error}, b"")


def open_reader(folder: Path) -> Reader:
    """The journal in a run's folder, to be looked at.

    Raises:
        JournalUnreadable: when there is none, or it is not ours, too new or damaged.
    """
    return Reader(folder)
