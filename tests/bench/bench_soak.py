"""Whether hours of use leave anything behind: `python -m tests.bench.bench_soak`; two hours at 20 Hz unless told.

The real app on a port whose snapshots move on, without the time between them, while somebody goes through the views
and opens and closes what can be opened. Said after every round: frames, seconds, objects, traced memory and RSS.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from qtui.core.queries import AttemptRow, JobRow, JobStory
from qtui.core.snapshot import FailureGroup, LogLine, Recent, Series, SlotView, Snapshot
from tests.tui.fake_port import FakePort
from tests.tui.rig import Rig, running
from tests.tui.samples import NOW, sample

HZ = 20
FRAMES = 2 * 3600 * HZ
WARM_ROUNDS = 2
"""Until every view was open, and caches that are bounded are full."""
PATIENCE = 1_000
"""Turns of the loop until a frame is seen at the latest."""
BETWEEN = 10
"""Frames between two keys."""
VIEWS = ("1", "2", "3", "4", "5", "6", "7")
OPENED = ("enter", "question_mark", "colon", "q", "b", "slash")
ROUND = (
    *(key for view in VIEWS for key in (view, "down", "enter", "escape")),
    *("1", "w", "w", "w", "w", "w", "tab", "tab", "1"),
    *(key for opened in OPENED for key in (opened, "escape")),
    *("3", "slash", "s", "h", "o", "p", "enter", "down", "space", "escape", "slash", "escape", "1"),
    *("colon", "t", "h", "e", "m", "e", "escape", "escape", "plus", "z", "1"),
)
SIZES = ((120, 40), (80, 24))


class Rest(msgspec.Struct, frozen=True):
    """What there is after a round."""

    frames: int
    objects: int
    traced: int
    rss: int


class Moving:
    """A run that moves on, frame by frame; what it tells stays as long as a real engine's words do."""

    def __init__(self) -> None:
        self.frame = 0
        self._snap = sample()

    def rows(self) -> list[JobRow]:
        newest = 3_000 + self.frame
        return [
            JobRow(seq, f"shop.example/p/{seq}", "failed", "feeds", 2, 1.0, 0.8, NOW, "HTTP 503")
            for seq in range(newest, newest - 60, -1)
        ]

    def story(self, row: JobRow) -> JobStory:
        ends = [AttemptRow(n, 3, NOW - n, 0.8, "failed", "http:503", "Service Unavailable", "x\n503") for n in (1, 2)]
        return JobStory(row, f"key {row.seq}", NOW - 10, {"url": row.name}, ends)

    def next(self) -> Snapshot:
        self.frame += 1
        old, n = self._snap, self.frame
        change = msgspec.structs.replace
        self._snap = change(
            old,
            elapsed_s=old.elapsed_s + 1 / HZ,
            counts=change(old.counts, done=old.counts.done + 3, failed=58 + n // 50, attempts=old.counts.attempts + 4),
            queue=change(old.queue, depth=n % 64),
            slots=[self._slot(slot, n) for slot in old.slots],
            series=_shifted(old.series, n) if n % HZ == 0 else old.series,
            overview=_shifted(old.overview, n) if n % (10 * HZ) == 0 else old.overview,
            failures=[self._group(group, n) for group in old.failures],
            recent=[Recent(n, f"shop.example/p/{n}", ("done", "failed", "retry")[n % 3], "0.5s", 0.1), *old.recent][
                :20
            ],
            log=[LogLine(NOW + n / HZ, "you", f"concurrency {n % 50} → {n % 50 + 1}"), *old.log][:50]
            if n % HZ == 0
            else old.log,
        )
        return self._snap

    def _slot(self, slot: SlotView, n: int) -> SlotView:
        new = (n + slot.number) % 30 == 0
        return msgspec.structs.replace(
            slot,
            elapsed_s=0.0 if new else slot.elapsed_s + 1 / HZ,
            seq=3_000 + n if new else slot.seq,
            name=f"shop.example/p/{n}" if new else slot.name,
            strip=(slot.strip + "anbr"[n // HZ % 4])[-120:] if n % HZ == 0 else slot.strip,
        )

    def _group(self, group: FailureGroup, n: int) -> FailureGroup:
        message = f"no answer from host {n}" if group.title == "Timeout" and n % 100 == 0 else group.message
        minutes = [*group.per_minute[1:], n % 7] if n % (60 * HZ) == 0 else group.per_minute
        return msgspec.structs.replace(
            group, jobs=group.jobs + (n % 40 == 0), last_s=group.last_s + 0.05, message=message, per_minute=minutes
        )


def _shifted(series: Series, n: int) -> Series:
    """The series a step later: every column loses its first value and gains a last."""
    later = {name: [*had[1:], n % 9] for name in ("done", "failed") if (had := getattr(series, name))}
    depth = [*series.depth[1:], n % 64]
    heat = [*series.latency[1:], [14, n % 9]] if series.latency else []
    marks = [*series.marks[1:], ["▲12"] if n % (30 * HZ) == 0 else []]
    return msgspec.structs.replace(series, depth=depth, latency=heat, marks=marks, **later)


async def soak(frames: int, between: int = BETWEEN) -> AsyncIterator[Rest]:
    """Use the app for so many frames; what there is after each round."""
    run = Moving()
    port = FakePort(run.next(), rows=run.rows())
    async with running(port=port) as rig:
        rounds = 0
        while run.frame < frames:
            await rig.pilot.resize_terminal(*SIZES[rounds % 2])
            for key in ROUND:
                for _ in range(between):
                    await _frame(rig, run)
                rig.app.simulate_key(key)  # a pilot would wait until nothing moves
            await rig.press("escape", "escape", "1")
            await rig.pilot.resize_terminal(*SIZES[0])
            for _ in range(5):
                await _frame(rig, run)
            rounds += 1
            for told in (port.requests, port.queries):
                told.clear()
            yield _rest(run.frame)


async def _frame(rig: Rig, run: Moving) -> None:
    snap = run.next()
    if run.frame % HZ == 0:
        rig.port.rows = run.rows()
        rig.port.stories = {row.seq: run.story(row) for row in rig.port.rows}
    rig.port.give(snap)
    for _ in range(PATIENCE):
        if rig.app.feed.newest is snap:
            break
        await asyncio.sleep(0)
    else:
        raise AssertionError(f"frame {run.frame} was not shown")
    rig.app.paint()
    await asyncio.sleep(0)
    rig.app.screen._on_timer_update()  # the compositor's own clock would leave out most frames


def _rest(frames: int) -> Rest:
    gc.collect()
    traced = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
    rss = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return Rest(frames, len(gc.get_objects()), traced, rss)


async def _told(frames: int, between: int) -> None:
    since, rests = time.monotonic(), []
    async for rest in soak(frames, between):
        rests.append(rest)
        print(
            f"{rest.frames:>9,} frames  {time.monotonic() - since:7.1f} s  {rest.objects:>9,} objects"
            f"  {rest.traced / 1e6:7.2f} MB traced  {rest.rss / 1e6:7.1f} MB RSS",
            flush=True,
        )
    if len(rests) > WARM_ROUNDS + 1:
        first, last = rests[WARM_ROUNDS], rests[-1]
        print(
            f"since the warm-up ({last.frames - first.frames:,} frames): {last.objects - first.objects:+,} objects"
            f"  {(last.traced - first.traced) / 1e6:+.2f} MB traced  {(last.rss - first.rss) / 1e6:+.1f} MB RSS"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--between", type=int, default=BETWEEN, help="frames between two keys")
    parser.add_argument("--trace", action="store_true", help="count what Python allocates too, at half the speed")
    told = parser.parse_args()
    if told.trace:
        tracemalloc.start()
    asyncio.run(_told(told.frames, told.between))


if __name__ == "__main__":
    main()
