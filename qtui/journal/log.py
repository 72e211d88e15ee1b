"""The logs of a run read from its journal, a window at a time: what was done to it, and how attempts ended.

A filter looks at rows one by one, at so many at most for one answer, which says how far it came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

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
PER_JOB = ("cancelled", "requeued", "put-back", "hastened", "dropped")
"""Kinds of events that there is one of per job; the jobs tell of them themselves."""

_LEVEL_OF = {"done": "info", "cancelled": "info", "retry": "warning", "interrupted": "warning", "failed": "error"}
_decode = msgspec.json.Decoder(ev.Event).decode

LAST = 200
"""Characters of the end of what a job has said: its last line stands behind the word of its end."""
CHUNK = 100
"""Lines whose words are looked up together: every statement costs a busy engine's loop a moment."""

Found = Iterator[tuple[Place, LogRow | None]]
"""Rows in order: where each stands, and its line, or None where its level is not wanted."""


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
    for looked, (place, row) in enumerate(found):
        if len(rows) >= limit or looked >= SCAN:
            more = True
            break
        reached = place
        if row is not None and wanted in f"{row.who} {row.text}".casefold():
            rows.append(row)
    if query.after is None:
        rows.reverse()
    return Log(rows, reached, more)


def _attempts(db: sqlite3.Connection, query: LogQuery) -> Found:
    """The ends of attempts as they stand in `stretch`, a row of it for each commit."""
    least = LEVELS.index(query.level) if query.level in LEVELS else 0
    chunk: list[tuple[Place, Span]] = []
    for placed in _spans(db, query):
        chunk.append(placed)
        if len(chunk) >= CHUNK:
            yield from _lines(db, chunk, least)
            chunk = []
    yield from _lines(db, chunk, least)


def _spans(db: sqlite3.Connection, query: LogQuery) -> Iterator[tuple[Place, Span]]:
    newest_first = query.after is None
    _, row, index = query.after or query.before or (0.0, last_of(db, "stretch") + 1, 0)
    last = last_of(db, "stretch")
    for number in range(row, 0, -1) if newest_first else range(max(1, row), last + 1):
        ends = next(spans_between(db, number, number), [])
        numbered = list(enumerate(ends, 1))
        for at, span in reversed(numbered) if newest_first else numbered:
            if number == row and (at >= index if newest_first else at <= index):
                continue
            yield (span.end, number, at), span


def _lines(db: sqlite3.Connection, chunk: list[tuple[Place, Span]], least: int) -> Found:
    """What was said at those ends; only the wanted ones are looked up."""
    levels = {span.outcome: _LEVEL_OF.get(span.outcome, "info") for _, span in chunk}
    wanted = [span for _, span in chunk if LEVELS.index(levels[span.outcome]) >= least]
    marks = ", ".join(["(?, ?)"] * len(wanted))
    words = (
        {
            (seq, number): (name, code, " · ".join(filter(None, [message, (last or "").rpartition("\n")[2]])))
            for seq, number, name, code, message, last in db.execute(
                f"WITH wanted (seq, n) AS (VALUES {marks}) SELECT a.seq, a.n, j.name, a.code, a.message,"
                f" CASE a.outcome WHEN 'done' THEN substr(a.detail, -{LAST}) END FROM wanted w"
                " CROSS JOIN attempt a ON a.seq = w.seq AND a.n = w.n CROSS JOIN job j ON j.seq = a.seq",
                [value for span in wanted for value in (span.seq, span.number)],
            )
        }
        if wanted
        else {}
    )
    for place, span in chunk:
        level = levels[span.outcome]
        if LEVELS.index(level) < least:
            yield place, None
            continue
        name, code, message = words.get((span.seq, span.number), ("", None, None))
        said = line(Failed(code, message or "")) if code else message or ""
        run_s = max(0.0, round(span.end - span.start, 6))
        yield (
            place,
            LogRow(place, span.end, clean(name), clean(said), level, span.outcome, span.seq, span.number, run_s),
        )


def _events(db: sqlite3.Connection, query: LogQuery) -> Found:
    least = LEVELS.index(query.level) if query.level in LEVELS else 0
    names = dict(db.execute("SELECT idx, name FROM producer"))
    newest_first = query.after is None
    begin = query.after or query.before or (float(1 << 62), 0, 0)
    side, order = ("<", "DESC") if newest_first else (">", "ASC")
    kinds = ", ".join("?" * len(PER_JOB))
    rows = db.execute(
        f"SELECT id, at, kind, data FROM event WHERE id {side} ? AND kind NOT IN ({kinds}) ORDER BY id {order}",
        (int(begin[0]), *PER_JOB),
    )

    for number, at, kind, data in rows:
        place = (float(number), 0, 0)
        said = _words(kind, data, names)
        level = said.level if said is not None and said.level in LEVELS else "info"
        if said is None or LEVELS.index(level) < least:
            yield place, None
        else:
            yield place, LogRow(place, at, clean(said.who, 40), clean(said.text), level)


def _words(kind: str, data: str, names: dict[int, str]) -> Told | None:
    try:
        return told(_decode(data), names)
    except (msgspec.MsgspecError, ValueError):
        return Told("qtui", kind)  # written by another version: that it happened is still worth a line
