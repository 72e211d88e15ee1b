"""Who ran where and when, in answers whose size and cost are bounded whatever the length of the history."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import get_args

import msgspec

from qtui.core.marks import Marked, mark_of
from qtui.core.queries import FailureQuery, SlotAttempt, SlotPast, SlotQuery, Span, Timeline, TimelineQuery
from qtui.journal.encoding import decode
from qtui.journal.stretch import first_at, last_of, spans_between

SPANS = 20_000
"""Attempts of one answer at most, those that go on beyond its end not counted."""
LOOKED_AT = 200_000
"""Attempts that are looked at for one answer, most of which may be of slots nobody asked for."""
BEYOND = 20_000
"""How many ends behind the stretch are looked at for attempts that began in it."""
OF_A_SLOT = 5_000
"""How many ends are looked at for those of one slot."""
EVENTS = 50_000
"""Events of the stretch that are looked at for marks."""
MARKS = 500
PARTS = 400

_CONCURRENCY = 7
"""Where a sample keeps it; its own time stands in a column."""
_MARKED = {str(kind.__struct_config__.tag): kind for kind in get_args(Marked)}
_COUNTING = ("concurrency", "run-started", "run-resumed")
_KINDS = ", ".join(f"'{kind}'" for kind in dict.fromkeys((*_MARKED, *_COUNTING)))


def timeline(db: sqlite3.Connection, query: TimelineQuery) -> Timeline:
    """The attempts that ended in the stretch asked for, or where they are too many a part of them."""
    db.execute("BEGIN")  # all from one moment
    try:
        spans = _all(db, query)
        sampled = spans is None
        if spans is None:
            spans = _some(db, query)
        spans += _beyond(db, query)
        return Timeline(spans, sampled, _marks(db, query), _slots(db, query))
    finally:
        db.execute("COMMIT")


def nearest_failure(db: sqlite3.Connection, query: FailureQuery) -> Timeline:
    """One attempt that failed for good, or none."""
    at = first_at(db, "failure", "t1", query.at)
    if query.forward:
        found = "id >= ? AND (t1, seq) > (?, ?) ORDER BY id"
    else:
        found = "id <= ? AND (t1, seq) < (?, ?) ORDER BY id DESC"
        at = first_at(db, "failure", "t1", query.at + 1e-6)
    rows = db.execute(f"SELECT seq, n, slot, t0, t1 FROM failure WHERE {found} LIMIT 1", (at, query.at, query.seq))
    return Timeline(
        [Span(int(seq), int(n), int(slot), float(t0), float(t1), "failed") for seq, n, slot, t0, t1 in rows]
    )


def slot_past(db: sqlite3.Connection, query: SlotQuery) -> SlotPast:
    """What ended last in a slot, unless too many ended elsewhere since."""
    last = last_of(db, "stretch")
    rows = _looked_at(db, last - OF_A_SLOT, last, OF_A_SLOT, newest_first=True)
    ended = (span for some in rows for span in some if span.slot == query.slot)
    spans = list(islice(ended, max(0, min(query.limit, OF_A_SLOT))))
    marks = ",".join("?" * len(spans))
    names = dict(db.execute(f"SELECT seq, name FROM job WHERE seq IN ({marks})", [span.seq for span in spans]))
    return SlotPast(
        [SlotAttempt(span.seq, names.get(span.seq, ""), span.end - span.start, span.outcome) for span in spans]
    )


def _wanted(span: Span, query: TimelineQuery) -> bool:
    return query.first_slot <= span.slot <= query.last_slot


def _all(db: sqlite3.Connection, query: TimelineQuery) -> list[Span] | None:
    """All of them, or None when that would be too much."""
    first, last = first_at(db, "stretch", "until", query.since), _last_row(db, query.until)
    if last - first >= SPANS:
        return None
    (looked_at,) = db.execute("SELECT total(number) FROM stretch WHERE id BETWEEN ? AND ?", (first, last)).fetchone()
    if looked_at > LOOKED_AT:
        return None
    found: list[Span] = []
    for spans in spans_between(db, first, last):
        found += [span for span in spans if query.since <= span.end <= query.until and _wanted(span, query)]
        if len(found) > SPANS:
            return None
    return found


def _last_row(db: sqlite3.Connection, until: float) -> int:
    """The last row with ends up to that moment: the first that goes on to it or beyond."""
    return min(first_at(db, "stretch", "until", until), last_of(db, "stretch"))


def _some(db: sqlite3.Connection, query: TimelineQuery) -> list[Span]:
    """From each part its failures, as far as they fit, and its newest."""
    parts = max(1, min(query.parts, PARTS))
    length = (query.until - query.since) / parts
    edges = [query.since + length * number for number in range(parts)]
    edges.append(math.nextafter(query.until, math.inf))
    found: list[Span] = []
    for since, until in pairwise(edges):
        failures = _failures(db, query, since, until, SPANS // parts // 4)
        newest = _newest(db, query, since, until, LOOKED_AT // parts)[: SPANS // parts * 3 // 4]
        seen = {(span.seq, span.number): span for span in [*failures, *newest]}
        found += sorted(seen.values(), key=lambda span: span.end)
    return found


def _failures(db: sqlite3.Connection, query: TimelineQuery, since: float, until: float, most: int) -> list[Span]:
    last = first_at(db, "failure", "t1", until)
    rows = db.execute(
        "SELECT seq, n, slot, t0, t1 FROM failure WHERE id < ? AND id >= ? AND t1 >= ? ORDER BY id DESC",
        (last, last - most, since),
    )
    spans = [Span(int(seq), int(n), int(slot), float(t0), float(t1), "failed") for seq, n, slot, t0, t1 in rows]
    return [span for span in spans if _wanted(span, query)]


def _newest(db: sqlite3.Connection, query: TimelineQuery, since: float, until: float, look: int) -> list[Span]:
    """The newest of a part, newest first, after a look at so many."""
    first, last = first_at(db, "stretch", "until", since), _last_row(db, until)
    found: list[Span] = []
    for spans in _looked_at(db, max(first, last - look), last, look, newest_first=True):
        found += [span for span in spans if since <= span.end < until and _wanted(span, query)]
    return found


def _beyond(db: sqlite3.Connection, query: TimelineQuery) -> list[Span]:
    """Those that began before the end of the stretch and ended after it: in each slot at most one."""
    found: list[Span] = []
    first = _last_row(db, query.until)
    for spans in _looked_at(db, first, first + BEYOND, BEYOND):
        found += [span for span in spans if span.start < query.until < span.end and _wanted(span, query)]
    return found


def _looked_at(
    db: sqlite3.Connection, first: int, last: int, look: int, *, newest_first: bool = False
) -> Iterator[list[Span]]:
    """What stands in the rows with these numbers, a row at a time, until so many attempts have been looked at."""
    for spans in spans_between(db, first, last, newest_first=newest_first):
        yield spans
        look -= len(spans)
        if look <= 0:
            return


def _marks(db: sqlite3.Connection, query: TimelineQuery) -> list[tuple[float, str]]:
    """What was changed in the stretch."""
    return [
        (at, mark_of(msgspec.convert(told, _MARKED[kind]))) for at, kind, told in _events(db, query) if kind in _MARKED
    ]


def _slots(db: sqlite3.Connection, query: TimelineQuery) -> list[tuple[float, int]]:
    """How many slots there were, as the last sample before the stretch and the changes in it tell."""
    found = [(at, 0) for at in _ends_of_lives(db)]
    if (sample := _sample_before(db, query.since)) is not None:
        found.append(sample)
    for at, kind, event in _events(db, query):
        if kind not in _COUNTING or not isinstance(event, dict):
            continue
        of = event.get("started", event)
        number = of.get("new", of.get("concurrency")) if isinstance(of, dict) else None
        if isinstance(number, int):
            found.append((at, number))
    found.sort(key=lambda told: told[0])
    before = [(query.since, number) for at, number in found if at <= query.since][-1:]
    return before + [told for told in found if query.since < told[0] <= query.until]


def _sample_before(db: sqlite3.Connection, at: float) -> tuple[float, int] | None:
    """When the last sample before a moment was taken, and how many slots there were then."""
    row = db.execute(
        "SELECT at, data FROM sample WHERE rowid = ?", (first_at(db, "sample", "at", at, "rowid") - 1,)
    ).fetchone()
    told = decode(row[1]) if row else None
    number = told[_CONCURRENCY] if isinstance(told, list) and len(told) > _CONCURRENCY else None
    return (float(row[0]), number) if isinstance(number, int) else None


def _ends_of_lives(db: sqlite3.Connection) -> list[float]:
    """When each life but the last ended; after a crash, when it was last known to live."""
    lives = db.execute("SELECT started, ended FROM epoch ORDER BY id").fetchall()
    ends = []
    for (_, ended), (following, _) in pairwise(lives):
        last = _sample_before(db, following) if ended is None else None
        if ended is not None or last is not None:
            ends.append(float(ended) if last is None else last[0])
    return ends


def _events(db: sqlite3.Connection, query: TimelineQuery) -> list[tuple[float, str, object]]:
    first = first_at(db, "event", "at", query.since)
    rows = db.execute(
        f"SELECT at, kind, data FROM event WHERE id BETWEEN ? AND ? AND at <= ? AND kind IN ({_KINDS}) LIMIT ?",
        (first, first + EVENTS, query.until, MARKS),
    )
    return [(float(at), kind, decode(data)) for at, kind, data in rows]
