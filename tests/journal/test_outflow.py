"""The results file in both orders and formats: with every commit, through every crash, each done job once."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtui.core.events import Event
from qtui.core.job import Value
from qtui.journal import outflow, schema
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from qtui.journal.store import Store
from tests.journal.story import (
    STARTED,
    Told,
    accepted,
    done,
    failed,
    lifetime,
    requeued,
    started,
)
from tests.patience import PATIENCE_S


class Life:
    """A journal and its results file over several lives of an engine."""

    def __init__(self, folder: Path, order: str = "submission", format_: str = "jsonl") -> None:
        self.folder = folder
        self.path = folder / "results"
        self.fold = Fold(STARTED, lines=True)
        self.position = 0
        schema.create(folder / schema.FILE, outflow.facts(order, format_))
        self.store = Store(folder, ResultsFile.fresh(self.path))
        self.store.begin()

    def tell(self, *events: Event) -> None:
        """One batch."""
        first = self.position + 1
        self.position += len(events)
        self.store.save(self.fold.fold(list(enumerate(events, first))))

    def crash(self, torn: bytes = b"") -> None:
        """The engine dies with something behind the committed end; another one goes on."""
        self.store.rollback()
        self.store.close()
        with self.path.open("ab") as file:
            file.write(torn)
        with closing(schema.open_writer(self.folder / schema.FILE)) as db:
            offset = dict(db.execute("SELECT k, v FROM meta"))["results_offset"]
        self.store = Store(self.folder, ResultsFile.resumed(self.path, int(offset)))
        self.store.begin()

    def catch_up(self) -> None:
        while self.store.behind:
            self.store.release()

    @property
    def keys(self) -> list[int]:
        return [int(json.loads(line)["key"].removeprefix("key-")) for line in self.path.read_text().splitlines()]

    @property
    def table(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.path.read_text(), newline="")))


Start = Callable[..., Life]


@pytest.fixture
def begin(tmp_path: Path) -> Start:
    return lambda *how: Life(tmp_path, *how)


def running(*seqs: int) -> list[Event]:
    return [event for seq in seqs for event in (accepted(seq), started(seq))]


def test_a_line_waits_until_every_job_before_it_is_final(begin: Start) -> None:
    life = begin()
    life.tell(*running(1, 2, 3, 4), done(2), done(4))
    assert life.keys == []
    life.tell(done(1))
    assert life.keys == [1, 2]
    life.tell(done(3))
    assert life.keys == [1, 2, 3, 4]


def test_a_failed_job_is_passed_over(begin: Start) -> None:
    life = begin()
    life.tell(*running(1, 2), done(2))
    life.tell(failed(1))
    assert life.keys == [2]


def test_a_job_that_waits_for_another_attempt_is_not_passed(begin: Start) -> None:
    life = begin()
    life.tell(*running(1, 2), done(2), failed(1, then="waiting"))
    assert life.keys == []


def test_a_failed_job_that_a_person_retries_comes_last(begin: Start) -> None:
    life = begin()
    life.tell(*running(1, 2, 3), failed(1), done(2))
    life.fold.learn(life.store.states([1]))
    life.tell(requeued(1), started(1))
    life.tell(done(1))
    assert life.keys == [2, 1]
    life.tell(done(3))
    assert life.keys == [2, 1, 3]


def test_a_retry_before_its_turn_keeps_its_place(begin: Start) -> None:
    life = begin()
    life.tell(*running(1, 2, 3), failed(2), done(3))
    life.fold.learn(life.store.states([2]))
    life.tell(requeued(2), started(2))
    life.tell(done(1))
    assert life.keys == [1]
    life.tell(done(2))
    assert life.keys == [1, 2, 3]


def test_in_the_order_of_completion_nothing_waits(begin: Start) -> None:
    life = begin("completion")
    life.tell(*running(1, 2), done(2))
    life.tell(done(1))
    assert life.keys == [2, 1]


def test_what_one_job_held_up_is_written_in_bounded_pieces(begin: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "RELEASE_ROWS", 10)
    life = begin()
    life.tell(*running(1), *(event for seq in range(2, 36) for event in lifetime(seq)))
    life.tell(done(1))
    assert (life.keys, life.store.behind) == ([*range(1, 11)], True)
    life.store.release()
    assert life.keys == [*range(1, 21)]
    life.catch_up()
    assert life.keys == [*range(1, 36)]


def test_large_results_are_released_a_few_at_a_time(begin: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "RELEASE_BYTES", 2_500)
    life = begin()
    life.tell(*running(1), *(event for seq in range(2, 7) for event in lifetime(seq, "x" * 1_000)))
    life.tell(done(1))
    assert life.keys == [1, 2, 3, 4]
    life.catch_up()
    assert life.keys == [*range(1, 7)]


async def test_the_writer_catches_up_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "RELEASE_ROWS", 10)
    path = tmp_path / "results"
    told = Told.create(tmp_path / "run", path, facts=outflow.facts("submission", "jsonl"))
    told.tell(*running(1), *(event for seq in range(2, 301) for event in lifetime(seq)))
    await told.durable()
    assert path.read_text() == ""
    told.tell(done(1))
    async with asyncio.timeout(PATIENCE_S):
        await told.journal.close("finished")
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == [f"key-{n}" for n in range(1, 301)]


@pytest.mark.parametrize("torn", [b"", b'{"key":"key-1","na', b'{"key":"key-9"}\n' * 3])
def test_another_life_goes_on_where_the_journal_says(begin: Start, torn: bytes) -> None:
    life = begin()
    life.tell(*running(1, 2, 3, 4), done(1), done(3))
    life.crash(torn)
    life.tell(done(2))
    assert life.keys == [1, 2, 3]
    life.crash(torn)
    life.tell(done(4))
    assert life.keys == [1, 2, 3, 4]


def test_another_life_writes_what_the_last_one_was_behind_with(begin: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "RELEASE_ROWS", 2)
    life = begin()
    life.tell(*running(1), *(event for seq in range(2, 10) for event in lifetime(seq)))
    life.tell(done(1))
    life.crash(b"torn")
    life.catch_up()
    assert life.keys == [*range(1, 10)]


def refuse_commits(store: Store) -> None:
    """Every transaction of the store fails at its end, as on a full disk."""
    store._connection.execute("PRAGMA foreign_keys = ON")
    store._connection.executescript(
        "CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE child (p INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);"
        "CREATE TEMP TRIGGER refuse AFTER UPDATE ON main.meta BEGIN INSERT INTO child VALUES (1); END;"
    )


@pytest.mark.parametrize("order", ["completion", "submission"])
@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_a_batch_whose_commit_failed_is_saved_again_without_a_trace(begin: Start, order: str, format_: str) -> None:
    life = begin(order, format_)
    life.tell(*running(1, 2))
    batch = life.fold.fold([(100, done(1, {"n": 1})), (101, done(2, {"n": 2}))])
    refuse_commits(life.store)
    with pytest.raises(sqlite3.IntegrityError):
        life.store.save(batch)
    life.store.rollback()
    life.store.reopen()
    life.store.save(batch)
    once = life.path.read_bytes()
    life.store.reopen()
    life.store.save(batch)
    life.catch_up()
    assert life.path.read_bytes() == once
    assert once.count(b"key-") == 2
    assert once.count(b"key,name") == (1 if format_ == "csv" else 0)


@pytest.mark.parametrize("order", ["completion", "submission"])
def test_a_commit_that_took_place_though_an_error_was_told_is_not_repeated(
    begin: Start, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = begin(order, "csv")
    life.tell(*running(1, 2))
    batch = life.fold.fold([(100, done(1, {"n": 1}))])

    def fail(*_told: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_taken", fail)  # what the store remembers of its commit
        with pytest.raises(sqlite3.OperationalError):
            life.store.save(batch)
    life.store.rollback()
    life.store.reopen()
    life.store.save(batch)
    life.position = 100
    life.tell(done(2, {"n": 2}))
    assert [row[0] for row in life.table] == ["key", "key-1", "key-2"]


def test_csv_has_the_fields_of_the_first_job_and_loses_no_later_ones(begin: Start) -> None:
    life = begin("completion", "csv")
    life.tell(*running(1, 2, 3), done(1, {"title": 'say "x", y', "price": 1.5}))
    life.tell(done(2, {"price": None, "stock": [1]}), done(3, "bare"))
    assert life.table == [
        ["key", "name", "title", "price", "more"],
        ["key-1", "job 1", 'say "x", y', "1.5", ""],
        ["key-2", "job 2", "", "", '{"stock": [1]}'],
        ["key-3", "job 3", "", "", '{"value": "bare"}'],
    ]


@pytest.mark.parametrize("order", ["completion", "submission"])
def test_another_life_keeps_the_columns_and_writes_no_second_header(begin: Start, order: str) -> None:
    life = begin(order, "csv")
    life.tell(*running(1, 2), done(1, {"a": 1}))
    life.crash(b'"torn, ')
    life.tell(done(2, {"b": 2, "a": 3}))
    assert life.table == [
        ["key", "name", "a", "more"],
        ["key-1", "job 1", "1", ""],
        ["key-2", "job 2", "3", '{"b": 2}'],
    ]


def test_a_header_that_was_never_committed_is_written_by_the_next_life(begin: Start) -> None:
    life = begin("completion", "csv")
    life.tell(*running(1))
    life.crash(b"key,name,old,more\nkey-1,")
    life.tell(done(1, {"new": 1}))
    assert life.table == [["key", "name", "new", "more"], ["key-1", "job 1", "1", ""]]


@pytest.mark.parametrize(
    "value", [{"key": 1, "n": 2}, {}, [1, 2], "é\udc80", None, 2**70, {"deep": {"x": [None, "\r"]}}], ids=repr
)
def test_lines_are_the_same_in_both_orders(tmp_path: Path, value: Value) -> None:
    files = []
    for order in ("completion", "submission"):
        for format_ in ("jsonl", "csv"):
            folder = tmp_path / order / format_
            folder.mkdir(parents=True)
            life = Life(folder, order, format_)
            life.tell(*lifetime(1, value), *lifetime(2, {"n": 1}))
            files.append(life.path.read_bytes())
    assert files[:2] == files[2:]


class Step(NamedTuple):
    """One thing that happens: to a job, then perhaps to the engine."""

    seq: int
    what: str
    """done, failed or retried, where the job can be that now."""
    then: str
    """nothing, crash, or crash in the middle of its commit."""


steps = st.lists(
    st.builds(
        Step,
        st.integers(1, 6),
        st.sampled_from(["done", "done", "failed", "retried"]),
        st.sampled_from(["nothing", "nothing", "crash", "half"]),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(steps=steps, order=st.sampled_from(["submission", "completion"]), format_=st.sampled_from(["jsonl", "csv"]))
def test_whatever_happens_each_done_job_is_in_the_file_once(steps: list[Step], order: str, format_: str) -> None:
    with tempfile.TemporaryDirectory() as folder, passing_only(2):
        life = Life(Path(folder), order, format_)
        life.tell(*running(*range(1, 7)))
        state = dict.fromkeys(range(1, 7), "open")
        passed: list[int] = []
        for step in [*steps, *(Step(seq, "done", "nothing") for seq in range(1, 7))]:
            happen(life, state, passed, step)
        life.catch_up()
        done_ones = [seq for seq in state if state[seq] == "done"]
        written = life.keys if format_ == "jsonl" else [int(row[0].removeprefix("key-")) for row in life.table[1:]]
        life.store.close()
    assert sorted(written) == done_ones
    if order == "submission":
        at_once = [seq for seq in written if seq not in passed]
        assert at_once == sorted(at_once)


def happen(life: Life, state: dict[int, str], passed: list[int], step: Step) -> None:
    events: list[Event] = []
    if step.what == "retried" and state[step.seq] == "failed":
        life.fold.learn(life.store.states([step.seq]))
        events, state[step.seq] = [requeued(step.seq), started(step.seq)], "open"
        passed.append(step.seq)
    elif step.what != "retried" and state[step.seq] == "open":
        events = [done(step.seq, {"n": step.seq}) if step.what == "done" else failed(step.seq)]
        state[step.seq] = step.what
    if events:
        batch = life.fold.fold(list(enumerate(events, life.position + 1)))
        if step.then == "half":
            refuse_commits(life.store)
            with pytest.raises(sqlite3.IntegrityError):
                life.store.save(batch)
            life.crash()
        life.store.save(batch)
        life.position += len(events)
    if step.then == "crash":
        life.crash(b"torn")


@contextmanager
def passing_only(number: int) -> Iterator[None]:
    """So few jobs are passed by one commit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outflow, "RELEASE_ROWS", number)
        yield


def test_the_store_names_the_job_that_holds_back_results(tmp_path: Path) -> None:
    life = Life(tmp_path)
    assert life.store.head == (1, 0)
    life.tell(*(accepted(seq) for seq in range(1, 7)), *(started(seq) for seq in range(1, 7)))
    life.tell(done(1), done(3), done(4), failed(5))
    assert life.store.head == (2, 2), "a failed job has no result that could wait"
    life.crash()
    assert life.store.head == (2, 2), "the next life counts them anew"
    life.tell(done(2))
    assert life.store.head == (6, 0)


def test_nobody_is_named_in_the_order_of_completion(tmp_path: Path) -> None:
    assert Life(tmp_path, order="completion").store.head is None
