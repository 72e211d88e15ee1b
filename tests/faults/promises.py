"""What must be true of a run's folder after anything whatever: what was shown is there, nothing is there twice."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import msgspec

from qtui.core.events import Event
from qtui.core.past import Past
from qtui.journal import recovery, schema
from qtui.journal.reader import open_reader
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from qtui.journal.store import Store
from tests.journal.story import STARTED, done, lifetime, started

RESULTS = "results.jsonl"


class Reopened(msgspec.Struct):
    """A run that can go on, with what it remembers."""

    store: Store
    fold: Fold
    past: Past


def reopen(folder: Path) -> Reopened:
    """Open the run in FOLDER/run, which has ended anyhow, as `SqliteJournal.resume` does, without its thread.

    Its results are FOLDER/results.jsonl wherever they were recorded.

    Raises:
        QtuiError: as the product refuses it.
    """
    before = recovery.look(folder / "run", STARTED)
    found = recovery.recover(folder / "run", before, STARTED, recovery.Policy(), {})
    results = ResultsFile.resumed(folder / RESULTS, int(found.meta["results_offset"]))
    fold = Fold(STARTED, lines=True)
    fold.go_on(found.totals, {}, found.states, found.past.last_seq)
    return Reopened(Store(folder / "run", results), fold, found.past)


def numbers(path: Path) -> list[int]:
    """Whole lines only: the last one may be torn."""
    return [int(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []


def verify(folder: Path, shown: Collection[int] | None = None, ran: Collection[int] | None = None) -> int:
    """Reopen a run, check the promises, and let it go on to its end; gives the number of jobs it had shown."""
    shown = set(numbers(folder / "shown") if shown is None else shown)
    ran = set(numbers(folder / "ran") if ran is None else ran)
    run = reopen(folder)
    try:
        finished = _look(folder, shown, ran)
        finished += _go_on(run)
    finally:
        run.store.close()
    _agree(folder, finished)
    assert sorted(finished) == list(range(1, len(finished) + 1)), "a job that was accepted has disappeared"
    return len(shown)


def _look(folder: Path, shown: Collection[int], ran: Collection[int]) -> list[int]:
    """The jobs the journal has as done, in order."""
    with closing(schema.open_readonly(folder / "run" / schema.FILE)) as db:
        done = [seq for (seq,) in db.execute("SELECT seq FROM job WHERE state = 'done' ORDER BY seq")]
        attempts = db.execute("SELECT seq, count(*) FROM attempt WHERE outcome = 'done' GROUP BY seq").fetchall()
        meta = dict(db.execute("SELECT k, v FROM meta"))
        (running,) = db.execute("SELECT count(*) FROM job WHERE state = 'running'").fetchone()
        (begun,) = db.execute("SELECT count(*) FROM attempt WHERE outcome IS NULL").fetchone()
    assert set(shown) <= set(done), f"shown as done and lost: {sorted(set(shown) - set(done))[:5]}"
    assert set(done) <= set(ran), "done and never run"
    assert attempts == [(seq, 1) for seq in done], "done twice"
    assert meta.get("done", 0) == len(done), "the totals are not those of the jobs"
    assert (running, begun) == (0, 0), "an attempt of a dead engine still runs"
    _agree(folder, done)
    return done


def _go_on(run: Reopened) -> list[int]:
    """Do what is left, and three jobs more."""
    left = [entry.job.seq for entry in run.past.open]
    new = range(run.past.last_seq + 1, run.past.last_seq + 4)
    events: list[Event] = []
    for entry in run.past.open:
        events += [started(entry.job.seq, attempt=entry.job.attempt)]
        events += [done(entry.job.seq, {"value of": entry.job.seq}, attempt=entry.job.attempt)]
    for seq in new:
        events += lifetime(seq, {"value of": seq})
    run.store.begin()
    run.store.save(run.fold.fold(list(enumerate(events, 1))))
    run.store.end("finished")
    return [*left, *new]


def _agree(folder: Path, done: list[int]) -> None:
    """The results file and the results in the journal are those of the done jobs, each once and in the right order."""
    with closing(schema.open_readonly(folder / "run" / schema.FILE)) as db:
        meta = dict(db.execute("SELECT k, v FROM meta"))
    wanted = done
    if meta["results_order"] == "submission":  # up to the first that is open
        wanted = sorted(done)
        wanted = wanted[: next((at for at, seq in enumerate(wanted) if seq != at + 1), len(wanted))]
    assert _values(folder / RESULTS, meta["results_format"]) == wanted, "the results file and the journal differ"
    with open_reader(folder / "run") as reader:
        reader.choose("submission", ["done"])
        told = Counter(result.fields["value of"] for result in reader.results())
    assert told == Counter(done), "the results in the journal are not those of its jobs"


def _values(path: Path, format_: str) -> list[int]:
    text = path.read_text()
    if format_ == "jsonl":
        return [json.loads(line)["value of"] for line in text.splitlines()]
    rows = list(csv.reader(text.splitlines()))
    assert rows[:1] in ([], [["key", "name", "value of", "more"]])
    return [int(row[2]) for row in rows[1:]]
