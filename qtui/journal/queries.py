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
    JobsQuery,
    JobStory,
    LogQuery,
    PeriodQuery,
    Query,
    SlotQuery,
    TimelineQuery,
    Unknown,
)
from qtui.core.seams import FinalJob, Kept
from qtui.journal import log
from qtui.journal.encoding import decode, fields, keep, kept
from qtui.journal.listing import ROW, Scan, as_row, producers, span
from qtui.journal.period import period
from qtui.journal.schema import LOST
from qtui.journal.timeline import nearest_failure, slot_past, timeline

ATTEMPTS = 500
"""Attempts of one story at most, the newest."""
VALUE = 100_000
"""Characters of a value shown whole; a longer one is for `qtui results`."""

Cell: TypeAlias = str | int | float

_JOB = "seq, key, name, row, producer, problem, state, signature"
OPEN = "('pending', 'running', 'waiting')"


def answer(db: sqlite3.Connection, query: Query, now: float) -> Answer:
    """Answer `query`; `now` is the wall clock of the run, for what is still going on."""
    told: Answer = Unknown("the journal does not tell that")
    match query:
        case JobsQuery():
            scan = Scan(query, now)
            while (found := scan.step(db)) is None:
                pass
            told = found
        case JobQuery():
            told = _story(db, query.seq, now)
        case LogQuery():
            told = log.read(db, query)
        case TimelineQuery():
            told = timeline(db, query)
        case SlotQuery():
            told = slot_past(db, query)
        case FailureQuery():
            told = nearest_failure(db, query)
        case PeriodQuery():
            told = period(db, query)
    return told


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


def lost_jobs(db: sqlite3.Connection, seqs: Sequence[int]) -> list[FinalJob]:
    """Those of these jobs that are failed, cancelled or held, in order."""
    found = []
    for start in range(0, len(seqs), 500):
        some = seqs[start : start + 500]
        marks = ",".join("?" * len(some))
        rows = db.execute(f"SELECT {_JOB} FROM job WHERE seq IN ({marks}) AND state IN {LOST} ORDER BY seq", some)
        found += [_as_final(row) for row in rows]
    return found


def job_called(db: sqlite3.Connection, seq: int, word: str) -> Job | None:
    """The job of this number, else the first whose key or name is `word`, in whatever state."""
    for where, values in (("seq = ?", [seq]), ("key = ? OR name = ?", [keep(word), word])):
        if row := db.execute(f"SELECT {_JOB} FROM job WHERE {where} ORDER BY seq LIMIT 1", values).fetchone():
            return _as_final(row).job
    return None


def _as_final(row: Sequence[Any]) -> FinalJob:
    seq, key, name, source_row, producer, problem, state, signature = row
    known = name if key is None else kept(key)
    job = Job(int(seq), known, name, fields(source_row), int(producer), problem=problem or "")
    # What was held or cancelled may have failed before; it is no failed job of that group.
    return FinalJob(job, state, signature if state == "failed" else "")


def _story(db: sqlite3.Connection, seq: int, now: float) -> Answer:
    row = db.execute(
        f"SELECT {ROW}, key, row, next_at, substr(value, 1, {VALUE + 1}), length(value)"
        " FROM job LEFT JOIN result USING (seq) WHERE seq = ?",
        (seq,),
    ).fetchone()
    if row is None:
        return Unknown(f"job {seq} is not in the journal")
    key, source_row, next_at, value, length = row[11:]
    attempts = db.execute(
        "SELECT n, slot, t0, t1, outcome, code, message, detail FROM attempt WHERE seq = ? ORDER BY n DESC LIMIT ?",
        (seq, ATTEMPTS),
    ).fetchall()
    job = as_row(row[:11], producers(db), now)
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
        run_s=span(float(t0), now if t1 is None else float(t1)),
        outcome=outcome or "running",
        code=code or "",
        message=message or "",
        detail=detail or "",
    )
