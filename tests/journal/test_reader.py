"""A journal read from outside, finished or live."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import closing
from pathlib import Path

from qtui.core.job import Value
from qtui.core.job_filter import Condition
from qtui.core.queries import Jobs, JobsQuery
from qtui.journal import reader as reader_module
from qtui.journal import schema
from qtui.journal.reader import Input, Reader, open_reader
from tests.journal.story import STARTED, Told, accepted, done, failed, lifetime, opening, started


def told_by(reader: Reader, order: str = "completion", *states: str) -> list[dict[str, Value]]:
    """The chosen results as lines."""
    reader.choose(order, states or ("done",))
    return [json.loads(result.line) for result in reader.results()]


async def test_results_in_both_orders_while_the_engine_writes(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*(accepted(seq) for seq in (1, 2, 3)), *(started(seq) for seq in (1, 2, 3)))
    told.tell(done(2, {"n": 2}, 2.0), done(3, "text", 3.0), done(1, None, 4.0))
    await told.durable()
    with open_reader(tmp_path / "run") as reader:
        assert [result["key"] for result in told_by(reader)] == ["key-2", "key-3", "key-1"]
        assert told_by(reader, "submission") == [
            {"key": "key-1", "name": "job 1", "value": None},
            {"key": "key-2", "name": "job 2", "n": 2},
            {"key": "key-3", "name": "job 3", "value": "text"},
        ]
    await told.journal.close("finished")


async def test_results_are_what_the_file_has(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run", tmp_path / "results.jsonl")
    values = [{"key": 1}, {}, [1, 2], "é\udc80", None, {"name": "x", "_key": 2}]
    for seq, value in enumerate(values, 1):
        told.tell(accepted(seq), started(seq), done(seq, value, 1.0 + seq))  # type: ignore[arg-type]
    await told.journal.close("finished")
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    with open_reader(tmp_path / "run") as reader:
        assert told_by(reader) == lines


async def test_failed_jobs_tell_why(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1), accepted(2), started(2), failed(2, then="waiting"), started(2, attempt=2))
    told.tell(failed(2, "timeout", 3.0, attempt=2))
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        assert told_by(reader, "completion", "failed") == [
            {"key": "key-2", "name": "job 2", "attempts": 2, "code": "timeout", "error": "Timeout: went wrong"}
        ]


async def test_windows_of_results_join(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    for seq in range(1, 2 * reader_module.WINDOW + 1):
        told.tell(*lifetime(seq, seq))
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        for order in ("completion", "submission"):
            found = [result["value"] for result in told_by(reader, order)]
            assert found == list(range(1, 2 * reader_module.WINDOW + 1))


async def test_a_reader_that_stops_in_the_middle_does_not_hold_the_writer_up(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*(event for seq in range(1, 2_001) for event in lifetime(seq, "x" * 100)))
    await told.durable()
    with open_reader(tmp_path / "run") as reader:
        assert reader.choose("completion", ["done"]) == 2_000
        results = reader.results()
        next(results)
        with closing(schema.open_writer(tmp_path / "run" / schema.FILE)) as other:
            busy, _, _ = other.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        assert busy == 0
        assert len(list(results)) == 1_999
    await told.journal.close("finished")


async def test_memory_is_that_of_a_window(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    for seq in range(1, 5_001):
        told.tell(*lifetime(seq, "x" * 1_000))
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        tracemalloc.start()
        try:
            assert reader.choose("completion", ["done"]) == 5_000
            assert sum(1 for _ in reader.results()) == 5_000
            assert tracemalloc.get_traced_memory()[1] < 2_500_000
        finally:
            tracemalloc.stop()


async def test_a_summary_of_a_live_and_of_a_finished_run(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run", tmp_path / "results.jsonl")
    told.tell(*opening(), *lifetime(1), accepted(2), started(2), failed(2))
    await told.durable()
    with open_reader(tmp_path / "run") as reader:
        live = reader.summary()
    assert (live.run_id, live.name, live.preset, live.started_at) == ("scrape-1", "scrape", "scrape.toml", STARTED)
    assert (live.how, live.ended_at, live.accepted, live.done, live.failed, live.total) == ("", 0.0, 2, 1, 1, 10)
    assert live.results == str(tmp_path / "results.jsonl")
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        assert reader.summary().how == "finished"


async def test_a_reader_answers_the_questions_of_faces(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        answer = reader.query(JobsQuery(where=[Condition("state", ":", "done")]))
    assert isinstance(answer, Jobs)
    assert answer.total == 1


async def test_what_becomes_final_later_is_not_among_the_chosen(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(2, 2), accepted(1), started(1))
    await told.durable()
    with open_reader(tmp_path / "run") as reader:
        assert reader.choose("submission", ["done"]) == 1
        told.tell(done(1, 1))
        await told.durable()
        assert [result.value for result in reader.results()] == [2]
        assert [result.value for result in reader.results()] == [2], "a second look sees the same"
    await told.journal.close("finished")


async def test_failed_jobs_are_given_back_as_their_source_gave_them(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1), accepted(2), started(2), failed(2))
    await told.durable()
    with open_reader(tmp_path / "run") as reader:
        reader.choose("submission", ["failed", "held"])
        assert list(reader.inputs()) == [Input(2, "job 2", '{"n":2}', "")]
    await told.journal.close("finished")


async def test_a_fact_is_read_back_and_an_unknown_one_is_empty(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    await told.journal.close("finished")
    with open_reader(tmp_path / "run") as reader:
        assert (reader.fact("name"), reader.fact("never kept")) == ("scrape", "")
