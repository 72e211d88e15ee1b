"""Share of a core that the screen takes on a real terminal with 64 busy slots: `python -m tests.bench.bench_screen`.

Two seconds to settle, then the CPU time of the screen's process over `--seconds`, at several sizes and unfocused.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from tests.terminal import Terminal
from tests.wiring.stage import Stage, part

SLOTS = 64
PRESET = f"""
[preset]
name = "busy"
[[source]]
kind = "range"
stop = 1000000
line = "shop.example/p/{{n}}"
[queue]
capacity = 256
[workers]
concurrency = {SLOTS}
[job]
kind = "simulate"
name = "{{line}}"
timeout = "30s"
[job.simulate]
latency = "800ms"
distribution = "lognormal"
fail = 0.03
seed = 7
"""
SETTLE_S = 6.0
FOCUS, BLUR = "\x1b[I", "\x1b[O"
LOOKS = (
    ("80x24", (80, 24), False),
    ("120x40", (120, 40), False),
    ("200x60", (200, 60), False),
    ("120x40 unfocused", (120, 40), True),
)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(screen: Terminal, seconds: float) -> tuple[float, float]:
    """Share of a core, and bytes a second written to the terminal."""
    pid = part(screen.pid, "screen")
    time.sleep(SETTLE_S)  # a start costs more than what is measured here
    before, wrote, since = cpu_s(pid), screen.received, time.monotonic()
    time.sleep(seconds)
    span = time.monotonic() - since
    return (cpu_s(pid) - before) / span, (screen.received - wrote) / span


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", default="", help="looks whose name holds this")
    told = parser.parse_args()
    seconds, looks = told.seconds, [look for look in LOOKS if told.only in look[0]]
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        preset = stage.write("busy.toml", PRESET)
        try:
            for number, (name, size, blurred) in enumerate(looks):
                words = [preset] if number == 0 else ["attach"]
                with stage.open(*words, size=size) as screen:
                    screen.wait_raw(b"RUNNING", 60)
                    if blurred:
                        screen.send(BLUR)
                    busy, written = share(screen, seconds)
                    print(f"{name:>18}  {busy:6.2%} of a core  {written / 1024:6.1f} KiB/s", flush=True)
                    screen.press("q", "b") if number == 0 else screen.press("q")
                    screen.wait_exit(15)
        finally:
            stage.end()


if __name__ == "__main__":
    main()
