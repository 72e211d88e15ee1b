"""Milliseconds to draw the overview stage and to turn it into strips: `python -m tests.bench.bench_draw`."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

import msgspec

from qtui.core.snapshot import Control, SlotState, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK
from qtui.tui.widgets.failures import draw_failures
from qtui.tui.widgets.flow import draw_flow
from qtui.tui.widgets.job import draw_job
from qtui.tui.widgets.latency import draw_latency
from qtui.tui.widgets.mini import draw_mini
from qtui.tui.widgets.slots import draw_slots
from tests.tui.samples import sample, slots

Draw = Callable[[Canvas], None]
Panel = tuple[str, int, int, Draw]
FRAMES = 60


def snapshot(count: int, second: int) -> Snapshot:
    """The usual run with `count` slots, `second` seconds later: no frame finds the strips of the one before."""
    rng = random.Random(second)
    views = [
        msgspec.structs.replace(
            slot,
            elapsed_s=min(9.5, rng.expovariate(0.5)),
            state=SlotState.RUNNING if rng.random() < 0.97 else SlotState.IDLE,
            strip=slot.strip[second % 20 :] + "ab" * (second % 20 // 2),
        )
        for slot in slots(count, seed=second)
    ]
    return sample(slots=views, control=Control(concurrency=count), elapsed_s=612.0 + second)


def stage(size: str, snap: Snapshot) -> list[Panel]:
    """The panels of the overview at a screen size."""

    def slot_panel(canvas: Canvas) -> None:
        draw_slots(canvas, snap, selected=4, top=0)

    def flow(canvas: Canvas) -> None:
        draw_flow(canvas, snap)

    def latency(canvas: Canvas) -> None:
        draw_latency(canvas, snap)

    def failures(canvas: Canvas) -> None:
        draw_failures(canvas, snap)

    def job(canvas: Canvas) -> None:
        draw_job(canvas, snap, selected=4)

    def mini(canvas: Canvas) -> None:
        draw_mini(canvas, snap)

    if size == "80x24":
        return [("slots", 80, 12, slot_panel), ("mini", 80, 1, mini)]
    if size == "120x40":
        return [
            ("slots", 120, 14, slot_panel),
            ("flow", 42, 10, flow),
            ("latency", 40, 10, latency),
            ("failures", 38, 10, failures),
        ]
    return [
        ("slots", 134, 26, slot_panel),
        ("failures", 66, 9, failures),
        ("job", 66, 17, job),
        ("flow", 70, 17, flow),
        ("latency", 64, 17, latency),
    ]


def measure(size: str, snaps: list[Snapshot]) -> dict[str, float]:
    """Median milliseconds per frame of each panel, of all together, and of as many empty canvases."""
    times: dict[str, list[float]] = {}
    for snap in snaps:
        total = empty = 0.0
        for name, width, height, draw in stage(size, snap):
            start = time.perf_counter()
            canvas = Canvas(width, height, DARK)
            draw(canvas)
            for y in range(height):
                canvas.strip(y)
            middle = time.perf_counter()
            blank = Canvas(width, height, DARK)
            for y in range(height):
                blank.strip(y)
            end = time.perf_counter()
            times.setdefault(name, []).append(middle - start)
            total += middle - start
            empty += end - middle
        times.setdefault("all", []).append(total)
        times.setdefault("empty", []).append(empty)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def main() -> None:
    for size in ("80x24", "120x40", "200x60"):
        base = 0.0
        for count in (12, 64, 1000):
            result = measure(size, [snapshot(count, n) for n in range(FRAMES)])
            base = result["all"] if count == 64 else base
            parts = "  ".join(f"{name} {ms:.2f}" for name, ms in result.items() if name not in ("all", "empty"))
            ratio = f"  {result['all'] / base:.2f} x 64 slots" if count == 1000 else ""
            print(
                f"{size:>7} {count:>5} slots: {result['all']:6.2f} ms, "
                f"{result['all'] / result['empty']:.1f} x empty{ratio}   {parts}"
            )


if __name__ == "__main__":
    main()
