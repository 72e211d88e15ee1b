"""Random snapshots and the checks that every drawing must pass at every size."""

from __future__ import annotations

import random

import msgspec

from qtui.core.snapshot import (
    Control,
    Counts,
    LaneView,
    ProducerState,
    ProducerView,
    QueueView,
    Rates,
    RunState,
    SlotState,
    SlotView,
    Snapshot,
    ThrottleView,
)
from qtui.core.verdict import Judge, Verdict
from tests.tui.samples import sample

GLYPHS = set("■▊●·▼≈✓◆×▲█║─►◄━╾╌│╭╮╰╯▁▂▃▄▅▆▇▀▌░▒▓→…−±—╼~")
"""Every character outside ASCII that a drawing may use."""


def anything(rng: random.Random) -> Snapshot:
    """A snapshot that need not make sense."""
    big = rng.choice((0, 1, 12, 999, 123_456, 98_765_432))
    producers = [
        ProducerView(
            index,
            rng.choice(("a", "sitemap", "a-very-long-producer-name", "漢字" * 9)),
            rng.choice(list(ProducerState)),
            rng.randint(0, big),
            rng.choice((None, big)),
            rng.uniform(0, 30_000),
            rng.uniform(0, 30_000),
            rng.choice((0.0, 0.4, 4000.0)),
            rng.random(),
            rng.random(),
        )
        for index in range(rng.choice((0, 1, 2, 3, 4, 9)))
    ]
    slots = [
        SlotView(number, rng.choice(list(SlotState)), number, "job", 1, 3, 1.0, 10.0)
        for number in range(1, rng.choice((0, 1, 8, 40, 700)) + 1)
    ]
    capacity = rng.choice((1, 2, 3, 8, 64, 100, 5000, 1_000_000))
    due = sorted(rng.uniform(0, rng.choice((10, 4000))) for _ in range(rng.choice((0, 1, 5, 64))))
    counts = Counts(
        accepted=big,
        pending=rng.randint(0, big),
        running=rng.randint(0, 9),
        waiting=rng.randint(0, 9),
        done=big,
        failed=rng.randint(0, big),
        held=rng.choice((0, 3)),
        cancelled=rng.choice((0, 3)),
        total=rng.choice((None, 0, big, big * 2)),
    )
    return sample(
        state=rng.choice(list(RunState)),
        name=rng.choice(("scrape", "x" * 60, "")),
        producers=producers,
        slots=slots,
        queue=QueueView(
            capacity,
            rng.choice((0, 1, capacity, capacity + 5, capacity // 2)),
            rng.randint(0, capacity),
            wait_s=rng.choice((0, 3.3, 99_999)),
            full_share=rng.random(),
        ),
        control=Control(rng.choice((0, 1, 12, 4096)), capacity, undo=rng.choice(("", "x"))),
        counts=counts,
        lane=LaneView(len(due), due[0] if due else None, due),
        throttle=ThrottleView(rng.choice((None, 0.5, 5.0, 12_345.0)), rng.choice((0.0, 0.9)), rng.random() < 0.2),
        rates=msgspec.structs.replace(Rates(), admitted=rng.uniform(0, 2e5), started=rng.choice((0.0, 7.0)), done=6.7),
        problem=rng.choice(("", "", "disk full")),
        doing="counting urls.txt",
    )


def verdict_on(snap: Snapshot) -> Verdict:
    return Judge().step(snap)


def strange(rows: list[str]) -> set[str]:
    """Characters that are on no list."""
    return {ch for row in rows for ch in row if not ch.isascii() and ch not in GLYPHS and ch not in "漢字"}
