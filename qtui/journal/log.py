"""The logs of a run read from its journal, a window at a time: what was done to it, and how attempts ended.

A filter looks at rows one by one, at so many at most for one answer, which says how far it came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from qtui.core import events as ev
from qtui.core.job import Failed
from qtui.core.queries import LEVELS, Log, LogQuery, LogRow, Place, Span
from qtui.core.signature import line
from qtui.core.told import Told, told
from qtui.journal.stretch import last_of, spans_between
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


def _attempts(db: sqlite3.Connection, query: LogQuery) -> Found:
    """The ends of attempts as they stand in `stretch`, a row of it for each commit."""
    least = LEVELS.index(query.level) if query.level in LEVELS else 0

    def line_of(span: Span, place: Place) -> LogRow | None:
        level = _LEVEL_OF.get(span.outcome, "info")
        if LEVELS.index(level) < least:
            return None
        (name,) = db.execute("SELECT name FROM job WHERE seq = ?", (span.seq,)).fetchone() or ("",)
        code, message = db.execute(
            "SELECT code, message FROM attempt WHERE seq = ? AND n = ?", (span.seq, span.number)
        ).fetchone() or (None, None)
        said = line(Failed(code, message or "")) if code else message or ""
        run_s = max(0.0, round(span.end - span.start, 6))
        return LogRow(place, span.end, clean(name), clean(said), level, span.outcome, span.seq, span.number, run_s)

    newest_first = query.after is None
    _, row, index = query.after or query.before or (0.0, last_of(db, "stretch") + 1, 0)
    last = last_of(db, "stretch")
    for number in range(row, 0, -1) if newest_first else range(max(1, row), last + 1):
        ends = next(spans_between(db, number, number), [])
        numbered = list(enumerate(ends, 1))
        for at, span in reversed(numbered) if newest_first else numbered:
            if number == row and (at >= index if newest_first else at <= index):
                continue
            place = (span.end, number, at)
            yield place, partial(line_of, span, place)


def _events(db: sqlite3.Connection, query: LogQuery) -> Found:
    least = LEVELS.index(query.level) if query.level in LEVELS else 0
    names = dict(db.execute("SELECT idx, name FROM producer"))
    newest_first = query.after is None
    place = query.after or query.before or (float(1 << 62), 0, 0)
    side, order = ("<", "DESC") if newest_first else (">", "ASC")
    kinds = ", ".join("?" * len(PER_JOB))
    rows = db.execute(
        f"SELECT id, at, kind, data FROM event WHERE id {side} ? AND kind NOT IN ({kinds}) ORDER BY id {order}",
        (int(place[0]), *PER_JOB),
    )

    def line_of(number: int, at: float, kind: str, data: str) -> LogRow | None:
        said = _words(kind, data, names)
        level = said.level if said is not None and said.level in LEVELS else "info"
        if said is None or LEVELS.index(level) < least:
            return None
        return LogRow((float(number), 0, 0), at, clean(said.who, 40), clean(said.text), level)

    for number, at, kind, data in rows:
        yield (float(number), 0, 0), partial(line_of, number, at, kind, data)


def _words(kind: str, data: str, names: dict[int, str]) -> Told | None:
    try:
        return told(_decode(data), names)
    except (msgspec.MsgspecError, ValueError):
        return Told("qtui", kind)  # written by another version: that it happened is still worth a line
