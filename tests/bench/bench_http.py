"""What the http kind costs beside bare aiohttp: the same requests, interleaved, to a site in another process.

python -m tests.bench.bench_http [ROUNDS [REQUESTS]]
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from statistics import median

import aiohttp

from qtui.core.job import Done, Job
from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.kinds.context import KindContext
from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.options import HttpTable

CONCURRENCY = 64
EXTRACT = {"title": "h1::text", "price": ".price::text"}
Round = Callable[[], Awaitable[None]]


async def serve() -> None:
    """Run the calm site until standard input closes."""
    site = DemoSite(SiteConfig.calm())
    print(await site.start(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await site.stop()


def path(n: int) -> str:
    return f"/p/{n % 1900 + 1}"


async def bare(session: aiohttp.ClientSession, site: str, requests: int) -> None:
    """One task per request behind a semaphore, as most programs do it."""
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(url: str) -> None:
        async with gate, session.get(url) as response:
            response.raise_for_status()
            await response.read()

    await asyncio.gather(*(one(f"{site}{path(n)}") for n in range(requests)))


async def bare_slots(session: aiohttp.ClientSession, site: str, requests: int) -> None:
    """Long-lived tasks that take the next request, as the engine does it."""
    numbers = iter(range(requests))

    async def slot() -> None:
        for n in numbers:
            async with session.get(f"{site}{path(n)}") as response:
                response.raise_for_status()
                await response.read()

    await asyncio.gather(*(slot() for _ in range(CONCURRENCY)))


async def through_kind(kind: HttpKind, requests: int) -> None:
    """The same through the kind, in long-lived tasks."""
    numbers = iter(range(requests))
    seq = count(1)

    async def slot() -> None:
        for n in numbers:
            outcome = await kind.run(Job(next(seq), "", "", {"line": path(n)}))
            assert isinstance(outcome, Done), outcome

    await asyncio.gather(*(slot() for _ in range(CONCURRENCY)))


async def measure(site: str, rounds: int, requests: int) -> None:
    context = KindContext(time.monotonic, asyncio.sleep, fields={"site": site})
    plain = HttpKind(HttpTable(url="{site}{line}"), context)
    extracting = HttpKind(HttpTable(url="{site}{line}", extract=EXTRACT), context)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await plain.open(CONCURRENCY)
        await extracting.open(CONCURRENCY)
        contenders: dict[str, Round] = {
            "bare aiohttp, semaphore": lambda: bare(session, site, requests),
            "bare aiohttp, slots": lambda: bare_slots(session, site, requests),
            "http kind": lambda: through_kind(plain, requests),
            "http kind, two selectors": lambda: through_kind(extracting, requests),
        }
        walls: dict[str, list[float]] = {name: [] for name in contenders}
        cpus: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(rounds + 1):
            for name, contender in contenders.items():
                gc.collect()
                wall, cpu = time.perf_counter(), time.process_time()
                await contender()
                if turn:  # the first round opens connections and fills caches
                    walls[name].append(time.perf_counter() - wall)
                    cpus[name].append(time.process_time() - cpu)
        await plain.close()
        await extracting.close()
    report(walls, cpus, requests)


def report(walls: dict[str, list[float]], cpus: dict[str, list[float]], requests: int) -> None:
    base = walls["bare aiohttp, semaphore"]
    base_cpu = cpus["bare aiohttp, semaphore"]
    print(f"{'':26} requests/s   CPU µs   ratio (wall, CPU) of same-round medians")
    for name, taken in walls.items():
        ratio = median(b / t for b, t in zip(base, taken, strict=True))
        cpu_ratio = median(b / t for b, t in zip(base_cpu, cpus[name], strict=True))
        print(
            f"{name:26} {requests / median(taken):10,.0f} {median(cpus[name]) / requests * 1e6:8.0f}"
            f"   {ratio:.2f}  {cpu_ratio:.2f}"
        )


def main() -> None:
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
        return
    numbers = [int(argument) for argument in sys.argv[1:]]
    rounds, requests = (*numbers, *(9, 3000)[len(numbers) :])
    cores = sorted(os.sched_getaffinity(0))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_http", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as site:
        assert site.stdout
        os.sched_setaffinity(site.pid, cores[1:] or cores)
        os.sched_setaffinity(0, cores[:1])
        asyncio.run(measure(site.stdout.readline().strip(), rounds, requests))
        assert site.stdin
        site.stdin.close()


if __name__ == "__main__":
    main()
