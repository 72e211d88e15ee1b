"""Commands per second against xargs and, where it is installed, GNU parallel: `python -m tests.bench.bench_shell`.

Every side runs the same program as often, four at once; the sides take turns. `kind` is the shell kind alone, `qtui`
the whole program with its journal and the time it takes to start, which `xargs` hardly has: that is told apart.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from qtui.core.job import Done
from tests.kinds.running import job
from tests.kinds.shell.running import shell

COMMANDS = int(os.environ.get("COMMANDS", "1000"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
SLOTS = 4
PRESET = """
[preset]
name = "true"
[[source]]
kind = "range"
stop = {stop}
[workers]
concurrency = 4
[job]
kind = "shell"
[job.shell]
command = ["true"]
"""


def numbers() -> bytes:
    return b"".join(b"%d\n" % n for n in range(COMMANDS))


def piped(*command: str) -> Callable[[], float]:
    def side() -> float:
        begun = time.perf_counter()
        subprocess.run(command, input=numbers(), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun

    return side


async def _kind() -> float:
    async with shell(command=["true"]) as kind:
        rest = iter(range(COMMANDS))

        async def slot() -> None:
            for n in rest:
                assert isinstance(await kind.run(job(n)), Done)

        begun = time.perf_counter()
        await asyncio.gather(*(slot() for _ in range(SLOTS)))
        return time.perf_counter() - begun


def qtui(stop: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        preset = Path(folder) / "true.toml"
        preset.write_text(PRESET.format(stop=stop))
        command = [sys.executable, "-m", "qtui", "run", str(preset), "--state", folder + "/state"]
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun


def main() -> None:
    sides: dict[str, Callable[[], float]] = {
        f"xargs -P{SLOTS}": piped("xargs", f"-P{SLOTS}", "-n1", "true"),
        "kind": lambda: asyncio.run(_kind()),
        "qtui": lambda: qtui(COMMANDS),
        "qtui, start alone": lambda: qtui(1),
    }
    if shutil.which("parallel"):
        sides["parallel"] = piped("parallel", f"-j{SLOTS}", "true")
    else:
        print("GNU parallel is not installed: xargs alone to compare with")
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            taken[name].append(side())
    median = {name: statistics.median(times) for name, times in taken.items()}
    median["qtui without start"] = median["qtui"] - median.pop("qtui, start alone")
    base = median[f"xargs -P{SLOTS}"]
    print(f"{COMMANDS} commands, {SLOTS} at once, medians of {ROUNDS} rounds")
    for name, took in median.items():
        print(f"{name:20} {COMMANDS / took:7.0f}/s  {base / took:5.2f} of xargs")


if __name__ == "__main__":
    main()
