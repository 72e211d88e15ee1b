"""The logs of a run read from its journal, a window at a time: what was done to it, and how attempts ended.

A filter looks at rows one by one, at so many at most for one answer, which says how far it came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import msgspec

from qtui.core import events as ev
from qtui.core.job import Failed
from qtui.core.queries import LEVELS, Log, LogQuery, LogRow, Place
from qtui.core.signature import line
from qtui.core.told import Told, told
from qtui.text import clean

WINDOW = 1_000
"""Lines of one answer at most."""
SCAN = 50_000
"""Rows looked at for one answer at most."""
PER_JOB = ("cancelled", "requeued", "hastened", "dropped")
"""Kinds of events that there is one of per job; the jobs tell of them themselves."""

_LEVEL_OF = {"done": "info", "cancelled": "info", "retry": "warning", "interrupted": "warning", "failed": "error"}
_decode = msgspec.json.Decoder(ev.Event).decode

Found = Iterator[tuple[Place, Callable[[], LogRow | None]]]
"""Rows in order: where each stands, and what makes a line of it, or None where its level is not wanted."""


def read(db: sqlite3.Connection, query: LogQuery) -> Log:
    """The lines that are wanted, oldest first."""
    db.execute("BEGIN")  # names and rows from one moment
    try:
        found = _attempts(db, query) if query.of == "attempts" else _events(db, query)
        return _collect(found, query)
    finally:
        db.execute("COMMIT")


def _collect(found: Found, query: LogQuery) -> Log:
    limit, wanted = max(0, min(query.limit, WINDOW)), query.text.casefold()
    rows: list[LogRow] = []
    reached: Place | None = None
    more = False
    for looked, (place, make) in enumerate(found):
        if len(rows) >= limit or looked >= SCAN:
            more = True
            break
        reached = place
        row = make()
        if row is not None and wanted in f"{row.who} {row.text}".casefold():
            rows.append(row)
    if query.after is None:
        rows.reverse()
    return Log(rows, reached, more)


def _where(query: LogQuery, columns: str) -> tuple[str, str, Place]:
    """The condition and the order of rows whose place is these columns, and the place to begin at."""
    names = [name.strip() for name in columns.split(",")]
    if query.after is not None:
        return f"({columns}) > ({_marks(names)})", ", ".join(names), query.after
    newest = (float("inf"), 1 << 62, 1 << 62)
    descending = ", ".join(f"{name} DESC" for name in names)
    return f"({columns}) < ({_marks(names)})", descending, query.before or newest


def _marks(names: list[str]) -> str:
    return ", ".join("?" * len(names))


def _attempts(db: sqlite3.Connection, query: LogQuery) -> Found:
    where, order, place = _where(query, "t1, seq, n")
    least = LEVELS.index(query.level) if query.level in LEVELS else 0
    rows = db.execute(
        f"SELECT t1, seq, n, t0, outcome, code, message FROM attempt WHERE t1 IS NOT NULL AND {where} ORDER BY {order}",
        place,
    )

    def line_of(cells: tuple[float, int, int, float, str, str | None, str | None]) -> LogRow | None:
        t1, seq, number, t0, outcome, code, message = cells
        level = _LEVEL_OF.get(outcome, "info")
        if LEVELS.index(level) < least:
            return None
        (name,) = db.execute("SELECT name FROM job WHERE seq = ?", (seq,)).fetchone() or ("",)
        said = line(Failed(code, message or "")) if code else message or ""
        run_s = max(0.0, round(t1 - t0, 6))
        return LogRow((t1, seq, number), t1, clean(name), clean(said), level, outcome, seq, number, run_s)

    for cells in rows:
        yield (cells[0], cells[1], cells[2]), lambda cells=cells: line_of(cells)  # type: ignore[misc]


def _events(db: sqlite3.Connection, query: LogQuery) -> Found:
    where, order, place = _where(query, "id")
    least = LEVELS.index(query.level) if query.level in LEVELS else 0
    names = dict(db.execute("SELECT idx, name FROM producer"))
    begin = min(place[0], float(1 << 62))
    kinds = ", ".join("?" * len(PER_JOB))
    rows = db.execute(
        f"SELECT id, at, kind, data FROM event WHERE {where} AND kind NOT IN ({kinds}) ORDER BY {order}",
        (int(begin), *PER_JOB),
    )

    def line_of(number: int, at: float, kind: str, data: str) -> LogRow | None:
        said = _words(kind, data, names)
        level = said.level if said is not None and said.level in LEVELS else "info"
        if said is None or LEVELS.index(level) < least:
            return None
        return LogRow((float(number), 0, 0), at, clean(said.who, 40), clean(said.text), level)

    for number, at, kind, data in rows:
        yield (float(number), 0, 0), lambda row=(number, at, kind, data): line_of(*row)  # type: ignore[misc]


def _words(kind: str, data: str, names: dict[int, str]) -> Told | None:
    try:
        return told(_decode(data), names)
    except (msgspec.MsgspecError, ValueError):
        return Told("qtui", kind)  # written by another version: that it happened is still worth a line
