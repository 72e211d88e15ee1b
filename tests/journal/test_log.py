"""The logs: right lines in the order of time, windows that join, and a cost that does not grow with the run."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qtui.core import events as ev
from qtui.core.job import DROPPED, Done
from qtui.core.queries import Log, LogQuery, LogRow
from qtui.journal import log, schema, stretch
from qtui.journal.columns import Attempt
from qtui.journal.queries import answer
from tests.journal.story import STARTED, Told, accepted, done, ended, failed, opening, started

ENDS = 200_000
FAILED_EACH = 1_000
EACH = 70
"""Ends of one commit."""


def one(seq: int) -> Attempt:
    outcome = "failed" if seq % FAILED_EACH == 0 else "done"
    return Attempt(seq, 1, seq % 8, 1999.5 + seq / 100, 2000 + seq / 100, outcome)


def fill(path: Path, ends: int) -> None:
    """Attempt n ended at second 2000 + n / 100; every 1,000th failed; one more still runs."""
    schema.create(path, {"accepted": ends + 1, "done": ends, "open_from": ends + 1})
    with closing(schema.open_writer(path)) as db:
        db.execute("BEGIN")
        db.execute(
            f"""
            WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq <= {ends})
            INSERT INTO job SELECT seq, 'done', 1, 1, 0, '', '', 0, 0, 0, 0, NULL, 'page ' || seq, '{{}}', 0, NULL, 9.0
            FROM n
            """
        )
        db.execute(
            f"""
            WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < {ends})
            INSERT INTO attempt SELECT seq, 1, seq % 8, 1999.5 + seq / 100.0, 2000.0 + seq / 100.0,
                iif(seq % {FAILED_EACH} = 0, 'failed', 'done'), iif(seq % {FAILED_EACH} = 0, 'http:503', NULL),
                iif(seq % {FAILED_EACH} = 0, 'went wrong', '200 · 4 kB'), NULL FROM n
            """
        )
        for begin in range(1, ends + 1, EACH):
            batch = [one(seq) for seq in range(begin, min(begin + EACH, ends + 1))]
            told, _ = stretch.rows(batch[-1].t1 or 0.0, batch)
            db.executemany("INSERT INTO stretch (until, number, ends) VALUES (?, ?, ?)", told)
        db.execute(f"INSERT INTO attempt VALUES ({ends + 1}, 1, 1, 5000.0, NULL, NULL, NULL, NULL, NULL)")
        db.execute("COMMIT")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / schema.FILE
    fill(path, ENDS)
    return path


@pytest.fixture
def db(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(schema.open_readonly(file)) as connection:
        yield connection


def ask(db: sqlite3.Connection, of: str = "attempts", **asked: object) -> Log:
    found = answer(db, LogQuery(of, **asked), 0.0)  # type: ignore[arg-type]
    assert isinstance(found, Log)
    return found


def seqs(found: Log) -> list[int]:
    return [row.seq for row in found.rows]


def test_the_newest_ends_come_last_and_what_runs_is_none_of_them(db: sqlite3.Connection) -> None:
    found = ask(db, limit=3)
    assert seqs(found) == [ENDS - 2, ENDS - 1, ENDS]
    assert found.more
    assert found.rows[-1] == LogRow(
        (4000.0, 2_858, 10), 4000.0, f"page {ENDS}", "HTTP 503: went wrong", "error", "failed", ENDS, 1, 0.5
    )
    assert found.rows[0].text == "200 · 4 kB"


def test_windows_join_in_both_directions(db: sqlite3.Connection) -> None:
    newest = ask(db, limit=30)
    before = ask(db, limit=10, before=newest.rows[0].place)
    assert seqs(before) == list(range(ENDS - 39, ENDS - 29))
    after = ask(db, limit=10, after=before.rows[-1].place)
    assert seqs(after) == seqs(newest)[:10]
    assert after.more
    last = ask(db, limit=10, after=newest.rows[-2].place)
    assert (seqs(last), last.more) == ([ENDS], False)


def test_the_oldest_are_found_from_the_beginning(db: sqlite3.Connection) -> None:
    assert seqs(ask(db, limit=2, after=(0.0, 0, 0))) == [1, 2]
    nothing = ask(db, limit=2, before=(0.0, 0, 0))
    assert (nothing.rows, nothing.reached, nothing.more) == ([], None, False)


def test_a_level_shows_what_is_at_least_as_bad(db: sqlite3.Connection) -> None:
    assert seqs(ask(db, limit=2, level="error")) == [ENDS - FAILED_EACH, ENDS]
    assert seqs(ask(db, limit=2, level="warning")) == [ENDS - FAILED_EACH, ENDS]


def test_text_is_looked_for_in_names_and_errors(db: sqlite3.Connection) -> None:
    assert seqs(ask(db, text="PAGE 199999")) == [199_999]
    assert len(ask(db, text="went wrong", limit=7).rows) == 7
    assert ask(db, text="100%_").rows == []


def test_a_search_that_finds_little_stops_and_can_be_gone_on_with(db: sqlite3.Connection) -> None:
    first = ask(db, text="page 7 ")
    assert (first.rows, first.more) == ([], True)
    assert first.reached is not None
    assert first.reached[0] == one(ENDS - log.SCAN + 1).t1
    reached, answers = first.reached, 1
    while (found := ask(db, text="page 77777", before=reached)).more and not found.rows:
        assert found.reached is not None
        reached, answers = found.reached, answers + 1
    assert (seqs(found), answers) == ([77_777], 2)


def took(db: sqlite3.Connection, **asked: object) -> float:
    best = 9.0
    for _ in range(7):
        begin = time.perf_counter()
        ask(db, **asked)  # type: ignore[arg-type]
        best = min(best, time.perf_counter() - begin)
    return best


def test_a_page_costs_the_same_wherever_it_is(db: sqlite3.Connection) -> None:
    scan = took(db, text="nothing has this")
    middle = (3000.0, 1_400, 3)
    for often in ({}, {"before": middle}, {"after": middle}, {"after": (0.0, 0, 0)}):
        assert took(db, **often) < scan / 5, often


def test_a_window_is_bounded_however_much_is_asked(db: sqlite3.Connection) -> None:
    assert len(ask(db, limit=10**9).rows) == log.WINDOW
    assert ask(db, limit=-1).rows == []


def test_attempts_that_ended_at_the_same_moment_are_neither_lost_nor_doubled(tmp_path: Path) -> None:
    path = tmp_path / schema.FILE
    schema.create(path, {})
    with closing(schema.open_writer(path)) as writing:
        for begin in (1, 11, 21):
            batch = [Attempt(seq, 1, 1, 1.0, 5.0, "done") for seq in range(begin, begin + 10)]
            writing.executemany(
                "INSERT INTO stretch (until, number, ends) VALUES (?, ?, ?)", stretch.rows(5.0, batch)[0]
            )
        down, before = [], None
        while (found := ask(writing, limit=7, before=before)).rows:
            down, before = seqs(found) + down, found.rows[0].place
        up, after = [], (0.0, 0, 0)
        while (found := ask(writing, limit=7, after=after)).rows:
            up, after = up + seqs(found), found.rows[-1].place
    assert down == up == list(range(1, 31))


async def test_control_events_are_told_in_the_words_of_the_live_log(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening())
    told.tell(
        ev.ProducersPaused(2.0, "you", 0, "lunch"),
        ev.ConcurrencyChanged(3.0, "ops", 8, 12),
        accepted(1),
        started(1),
        ev.RetryHastened(4.0, 1, "you"),
        ev.Notice(5.0, "event loop late", "warning"),
        ev.CommandRefused(6.0, "you", "the run is draining"),
        ev.ProducerEnded(7.0, 0, "no such file"),
    )
    await told.durable()
    found = await told.journal.query(LogQuery())
    assert isinstance(found, Log)
    assert [(row.who, row.text, row.level) for row in found.rows] == [
        ("qtui", "started with 2 workers, a queue of 64", "info"),
        ("you", "producer lines of urls.txt paused (lunch)", "info"),
        ("ops", "concurrency 8 → 12", "info"),
        ("qtui", "event loop late", "warning"),
        ("you", "refused: the run is draining", "warning"),
        ("qtui", "lines of urls.txt: no such file", "error"),
    ]
    assert [row.at - STARTED for row in found.rows] == [0.0, 2.0, 3.0, 5.0, 6.0, 7.0]
    found = await told.journal.query(LogQuery(level="warning", limit=2))
    assert isinstance(found, Log)
    assert [row.text for row in found.rows] == ["refused: the run is draining", "lines of urls.txt: no such file"]
    assert found.more
    await told.journal.close("stopped")


async def test_the_ends_of_attempts_are_told_with_name_error_and_duration(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening())
    for seq in (1, 2, 3):
        told.tell(accepted(seq), started(seq))
    told.tell(failed(2, at=3.0, then="waiting"), done(1, at=2.0), ended(3, DROPPED, "cancelled", at=4.0))
    await told.durable()
    found = await told.journal.query(LogQuery("attempts"))
    assert isinstance(found, Log)
    assert [(row.seq, row.kind, row.text, row.level, row.run_s) for row in found.rows] == [
        (1, "done", "200 · 4 kB", "info", 1.0),
        (2, "retry", "HTTP 503: went wrong", "warning", 2.0),
        (3, "cancelled", "queue full", "info", 3.0),
    ]
    await told.journal.close("stopped")


async def test_the_last_line_that_a_done_job_has_said_stands_behind_its_word(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    end = ended(1, Done(3, "3", detail="begins\nhalf of it\nall of it"), "done")
    told.tell(*opening(), accepted(1), started(1), end)
    await told.durable()
    lines = await told.journal.query(LogQuery("attempts"))
    await told.journal.close("finished")

    assert isinstance(lines, Log)
    assert [row.text for row in lines.rows] == ["3 · all of it"]


async def test_an_event_of_another_version_is_still_a_line(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening())
    await told.durable()
    await told.journal.close("stopped")
    with closing(schema.open_writer(tmp_path / "run" / schema.FILE)) as writing:
        writing.execute("INSERT INTO event (at, kind, data) VALUES (1.0, 'moon-rose', '{\"type\":\"moon-rose\"}')")
        assert ask(writing, "events").rows[-1].text == "moon-rose"
