"""Overhead per job of worker processes against concurrent.futures: `python -m tests.bench.bench_process`.

One job after another, and as many at once as there are workers; the function does nothing. Medians of rounds.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor

from qtui.core.job import Job
from qtui.executors.frames import Recipe
from qtui.executors.process import ProcessExecutor

JOBS = 1000
ROUNDS = 9
WORKERS = 2


def nothing(n: int) -> int:
    return n


async def timed(run: Callable[[int], Awaitable[object]], at_once: int) -> float:
    """Microseconds per job."""

    async def some(first: int) -> None:
        for n in range(first, JOBS, at_once):
            await run(n)

    start = time.perf_counter()
    await asyncio.gather(*(some(first) for first in range(at_once)))
    return (time.perf_counter() - start) / JOBS * 1e6


async def main() -> None:
    executor = ProcessExecutor(Recipe("python", {"function": "tests.bench.bench_process:nothing"}))
    await executor.open(WORKERS)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(WORKERS) as pool:
        sides: dict[str, Callable[[int], Awaitable[object]]] = {
            "qtui": lambda n: executor.run(Job(n, str(n), str(n), {"n": n})),
            "concurrent.futures": lambda n: loop.run_in_executor(pool, nothing, n),
        }
        for at_once in (1, WORKERS):
            taken: dict[str, list[float]] = {name: [] for name in sides}
            for run in sides.values():
                await timed(run, at_once)
            for _ in range(ROUNDS):
                for name, run in sides.items():
                    taken[name].append(await timed(run, at_once))
            ours, theirs = (statistics.median(times) for times in taken.values())
            told = f"qtui {ours:.0f} µs/job, concurrent.futures {theirs:.0f} µs/job, ratio {ours / theirs:.2f}"
            print(f"{at_once} at once: {told}")
    await executor.close()


if __name__ == "__main__":
    asyncio.run(main())
