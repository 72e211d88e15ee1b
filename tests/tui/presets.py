"""A host with presets as the picker meets them: to learn from, real ones, one that is broken, and a live run."""

from __future__ import annotations

from qtui.core.port import Checked, PresetEntry, Problem, RunEntry
from tests.tui.samples import NOW
from tests.tui.stage import FakeHost

TEXT = """\
[preset]
name = "backpressure"
description = "The full queue, in one minute"

# two producers, so that both can be seen waiting
[[source]]
kind = "range"
stop = 420
rate = "9/s"

[queue]
capacity = 64

[workers]
concurrency = 8

[retry]
attempts = 3
backoff = { base = "0.5s", factor = 2, max = "60s" }"""
BROKEN = """\
[preset]
name = "scrape"

[[source]]
kind = "lines"
path = "data/urls.txt"

[queue]
capacity = -5

[workers]
concurency = 12

[job]
kind = "http"
timeout = "10x" """
PROBLEMS = [
    Problem(
        "workers.concurency", "there is no such key", 12, "concurency", "concurrency, strategy, executor", "concurrency"
    ),
    Problem("queue.capacity", "this must be at least 1", 9, "-5", "1 to 1,000,000"),
    Problem("job.timeout", "this must be a duration", 16, '"10x"', 'a duration, e.g. "1.5s" or "2min"', "10s"),
    Problem("job.http", "this table is missing", 14),
]
LEARN = (
    ("backpressure", "The full queue, in one minute"),
    ("retries", "A flaky host: back-off, jitter, and a lane to watch"),
    ("pool-or-semaphore", "The same limit, two shapes"),
    ("order", "Results in which order?"),
    ("rate-limit", "The other wall"),
    ("cpu-bound", "When processes help"),
)
REAL = (("scrape", "Pages, polite, resumable"), ("api-client", "A paged API"), ("files", "Hash and copy a tree"))


def good(name: str, description: str, *, real: bool = False) -> Checked:
    return Checked(
        name,
        name,
        f"{description}. Two producers offer 14 jobs a second to 8 workers that finish about 6. "
        "The queue holds 64. Watch it back up to the gate, then pause, resume and add workers.",
        text=TEXT,
        producers=["range: 420 jobs at 9/s", "range: 420 jobs at 5/s"],
        kind="http" if real else "simulate",
        capacity=64,
        concurrency=8,
        total=840,
        plan=[
            "Waits about 1.2 s a job and fails 7 of 100, with seed 7.",
            "Gives a job up to 3 attempts, half a second and more apart.",
            "Writes results.jsonl in this directory.",
        ],
        network=real,
        simulated=not real,
        takes="" if real else "about 2:25 at 8 workers",
    )


def host() -> FakeHost:
    """Nine presets of which `scrape` has problems, one live run and one that is over."""
    presets = [PresetEntry(name, name, text, "learn") for name, text in LEARN]
    presets += [PresetEntry(name, name, text, "real") for name, text in REAL]
    checks = {entry.source: good(entry.name, entry.description, real=entry.group == "real") for entry in presets}
    checks["scrape"] = Checked("presets/scrape.toml", "scrape", "Fetch every page of a shop", PROBLEMS, BROKEN)
    runs = [
        RunEntry(
            "scrape-catalogue-3",
            "scrape-catalogue",
            "presets/catalogue.toml",
            "running",
            NOW - 640,
            8501,
            224,
            42_000,
            4711,
        ),
        RunEntry("old-1", "old", "presets/old.toml", "finished", NOW - 9000, 10, 0, 10),
    ]
    return FakeHost(presets, runs, checks)
