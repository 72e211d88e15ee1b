"""What remembering a job costs: the real journal against a bare sqlite3 loop that writes the same rows.

    python -m tests.bench.bench_journal [--jobs N] [--rounds N] [--paced JOBS_PER_SECOND]

Both sides make every commit durable (WAL, synchronous=FULL) and take turns in one process; the ratio is the median
over the rounds. CPU per job is that of the whole process, less what making the events alone costs.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import chain, count
from pathlib import Path

from qtui.core.events import AttemptEnded, AttemptStarted, Event, JobAccepted
from qtui.core.job import Done, Job
from qtui.journal import schema
from qtui.journal.journal import SqliteJournal
from qtui.journal.runs import RunRecord

AHEAD = 64
"""Jobs in the queue."""
ROWS = 256
"""Rows of one statement of the bare loop."""
COMMIT = 2_048
"""Jobs of one transaction of the bare loop."""


def events(jobs: int, ahead: int = AHEAD) -> Iterator[list[Event]]:
    """A run of short jobs behind a queue of `ahead`: what happens between two completions."""
    made = [_job(seq) for seq in range(1, ahead + 1)]
    yield [JobAccepted(0.0, job) for job in made]
    for seq in range(1, jobs + 1):
        at = seq * 1e-5
        job = made[(seq - 1) % ahead]
        told: list[Event] = [AttemptStarted(at, job, 1)]
        told.append(AttemptEnded(at, job, 1, 1e-5, Done({"title": "a page", "price": 12.5}), "done"))
        if seq + ahead <= jobs:
            made[(seq - 1) % ahead] = new = _job(seq + ahead)
            told.append(JobAccepted(at, new))
        yield told


def _job(seq: int) -> Job:
    url = f"https://shop.example/articles/{seq}"
    url = f"https://shop.example/articles/{seq}"
    return Job(seq, url, url, {"line": url, "n": seq})


async def through_journal(folder: Path, jobs: int, pace: float | None) -> None:
    """Append every event, waiting for room as the engine does, until all is durable."""
    journal = SqliteJournal.create(folder, run=RunRecord("bench", "bench", "bench", 0))
    position = count(1)
    began = time.perf_counter()
    for done, told in enumerate(events(jobs)):
        for event in told:
            journal.append(next(position), event)
        if pace and done % 50 == 0:
            await asyncio.sleep(max(0.0, began + done / pace - time.perf_counter()))
        elif done % 500 == 0:
            await asyncio.sleep(0)
        await journal.room()
    await journal.close("finished")


async def nowhere(folder: Path, jobs: int, pace: float | None) -> None:
    """The same loop without a journal."""
    position = count(1)
    began = time.perf_counter()
    for done, told in enumerate(events(jobs)):
        for _ in told:
            next(position)
        if pace and done % 50 == 0:
            await asyncio.sleep(max(0.0, began + done / pace - time.perf_counter()))
        elif done % 500 == 0:
            await asyncio.sleep(0)


async def bare(folder: Path, jobs: int, pace: float | None) -> None:
    """The same rows in the same tables: no events, no thread, nothing but statements."""
    path = folder / schema.FILE
    schema.create(path, {})
    db = schema.open_writer(path)
    for first in range(1, jobs + 1, COMMIT):
        seqs = range(first, min(first + COMMIT, jobs + 1))
        db.execute("BEGIN IMMEDIATE")
        for table, row in _TABLES:
            for start in range(0, len(seqs), ROWS):
                rows = [row(seq) for seq in seqs[start : start + ROWS]]
                marks = ",".join([f"({','.join('?' * len(rows[0]))})"] * len(rows))
                db.execute(f"INSERT INTO {table} VALUES {marks}", list(chain.from_iterable(rows)))
        db.execute("COMMIT")
    db.close()


def _job_row(seq: int) -> tuple[object, ...]:
    url = f"https://shop.example/articles/{seq}"
    url = f"https://shop.example/articles/{seq}"
    row = f'{{"line":"{url}","n":{seq}}}'
    return (seq, "done", 1, 1, 0, "", "", 0.0, 0.0, 1e-5, 0.0, None, url, row, 0, None, 0.0)


_TABLES: list[tuple[str, Callable[[int], tuple[object, ...]]]] = [
    ("job", _job_row),
    ("attempt", lambda seq: (seq, 1, 1, 0.0, 0.0, "done", None, None, None)),
    ("result", lambda seq: (seq, '{"title":"a page","price":12.5}')),
]


def measured(
    side: Callable[[Path, int, float | None], Coroutine[None, None, None]], jobs: int, pace: float | None = None
) -> tuple[float, float]:
    """Jobs per second and CPU microseconds per job."""
    folder = Path(tempfile.mkdtemp(prefix="qtui-bench-"))
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        asyncio.run(side(folder, jobs, pace))
        return jobs / (time.perf_counter() - wall), (time.process_time() - cpu) / jobs * 1e6
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--paced", type=float, default=5_000.0)
    asked = parser.parse_args()
    print(
        f"SQLite {sqlite3.sqlite_version}; {asked.jobs:,} jobs, {asked.rounds} rounds, events made in the same process"
    )
    ratios, rates, costs = [], [], []
    for _ in range(asked.rounds):
        bare_rate, bare_cpu = measured(bare, asked.jobs)
        _, idle_cpu = measured(nowhere, asked.jobs)
        rate, cpu = measured(through_journal, asked.jobs)
        ratios.append(rate / bare_rate)
        rates.append(rate)
        costs.append(cpu - idle_cpu)
        print(f"flood  {rate:9,.0f} jobs/s durable  {cpu - idle_cpu:5.1f} µs CPU/job", end="   ")
        print(f"bare loop {bare_rate:9,.0f} jobs/s {bare_cpu:5.1f} µs   ratio {rate / bare_rate:.2f}")
    print(f"median {statistics.median(rates):9,.0f} jobs/s  {statistics.median(costs):5.1f} µs CPU/job", end="   ")
    print(f"ratio to the bare loop {statistics.median(ratios):.2f}")
    if asked.paced:
        jobs = int(asked.paced * 4)
        _, idle_cpu = measured(nowhere, jobs, asked.paced)
        _, cpu = measured(through_journal, jobs, asked.paced)
        print(f"at {asked.paced:,.0f} jobs/s: {cpu - idle_cpu:.1f} µs CPU/job for remembering")


if __name__ == "__main__":
    main()
