"""What must be true of a simulated run between two lives and at its end, by its journal and by what really happened."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from qtui.core.events import PASSING, Event
from qtui.core.job import REJECTED
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.core.retry import FREE_WAITS
from qtui.core.signature import signature as group_of
from qtui.journal import schema

RESULTS = "results.jsonl"
BUSY = "busy"
"""What a job says that the other side asks to come back later."""
LAST_CODES = frozenset({"http:404", "input"})
"""Failures after which no further try is due."""


class JobRow(msgspec.Struct, frozen=True):
    """A job as the journal has it."""

    seq: int
    key: str
    state: str
    tries: int
    interruptions: int
    signature: str
    outcomes: tuple[str | None, ...]
    code: str
    """Of its last attempt."""


class Books(msgspec.Struct, frozen=True):
    """A journal, read by plain SQL."""

    jobs: dict[str, JobRow]
    meta: dict[str, object]
    results: list[str]
    """The keys in the results file up to the committed offset, in its order."""

    def having(self, *states: str) -> set[str]:
        return {key for key, row in self.jobs.items() if row.state in states}

    @property
    def counts(self) -> Counter[str]:
        return Counter(row.state for row in self.jobs.values())


def read(folder: Path) -> Books:
    """What is durable; a torn end of the results file is not looked at."""
    path = folder / "run" / schema.FILE
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:  # it must not fold in what a death left
        meta = dict(db.execute("SELECT k, v FROM meta"))
        jobs = _jobs(db)
    content = (folder / RESULTS).read_bytes()
    offset = int(meta["results_offset"])
    assert offset <= len(content), "G6: the results file is shorter than the journal says"
    results = [json.loads(line)["id"] for line in content[:offset].splitlines()]
    return Books(jobs, meta, results)


def _jobs(db: sqlite3.Connection) -> dict[str, JobRow]:
    attempts: dict[int, list[tuple[int, str | None, str | None]]] = {}
    for seq, n, outcome, code, said in db.execute("SELECT seq, n, outcome, code, message FROM attempt ORDER BY seq, n"):
        asked = outcome == "retry" and said == BUSY
        attempts.setdefault(seq, []).append((n, "asked" if asked else outcome, code))
    jobs: dict[str, JobRow] = {}
    query = "SELECT seq, row, state, tries, attempts, interruptions, signature FROM job"
    for seq, row, state, tries, number, interruptions, signature in db.execute(query):
        key = json.loads(row)["id"]
        made = attempts.pop(seq, [])
        assert key not in jobs, f"G1: {key} was accepted twice, as {jobs[key].seq} and {seq}"
        assert [n for n, _, _ in made] == list(range(1, number + 1)), f"attempts of {key}: {number}, but {made}"
        code = (made[-1][2] or "") if made else ""
        jobs[key] = JobRow(
            seq, key, state, tries, interruptions, signature, tuple(outcome for _, outcome, _ in made), code
        )
    assert not attempts, f"attempts without a job: {attempts}"
    return jobs


def check(books: Books, attempts: int, again: Container[str], submission: bool) -> None:
    """A journal agrees with itself; `again` are the jobs that a person gave another round."""
    done = books.having("done")
    for row in books.jobs.values():
        _check_job(row, attempts, anew=row.key in again)
    for state in ("done", "failed", "held", "cancelled"):
        noted, number = books.meta.get(state, 0), books.counts[state]
        assert noted == number, f"{noted} {state} by the totals, {number} by the jobs"
    assert books.meta.get("accepted", 0) == len(books.jobs), "the total of accepted jobs is wrong"
    twice = [key for key, times in Counter(books.results).items() if times > 1]
    assert not twice, f"G6: twice in the results file: {twice}"
    if submission:
        assert set(books.results) <= done, "G6: in the results file and not done"
        first_round = [books.jobs[key].seq for key in books.results if key not in again]
        assert first_round == sorted(first_round), f"G6: not in the order of submission: {first_round}"
    else:
        assert set(books.results) == done, f"G6: the results file differs: {sorted(done ^ set(books.results))}"


def _check_job(row: JobRow, attempts: int, *, anew: bool) -> None:
    outcomes = Counter(row.outcomes)
    assert outcomes["done"] == (row.state == "done"), f"G2: {row} is recorded as done {outcomes['done']} times"
    assert outcomes[None] == (row.state == "running"), f"an attempt has no end: {row}"
    assert row.interruptions == outcomes["interrupted"], f"G7: interruptions of {row}"
    spent = sum(number for outcome, number in outcomes.items() if outcome not in ("interrupted", None))
    spent -= min(outcomes["asked"], FREE_WAITS)
    assert row.tries <= attempts, f"G7: more tries than there are: {row}"
    assert row.tries <= spent if anew else row.tries == spent, f"G7: tries of {row}"
    if row.state == "failed" and row.signature != group_of(REJECTED):
        assert row.tries == attempts or row.code in LAST_CODES, f"G7: failed before its tries were spent: {row}"


def check_fold(books: Books, events: Iterable[tuple[int, Event]], durable: int) -> None:
    """The events up to the durable position, folded anew, give the state that the journal has."""
    ledger = Ledger()
    for position, event in events:
        if position <= durable or type(event) in PASSING:
            if position > durable:
                break
            ledger.apply(event, position)
            ledger.commit(position, event.at)
    if ledger.started is None:
        return  # the first commit of this life never came
    check_counts(books, ledger.counts)
    for key, row in books.jobs.items():
        entry = ledger.open.get(row.seq)
        told = str(entry.state) if entry else ""
        assert told == (row.state if row.state in ("pending", "running", "waiting") else ""), (
            f"{key} is {row.state}, folded {told}"
        )


def check_counts(books: Books, counts: Mapping[State, int]) -> None:
    for state in State:
        if state is not State.NEW:
            number = books.counts[str(state)]
            assert counts[state] == number, f"{counts[state]} {state} by the ledger, {number} by the journal"


def check_groups(books: Books, ledger: Ledger) -> None:
    """The failure groups hold the failed jobs."""
    wanted = Counter(row.signature for row in books.jobs.values() if row.state == "failed")
    told = Counter({signature: group.jobs for signature, group in ledger.groups.items() if group.jobs})
    assert told == wanted, f"failure groups: {told} by the ledger, {wanted} by the journal"
