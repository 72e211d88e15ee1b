"""Scraping with everything on against the shortest aiohttp program that fetches the same pages.

Both fetch the calm shop in a process of its own, 64 at once: a real engine process with journal, retries, extraction
and one face at 10 Hz; and a loop of `session.get` behind a semaphore that parses nothing and keeps nothing. Printed
are the ratios of same-round pairs; absolute figures say more about the machine than about qtui.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp

from qtui.core.snapshot import RunState
from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from qtui.wiring.spawn import spawn_engine

PAGES = 6_000
AT_ONCE = 64
ROUNDS = 5
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


async def bare(site: str) -> float:
    """Seconds for the shortest program."""
    began = time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def fetch(number: int) -> None:
            try:
                async with session.get(f"{site}/p/{number}") as response:
                    await response.read()
            finally:
                gate.release()

        async with asyncio.TaskGroup() as group:
            for number in range(1, PAGES + 1):
                await gate.acquire()
                group.create_task(fetch((number - 1) % 1920 + 1))
    return time.perf_counter() - began


async def engine(site: str, folder: Path, extract: str) -> float:
    """Seconds from the first job to the last in a real engine process, as its own clock says."""
    preset = folder / "bench.toml"
    preset.write_text(PRESET.format(site=site, pages=1920, at_once=AT_ONCE, extract=extract))
    text = preset.read_text()
    source = text[text.index("[[source]]") : text.index("[queue]")]
    preset.write_text(text.replace(source, source * (PAGES // 1920)))
    spawned = spawn_engine(str(preset), [], state=str(folder / "state"))
    port = await LinkPort.connect(spawned.socket, Hello(VERSION, hz=10))
    snap = None
    async for snap in port.snapshots():
        if snap.state is RunState.FINISHED:
            break
    await port.close()
    await asyncio.to_thread(spawned.process.wait)
    assert snap is not None
    assert snap.counts.done == PAGES // 1920 * 1920, snap.counts
    return snap.elapsed_s * PAGES / (PAGES // 1920 * 1920)


async def main() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    site = ours.recv()
    ratios: dict[str, list[float]] = {"no extraction": [], "two selectors": []}
    extracts = {"no extraction": "", "two selectors": 'extract = { title = "h1::text", price = ".price::text" }'}
    with tempfile.TemporaryDirectory() as folder:
        await bare(site)
        for _ in range(ROUNDS):
            for name, extract in extracts.items():
                alone = await bare(site)
                full = await engine(site, Path(folder), extract)
                ratios[name].append(alone / full)
                print(f"{name}: bare {PAGES / alone:,.0f}/s, everything on {PAGES / full:,.0f}/s", file=sys.stderr)
    ours.send(None)
    for name, values in ratios.items():
        spread = f"{min(values):.2f}-{max(values):.2f}"
        print(f"everything on ÷ bare aiohttp, {name}: {statistics.median(values):.2f} ({spread})")


if __name__ == "__main__":
    asyncio.run(main())
