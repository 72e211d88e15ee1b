"""Windows of the job list: by an index at once, otherwise by looking through the rows a slice at a time.

Memory is O(window). Between two slices whoever else asks the journal has a turn; a list of millions holds up nobody.
"""

from __future__ import annotations

import heapq
import sqlite3
import time
from collections.abc import Sequence
from typing import Any, TypeAlias, final

from qtui.core import patterns
from qtui.core.job_filter import check
from qtui.core.queries import JobRow, Jobs, JobsQuery, Unknown
from qtui.journal.filtering import RUN, Cell, Source, source

WINDOW = 1_000
"""Rows of one answer at most."""
SLICE = 50_000
"""Rows that are looked at in one go."""
MATCHED = 5_000
"""The same where a pattern is matched: meanwhile the engine's own thread waits."""
PATIENCE_S = 15.0
"""Seconds of work that a pattern may cost over all rows of one question."""

ROW = "seq, name, state, producer, attempts, accepted_at, started_at, ended_at, run_s, error, signature"
_FIELD, _RECORD = "\x1f", "\x1e"
"""Between what is read in one piece; names and errors hold no control characters."""
_KEYS = {"longest": RUN, "attempts": "attempts", "finished": "ended_at"}
"""What the orders sort by that are not the order of the rows themselves; the largest come first."""
_Place: TypeAlias = tuple[float, int]
"""What a row is sorted by, and its number."""


@final
class Scan:
    """One question on its way; call `step` until it has the answer."""

    def __init__(self, query: JobsQuery, now: float) -> None:
        """`now` is the wall clock of the run, for what is still going on."""
        self._query = query
        self._now = now
        self._offset = max(0, query.offset)
        self._limit = max(0, min(query.limit, WINDOW))
        self._problem = check(query.where)
        self._source = source(query.where, now) if not self._problem else source((), now)
        self._key = _KEYS.get(query.order, "")
        self._oldest = query.order == "oldest"
        self._next: int | None = None
        """The number of the row where the next slice begins; None before the first."""
        self._last = 0
        self._seen = 0
        """How many rows have matched so far."""
        self._rows: list[JobRow] = []
        self._best: list[_Place] = []
        self._names: dict[int, str] = {}
        self._matching_s = 0.0

    def step(self, db: sqlite3.Connection) -> Jobs | Unknown | None:
        """Look further; None when there is more to look at."""
        if self._problem:
            return Unknown(self._problem)
        db.execute("BEGIN")  # rows and their number from one moment
        try:
            if self._source.indexed and (not self._key or self._source.by):
                return self._indexed(db)
            if self._next is None:
                self._begin(db)
            if self._matching_s > PATIENCE_S:
                return Unknown("this pattern takes too long; a plain text in its place is found at once")
            return self._slice(db)
        finally:
            db.execute("COMMIT")

    # -- by an index

    def _indexed(self, db: sqlite3.Connection) -> Jobs:
        total = self._total(db)
        if not self._limit:
            return Jobs([], total)
        order, offset, where, by = self._order, self._offset, self._source.where, self._source.by
        if not self._query.where and not self._key and _dense(db, total):
            # Without a gap in the numbers a far window is found by arithmetic instead of walking to it.
            where = f" WHERE seq > {offset}" if self._oldest else f" WHERE seq <= {total - offset}"
            offset = 0
        rows = db.execute(
            f"SELECT {ROW} FROM job {by}{where} ORDER BY {order} LIMIT :limit OFFSET :offset",
            {**self._source.values, "limit": self._limit, "offset": offset},
        ).fetchall()
        names = producers(db)
        return Jobs([as_row(row, names, self._now) for row in rows], total)

    @property
    def _order(self) -> str:
        return f"{self._key} DESC, seq DESC" if self._key else "seq" if self._oldest else "seq DESC"

    def _total(self, db: sqlite3.Connection) -> int:
        known = self._source.state if self._query.where else "accepted"
        if known in ("accepted", "done"):
            row = db.execute("SELECT v FROM meta WHERE k = ?", (known,)).fetchone()
        else:
            source = self._source
            row = db.execute(f"SELECT count(*) FROM job {source.by}{source.where}", source.values).fetchone()
        return int(row[0]) if row else 0

    # -- slice by slice

    def _begin(self, db: sqlite3.Connection) -> None:
        self._names = producers(db)
        self._last = int(db.execute("SELECT coalesce(max(seq), 0) FROM job").fetchone()[0])
        low, high = bounds(self._query, self._last)
        if any("open_from" in term for term in self._source.terms):
            found = db.execute("SELECT v FROM meta WHERE k = 'open_from'").fetchone()
            low = max(low, int(found[0])) if found else low
        self._low, self._high = low, high
        self._next = low if self._oldest else high

    def _slice(self, db: sqlite3.Connection) -> Jobs | None:
        assert self._next is not None, "the scan has begun"
        rows = MATCHED if self._source.patterns else SLICE
        if self._oldest:
            low, high = self._next, min(self._high, self._next + rows - 1)
            self._next = high + 1
        else:
            low, high = max(self._low, self._next - rows + 1), self._next
            self._next = low - 1
        part = self._part(low, high)
        if self._source.patterns:
            part = self._matched(db, part)
        if not self._limit:
            self._seen += _count(db, part)
        elif self._key:
            self._collect(db, part)
        else:
            self._take(db, part)
        if not self._key and self._limit and len(self._rows) >= self._limit:
            return Jobs(self._rows, None if not self._over else max(self._seen, self._offset + len(self._rows)))
        return self._answer(db) if self._over else None

    @property
    def _over(self) -> bool:
        assert self._next is not None, "the scan has begun"
        return self._next > self._high if self._oldest else self._next < self._low

    def _part(self, low: int, high: int) -> Source:
        terms = [*self._source.terms, f"seq BETWEEN {low} AND {high}"]
        return self._source._replace(terms=terms)

    def _matched(self, db: sqlite3.Connection, part: Source) -> Source:
        """The rows of a part that the patterns match, by their numbers.

        They are read in one piece: row by row this thread would have to ask for the interpreter every time.
        """
        (text,) = db.execute(
            f"SELECT group_concat(seq || '{_FIELD}' || coalesce(name, '') || '{_FIELD}' || error, '{_RECORD}')"
            f" FROM (SELECT seq, name, error FROM job {part.by}{part.where})",
            part.values,
        ).fetchone()
        begun = time.thread_time()
        kept = []
        for record in str(text).split(_RECORD) if text else []:
            number, _, rest = record.partition(_FIELD)
            name, _, error = rest.partition(_FIELD)
            if all(patterns.found(pattern, name, error) is not negated for pattern, negated in part.patterns):
                kept.append(number)
        self._matching_s += time.thread_time() - begun
        return part._replace(by="", terms=[f"seq IN ({', '.join(kept)})"])

    def _take(self, db: sqlite3.Connection, part: Source) -> None:
        """Rows in the order of their numbers, as far as the window reaches."""
        skip = self._offset - self._seen
        if skip > 0:
            matching = _count(db, part)
            self._seen += matching
            if matching <= skip:
                return
        else:
            skip = 0
        rows = db.execute(
            f"SELECT {ROW} FROM job {part.by}{part.where} ORDER BY {self._order} LIMIT :limit OFFSET :offset",
            {**part.values, "limit": self._limit - len(self._rows), "offset": skip},
        ).fetchall()
        self._seen = max(self._seen, self._offset + len(self._rows) + len(rows))
        self._rows += [as_row(row, self._names, self._now) for row in rows]

    def _collect(self, db: sqlite3.Connection, part: Source) -> None:
        """The places of the rows that may come first of all."""
        most = self._offset + self._limit
        self._seen += _count(db, part)
        found = db.execute(
            f"SELECT {self._key}, seq FROM job {part.by}{part.where} ORDER BY {self._order} LIMIT :limit",
            {**part.values, "limit": most},
        ).fetchall()
        self._best = heapq.nlargest(most, [*self._best, *found])

    def _answer(self, db: sqlite3.Connection) -> Jobs:
        if self._key and self._limit:
            wanted = [seq for _, seq in self._best[self._offset :]]
            marks = ", ".join(str(int(seq)) for seq in wanted)
            found = {row[0]: row for row in db.execute(f"SELECT {ROW} FROM job WHERE seq IN ({marks})")}
            self._rows = [as_row(found[seq], self._names, self._now) for seq in wanted if seq in found]
        return Jobs(self._rows, self._seen)


