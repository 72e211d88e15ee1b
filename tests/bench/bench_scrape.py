"""Scraping with everything on against the shortest aiohttp program that fetches the same pages.

Both fetch the calm shop in a process of its own, 64 at once: a real engine process with journal, retries and one face
at 10 Hz; and a loop of `session.get` behind a semaphore that keeps nothing. Two fair pairs: neither parses, and both
take title and price out of every page with selectolax. Printed are the ratios of same-round pairs, and the CPU time of
a page in the engine and in the loop; absolute figures say more about the machine than about qtui.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import aiohttp
from selectolax.lexbor import LexborHTMLParser

from qtui.core.snapshot import RunState
from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from qtui.wiring.spawn import spawn_engine

PAGES = 6_000
AT_ONCE = 64
ROUNDS = 5
CONTENDERS = {"no extraction": "", "two selectors": 'extract = { title = "h1::text", price = ".price::text" }'}
PRESET = """
[preset]
name = "bench"
[[source]]
kind = "range"
stop = {pages}
line = "{site}/p/{{n}}"
[queue]
capacity = 256
[workers]
concurrency = {at_once}
[job]
kind = "http"
name = "{{page}}"
key = "{{url}}"
[job.http]
url = "{{line}}"
{extract}
"""


def serve(pipe: Connection) -> None:
    async def main() -> None:
        site = DemoSite(SiteConfig.calm())
        pipe.send(await site.start())
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        await site.stop()

    asyncio.run(main())


class Taken(NamedTuple):
    seconds: float
    cpu_us: float
    """Of a page."""


async def bare(site: str, *, extract: bool) -> Taken:
    """The shortest program."""
    began, cpu = time.perf_counter(), time.process_time()
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def fetch(number: int) -> None:
            try:
                async with session.get(f"{site}/p/{number}") as response:
                    page = await response.text() if extract else await response.read()
                    if isinstance(page, str):
                        tree = LexborHTMLParser(page)
                        for selector in ("h1", ".price"):
                            node = tree.css_first(selector)
                            assert node is not None
                            assert node.text(strip=True)
            finally:
                gate.release()

        async with asyncio.TaskGroup() as group:
            for number in range(1, PAGES + 1):
                await gate.acquire()
                group.create_task(fetch((number - 1) % 1920 + 1))
    return Taken(time.perf_counter() - began, (time.process_time() - cpu) / PAGES * 1e6)


async def engine(site: str, folder: Path, extract: str) -> Taken:
    """A real engine process, from the first job to the last as its own clock says; its CPU from its birth on."""
    preset = folder / "bench.toml"
    preset.write_text(PRESET.format(site=site, pages=1920, at_once=AT_ONCE, extract=extract))
    text = preset.read_text()
    source = text[text.index("[[source]]") : text.index("[queue]")]
    preset.write_text(text.replace(source, source * (PAGES // 1920)))
    spawned = spawn_engine(str(preset), [], state=str(folder / "state"))
    port = await LinkPort.connect(spawned.socket, Hello(VERSION, hz=10))
    snap = None
    began = 0.0
    async for snap in port.snapshots():
        if not began and snap.state is RunState.RUNNING:
            began = cpu_seconds(spawned.process.pid)
        if snap.state is RunState.FINISHED:
            break
    cpu = cpu_seconds(spawned.process.pid) - began
    await port.close()
    await asyncio.to_thread(spawned.process.wait)
    assert snap is not None
    jobs = PAGES // 1920 * 1920
    assert snap.counts.done == jobs, snap.counts
    return Taken(snap.elapsed_s * PAGES / jobs, cpu / jobs * 1e6)


def cpu_seconds(pid: int) -> float:
    """User and system time of a live process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    site = ours.recv()
    pairs: dict[str, list[tuple[Taken, Taken]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        await bare(site, extract=True)
        for _ in range(ROUNDS):
            for name, extract in CONTENDERS.items():
                alone = await bare(site, extract=bool(extract))
                full = await engine(site, Path(folder), extract)
                pairs[name].append((alone, full))
                rates = f"bare {PAGES / alone.seconds:,.0f}/s, everything on {PAGES / full.seconds:,.0f}/s"
                print(f"{name}: {rates}", file=sys.stderr)
    ours.send(None)
    for name, taken in pairs.items():
        ratios = [alone.seconds / full.seconds for alone, full in taken]
        cpu = [statistics.median(side.cpu_us for side in sides) for sides in zip(*taken, strict=True)]
        print(
            f"everything on ÷ bare aiohttp, both {name}: {statistics.median(ratios):.2f}"
            f" ({min(ratios):.2f}-{max(ratios):.2f}); CPU of a page: bare {cpu[0]:.0f} µs, engine {cpu[1]:.0f} µs"
        )


if __name__ == "__main__":
    asyncio.run(main())
