"""What must be true of a run's folder after anything whatever: what was shown is there, nothing is there twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from qtui.journal import schema
from qtui.journal.reader import open_reader
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from qtui.journal.store import Store
from tests.journal.story import STARTED, lifetime

RESULTS = "results.jsonl"


def reopen(folder: Path) -> Store:
    """Open the run in FOLDER/run, which has ended anyhow, for going on; its results are cut where they must be.

    Raises:
        QtuiError: as the product refuses it.
    """
    path = folder / "run" / schema.FILE
    with closing(schema.open_readonly(path)) as db:  # what is refused must not have been touched
        schema.check_pages(db, path)
        ((offset,),) = db.execute("SELECT v FROM meta WHERE k = 'results_offset'")
    return Store(folder / "run", ResultsFile.resumed(folder / RESULTS, offset))


def numbers(path: Path) -> list[int]:
    """Whole lines only: the last one may be torn."""
    return [int(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []


def verify(folder: Path, shown: Collection[int] | None = None, ran: Collection[int] | None = None) -> int:
    """Reopen a run, check the promises, and let it go on for three jobs; gives the number of jobs it had shown."""
    shown = set(numbers(folder / "shown") if shown is None else shown)
    ran = set(numbers(folder / "ran") if ran is None else ran)
    store = reopen(folder)
    try:
        done = _look(folder, shown, ran)
        _go_on(store, start := max(ran, default=0) + 1)
    finally:
        store.close()
    _agree(folder, [*done, start, start + 1, start + 2])
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
    assert running == begun, "an attempt without its job"
    _agree(folder, done)
    return done


def _agree(folder: Path, done: list[int]) -> None:
    """The results file and the results in the journal are those of the done jobs, each once."""
    lines = [json.loads(line) for line in (folder / RESULTS).read_text().splitlines()]
    assert [line["value of"] for line in lines] == done, "the results file and the journal differ"
    with open_reader(folder / "run") as reader:
        told = Counter(row["value of"] for row in reader.results("submission"))
    assert told == Counter(done), "the results in the journal are not those of its jobs"


def _go_on(store: Store, start: int) -> None:
    events = [event for seq in range(start, start + 3) for event in lifetime(seq, {"value of": seq})]
    store.begin()
    store.save(Fold(STARTED, lines=True).fold(list(enumerate(events, 1))))
    store.end("finished")