def bounds(query: JobsQuery, last: int) -> tuple[int, int]:
    """The first and the last number that can match."""
    low, high = 1, last
    for condition in query.where:
        if condition.key == "id" and not condition.negated and condition.op in (">", ">="):
            low = max(low, int(condition.number) + (condition.op == ">"))
        elif condition.key == "id" and not condition.negated and condition.op in ("<", "<="):
            high = min(high, int(condition.number) - (condition.op == "<"))
    return low, high


def _count(db: sqlite3.Connection, part: Source) -> int:
    return int(db.execute(f"SELECT count(*) FROM job {part.by}{part.where}", part.values).fetchone()[0])


def _dense(db: sqlite3.Connection, total: int) -> bool:
    # Asked for together, SQLite would walk the whole table.
    row = db.execute("SELECT (SELECT min(seq) FROM job), (SELECT max(seq) FROM job)").fetchone()
    return bool(row == (1, total))


def as_row(row: Sequence[Any], names: dict[int, str], now: float) -> JobRow:
    """A job as a list shows it, from the columns of ROW."""
    seq, name, state, producer, attempts, accepted, started, ended, run_s, error, signature = row
    begun, over = float(started), float(ended)
    return JobRow(
        seq=int(seq),
        name=name,
        state=state,
        producer=names.get(int(producer), ""),
        attempts=int(attempts),
        wait_s=span(float(accepted), begun or over or now),
        run_s=span(begun, now) if state == "running" else float(run_s),
        ended_at=over,
        error=error,
        signature=signature,
    )


def span(start: float, end: float) -> float:
    """Seconds between two wall clocks; they are kept to a fraction of a microsecond."""
    return max(0.0, round(end - start, 6))


def producers(db: sqlite3.Connection) -> dict[int, str]:
    """The names of the producers by their index."""
    return dict(db.execute("SELECT idx, name FROM producer"))


__all__ = ["ROW", "WINDOW", "Cell", "Scan", "as_row", "producers", "span"]
