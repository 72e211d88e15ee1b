"""How a run stood when its engine ended, and how it is put right: no try is spent and nothing is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from qtui.core.events import JobDropped
from qtui.core.past import mark
from qtui.errors import ExitCode, JournalUnreadable
from qtui.journal import schema
from qtui.journal.recovery import IN_DOUBT, Found, Policy, in_doubt, look, recover
from tests.journal.lives import change, content, died, ended_well
from tests.journal.story import STARTED, accepted, done, failed, interrupted, job, lifetime, started

NOW = STARTED + 100.0
RUN = Policy()


def states(folder: Path) -> dict[int, tuple[Any, ...]]:
    """Of every job: state, tries, attempts, interruptions."""
    with closing(sqlite3.connect(folder / schema.FILE)) as db:
        rows = db.execute("SELECT seq, state, tries, attempts, interruptions FROM job")
        return {row[0]: row[1:] for row in rows}


def put_right(folder: Path, policy: Policy = RUN) -> Found:
    return recover(folder, look(folder, NOW), NOW, policy, {})


def crash_again(folder: Path, *running: int) -> None:
    """Another engine took the run up, had these jobs in the air, and died."""
    change(folder, "INSERT INTO epoch (pid, boot_id, started) SELECT pid, boot_id, started FROM epoch LIMIT 1")
    for seq in running:
        change(folder, "UPDATE job SET state = 'running', attempts = attempts + 1 WHERE seq = ?", seq)
        change(folder, "INSERT INTO attempt (seq, n, slot, t0) SELECT seq, attempts, 1, 1 FROM job WHERE seq = ?", seq)


# -- looking


async def test_looking_changes_nothing(tmp_path: Path) -> None:
    folder = await died(tmp_path, *lifetime(1), accepted(2), started(2))
    before = content(folder)
    look(folder, NOW)

    assert content(folder) == before


async def test_looking_at_a_run_that_ended_well_changes_nothing(tmp_path: Path) -> None:
    folder = await ended_well(tmp_path, *lifetime(1), accepted(2))
    before = content(folder)
    look(folder, NOW)

    assert content(folder) == before


async def test_it_tells_what_was_done_and_what_is_open(tmp_path: Path) -> None:
    story = [*lifetime(1), accepted(2), started(2), failed(2), accepted(3), started(3), accepted(4)]
    found = look(await died(tmp_path, *story), NOW)

    past = found.past
    assert (past.accepted, past.done, past.failed, past.last_seq, past.given) == (4, 1, 1, 4, [4])
    assert [(entry.job.seq, entry.interrupted) for entry in past.open] == [(3, True), (4, False)]
    assert (found.crashed, found.rows) == (True, [10])


async def test_how_often_a_job_was_spared_a_try_is_remembered(tmp_path: Path) -> None:
    spared = replace(failed(1, then="waiting"), spared=True)
    story = [accepted(1), started(1), spared, started(1), interrupted(1), started(1), spared, started(1)]
    folder = await died(tmp_path, *story)

    (seen,), (entry,) = look(folder, NOW).past.open, put_right(folder).past.open
    assert (seen.job.attempt, seen.job.waits) == (entry.job.attempt, entry.job.waits) == (1, 2)


async def test_an_orderly_end_is_no_crash_and_nothing_was_in_the_air(tmp_path: Path) -> None:
    found = look(await ended_well(tmp_path, accepted(1), started(1), interrupted(1), accepted(2)), NOW)

    assert (found.crashed, found.in_flight) == (False, [])
    assert [(entry.job.seq, entry.interrupted) for entry in found.past.open] == [(1, True), (2, False)]


async def test_failure_groups_are_remembered_with_their_numbers(tmp_path: Path) -> None:
    story = [event for seq in (1, 2) for event in (accepted(seq), started(seq), failed(seq))]
    (group,) = look(await died(tmp_path, *story), NOW).past.groups

    assert (group.signature, group.jobs, group.attempts, group.samples) == ("group http:503", 2, 2, [1, 2])
    assert (group.failed.code, group.failed.message) == ("http:503", "went wrong")


@pytest.mark.parametrize(("now", "left"), [(2.5, 1.0), (1.5, 2.0), (60.0, 0.0), (-9_999.0, 2.0)])
async def test_a_back_off_keeps_its_due_time_whatever_the_clock_does(tmp_path: Path, now: float, left: float) -> None:
    folder = await died(tmp_path, accepted(1), started(1, at=1.0), failed(1, then="waiting", at=1.5))
    (entry,) = look(folder, STARTED + now).past.open

    assert entry.waiting
    assert entry.due_in_s == pytest.approx(left)
    assert entry.job.attempt == 2


async def test_an_older_format_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = await ended_well(tmp_path, *lifetime(1))
    change(folder, "PRAGMA user_version = 1")
    before = content(folder)
    with pytest.raises(JournalUnreadable, match=r"older qtui \(format 1.*left as it is") as refused:
        look(folder, NOW)

    assert refused.value.exit_code == ExitCode.BAD_JOURNAL
    assert content(folder) == before


async def test_a_damaged_journal_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = await died(tmp_path, *[event for seq in range(1, 400) for event in lifetime(seq)])
    change(folder, "PRAGMA wal_checkpoint(TRUNCATE)")
    path = folder / schema.FILE
    damaged = bytearray(path.read_bytes())
    for page in range(3 * 4096, len(damaged), 4096):
        damaged[page : page + 200] = bytes(200)
    path.write_bytes(damaged)
    before = path.read_bytes()
    with pytest.raises(JournalUnreadable, match="left as it is") as refused:
        look(folder, NOW)

    assert refused.value.exit_code == ExitCode.BAD_JOURNAL
    assert path.read_bytes() == before


# -- putting right


async def test_what_was_running_is_interrupted_and_no_try_is_spent(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1))
    found = put_right(folder)

    assert states(folder) == {1: ("pending", 0, 1, 1)}
    assert [(entry.job.seq, entry.job.attempt, entry.interrupted) for entry in found.past.open] == [(1, 1, True)]


async def test_the_attempt_that_was_cut_off_says_so(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1))
    put_right(folder)
    with closing(sqlite3.connect(folder / schema.FILE)) as db:
        told = db.execute("SELECT outcome, message, t1 FROM attempt").fetchall()

    assert told == [("interrupted", "the engine died", NOW)]


async def test_what_was_final_or_waiting_is_not_touched(tmp_path: Path) -> None:
    story = [*lifetime(1), accepted(2), started(2), failed(2), accepted(3), started(3), failed(3, then="waiting")]
    folder = await died(tmp_path, *story, accepted(4))
    before = states(folder)
    put_right(folder)

    assert states(folder) == before


async def test_new_facts_replace_old_ones(tmp_path: Path) -> None:
    folder = await died(tmp_path)
    seen = look(folder, NOW)

    assert recover(folder, seen, NOW, Policy(), {"site": "http://x"}).meta["site"] == "http://x"


async def test_putting_right_twice_counts_once(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1))
    put_right(folder)
    put_right(folder)

    assert states(folder) == {1: ("pending", 0, 1, 1)}
    assert look(folder, NOW).past.suspects == {mark("key-1"): 1}


async def test_a_crash_is_counted_once_though_its_flight_record_outlives_the_count(tmp_path: Path) -> None:
    """The process may die between the commit of the count and the removal of the file."""
    folder = await died(tmp_path, accepted(1), started(1))
    flight = (folder / "flight").read_bytes()
    put_right(folder)
    (folder / "flight").write_bytes(flight)
    found = put_right(folder)

    assert found.past.suspects == {mark("key-1"): 1}


# -- holding


async def test_with_hold_what_was_running_is_held_and_the_books_say_so(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1), accepted(2))
    found = put_right(folder, Policy(hold=True))

    assert states(folder)[1] == ("held", 0, 1, 1)
    assert (found.past.held, [entry.job.seq for entry in found.past.open]) == (1, [2])
    with closing(sqlite3.connect(folder / schema.FILE)) as db:
        assert db.execute("SELECT error FROM job WHERE seq = 1").fetchone() == (IN_DOUBT,)


async def test_what_will_be_held_is_known_before(tmp_path: Path) -> None:
    seen = look(await died(tmp_path, accepted(1), started(1), accepted(2)), NOW)

    assert in_doubt(seen, Policy(hold=True)) == {1: IN_DOUBT}
    assert in_doubt(seen, Policy()) == {}


async def test_a_job_that_was_running_in_three_crashes_is_held(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1), accepted(2))
    flight = (folder / "flight").read_bytes()
    counted = []
    for _ in range(3):
        found = put_right(folder)
        counted.append((found.past.suspects.get(mark("key-1")), states(folder)[1][0]))
        crash_again(folder, *([1] if states(folder)[1][0] == "pending" else []))
        (folder / "flight").write_bytes(flight)

    assert counted == [(1, "pending"), (2, "pending"), (3, "held")]


async def test_with_no_limit_of_crashes_nobody_is_held(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1))
    change(folder, "INSERT INTO suspect VALUES (?, 50)", mark("key-1"))
    put_right(folder, Policy(crashes=0))

    assert states(folder)[1][0] == "pending"


async def test_after_a_reboot_nobody_is_suspected(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1))
    change(folder, "UPDATE epoch SET boot_id = 'another'")
    found = put_right(folder)

    assert found.past.suspects == {}
    assert states(folder) == {1: ("pending", 0, 1, 1)}


async def test_a_job_whose_end_was_not_saved_is_a_suspect_too(tmp_path: Path) -> None:
    """It had ended, and nobody can know whether that crashed the engine."""
    folder = await died(tmp_path, accepted(1), started(1), accepted(2), started(2))
    change(folder, "DELETE FROM attempt WHERE seq = 2")
    change(folder, "UPDATE job SET state = 'pending', attempts = 0 WHERE seq = 2")
    found = put_right(folder)

    assert found.past.suspects == {mark("key-1"): 1, mark("key-2"): 1}


async def test_done_jobs_stay_done(tmp_path: Path) -> None:
    folder = await died(tmp_path, accepted(1), started(1), done(1))
    found = put_right(folder, Policy(hold=True))

    assert (found.past.done, found.past.open) == (1, [])


async def test_what_a_full_queue_took_is_remembered_with_its_number_and_its_rows(tmp_path: Path) -> None:
    lost = JobDropped(1.0, job(2), fresh=True), JobDropped(1.0, job(3), fresh=True, rejected=True)
    folder = await ended_well(tmp_path, accepted(1), JobDropped(1.0, job(1), fresh=False), *lost)

    past = look(folder, STARTED + 10).past
    assert (past.accepted, past.cancelled, past.failed, past.lost) == (3, 2, 1, 3)
    assert (past.given, past.last_seq, past.open) == ([3], 3, [])
    assert [(group.failed.code, group.jobs) for group in past.groups] == [("rejected", 1)]
