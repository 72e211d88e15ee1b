"""What happened in a period of a run: its samples, failures and control actions, at a cost that does not grow with it.

Rows are written in the order of time, so a moment is found by halving, and a period is looked at in so many places.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from itertools import pairwise

import msgspec

from qtui.core import events as ev
from qtui.core.ledger import Ledger
from qtui.core.queries import Failure, Period, PeriodQuery, Standing
from qtui.core.snapshot import LogLine

COLUMNS = 240
LOOKS = 4
"""In every column the queue is looked at so often."""
FAILURES = 20_000
"""Of so many failed jobs, the newest, those of the period are told."""
GROUPS = 20
LINES = 50
"""As many as a snapshot has."""
TOLD = (
    ev.ProducersPaused,
    ev.ProducersResumed,
    ev.ConcurrencyChanged,
    ev.LimitChanged,
    ev.CapacityChanged,
    ev.RateChanged,
    ev.PerHostChanged,
    ev.PerHostRateChanged,
    ev.Held,
    ev.Released,
    ev.Halted,
    ev.MemoryHolds,
    ev.HostPaused,
    ev.HostOpened,
    ev.DrainStarted,
    ev.DrainTakenBack,
    ev.CommandDone,
    ev.Notice,
)
"""What the log tells of; refusals are nobody's business later."""

_TAGS = [str(kind.__struct_config__.tag) for kind in TOLD]
_numbers = msgspec.json.Decoder(list[int])
_events = msgspec.json.Decoder(ev.Recorded)


def period(db: sqlite3.Connection, query: PeriodQuery) -> Period:
    """Answer the question; an unknown part of the period counts as quiet."""
    columns = max(1, min(COLUMNS, query.columns))
    start, end = min(query.start, query.end), max(query.start, query.end)
    db.execute("BEGIN")  # all from one moment
    try:
        looks = _standings(db, start, end, columns * LOOKS)
        failures = _failures(db, start, end)
        log = _log(db, start, end)
    finally:
        db.execute("COMMIT")
    bounds = looks[::LOOKS]
    full = sum(1 for look in looks[1:] if look.capacity and look.pending >= look.capacity)
    return Period(
        start,
        end,
        bounds[0],
        bounds[-1],
        [max(0, later.done - earlier.done) for earlier, later in pairwise(bounds)],
        [max(0, later.failed - earlier.failed) for earlier, later in pairwise(bounds)],
        full / (len(looks) - 1),
        failures,
        log,
    )


def _standings(db: sqlite3.Connection, start: float, end: float, spans: int) -> list[Standing]:
    """The run at `spans` + 1 moments from `start` to `end`."""
    first, last = db.execute("SELECT min(rowid), max(rowid) FROM sample").fetchone()
    if first is None:
        return [Standing()] * (spans + 1)
    found: list[Standing] = []
    low = int(first)
    for number in range(spans + 1):
        at = start + (end - start) * number / spans
        low = _before(db, "sample", "rowid", at, low, int(last))
        found.append(_standing(db, low, at))
    return found


def _standing(db: sqlite3.Connection, row: int, at: float) -> Standing:
    told = db.execute("SELECT at, data FROM sample WHERE rowid = ?", (row,)).fetchone()
    if told is None or told[0] > at:
        return Standing()
    pending, _running, _waiting, done, failed, held, cancelled, concurrency, capacity, *_ = _numbers.decode(told[1])
    return Standing(float(told[0]), pending, done, failed, held, cancelled, concurrency, capacity)


def _before(db: sqlite3.Connection, table: str, key: str, at: float, low: int, high: int) -> int:
    """The key of the last row at or before `at`, from `low` on; `low` where there is none."""
    while low < high:
        middle = (low + high + 1) // 2
        row = db.execute(f"SELECT at FROM {table} WHERE {key} >= ? ORDER BY {key} LIMIT 1", (middle,)).fetchone()
        if row is not None and row[0] <= at:
            low = middle
        else:
            high = middle - 1
    return low


def _failures(db: sqlite3.Connection, start: float, end: float) -> list[Failure]:
    rows = db.execute(
        "SELECT signature, max(seq), count(*), min(ended_at), error FROM (SELECT signature, seq, ended_at, error"
        " FROM job INDEXED BY job_lost WHERE state IN ('failed', 'held', 'cancelled') AND state = 'failed'"
        " ORDER BY seq DESC LIMIT ?) WHERE ended_at >= ? AND ended_at <= ? GROUP BY signature"
        " ORDER BY count(*) DESC, signature LIMIT ?",
        (FAILURES, start, end, GROUPS),
    )
    return [Failure(signature, error, int(jobs), float(first)) for signature, _, jobs, first, error in rows]


def _log(db: sqlite3.Connection, start: float, end: float) -> list[LogLine]:
    first, last = db.execute("SELECT min(id), max(id) FROM event").fetchone()
    if first is None:
        return []
    begin = _before(db, "event", "id", start, int(first), int(last))
    marks = ", ".join("?" * len(_TAGS))
    rows = db.execute(
        f"SELECT at, data FROM event WHERE id >= ? AND at >= ? AND at <= ? AND kind IN ({marks})"
        " ORDER BY id DESC LIMIT ?",
        (begin, start, end, *_TAGS, LINES),
    ).fetchall()
    ledger = Ledger()  # it has the words
    for index, name in db.execute("SELECT idx, name FROM producer"):
        ledger.apply(ev.ProducerStarted(0.0, int(index), str(name), None, None))
    log = ledger.log
    for at, data in reversed(rows):
        newest = log[0] if log else None
        with suppress(msgspec.MsgspecError, LookupError, ValueError, TypeError):  # a line less is better than none
            ledger.apply(_events.decode(data))
        if log and log[0] is not newest:
            log[0] = msgspec.structs.replace(log[0], at=float(at))
    return list(log)
