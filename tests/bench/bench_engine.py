"""What the engine costs per job: jobs that do nothing, against a bare `asyncio.Queue` with as many workers.

    python -m tests.bench.bench_engine [--jobs N] [--rounds N] [--only alone|face|journal]

All take turns in one process. Ratios are medians of same-round pairs, by CPU of the whole process (threads included)
and by wall clock; absolute figures say more about the machine than about qtui.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median

from qtui.core.job import Done, Job
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.seams import FinalJob, Journal
from qtui.core.snapshot import RunState, Snapshot
from qtui.core.tables import About, JobTable, Preset, QueueTable, Table, Workers
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts
from qtui.executors import LocalExecutor
from qtui.journal.journal import SqliteJournal
from qtui.journal.runs import RunRecord
from qtui.sources.range import RangeSource
from tests.engine.rig import FunctionKind

SLOTS = 64
CAPACITY = 100
COMMIT_S = 0.02
"""How often the journal that keeps nothing says that all is durable: as often as the real one."""
FACE_S = 0.1


class NoJournal:
    """Keeps nothing and says, as often as the real one, that everything is durable."""

    state = "off"
    backlog = 0

    def __init__(self) -> None:
        self.on_commit: Callable[[int], None] = lambda position: None
        self._position = 0
        self._timer: asyncio.TimerHandle | None = None

    def append(self, position: int, event: object) -> None:
        self._position = position
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(COMMIT_S, self._commit)

    def _commit(self) -> None:
        self._timer = None
        self.on_commit(self._position)

    def hurry(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(0, self._commit)

    async def room(self) -> None: ...

    async def query(self, query: Query) -> Answer:
        return Unknown("this is a bench")

    async def failed_jobs(self, signature: str | None, after: int, limit: int) -> list[FinalJob]:
        return []

    async def job(self, seq: int) -> FinalJob | None:
        return None

    async def close(self, how: str) -> None: ...


async def no_op(job: Job) -> Done:
    return Done()


async def bare(jobs: int) -> None:
    """The textbook: a bounded queue, workers that take from it, `join` at the end."""
    queue: asyncio.Queue[Job] = asyncio.Queue(CAPACITY)

    async def work() -> None:
        while True:
            await no_op(await queue.get())
            queue.task_done()

    workers = [asyncio.create_task(work(), name=f"worker {number}") for number in range(SLOTS)]
    for seq in range(1, jobs + 1):
        await queue.put(Job(seq, "", "", {}))
    await queue.join()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


async def through_engine(jobs: int, journal: Journal, *, face: bool = False) -> None:
    """The same jobs through an engine, and the run to its end."""
    preset = Preset(
        About(name="bench"),
        [RangeSource(stop=jobs)],
        JobTable(kind="simulate", name="job {n}"),
        Table(),
        QueueTable(capacity=CAPACITY),
        Workers(concurrency=SLOTS),
    )
    kind = FunctionKind(no_op)
    parts = Parts([RangeSource(stop=jobs)], kind, LocalExecutor(kind), journal, LoopClock())
    engine = Engine(preset, parts)
    await engine.start()
    watching = asyncio.create_task(watch(engine), name="face") if face else None
    assert await engine.wait_ended() is RunState.FINISHED
    assert engine.snapshot().counts.done == jobs
    if watching is not None:
        watching.cancel()
    await engine.close()


async def watch(engine: Engine) -> Snapshot:
    """Take pictures as one face asks for them."""
    while True:
        engine.snapshot()
        await asyncio.sleep(FACE_S)


async def with_journal(jobs: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="qtui-bench-"))
    try:
        await through_engine(jobs, SqliteJournal.create(folder, run=RunRecord("bench", "bench", "bench", 0)))
    finally:
        shutil.rmtree(folder)


def measured(side: Callable[[int], Awaitable[None]], jobs: int) -> tuple[float, float]:
    """CPU and wall microseconds per job."""

    async def run() -> tuple[float, float]:
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        await side(jobs)
        return (time.process_time() - cpu) / jobs * 1e6, (time.perf_counter() - wall) / jobs * 1e6

    return asyncio.run(run())


def rounds(sides: dict[str, Callable[[int], Awaitable[None]]], jobs: int, number: int) -> Iterator[str]:
    """One line per side, the first being what the others are compared with."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(number):
        for name, side in sides.items():
            taken[name].append(measured(side, jobs))
    base = next(iter(taken.values()))
    for name, pairs in taken.items():
        cpu, wall = (median(pair[i] for pair in pairs) for i in (0, 1))
        ratios = [median(b[i] / t[i] for b, t in zip(base, pairs, strict=True)) for i in (0, 1)]
        yield f"{name:26} {cpu:8.2f} {wall:9.2f}    {ratios[0]:.3f}  {ratios[1]:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=["alone", "face", "journal"])
    asked = parser.parse_args()
    engines: dict[str, tuple[str, Callable[[int], Awaitable[None]]]] = {
        "alone": ("engine alone", lambda jobs: through_engine(jobs, NoJournal())),
        "face": ("engine, snapshot at 10 Hz", lambda jobs: through_engine(jobs, NoJournal(), face=True)),
        "journal": ("engine, SQLite journal", with_journal),
    }
    chosen = [side for name, side in engines.items() if asked.only in (None, name)]
    print(f"{asked.jobs:,} jobs, {SLOTS} slots, capacity {CAPACITY}, {asked.rounds} rounds")
    print(f"{'':26} CPU µs/job  wall µs/job   bare ÷ this: CPU, wall")
    for line in rounds({"bare asyncio.Queue": bare, **dict(chosen)}, asked.jobs, asked.rounds):
        print(line)


if __name__ == "__main__":
    main()
