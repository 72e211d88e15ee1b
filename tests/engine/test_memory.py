"""Memory: what the system tells, and that nothing new starts while it is short; in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from qtui.core import events as ev
from qtui.core.commands import RetryFailed, Stop
from qtui.core.job import Failed, Job
from qtui.core.tables import Throttle
from qtui.core.verdict import Judge
from qtui.engine.health import Heartbeat
from qtui.engine.memory import Memory, MemoryReader
from tests.engine.rig import Rig, sleeping

GB = 10**9
INFO = "MemTotal:        4000 kB\nMemFree:          100 kB\nMemAvailable:    1000 kB\n"
MACHINE = Memory(3000 * 1024, 4000 * 1024)
HUGE = "9223372036854771712"


def laid(root: Path, files: dict[str, str]) -> MemoryReader:
    for name, text in {"proc/meminfo": INFO, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return MemoryReader(root)


def second(folder: str, limit: str, used: str, cache: str = "0") -> dict[str, str]:
    at = f"sys/fs/cgroup/{folder}".rstrip("/")
    stat = f"anon 1\ninactive_file {cache}\nactive_file 7\n"
    return {f"{at}/memory.max": limit, f"{at}/memory.current": used, f"{at}/memory.stat": stat}


def first(folder: str, limit: str, used: str, cache: str = "0") -> dict[str, str]:
    at = f"sys/fs/cgroup/memory/{folder}".rstrip("/")
    stat = f"inactive_file 3\ntotal_inactive_file {cache}\n"
    return {f"{at}/memory.limit_in_bytes": limit, f"{at}/memory.usage_in_bytes": used, f"{at}/memory.stat": stat}


V2, V1 = {"proc/self/cgroup": "0::/a/b\n"}, {"proc/self/cgroup": "5:cpu,memory:/a/b\n0::/\n"}


@pytest.mark.parametrize(
    ("files", "memory"),
    [
        ({}, MACHINE),
        (V2, MACHINE),
        ({**V2, **second("a/b", "1000\n", "900\n", "150")}, Memory(750, 1000)),
        ({**V2, **second("a/b", "max\n", "900\n")}, MACHINE),
        ({**V2, **second("a/b", "max\n", "900\n"), **second("a", "2000\n", "1500\n")}, Memory(1500, 2000)),
        ({**V2, **second("a/b", "1000\n", "100\n"), **second("a", "2000\n", "1500\n")}, Memory(1500, 2000)),
        ({"proc/self/cgroup": "0::/\n", **second("", "1000\n", "600\n")}, Memory(600, 1000)),
        ({"proc/self/cgroup": "0::/../x\n", **second("", "1000\n", "600\n")}, MACHINE),
        ({**V2, **second("", "1000\n", "600\n", "900")}, Memory(0, 1000)),
        ({**V1, **first("a/b", "1000\n", "900\n", "150")}, Memory(750, 1000)),
        ({**V1, **first("a/b", f"{HUGE}\n", "900\n")}, MACHINE),
        ({**V1, **first("", "1000\n", "900\n")}, Memory(900, 1000)),
        ({**V2, **second("a/b", "0\n", "0\n")}, MACHINE),
        ({**V2, **second("a/b", "1000\n", "nonsense")}, MACHINE),
    ],
)
def test_the_system_is_asked_for_the_memory(tmp_path: Path, files: dict[str, str], memory: Memory) -> None:
    assert laid(tmp_path, files)() == memory


def test_where_the_files_are_missing_nothing_is_known(tmp_path: Path) -> None:
    assert MemoryReader(tmp_path)() is None


def test_an_old_kernel_without_what_is_available_tells_nothing(tmp_path: Path) -> None:
    assert laid(tmp_path, {"proc/meminfo": "MemTotal: 4000 kB\nMemFree: 100 kB\n"})() is None


class Shown:
    """A machine whose memory the test says."""

    def __init__(self) -> None:
        self.memory: Memory | None = Memory(1 * GB, 2 * GB)
        self.looks = 0

    def __call__(self) -> Memory | None:
        self.looks += 1
        return self.memory

    def is_at(self, percent: int) -> None:
        self.memory = Memory(percent * 2 * GB // 100, 2 * GB)


@asynccontextmanager
async def beating(rig: Rig, shown: Shown) -> AsyncIterator[None]:
    task = asyncio.ensure_future(Heartbeat(rig.engine, memory=shown).run())
    yield
    task.cancel()
    await asyncio.wait([task])


def starts(rig: Rig) -> list[float]:
    return [round(event.at, 3) for event in rig.of(ev.AttemptStarted)]  # type: ignore[attr-defined]


async def test_nothing_new_starts_while_memory_is_short() -> None:
    shown = Shown()
    async with Rig(sleeping(0.7), jobs=100, concurrency=1) as rig, beating(rig, shown):
        await rig.after(1.8)
        shown.is_at(93)
        await rig.after(2.0)
        verdict, slot = Judge().step(rig.snap), rig.snap.slots[0].state
        shown.is_at(86)
        await rig.after(2.0)
        shown.is_at(84)
        await rig.after(0.8)

        assert starts(rig) == [0.0, 0.7, 1.4, 6.0]
        assert verdict.sentence == "memory 93% of 2.0 GB: nothing new starts"
        assert (verdict.word, verdict.held, str(slot)) == ("HELD", True, "held")
        assert rig.of(ev.MemoryHolds) == [
            ev.MemoryHolds(2.0, True, 0.93, 2 * GB),
            ev.MemoryHolds(6.0, False, 0.84, 2 * GB),
        ]
        await rig.ask(Stop())


async def test_memory_is_looked_at_once_a_second() -> None:
    shown = Shown()
    async with Rig(sleeping(100), jobs=1) as rig, beating(rig, shown):
        await rig.after(10.2)

        assert shown.looks == 11
        await rig.ask(Stop())


async def test_the_share_is_the_presets() -> None:
    shown = Shown()
    async with Rig(sleeping(0.7), jobs=9, concurrency=1, throttle=Throttle(memory=0.6)) as rig, beating(rig, shown):
        await rig.after(0.5)
        shown.is_at(60)
        await rig.after(20)

        assert starts(rig) == [0.0, 0.7]
        await rig.ask(Stop())


async def test_off_looks_at_nothing() -> None:
    shown = Shown()
    shown.is_at(99)
    async with Rig(sleeping(0.7), jobs=9, throttle=Throttle(memory=0.0)) as rig, beating(rig, shown):
        await rig.ended()

    assert shown.looks == 0
    assert not rig.of(ev.MemoryHolds)


async def test_what_is_not_known_holds_nothing_and_is_not_mentioned() -> None:
    shown = Shown()
    shown.memory = None
    async with Rig(sleeping(0.7), jobs=9, concurrency=1) as rig, beating(rig, shown):
        await rig.ended()

    assert not rig.of(ev.MemoryHolds)
    assert rig.snap.health.memory_limit == 0


async def test_a_source_of_numbers_that_falls_silent_lets_go() -> None:
    shown = Shown()
    shown.is_at(95)
    async with Rig(sleeping(0.7), jobs=9, concurrency=1) as rig, beating(rig, shown):
        await rig.after(5)
        shown.memory = None
        await rig.ended()

    assert rig.snap.counts.done == 9


async def test_no_release_starts_anything_while_memory_is_short() -> None:
    shown = Shown()
    async with Rig(sleeping(0.7), jobs=9, concurrency=1) as rig, beating(rig, shown):
        await rig.after(0.5)
        shown.is_at(95)
        await rig.after(5)
        rig.engine.dispatcher.wake()
        await rig.after(5)

        assert starts(rig) == [0.0, 0.7]
        await rig.ask(Stop())


async def test_memory_that_eases_after_the_end_holds_nothing_when_a_person_gives_work_again() -> None:
    async def failing(job: Job) -> Failed:
        await asyncio.sleep(3)
        return Failed("exit:1", "no")

    shown = Shown()
    async with Rig(failing, jobs=1) as rig, beating(rig, shown):
        await rig.after(0.5)
        shown.is_at(95)
        await rig.ended()
        shown.is_at(50)
        await rig.after(2.0)
        await rig.ask(RetryFailed())
        async with asyncio.timeout(60):
            await rig.ended()

        assert len(rig.of(ev.AttemptStarted)) == 2
