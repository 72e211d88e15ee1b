"""The journal of a live run: what is acknowledged is on the disk, what is asked is answered."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest

from qtui.core.queries import JobQuery, Jobs, JobsQuery, JobStory, Unknown
from qtui.core.seams import Journal
from qtui.errors import CannotWrite
from qtui.journal import journal as journal_module
from qtui.journal.journal import SqliteJournal
from qtui.journal.reader import open_reader
from tests.journal.story import STARTED, Told, accepted, done, failed, lifetime, opening, record, requeued, started
from tests.patience import PATIENCE_S


async def test_it_is_a_journal(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    journal: Journal = told.journal
    await journal.close("finished")


async def test_what_is_acknowledged_is_in_the_file(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening(), *lifetime(1), accepted(2))
    await told.durable()
    assert told.journal.backlog == 0
    with open_reader(tmp_path / "run") as reader:
        assert (reader.summary().done, reader.summary().accepted) == (1, 2)
    await told.journal.close("finished")


async def test_records_that_come_together_are_one_commit(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    for seq in range(1, 101):
        told.tell(*lifetime(seq))
    await told.durable()
    assert told.acknowledged == [300]
    await told.journal.close("finished")


async def test_acknowledgements_come_on_the_loop_and_grow(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    threads = set()
    hear = told.journal.on_commit

    def on_commit(position: int) -> None:
        threads.add(threading.current_thread())
        hear(position)

    told.journal.on_commit = on_commit
    for seq in range(1, 2_001):
        told.tell(*lifetime(seq))
        if seq % 100 == 0:
            await asyncio.sleep(0)
    await told.durable()
    assert threads == {threading.main_thread()}
    assert told.acknowledged == sorted(set(told.acknowledged))
    await told.journal.close("finished")


async def test_appending_never_touches_the_disk(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    assert told.journal.backlog == 3
    assert told.acknowledged == []
    await told.journal.close("finished")
    assert told.acknowledged == [3]


async def test_room_waits_while_the_backlog_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "BACKLOG", 30)
    told = Told.create(tmp_path / "run")
    await told.journal.room()
    for seq in range(1, 11):
        told.tell(*lifetime(seq))
    waiting = asyncio.ensure_future(told.journal.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    async with asyncio.timeout(PATIENCE_S):
        await waiting
    assert told.journal.backlog < 30
    await told.journal.close("finished")


async def test_close_makes_everything_durable_and_says_how_it_ended(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening())
    for seq in range(1, 1_001):
        told.tell(*lifetime(seq))
    await told.journal.close("stopped")
    assert told.acknowledged[-1] == told.position
    with open_reader(tmp_path / "run") as reader:
        summary = reader.summary()
    assert (summary.how, summary.done, summary.total) == ("stopped", 1_000, 10)
    assert summary.ended_at > 0


async def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    await told.journal.close("finished")
    await told.journal.close("finished")


async def test_no_thread_is_left_behind_and_none_is_the_default_executor(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.journal.query(JobsQuery())
    names = {thread.name for thread in threading.enumerate()}
    assert {"qtui-journal", "qtui-journal-reader"} <= names
    assert not any("ThreadPool" in name or name.startswith("asyncio") for name in names)
    await told.journal.close("finished")
    assert "qtui-journal" not in {thread.name for thread in threading.enumerate()}


async def test_questions_are_answered_after_the_end_as_well(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.journal.query(JobsQuery())
    await told.journal.close("finished")
    answer = await told.journal.query(JobsQuery())
    assert isinstance(answer, Jobs)
    assert answer.total == 1


async def test_a_job_tells_its_story(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening(), accepted(1, 0.5), started(1, 1.0), failed(1, then="waiting"))
    told.tell(started(1, 4.0, attempt=2), done(1, {"price": 3}, 4.5, attempt=2))
    await told.durable()
    story = await told.journal.query(JobQuery(1))
    assert isinstance(story, JobStory)
    assert (story.key, story.fields, story.value) == ("key-1", {"n": 1}, {"price": 3})
    assert (story.row.state, story.row.producer, story.row.attempts) == ("done", "lines of urls.txt", 2)
    assert (story.row.wait_s, story.row.run_s, story.row.ended_at) == (3.5, 0.5, STARTED + 4.5)
    assert [(a.number, a.outcome, a.code, a.run_s) for a in story.attempts] == [
        (1, "retry", "http:503", 0.5),
        (2, "done", "", 0.5),
    ]
    assert story.attempts[0].detail == "line 1\nline 2"
    await told.journal.close("finished")


async def test_a_waiting_job_tells_when_it_is_tried_again(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*opening(), accepted(1), started(1), failed(1, then="waiting"))
    await told.durable()
    story = await told.journal.query(JobQuery(1))
    assert isinstance(story, JobStory)
    assert story.next_try_s == pytest.approx(2.0, abs=1.0)
    await told.journal.close("finished")


async def test_an_unknown_job_is_told_as_such(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    assert await told.journal.query(JobQuery(7)) == Unknown("job 7 is not in the journal")
    await told.journal.close("finished")


async def test_failed_jobs_come_in_order_and_in_windows(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    for seq in range(1, 8):
        told.tell(accepted(seq), started(seq), failed(seq, "http:503" if seq % 2 else "timeout"))
    journal = told.journal
    assert [final.job.seq for final in await journal.failed_jobs(None, 0, 3)] == [1, 2, 3]
    assert [final.job.seq for final in await journal.failed_jobs(None, 3, 100)] == [4, 5, 6, 7]
    assert [final.job.seq for final in await journal.failed_jobs("group timeout", 2, 100)] == [4, 6]
    job = (await journal.failed_jobs(None, 0, 1))[0].job
    assert (job.key, job.name, job.row, job.attempt) == ("key-1", "job 1", {"n": 1}, 1)
    await journal.close("finished")


async def test_a_question_about_failed_jobs_sees_what_was_appended_before_it(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(accepted(1), started(1), failed(1))
    assert await told.journal.job(1) is not None
    told.tell(requeued(1))
    assert await told.journal.job(1) is None
    assert await told.journal.failed_jobs(None, 0, 10) == []
    await told.journal.close("finished")


async def test_another_round_continues_the_numbers_of_the_attempts(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(accepted(1), started(1), failed(1))
    await told.durable()
    told.tell(requeued(1), started(1, 3.0), done(1, at=4.0))
    await told.durable()
    story = await told.journal.query(JobQuery(1))
    assert isinstance(story, JobStory)
    assert [(a.number, a.outcome) for a in story.attempts] == [(1, "failed"), (2, "done")]
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        assert (reader.summary().done, reader.summary().failed) == (1, 0)


async def test_results_are_one_line_for_each_done_job(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run", tmp_path / "results.jsonl")
    told.tell(*lifetime(1, {"price": 3}), *lifetime(2, "text"), accepted(3), started(3), failed(3))
    await told.durable()
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"key": "key-1", "name": "job 1", "price": 3},
        {"key": "key-2", "name": "job 2", "value": "text"},
    ]
    await told.journal.close("finished")


async def test_a_place_that_takes_no_results_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(CannotWrite, match="is a directory"):
        SqliteJournal.create(tmp_path / "run", run=record(), results=tmp_path)


async def test_older_results_are_moved_aside_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text("precious\n")
    told = Told.create(tmp_path / "run", tmp_path / "results.jsonl")
    assert told.journal.results_moved_to == tmp_path / "results.jsonl.1"
    assert (tmp_path / "results.jsonl.1").read_text() == "precious\n"
    await told.journal.close("finished")
