"""A small engine for tests that kill it: `python -m tests.journal.child FOLDER JOBS`.

Each acknowledged job is one line of FOLDER/shown, written after the journal said so and before anything else: what
stands there was shown to a person. FOLDER/ran has a line for each job whose work was done. In the order of submission
the jobs of a pair end in the wrong order.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from qtui.core.events import Event
from qtui.errors import CannotWrite
from qtui.journal import schema
from qtui.journal.journal import SqliteJournal
from qtui.journal.outflow import facts
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from qtui.journal.store import make_reserve
from tests.journal.story import STARTED, accepted, done, lifetime, opening, record, started


class Pace:
    """Wakes a run that waits for all it has told to be shown."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        """After so many it waits; 0 never."""
        self.pending: list[tuple[int, int]] = []
        """Last position and number of the jobs that are not shown."""
        self.shown = asyncio.Event()

    async def wait(self, seq: int) -> None:
        if not self.jobs:
            if seq % 10 == 0:
                await asyncio.sleep(0.001)
        elif seq % self.jobs == 0:
            while self.pending:
                self.shown.clear()
                await self.shown.wait()


class How(NamedTuple):
    """What a run asks of its results."""

    order: str = "completion"
    format: str = "jsonl"


PLAIN = How()


def next_events(number: int, order: str) -> tuple[int, list[Event]]:
    """The next job that is done and what happens until it is."""
    if order == "completion":
        return number, lifetime(number, {"value of": number})
    seq = number + 1 if number % 2 else number - 1
    begun = [accepted(number), started(number), accepted(seq), started(seq)] if number % 2 else []
    return seq, [*begun, done(seq, {"value of": seq})]


async def run(folder: Path, jobs: int, pace: Pace, how: How, *, made: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    shown, ran = os.open(folder / "shown", flags, 0o600), os.open(folder / "ran", flags, 0o600)
    results = folder / "results.jsonl"
    if made:
        journal = SqliteJournal(
            folder / "run", asyncio.get_running_loop(), Fold(STARTED, lines=True), ResultsFile.fresh(results)
        )
    else:
        (folder / "run").mkdir(mode=0o700)
        journal = SqliteJournal.create(folder / "run", run=record(), results=results, facts=facts(*how))

    def on_commit(position: int) -> None:
        count = sum(1 for last, _ in pace.pending if last <= position)
        os.write(shown, b"".join(b"%d\n" % seq for _, seq in pace.pending[:count]))
        del pace.pending[:count]
        pace.shown.set()

    def on_state(state: str, sentence: str) -> None:
        os.write(2, f"{state}: {sentence}\n".encode())

    journal.on_commit, journal.on_state = on_commit, on_state

    async def watch() -> None:
        while True:
            states.add(journal.state)
            await asyncio.sleep(0.05)

    position, backlog, states = 0, 0, set[str]()
    watching = asyncio.create_task(watch())
    for event in opening():
        position += 1
        journal.append(position, event)
    os.write(1, b"begun\n")
    try:
        for number in range(1, jobs + 1):
            await journal.room()
            seq, events = next_events(number, how.order)
            os.write(ran, b"%d\n" % seq)
            for event in events:
                position += 1
                journal.append(position, event)
            pace.pending.append((position, seq))
            backlog = max(backlog, journal.backlog)
            await pace.wait(number)
        await journal.close("finished")
        watching.cancel()
        os.write(1, msgspec.json.encode({"backlog": backlog, "states": sorted(states)}) + b"\n")
    except CannotWrite as error:
        os.write(2, f"{error}\n".encode())
        os._exit(error.exit_code)


def make(folder: Path, how: How = PLAIN) -> None:
    """What is there when a run begins, so that a child with `--made` only writes."""
    (folder / "run").mkdir(mode=0o700, parents=True)
    meta = facts(*how) | {
        "run_id": "scrape-1",
        "name": "scrape",
        "preset": "scrape.toml",
        "started_at": STARTED,
        "results": "",
    }
    schema.create(folder / "run" / schema.FILE, meta)
    assert make_reserve(folder / "run")


def tune(pragma: str) -> None:
    """Every connection that writes gets one more setting than the product gives it."""
    product = schema.open_writer

    def open_writer(path: Path) -> sqlite3.Connection:
        connection = product(path)
        connection.execute(f"PRAGMA {pragma}")
        return connection

    schema.open_writer = open_writer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("jobs", type=int)
    parser.add_argument("--made", action="store_true", help="the journal is there already, see `make`")
    parser.add_argument("--pace", type=int, default=0, help="wait for the journal after every so many jobs")
    parser.add_argument("--pragma", action="append", default=[])
    parser.add_argument("--order", default="completion")
    parser.add_argument("--format", default="jsonl")
    told = parser.parse_args()
    for pragma in told.pragma:
        tune(pragma)

    async def live() -> None:
        await run(told.folder, told.jobs, Pace(told.pace), How(told.order, told.format), made=told.made)

    asyncio.run(live())


if __name__ == "__main__":
    main()
