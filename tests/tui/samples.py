"""A realistic snapshot to draw from: the moment of the main picture, twelve slots under backpressure."""

from __future__ import annotations

import random
from functools import cache

import msgspec

from qtui.core.snapshot import (
    LATENCY_BUCKETS,
    Cell,
    Control,
    Counts,
    FailureGroup,
    Health,
    LaneView,
    Latency,
    Law,
    LogLine,
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
)

NOW = 1_795_445_551.0
NAMES = ("img.example/t/88029", "shop.example/p/47623", "blog.example/post/86759", "shop.example/c/68513")


def strip(rng: random.Random, seconds: int, running: int) -> str:
    """A slot's history of `seconds` cells whose last `running` are the attempt in it."""
    cells = ""
    shade = 0
    while len(cells) < seconds - running:
        spell = rng.choice((1, 1, 2, 2, 3, 5))
        roll = rng.random()
        if roll < 0.06:
            cells += Cell.IDLE
        elif roll < 0.16:
            cells += Cell.RETRY_BODY * (spell * 2) + Cell.RETRY_END
        elif roll < 0.2:
            cells += Cell.FAILED_BODY * spell + Cell.FAILED_END
        else:
            shade = 1 - shade
            cells += (Cell.DONE, Cell.DONE_ALT)[shade] * spell
    return cells[: seconds - running] + Cell.RUNNING * running


def slots(number: int = 12, seed: int = 3) -> list[SlotView]:
    rng = random.Random(seed)
    views = []
    for n in range(1, number + 1):
        elapsed = rng.choice((0.0, 0.1, 0.3, 0.5, 0.8, 1.8, 2.2, 5.6, 6.5))
        history = 120 if n <= 8 else 27
        views.append(
            SlotView(
                number=n,
                state=SlotState.RUNNING,
                seq=3000 + n,
                name=NAMES[n % len(NAMES)] if n != 6 else "blog.example/post/5764",
                attempt=2 if n == 6 else 1,
                attempts=3,
                elapsed_s=elapsed,
                timeout_s=10.0,
                strip=strip(rng, history, 1 + int(elapsed)),
            )
        )
    return views


def series(seconds: int = 180, seed: int = 5) -> Series:
    rng = random.Random(seed)
    done, depth, heat, marks = [], [], [], []
    level = 64
    for second in range(seconds):
        paused = seconds - 57 <= second < seconds - 45
        level = max(0, level - 7) if paused else min(64, level + 5)
        done.append(max(0, round(rng.gauss(7 if level else 2, 2))))
        depth.append(level)
        row: list[int] = []
        for bucket in range(LATENCY_BUCKETS):
            hits = round(rng.expovariate(0.5) * max(0.0, 1 - abs(bucket - 14) / 6))
            if hits:
                row += [bucket, hits]
        heat.append(row)
        marks.append({seconds - 57: ["║"], seconds - 45: ["►"], seconds - 27: ["▲12"]}.get(second, []))
    busy = [100 if level else 35 for level in depth]
    admitted = [0 if seconds - 57 <= second < seconds - 45 else 7 for second in range(seconds)]
    return Series(1.0, done, [0] * seconds, depth, [64] * seconds, heat, marks, admitted, busy)


def failures() -> list[FailureGroup]:
    groups = [
        ("HTTP 503", "Service Unavailable", 28, True),
        ("HTTP 404", "Not Found", 14, False),
        ("Extract", "missing field 'price'", 14, False),
        ("Timeout", "no response after #s", 1, True),
        ("HTTP 429", "Too Many Requests", 1, True),
    ]
    return [
        FailureGroup(
            signature=f"{title}|{message}",
            title=title,
            message=message,
            jobs=jobs,
            attempts=jobs * (3 if retryable else 1),
            first_s=280.0,
            last_s=3.0 + index * 9,
            per_minute=[0, 0, 1, 0, 2, jobs // 2, jobs // 3, 1, 0, 1],
            retryable=retryable,
            samples=[4375, 4400, 4317],
            hosts=[("api.example", jobs), ("shop.example", 3)],
            detail="GET https://api.example/v2/items/16726\n503 Service Unavailable",
        )
        for index, (title, message, jobs, retryable) in enumerate(groups)
    ]


@cache
def _base() -> Snapshot:
    history = series()
    return Snapshot(
        run_id="scrape-1",
        name="scrape",
        preset="presets/scrape.toml",
        state=RunState.RUNNING,
        started_at=NOW - 612,
        elapsed_s=612.0,
        counts=Counts(
            accepted=3209,
            pending=64,
            running=12,
            waiting=3,
            done=3072,
            failed=58,
            attempts=3400,
            retries=130,
            recovered=120,
            total=6400,
        ),
        control=Control(concurrency=12, capacity=64, undo="concurrency 8 → 12"),
        queue=QueueView(64, 64, 64, oldest_s=8.1, wait_s=8.3, full_share=0.62, full_share_run=0.55),
        producers=[
            ProducerView(0, "sitemap", ProducerState.ACTIVE, 1600, 3200, 3.4, 7.0, pressure=0.3, blocked_share=0.5),
            ProducerView(
                1,
                "feeds",
                ProducerState.BLOCKED,
                1609,
                3200,
                3.7,
                7.0,
                blocked_s=0.14,
                blocked_share=0.57,
                pressure=0.6,
            ),
        ],
        slots=slots(),
        lane=LaneView(3, 1.8, [1.8, 3.1, 5.4]),
        rates=Rates(
            7.1, 7.7, 6.7, 0.4, done_30s=6.9, done_run=5.1, done_peak=13.4, busy_share=1.0, busy_share_run=0.95
        ),
        latency=Latency(0.92, 3.7, 10.0),
        series=history,
        overview=msgspec.structs.replace(history, latency=[]),
        failures=failures(),
        groups=5,
        recent=[
            Recent(3130, "blog.example/post/25295", "failed", "HTTP 503", 0.4),
            Recent(3129, "shop.example/p/11552", "done", "0.5s", 0.9),
            Recent(3128, "shop.example/p/11553", "retry", "Timeout", 1.2),
        ],
        log=[
            LogLine(NOW - 29, "you", "concurrency 8 → 12"),
            LogLine(NOW - 46, "you", "producers resumed"),
            LogLine(NOW - 57, "you", "producers paused"),
        ],
        health=Health(0.001, 61_000_000, 64_000_000),
        results="results.jsonl",
        waiting=Law(64.0, 7.7, 8.3),
        running=Law(12.0, 7.9, 1.52),
    )


def sample(**changes: object) -> Snapshot:
    """The snapshot, with any of its fields replaced; what its lists hold is shared by all of them."""
    return msgspec.structs.replace(_base(), **changes)
