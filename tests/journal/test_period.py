"""What happened in a period: counts by columns, failures, and what was done, from a journal of any length."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from qtui.core import events as ev
from qtui.core.queries import Period, PeriodQuery
from qtui.journal import schema
from qtui.journal.queries import answer

HOURS = 8
START = 1_000_000.0
END = START + HOURS * 3600


def fill(path: Path) -> None:
    """Eight hours of four samples a second, ten jobs a second, none for ten minutes from four hours on."""
    schema.create(path, {"accepted": 0, "done": 0, "open_from": 1})
    quiet = 4 * 3600 * 4
    with closing(schema.open_writer(path)) as db:
        db.execute("BEGIN")
        db.execute("INSERT INTO producer VALUES (0, 'feeds', NULL, '', 0)")
        db.execute(
            f"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {HOURS * 3600 * 4})
            INSERT INTO sample SELECT {START} + i / 4.0,
                '[' || iif(i > {quiet}, 64, 10) || ',8,0,' || ((i - max(0, min(2400, i - {quiet}))) * 10 / 4)
                || ',' || (max(0, min(2400, i - {quiet})) / 80) || ',0,0,12,64,0]' FROM n
            """
        )
        db.execute(
            f"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
            INSERT INTO job SELECT i, 'failed', 1, 1, 0, iif(i > 30, 'Timeout|x', 'HTTP 503|y'),
                iif(i > 30, 'Timeout no response', 'HTTP 503 Service Unavailable'), 0, {START} + i * 600, 1, 0,
                NULL, 'job', '{{}}', 0, NULL, 0 FROM n
            """
        )
        told: list[tuple[float, ev.Event]] = [
            (60.0, ev.ConcurrencyChanged(60.0, "you", 8, 12)),
            (14_500.0, ev.Notice(14_500.0, "throughput 0/s for 2 min, usually 10/s", "warning")),
            (14_600.0, ev.ProducersPaused(14_600.0, "you", 0)),
            (14_700.0, ev.CommandRefused(14_700.0, "you", "nothing to undo")),
            (14_800.0, ev.ConcurrencyChanged(14_800.0, "ops", 12, 24, "it is slow")),
        ]
        for at, event in told:
            kind = str(event.__struct_config__.tag)
            data = msgspec.json.encode(event).decode()
            db.execute("INSERT INTO event (at, kind, data) VALUES (?, ?, ?)", (START + at, kind, data))
        db.execute("COMMIT")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / schema.FILE
    fill(path)
    return path


@pytest.fixture
def db(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(schema.open_readonly(file)) as connection:
        yield connection


def ask(db: sqlite3.Connection, start: float, end: float, columns: int = 60) -> Period:
    found = answer(db, PeriodQuery(START + start, START + end, columns), END)
    assert isinstance(found, Period)
    return found


def test_the_counts_are_those_between_both_moments(db: sqlite3.Connection) -> None:
    hour = ask(db, 3600, 7200)
    assert hour.after.done - hour.before.done == 36_000
    assert sum(hour.done) == 36_000
    assert set(hour.done) == {600}
    assert hour.full_share == 0.0
    assert (hour.after.concurrency, hour.after.capacity) == (12, 64)


def test_a_quiet_stretch_is_in_its_columns(db: sqlite3.Connection) -> None:
    hour = ask(db, 4 * 3600 - 1800, 4 * 3600 + 1800, columns=6)
    assert hour.done == [6000, 6000, 6000, 0, 6000, 6000]
    assert hour.failed == [0, 0, 0, 30, 0, 0]
    assert hour.full_share == pytest.approx(0.5, abs=0.05)


def test_a_period_before_the_first_sample_begins_with_nothing(db: sqlite3.Connection) -> None:
    early = ask(db, -3600, 3600, columns=2)
    assert early.before.done == 0
    assert early.done == [0, 36_000]


def test_failures_are_those_of_the_period_by_group(db: sqlite3.Connection) -> None:
    found = ask(db, 25 * 600, 35 * 600).failures
    assert [(each.error, each.jobs, each.first_at - START) for each in found] == [
        ("HTTP 503 Service Unavailable", 6, 15_000.0),
        ("Timeout no response", 5, 18_600.0),
    ]


def test_what_was_done_is_told_in_the_words_of_the_log(db: sqlite3.Connection) -> None:
    log = ask(db, 14_000, 15_000).log
    assert [(line.at - START, line.actor, line.text, line.level) for line in log] == [
        (14_800.0, "ops", "concurrency 12 → 24 (it is slow)", "info"),
        (14_600.0, "you", "producer feeds paused", "info"),
        (14_500.0, "qtui", "throughput 0/s for 2 min, usually 10/s", "warning"),
    ]


def test_the_cost_does_not_grow_with_the_period(db: sqlite3.Connection) -> None:
    before = time.process_time()
    ask(db, 0, HOURS * 3600, columns=240)
    assert time.process_time() - before < 0.5


def test_a_journal_without_samples_knows_nothing(tmp_path: Path) -> None:
    schema.create(tmp_path / schema.FILE, {"accepted": 0, "done": 0, "open_from": 1})
    with closing(schema.open_readonly(tmp_path / schema.FILE)) as db:
        empty = ask(db, 0, 100, columns=3)
    assert (empty.done, empty.failed, empty.failures, empty.log) == ([0, 0, 0], [0, 0, 0], [], [])
