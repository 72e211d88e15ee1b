"""Record the runs that the pictures of the screens are made from: the real engine, its jobs and its person scripted.

`python -m tests.recorded.record` writes them anew; the same engine gives the same bytes.
"""

from __future__ import annotations

import asyncio
import lzma
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from qtui.core import commands as cmd
from qtui.core import events as ev
from qtui.core.job import Done, Failed, Job
from qtui.core.seams import Row
from qtui.core.tables import About, Backoff, JobTable, Preset, QueueTable, Retry, SourceTable, Table, Throttle, Workers
from qtui.engine.clock import LoopClock
from qtui.engine.engine import Engine, Parts
from qtui.engine.sampler import Sampler
from qtui.executors import LocalExecutor
from tests.conftest import VirtualLoop
from tests.engine.rig import BenchJournal, FunctionKind, Numbers

HERE = Path(__file__).parent
WALL = 1_750_000_000.0
"""When every recorded run began."""
HOSTS = (
    ("shop.example", "p", 55),
    ("blog.example", "post", 15),
    ("api.example", "v2/items", 20),
    ("img.example", "t", 10),
)

Act = Callable[[Engine], Awaitable[object]]


class Pages(Numbers):
    """A source of addresses on four hosts."""

    def __init__(self, title: str, stop: int, seed: int) -> None:
        super().__init__(stop)
        self.title = title
        self._seed = seed

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        chance = random.Random(self._seed)
        for n in range(1, self.stop + 1):
            host, folder, _ = chance.choices(HOSTS, [weight for *_, weight in HOSTS])[0]
            slow = host == "shop.example" and chance.random() < 0.1
            page = f"{host}/{'c' if slow else folder}/{chance.randint(4000, 99000)}"
            if n > skip:
                yield [Row({"n": n, "page": page, "url": f"https://{page}"})]


@dataclass(frozen=True)
class Script:
    """One run: its shape, and who does what when."""

    producers: dict[str, tuple[int, float | None]]
    """Name → how many jobs, how many a second."""
    concurrency: int
    capacity: int = 64
    until: float = 60.0
    """When the recording stops; the run may end before."""
    acts: dict[float, Act] = field(default_factory=dict)
    outage: tuple[float, float] = (0.0, 0.0)
    """From when to when one host answers with errors only."""
    pace: float = 1.0
    """How much longer everything takes."""


def ask(command: cmd.Command) -> Act:
    return lambda engine: engine.ask(cmd.Request(command))


async def _drain(engine: Engine) -> None:
    engine.drain("you")


SCRIPTS = {
    "scrape": Script(
        {"sitemap": (1200, 6.0), "feeds": (1600, 8.0)},
        8,
        until=245.0,
        acts={
            120.0: ask(cmd.Pause()),
            134.0: ask(cmd.Resume()),
            152.0: ask(cmd.SetConcurrency(12)),
            184.0: ask(cmd.SetRate(2.0)),
            194.0: ask(cmd.SetRate(None)),
            232.0: _drain,
        },
        outage=(204.0, 228.0),
    ),
    "short": Script({"pages": (180, None)}, 6, capacity=16, until=300.0),
    "three": Script({"pages": (40, 2.0)}, 3, capacity=8, until=30.0, pace=3.0),
    "easy": Script({"pages": (600, 6.0)}, 12, until=66.0, acts={60.0: ask(cmd.SetConcurrency(5))}, pace=1.6),
    "columns": Script({"pages": (900, 40.0)}, 32, until=40.0, pace=2.0),
    "cells": Script({"pages": (1400, None)}, 512, capacity=256, until=14.0, pace=6.0),
    "blocks": Script({"pages": (3000, None)}, 2000, capacity=512, until=8.0, pace=8.0),
}


class Work:
    """What an attempt does: it takes its time, and some fail."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def attempt(self, job: Job) -> Done | Failed:
        chance = random.Random(job.seq * 1009 + job.attempt)
        page = str(job.row["page"])
        host = page.split("/", maxsplit=1)[0]
        took = chance.lognormvariate(-0.35, 0.8) * (4.0 if "/c/" in page else 1.0)
        begin, end = self._script.outage
        now = asyncio.get_running_loop().time()
        if host == "api.example" and begin <= now < end:
            await asyncio.sleep(0.2 + chance.random() / 4)
            return _answered(503, "Service Unavailable", page)
        await asyncio.sleep(min(10.0, took) * self._script.pace)
        luck = chance.random()
        if took >= 10.0:
            return Failed("timeout", "no response after 10s")
        if host == "blog.example" and luck < 0.06:
            return _answered(404, "Not Found", page)
        if host == "api.example" and luck < 0.12:
            return _answered(503, "Service Unavailable", page)
        if luck < 0.01:
            return Failed(
                "exception:ParseError",
                "missing field 'price'",
                f"Traceback\n  {page}\nParseError: missing field 'price'",
            )
        return Done({"title": f"page {job.seq}"}, f"200 · {1 + job.seq % 9}.{job.seq % 10} kB")


def _answered(status: int, words: str, page: str) -> Failed:
    return Failed(f"http:{status}", words, f"GET https://{page}\n{status} {words}")


async def record(name: str, script: Script) -> list[ev.Event]:
    """Everything that happens until the recording stops."""
    work = Work(script)
    kind = FunctionKind(work.attempt, lambda job: str(job.row["page"]).split("/")[0])
    sources = [Pages(title, stop, index) for index, (title, (stop, _)) in enumerate(script.producers.items())]
    preset = Preset(
        About(name=name),
        [SourceTable(kind="range", name=title, rate=rate) for title, (_, rate) in script.producers.items()],
        JobTable(kind="simulate", name="{page}", key="{url}", timeout=10.0 * script.pace),
        Table(),
        QueueTable(capacity=script.capacity),
        Workers(concurrency=script.concurrency),
        Retry(attempts=3, backoff=Backoff(base=1.0, factor=2.0, max=12.0)),
        Throttle(),
    )
    engine = Engine(
        preset,
        Parts(sources, kind, LocalExecutor(kind), BenchJournal(), LoopClock(wall=WALL), random.Random(4)),
    )
    heard: list[ev.Event] = []
    engine.subscribe(heard.append)
    sampler = asyncio.create_task(Sampler(engine).run())
    await engine.start()
    for at, act in sorted(script.acts.items()):
        await asyncio.sleep(at - engine.now())
        await act(engine)
    ended = asyncio.create_task(engine.wait_ended())
    await asyncio.wait({ended}, timeout=script.until - engine.now())
    told = list(heard)
    sampler.cancel()
    ended.cancel()
    await engine.close()
    return told


def main() -> None:
    for name, script in SCRIPTS.items():
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            told = runner.run(record(name, script))
        lines = b"\n".join(map(msgspec.json.encode, told))
        path = HERE / f"{name}.jsonl.xz"
        path.write_bytes(lzma.compress(lines, preset=9))
        print(f"{path.name}: {len(told)} events, {told[-1].at:.1f} s, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
