"""Answers about the past of a run, a window at a time, from a connection that only looks.

Memory is O(window); an index serves what the screen asks often, a scan what a person asks now and then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from qtui.core.job import Job, Value
from qtui.core.queries import (
    Answer,
    AttemptRow,
    FailureQuery,
    JobQuery,
    JobRow,
    Jobs,
    JobsQuery,
    JobStory,
    LogQuery,
    PeriodQuery,
    Query,
    TimelineQuery,
    Unknown,
)
from qtui.core.seams import FinalJob, Kept
from qtui.journal import log
from qtui.journal.encoding import decode, fields, kept
from qtui.journal.period import period
from qtui.journal.schema import LOST
from qtui.journal.timeline import nearest_failure, timeline

WINDOW = 1_000
"""Rows of one answer at most."""
ATTEMPTS = 500
"""Attempts of one story at most, the newest."""
VALUE = 100_000
"""Characters of a value shown whole; a longer one is for `qtui results`."""

Cell: TypeAlias = str | int | float

_ROW = "seq, name, state, producer, attempts, accepted_at, started_at, ended_at, run_s, error"
_JOB = "seq, key, name, row, producer, problem, state, signature"
_OPEN_STATES = frozenset({"pending", "running", "waiting"})
OPEN = "('pending', 'running', 'waiting')"
_LOST_STATES = frozenset({"failed", "held", "cancelled"})
_ESCAPE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def answer(db: sqlite3.Connection, query: Query, now: float) -> Answer:
    """Answer `query`; `now` is the wall clock of the run, for what is still going on."""
    match query:
        case JobsQuery():
            return _jobs(db, query, now)
        case JobQuery():
            return _story(db, query.seq, now)
        case LogQuery():
            return log.read(db, query)
        case TimelineQuery():
            return timeline(db, query)
        case FailureQuery():
            return nearest_failure(db, query)
        case PeriodQuery():
            return period(db, query)


def failed_jobs(
    db: sqlite3.Connection, signature: str | None, after: int, limit: int, state: str = "failed"
) -> list[FinalJob]:
    """Failed (or held) jobs with a number above `after`, in order; of one failure group or of all."""
    if signature is None:
        where = f"INDEXED BY job_lost WHERE state IN {LOST} AND state = ? AND seq > ?"
        values: list[Cell] = [state, after]
    else:
        where = "INDEXED BY job_group WHERE signature <> '' AND signature = ? AND seq > ? AND state = ?"
        values = [signature, after, state]
    rows = db.execute(f"SELECT {_JOB} FROM job {where} ORDER BY seq LIMIT ?", [*values, limit])
    return [_as_final(row) for row in rows]


def found(db: sqlite3.Connection, producer: int, after: int, limit: int, skip: int = 0) -> list[Kept]:
    """Rows for new jobs of a producer with an id above `after`, in order, without the first `skip`."""
    rows = db.execute(
        "SELECT id, row FROM found WHERE id > ? AND producer = ? ORDER BY id LIMIT ? OFFSET ?",
        (after, producer, limit, skip),
    )
    return [Kept(int(number), fields(row)) for number, row in rows]


def lost_job(db: sqlite3.Connection, seq: int) -> FinalJob | None:
    """A job that is failed, cancelled or held."""
    row = db.execute(f"SELECT {_JOB} FROM job WHERE seq = ? AND state IN {LOST}", (seq,)).fetchone()
    return _as_final(row) if row else None


def _as_final(row: Sequence[Any]) -> FinalJob:
    seq, key, name, source_row, producer, problem, state, signature = row
    known = name if key is None else kept(key)
    job = Job(int(seq), known, name, fields(source_row), int(producer), problem=problem or "")
    # What was held or cancelled may have failed before; it is no failed job of that group.
    return FinalJob(job, state, signature if state == "failed" else "")


def _jobs(db: sqlite3.Connection, query: JobsQuery, now: float) -> Jobs:
    offset, limit = max(0, query.offset), max(0, min(query.limit, WINDOW))
    db.execute("BEGIN")  # rows and their number from one moment
    try:
        source, values = _filter(query)
        total = _total(db, query, source, values)
        order = {
            "oldest": "seq",
            "longest": "CASE state WHEN 'running' THEN :now - started_at ELSE run_s END DESC, seq DESC",
            "attempts": "attempts DESC, seq DESC",
        }.get(query.order, "seq DESC")
        values = {**values, "now": now, "limit": limit, "offset": offset}
        if not (query.text or query.state or query.signature) and order.startswith("seq") and _dense(db, total):
            # Without a gap in the numbers a far window is found by arithmetic instead of walking to it.
            source = f"job WHERE seq > {offset}" if order == "seq" else f"job WHERE seq <= {total - offset}"
            values["offset"] = 0
        rows = db.execute(
            f"SELECT {_ROW} FROM {source} ORDER BY {order} LIMIT :limit OFFSET :offset", values
        ).fetchall()
        names = _producers(db)
    finally:
        db.execute("COMMIT")
    return Jobs([_as_row(row, names, now) for row in rows], total)


def _filter(query: JobsQuery) -> tuple[str, dict[str, Cell]]:
    """What stands behind FROM, and its values. A partial index is used only when its own condition is repeated."""
    index, terms = "", []
    values: dict[str, Cell] = {"state": query.state, "signature": query.signature}
    if query.state == "open" or query.state in _OPEN_STATES:
        terms.append("seq >= (SELECT v FROM meta WHERE k = 'open_from')")
    elif query.state in _LOST_STATES:
        index = "INDEXED BY job_lost"
        terms.append(f"state IN {LOST}")
    if query.state == "open":
        terms.append(f"state IN {OPEN}")
    elif query.state:
        terms.append("state = :state")
    if query.signature:
        index = "INDEXED BY job_group"
        terms.append("signature <> '' AND signature = :signature")
    if query.text:
        some = []
        # LIKE folds the case of ASCII only; these are the spellings people mean beyond that.
        for number, text in enumerate(dict.fromkeys([query.text, query.text.lower(), query.text.upper()])):
            some.append(rf"name LIKE :t{number} ESCAPE '\' OR error LIKE :t{number} ESCAPE '\'")
            values[f"t{number}"] = f"%{text.translate(_ESCAPE)}%"
        terms.append(f"({' OR '.join(some)})")
    return f"job {index}" + (f" WHERE {' AND '.join(terms)}" if terms else ""), values


def _total(db: sqlite3.Connection, query: JobsQuery, source: str, values: dict[str, Cell]) -> int:
    known = "" if query.text or query.signature else query.state or "accepted"
    if known in ("accepted", "done"):
        row = db.execute("SELECT v FROM meta WHERE k = ?", (known,)).fetchone()
    else:
        row = db.execute(f"SELECT count(*) FROM {source}", values).fetchone()
    return int(row[0]) if row else 0


def _dense(db: sqlite3.Connection, total: int) -> bool:
    # Asked for together, SQLite would walk the whole table.
    row = db.execute("SELECT (SELECT min(seq) FROM job), (SELECT max(seq) FROM job)").fetchone()
    return bool(row == (1, total))


def _story(db: sqlite3.Connection, seq: int, now: float) -> Answer:
    row = db.execute(
        f"SELECT {_ROW}, key, row, next_at, substr(value, 1, {VALUE + 1}), length(value)"
        " FROM job LEFT JOIN result USING (seq) WHERE seq = ?",
        (seq,),
    ).fetchone()
    if row is None:
        return Unknown(f"job {seq} is not in the journal")
    key, source_row, next_at, value, length = row[10:]
    attempts = db.execute(
        "SELECT n, slot, t0, t1, outcome, code, message, detail FROM attempt WHERE seq = ? ORDER BY n DESC LIMIT ?",
        (seq, ATTEMPTS),
    ).fetchall()
    job = _as_row(row[:10], _producers(db), now)
    if value is not None and length > VALUE:
        shown: Value = f"{value[:VALUE]}… ({length:,} characters; `qtui results` gives them all)"
    else:
        shown = None if value is None else decode(value)
    return JobStory(
        row=job,
        key=job.name if key is None else kept(key),
        accepted_at=float(row[5]),
        fields=fields(source_row),
        attempts=[_as_attempt(attempt, now) for attempt in reversed(attempts)],
        value=shown,
        next_try_s=max(0.0, float(next_at) - now) if job.state == "waiting" else None,
    )


def _as_attempt(row: Sequence[Any], now: float) -> AttemptRow:
    number, slot, t0, t1, outcome, code, message, detail = row
    return AttemptRow(
        number=int(number),
        slot=int(slot),
        started_at=float(t0),
        run_s=_span(float(t0), now if t1 is None else float(t1)),
        outcome=outcome or "running",
        code=code or "",
        message=message or "",
        detail=detail or "",
    )


def _as_row(row: Sequence[Any], producers: dict[int, str], now: float) -> JobRow:
    seq, name, state, producer, attempts, accepted, started, ended, run_s, error = row
    begun, over = float(started), float(ended)
    return JobRow(
        seq=int(seq),
        name=name,
        state=state,
        producer=producers.get(int(producer), ""),
        attempts=int(attempts),
        wait_s=_span(float(accepted), begun or over or now),
        run_s=_span(begun, now) if state == "running" else float(run_s),
        ended_at=over,
        error=error,
    )


def _span(start: float, end: float) -> float:
    """Seconds between two wall clocks; they are kept to a fraction of a microsecond."""
    return max(0.0, round(end - start, 6))


def _producers(db: sqlite3.Connection) -> dict[int, str]:
    return dict(db.execute("SELECT idx, name FROM producer"))
