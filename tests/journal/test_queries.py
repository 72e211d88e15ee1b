"""Windows of the job list: right rows, right numbers, and a cost that does not grow with the offset."""

from __future__ import annotations

import sqlite3
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from qtui.core.job_filter import Condition, parse
from qtui.core.queries import JobQuery, Jobs, JobsQuery, JobStory, Unknown
from qtui.journal import listing, schema
from qtui.journal.queries import VALUE, answer, failed_jobs, lost_job

JOBS = 100_000
FAILED_EACH = 1_000
NOW = 2_000_000.0


def fill(path: Path, jobs: int) -> None:
    """Every 1,000th job has failed, the last 50 are open, the rest is done; names differ in a word."""
    schema.create(path, {"accepted": jobs, "done": jobs - 50 - jobs // FAILED_EACH, "open_from": jobs - 49})
    with closing(schema.open_writer(path)) as db:
        db.execute("BEGIN")
        db.execute("INSERT INTO producer VALUES (0, 'lines of urls.txt', NULL, '', 0)")
        db.execute(
            f"""
            WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < {jobs}),
            told AS (SELECT seq, CASE WHEN seq > {jobs - 50} THEN 'pending' WHEN seq % {FAILED_EACH} = 0 THEN 'failed'
                ELSE 'done' END AS state FROM n)
            INSERT INTO job SELECT seq, state, 1, 1 + (seq % 5 = 0), 0,
                iif(state = 'failed', 'group ' || (seq % 3), ''), iif(state = 'failed', 'Timeout: 100% of it_', ''),
                1000.0, iif(state = 'pending', 0, 1000.0 + seq), (seq % 977) / 100.0, 0,
                NULL, 'https://shop.example/' || iif(seq % 40000 = 0, 'Äpfel', 'page') || '/' || seq,
                '{{"n":' || seq || '}}', 0, NULL, 900.0 FROM told
            """
        )
        db.execute("COMMIT")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / schema.FILE
    fill(path, JOBS)
    return path


@pytest.fixture
def db(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(schema.open_readonly(file)) as connection:
        yield connection


def ask(db: sqlite3.Connection, **asked: object) -> Jobs:
    keys = {"text": ("text", ":"), "state": ("state", ":"), "signature": ("sig", "=")}
    where = [Condition(*keys[name], str(asked.pop(name))) for name in keys if name in asked]
    query = JobsQuery(where=where, **asked)  # type: ignore[arg-type]
    found = answer(db, query, NOW)
    assert isinstance(found, Jobs)
    if found.total is not None:
        return found
    counted = answer(db, msgspec.structs.replace(query, limit=0), NOW)
    assert isinstance(counted, Jobs)
    return Jobs(found.rows, counted.total)


def seqs(found: Jobs) -> list[int]:
    return [row.seq for row in found.rows]


def test_the_newest_come_first(db: sqlite3.Connection) -> None:
    found = ask(db, limit=3)
    assert (seqs(found), found.total) == ([JOBS, JOBS - 1, JOBS - 2], JOBS)


def test_windows_join_without_gap_or_overlap(db: sqlite3.Connection) -> None:
    for order in ("newest", "oldest", "longest", "attempts"):
        whole = seqs(ask(db, limit=30, order=order, offset=1_000))
        parts = [seq for offset in (1_000, 1_010, 1_020) for seq in seqs(ask(db, limit=10, order=order, offset=offset))]
        assert parts == whole


def test_far_windows_are_right(db: sqlite3.Connection) -> None:
    assert seqs(ask(db, offset=JOBS - 2)) == [2, 1]
    assert seqs(ask(db, offset=JOBS - 2, order="oldest")) == [JOBS - 1, JOBS]
    assert seqs(ask(db, offset=JOBS + 5)) == []


def test_gaps_in_the_numbers_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / schema.FILE
    fill(path, 200)
    with closing(schema.open_writer(path)) as writing:
        writing.execute("DELETE FROM job WHERE seq IN (100, 150)")
        writing.execute("UPDATE meta SET v = 198 WHERE k = 'accepted'")
        found = ask(writing, offset=196)
    assert (seqs(found), found.total) == ([2, 1], 198)


def test_states(db: sqlite3.Connection) -> None:
    assert ask(db, state="failed").total == JOBS // FAILED_EACH - 1
    assert seqs(ask(db, state="failed", limit=2, order="oldest")) == [1_000, 2_000]
    assert ask(db, state="open").total == 50
    assert seqs(ask(db, state="pending", limit=2)) == [JOBS, JOBS - 1]
    assert ask(db, state="running").total == 0
    assert seqs(ask(db, state="done", limit=1, order="oldest")) == [1]


def test_a_failure_group(db: sqlite3.Connection) -> None:
    found = ask(db, signature="group 1", order="oldest")
    assert found.total == len([n for n in range(1_000, JOBS, 1_000) if n % 3 == 1])
    assert seqs(found)[:2] == [1_000, 4_000]
    assert ask(db, signature="group 1", state="failed").total == found.total


@pytest.mark.parametrize("text", ["Äpfel", "äpfel", "ÄPFEL"])
def test_text_is_found_in_any_case(db: sqlite3.Connection, text: str) -> None:
    assert ask(db, text=text).total == JOBS // 40_000


def test_wildcards_in_a_text_are_plain_characters(db: sqlite3.Connection) -> None:
    assert ask(db, text="100% OF it_").total == JOBS // FAILED_EACH - 1
    assert ask(db, text="100_").total == 0
    assert ask(db, text="'; DROP TABLE job; --").total == 0
    assert ask(db, text="\\").total == 0


def test_filters_combine(db: sqlite3.Connection) -> None:
    assert ask(db, text="timeout", state="failed", signature="group 2").total > 0
    assert ask(db, text="timeout", state="done").total == 0


def test_longest_first(db: sqlite3.Connection) -> None:
    rows = ask(db, order="longest", limit=50).rows
    assert [row.run_s for row in rows] == sorted((row.run_s for row in rows), reverse=True)
    assert rows[0].run_s == 9.76


def test_a_window_is_bounded_however_much_is_asked(db: sqlite3.Connection) -> None:
    assert len(ask(db, limit=10**9).rows) == listing.WINDOW
    assert ask(db, limit=-1, offset=-5).rows == []


def took(db: sqlite3.Connection, **asked: object) -> float:
    """Seconds of the best of seven."""
    best = 9.0
    for _ in range(7):
        start = time.perf_counter()
        ask(db, **asked)
        best = min(best, time.perf_counter() - start)
    return best


def test_what_the_screen_asks_often_costs_a_small_part_of_a_scan(db: sqlite3.Connection) -> None:
    scan = took(db, text="nothing has this")
    for often in (
        {},
        {"offset": JOBS // 2},
        {"state": "open"},
        {"state": "running"},
        {"state": "failed"},
        {"signature": "group 1"},
        {"state": "done"},
    ):
        assert took(db, **often) < scan / 3, often


def test_memory_is_that_of_the_window(db: sqlite3.Connection) -> None:
    ask(db, limit=100)
    tracemalloc.start()
    try:
        for order in ("newest", "longest"):
            ask(db, text="page", limit=100, order=order)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_failed_jobs_are_found_by_index(db: sqlite3.Connection) -> None:
    assert [final.job.seq for final in failed_jobs(db, None, 3_000, 2)] == [4_000, 5_000]
    assert [final.job.seq for final in failed_jobs(db, "group 1", 1_000, 2)] == [4_000, 7_000]
    assert lost_job(db, 1_000) is not None
    assert lost_job(db, 1) is None


@pytest.mark.parametrize("state", ["held", "cancelled"])
def test_a_job_that_failed_and_was_then_held_or_cancelled_is_in_no_failure_group(tmp_path: Path, state: str) -> None:
    path = tmp_path / schema.FILE
    fill(path, 1_000)
    with closing(schema.open_writer(path)) as writing:
        writing.execute("UPDATE job SET state = ?, signature = 'group 1' WHERE seq = 7", (state,))
        final = lost_job(writing, 7)
    assert final is not None
    assert (final.state, final.signature) == (state, "")


def test_a_huge_value_is_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / schema.FILE
    fill(path, 100)
    with closing(schema.open_writer(path)) as writing:
        writing.execute("INSERT INTO result VALUES (1, ?)", ('"' + "x" * 1_000_000 + '"',))
        story = answer(writing, JobQuery(1), NOW)
    assert isinstance(story, JobStory)
    assert isinstance(story.value, str)
    assert story.value.endswith("(1,000,002 characters; `qtui results` gives them all)")
    assert len(story.value) < VALUE + 100


def filtered(db: sqlite3.Connection, typed: str, **asked: object) -> Jobs:
    conditions, mistakes = parse(typed)
    assert not mistakes
    found = answer(db, JobsQuery(where=list(conditions), **asked), NOW)  # type: ignore[arg-type]
    assert isinstance(found, Jobs), found
    return found


def matching(db: sqlite3.Connection, typed: str) -> int:
    total = filtered(db, typed, limit=0).total
    assert total is not None
    return total


FAILED = JOBS // FAILED_EACH - 1


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("host:shop.example", JOBS),
        ("host=shop", 0),
        ("host:page", 0),
        ("attempt>1", JOBS // 5),
        ("attempt:2 state:failed", FAILED),
        ("run>9.7s", len([n for n in range(1, JOBS + 1) if n % 977 > 970])),
        ("producer:urls", JOBS),
        ("!producer:urls", 0),
        ("sig:GROUP", FAILED),
        ("!sig:GROUP", JOBS - FAILED),
        ("state:failed,pending", FAILED + 50),
        ("state:failed state:pending", FAILED + 50),
        ("!state:done", FAILED + 50),
        ("id:7,9 id:11", 3),
        (f"id>{JOBS - 10}", 10),
        ("id<=10 !id:3", 9),
        ("/page.7$/", len([n for n in range(1, JOBS + 1) if str(n) == "7"])),
        (r"/\/1\d{3}$/ !/9$/", 900),
        ("/timeout.*it/ state:failed", FAILED),
        ("since:1s", 0),
        ("wait>50s", JOBS),
    ],
)
def test_the_filter_language_chooses_rows(db: sqlite3.Connection, typed: str, number: int) -> None:
    assert matching(db, typed) == number


def test_a_page_of_a_scan_comes_before_the_count(db: sqlite3.Connection) -> None:
    found = filtered(db, "page", limit=20)

    assert (len(found.rows), found.total) == (20, None)


@pytest.mark.parametrize("order", ["newest", "oldest", "longest", "attempts", "finished"])
@pytest.mark.parametrize("typed", ["host:shop attempt>1", r"/page.\d*3/"])
def test_windows_of_a_scan_join_without_gap_or_overlap(db: sqlite3.Connection, order: str, typed: str) -> None:
    def part(offset: int, limit: int) -> list[int]:
        return seqs(filtered(db, typed, order=order, offset=offset, limit=limit))

    whole = part(7_000, 20)
    assert whole == part(7_000, 10) + part(7_010, 10)
    assert part(0, 1)[0] != whole[0]


def test_the_end_of_a_scan_is_found_and_counted(db: sqlite3.Connection) -> None:
    whole = matching(db, "attempt>1")

    assert filtered(db, "attempt>1", offset=whole - 2).total == whole
    assert seqs(filtered(db, "attempt>1", offset=whole - 2)) == [10, 5]
    assert seqs(filtered(db, "attempt>1", offset=whole + 5)) == []


def test_a_long_scan_gives_way_after_every_slice(db: sqlite3.Connection) -> None:
    scan, steps = listing.Scan(JobsQuery(where=[Condition("text", ":", "nothing has this")]), NOW), 1
    while scan.step(db) is None:
        steps += 1

    assert steps == JOBS // listing.SLICE


def test_a_pattern_that_was_never_checked_is_refused_here_too(db: sqlite3.Connection) -> None:
    found = answer(db, JobsQuery(where=[Condition("regex", ":", "(a+)+")]), NOW)

    assert isinstance(found, Unknown)
    assert "a repeat inside a repeat" in found.text


def test_what_is_set_aside_is_told_from_other_failures_by_its_group_and_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / schema.FILE
    fill(path, 10_000)  # 1,000 to 10,000 have failed, but the last one is pending: groups 1, 2, 0, 1, 2, 0, 1, 2, 0
    with closing(schema.open_writer(path)) as writer:
        facts = [("aside_groups", '["group 1"]'), ("aside_jobs", '[[2000, "group 2"]]')]
        writer.executemany("INSERT INTO meta VALUES (?, ?)", facts)
    with closing(schema.open_readonly(path)) as reading:
        for typed, seqs in [
            ("state:failed", [*range(1000, 10_000, 1000)]),
            ("state:aside", [1000, 2000, 4000, 7000]),
            ("state:failed !state:aside", [3000, 5000, 6000, 8000, 9000]),
            ("state:aside,held id<3000", [1000, 2000]),
        ]:
            query = JobsQuery(0, 100, [*parse(typed).conditions], "oldest")
            told = answer(reading, query, NOW)
            assert isinstance(told, Jobs)
            assert ([row.seq for row in told.rows], told.total) == (seqs, len(seqs)), typed
