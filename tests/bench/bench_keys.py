"""Milliseconds from a key to the changed screen while the engine does 5,000 jobs/s: `python -m tests.bench.bench_keys`.

The real program on a pty at 120x40; a change is seen as bytes of the pty. And, with `--starts`, from the moment a shell
becomes `qtui presets/scrape.toml` to the first whole frame.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from tests.terminal import Terminal
from tests.wiring.stage import ROOT, Stage

PRESET = """
[preset]
name = "fast"
[[source]]
kind = "range"
stop = 100000000
line = "shop.example/p/{n}"
[queue]
capacity = 4096
[workers]
concurrency = 128
[throttle]
rate = "5400/s"
[job]
kind = "simulate"
name = "{line}"
[job.simulate]
latency = "5ms"
distribution = "constant"
fail = 0.0
seed = 7
"""
SETTLE_S = 6.0
REST_S = 0.4
"""Between two keys, so that no answer is taken for that of the key before it."""
SIZE = (120, 40)
OPENING = (("?", b"One worker more"), ("q", b"Leave this run?"))
"""A key, and what only its view says; escape leads back."""
ASKING = (("+", "→ 129".encode()), ("-", "→ 128".encode()))


def shares(values: list[float]) -> str:
    """Median and p95 of seconds, in milliseconds."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"median {statistics.median(ordered) * 1e3:6.1f} ms   p95 {p95 * 1e3:6.1f} ms   of {len(ordered)}"


def answered(screen: Terminal, key: str, says: bytes) -> float:
    """Seconds until a key has changed the screen."""
    mark, since = screen.received, time.monotonic()
    screen.send(key)
    screen.wait_raw(says, 20, after=mark)
    return time.monotonic() - since


def keys(stage: Stage, times: int) -> None:
    """Keys that open something, and keys that ask the engine for something."""
    with stage.open(stage.write("fast.toml", PRESET), size=SIZE) as screen:
        screen.wait_raw(b"RUNNING", 60)
        time.sleep(SETTLE_S)  # until the rate limit is what holds: the pace is what is asked for, not the start
        screen.look_away()
        before = stage.picture()
        opened: list[float] = []
        asked: list[float] = []
        for number in range(times):
            key, says = OPENING[number % 2]
            opened.append(answered(screen, key, says))
            screen.press("esc")
            time.sleep(REST_S)  # nothing on the screen tells that the last answer is over
            key, says = ASKING[number % 2]
            asked.append(answered(screen, key, says))
            time.sleep(REST_S)  # nothing on the screen tells that the last answer is over
        after = stage.picture()
        rate = (after.counts.done - before.counts.done) / (after.elapsed_s - before.elapsed_s)
        print(f"key to a view opened    {shares(opened)}")
        print(f"key to the engine's word {shares(asked)}")
        print(f"meanwhile {rate:,.0f} jobs/s; load {os.getloadavg()[0]:.1f}")
        screen.press("q", "k")


def starts(stage: Stage, times: int) -> None:
    """From the moment a shell becomes the program to the first frame that is drawn."""
    took = []
    for _ in range(times):
        with stage.shell(f"echo now; exec $QTUI {ROOT / 'presets' / 'scrape.toml'}", size=SIZE) as screen:
            screen.wait_raw(b"now", 60)
            since = time.monotonic()
            screen.wait_raw("╭".encode(), 60)
            took.append(time.monotonic() - since)
        stage.end()
    print(f"start to the first frame {shares(took)}; load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--starts", type=int, default=15)
    told = parser.parse_args()
    for measure, times in ((starts, told.starts), (keys, told.keys)):
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(Path(folder))
            try:
                if times:
                    measure(stage, times)
            finally:
                stage.end()


if __name__ == "__main__":
    main()
