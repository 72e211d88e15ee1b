"""Snapshots nobody would draw on purpose: every field random, with the extremes that break layouts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from qtui.core.snapshot import (
    LATENCY_BUCKETS,
    Cell,
    Control,
    Counts,
    FailureGroup,
    Latency,
    Law,
    ProducerState,
    ProducerView,
    QueueView,
    Rates,
    Recent,
    RunState,
    Series,
    SlotState,
    SlotView,
    Snapshot,
    ThrottleView,
)

T = TypeVar("T")
NAMES = (
    "",
    "a",
    "shop.example/p/47623",
    "x" * 300,
    "写真/東京/港区/とても長い名前の画像ファイル/2024/写真.jpg",
    "мой-файл-с-длинным-именем.txt",
    "ab写cd写ef写gh",
    "e\u0301e\u0301e\u0301",
)
DURATIONS = (-5.0, 0.0, 0.04, 0.5, 6.5, 9.96, 99.96, 100.0, 3599.6, 4000.0, 1e6, 1e18, 1e300)
NUMBERS = (0, 1, 7, 58, 999, 1000, 123_456, 10**12, 10**18)


def many(rng: random.Random, most: int, make: Callable[[], T]) -> list[T]:
    """Up to `most` things, often none."""
    return [make() for _ in range(rng.choice((0, 1, rng.randint(0, most), most)))]


def slot(rng: random.Random, number: int) -> SlotView:
    cells = [str(cell) for cell in Cell]
    return SlotView(
        number=number,
        state=rng.choice(list(SlotState)),
        seq=rng.choice(NUMBERS),
        name=rng.choice(NAMES),
        attempt=rng.choice((0, 1, 2, 10, 1000)),
        attempts=rng.choice((0, 3, 10, 1000)),
        elapsed_s=rng.choice(DURATIONS),
        timeout_s=rng.choice((0.0, 0.1, 10.0, 300.0, 1e300)),
        note=rng.choice(NAMES),
        strip="".join(rng.choices(cells, k=rng.choice((0, 1, 5, 59, 120)))),
    )


def series(rng: random.Random) -> Series:
    length = rng.choice((0, 1, 2, 3, 59, 180, 240))
    top = rng.choice((1, 5, 200, 10**18))

    def column() -> list[int]:
        pairs = many(rng, 6, lambda: [rng.randrange(LATENCY_BUCKETS), rng.choice((1, 2, 30, 10**18))])
        return [value for pair in pairs for value in pair]

    marks = ("║", "►", "▲12", "▼6", "■4096")
    return Series(
        step_s=rng.choice((0.5, 1.0, 10.0)),
        done=[rng.randint(0, top) for _ in range(length)],
        failed=[rng.randint(0, top) for _ in range(length)],
        depth=[rng.randint(0, top) for _ in range(length)],
        capacity=[rng.choice((0, 1, top)) for _ in range(length)],
        latency=[column() for _ in range(rng.choice((0, length)))],
        marks=[many(rng, 3, lambda: rng.choice(marks)) for _ in range(length)],
        admitted=[rng.randint(0, top) for _ in range(rng.choice((0, length)))],
        busy=[rng.randint(0, 100) for _ in range(rng.choice((0, length)))],
    )


def group(rng: random.Random) -> FailureGroup:
    return FailureGroup(
        signature="s",
        title=rng.choice(NAMES),
        message=rng.choice(NAMES),
        jobs=rng.choice(NUMBERS),
        attempts=rng.choice(NUMBERS),
        first_s=rng.choice(DURATIONS),
        last_s=rng.choice(DURATIONS),
        per_minute=[rng.choice(NUMBERS) for _ in range(rng.choice((0, 3, 10, 12)))],
        retryable=rng.random() < 0.5,
        retrying=rng.choice(NUMBERS),
    )


def law(rng: random.Random) -> Law:
    return Law(rng.choice(DURATIONS), rng.choice((0.0, 0.01, 7.7, 1e6)), rng.choice((0.0, *DURATIONS)))


def wild(rng: random.Random, most_slots: int = 90) -> Snapshot:
    """A random snapshot."""
    slots = rng.choice((0, 1, 12, rng.randint(0, most_slots), most_slots))
    first = rng.choice((1, 1, 95, 99_990))
    kinds = ("done", "retry", "failed", "cancelled", "interrupted", "unheard of")
    return Snapshot(
        run_id="r",
        name=rng.choice(NAMES),
        preset="p",
        state=rng.choice(list(RunState)),
        started_at=0.0,
        elapsed_s=rng.choice(DURATIONS),
        counts=Counts(failed=rng.choice(NUMBERS), done=rng.choice(NUMBERS)),
        control=Control(concurrency=rng.choice(NUMBERS)),
        queue=QueueView(64, rng.choice(NUMBERS), full_share_run=rng.random()),
        producers=many(rng, 2, lambda: ProducerView(0, rng.choice(NAMES), ProducerState.ACTIVE)),
        slots=[slot(rng, first + index) for index in range(slots)],
        throttle=ThrottleView(held_by_person=rng.random() < 0.5),
        rates=Rates(done=rng.choice((0.0, 6.7, 1e4, 1e300))),
        latency=Latency(*(rng.choice(DURATIONS) for _ in range(3))),
        series=series(rng),
        overview=series(rng),
        failures=many(rng, 50, lambda: group(rng)),
        groups=rng.choice(NUMBERS),
        recent=many(
            rng,
            20,
            lambda: Recent(rng.choice(NUMBERS), rng.choice(NAMES), rng.choice(kinds), rng.choice(NAMES), 1.0),
        ),
        waiting=law(rng),
        running=law(rng),
    )
