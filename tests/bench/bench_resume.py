"""What a long run takes: memory of engine and screen while it grows, and the time until it goes on after a stop.

    python -m tests.bench.bench_resume [--jobs N] [--screen] [--kill]

A real run of N simulated jobs is stopped just before its end and started again. Where GNU parallel is installed, its
`--resume` is timed on a job log of the same length.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qtui.core.snapshot import Snapshot
from tests.faults.running import rss_mb
from tests.wiring.stage import Stage, part

LEFT = 2_000
"""Jobs that are left when the run is stopped; it may overshoot by a part of them."""
PRESET = """
[preset]
name = "long"
[[source]]
kind = "range"
stop = {jobs}
line = "https://shop.example/articles/{{n}}"
[queue]
capacity = 256
[workers]
concurrency = {concurrency}
[job]
kind = "simulate"
name = "{{line}}"
[job.simulate]
latency = "1ms"
distribution = "constant"
"""
MARKS = (0.02, 0.25, 0.5, 0.75, 1.0)


@contextmanager
def running(stage: Stage) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A headless run from its command to its start, with the seconds that took."""
    asked = time.perf_counter()
    command = stage.command("run", "long.toml", "--plain", "--stop-timeout", "0")
    with subprocess.Popen(
        command,
        cwd=stage.folder,
        env={**os.environ, **stage.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as face:
        assert face.stderr is not None
        said = b""
        while b"Running: " not in (line := face.stderr.readline()):
            said += line
            assert line, said.decode()
        took = time.perf_counter() - asked
        try:
            yield face, took
        finally:
            face.kill()


def grow(stage: Stage, jobs: int, *, screen: bool, kill: bool) -> float:
    """Run to just before the end and stop; prints what it took on the way, gives the seconds that its start took."""
    with running(stage) as (face, took), ExitStack() as stack:
        print(f"{'':>12} {'done':>10} {'jobs/s':>8} {'engine MB':>10} {'screen MB':>10}")
        print(f"{'started':>12} {'':>10} {'':>8} {'':>10} {'':>10}   {took:.2f} s from the command to RUNNING")
        shown = 0
        if screen:
            terminal = stack.enter_context(stage.open("attach", "long"))
            terminal.wait("WORKERS", 30)
            shown = part(terminal.pid, "screen")
        last: Snapshot | None = None
        for mark in MARKS:
            wanted = int(jobs * mark)
            snap = stage.picture(lambda snap, wanted=wanted: snap.counts.done >= wanted, timeout=3600)  # type: ignore[misc]
            rate = (snap.counts.done - (last.counts.done if last else 0)) / (
                snap.elapsed_s - (last.elapsed_s if last else 0.0)
            )
            seen = f"{rss_mb(shown):>10.1f}" if shown else f"{'-':>10}"
            engine = rss_mb(stage.record.pid)
            print(f"{mark:>12.0%} {snap.counts.done:>10,} {rate:>8,.0f} {engine:>10.1f} {seen}", flush=True)
            last = snap
        if kill:
            os.kill(stage.record.pid, signal.SIGKILL)
        else:
            face.send_signal(signal.SIGTERM)
        face.communicate(timeout=30)
    return took


def resume(stage: Stage, rounds: int, empty: float) -> None:
    """Start it again, `rounds` times; killed each time before it is over."""
    times = []
    for _ in range(rounds):
        with running(stage) as (_, took):
            snap = stage.picture()
            times.append(took)
            kept = snap.counts.done
            print(
                f"{'resumed':>12} {kept:>10,} {'':>8} {rss_mb(stage.record.pid):>10.1f}"
                f" {'':>10}   {took:.2f} s from the command to RUNNING"
            )
            os.kill(stage.record.pid, signal.SIGKILL)
    print(f"\nan empty run starts in {empty:.2f} s")
    print(f"resume with {kept:,} finished jobs: {statistics.median(times):.2f} s (goal <= 2 s)")


def parallel(folder: Path, jobs: int) -> float | None:
    """Seconds that GNU parallel takes to find the one job that its log of `jobs` does not hold; None without it."""
    if shutil.which("parallel") is None:
        return None
    log = folder / "joblog"
    header = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
    log.write_text(header + "".join(f"{n}\t:\t1.0\t0.001\t0\t0\t0\t0\ttrue {n}\n" for n in range(1, jobs + 1)))
    lines = "".join(f"{n}\n" for n in range(1, jobs + 2))
    asked = time.perf_counter()
    subprocess.run(
        ["parallel", "-j1", "--resume", "--joblog", str(log), "true"], input=lines, text=True, check=True, cwd=folder
    )
    return time.perf_counter() - asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--screen", action="store_true", help="with a screen attached, whose memory is shown")
    parser.add_argument("--kill", action="store_true", help="end the first life with kill -9")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="qtui-resume-"))
    stage = Stage(folder)
    stage.write("long.toml", PRESET.format(jobs=options.jobs + LEFT, concurrency=64))
    try:
        empty = grow(stage, options.jobs, screen=options.screen, kill=options.kill)
        # What is left must last for every round.
        stage.write("long.toml", PRESET.format(jobs=options.jobs + LEFT, concurrency=1))
        resume(stage, options.rounds, empty)
        if (theirs := parallel(folder, options.jobs)) is None:
            print("GNU parallel is not installed: nothing to compare with")
        else:
            print(f"GNU parallel --resume with as many: {theirs:.2f} s")
    finally:
        stage.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
