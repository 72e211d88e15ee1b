"""The long forms of what happens to a run that is alive: faces and terminals that read nothing for a minute.

Changed inputs, poison and the faults of the machine have no longer form than their tests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.faults.report import Report
from tests.faults.test_runtime import stalled, throughput
from tests.wiring.stage import Stage

STALL_S = 60.0
LEAST = 0.95
"""Of the throughput before; two measurements of an undisturbed run differ by as much."""


def stalled_terminal(stage: Stage, stall_s: float) -> float:
    """The throughput while the terminal of a screen reads nothing, as a share of that before."""
    with stage.open(stage.preset(jobs=1_000_000, latency="10ms"), size=(120, 40)) as screen:
        screen.wait("● RUNNING")
        free = throughput(stage, stall_s)
        with screen.stalled():
            held = throughput(stage, stall_s)
        assert stage.picture().counts.failed == 0
    return held / free


def _measure(report: Report, group: str, measure: Callable[[Stage, float], float]) -> None:
    with tempfile.TemporaryDirectory(prefix="qtui-live-") as folder:
        stage = Stage(Path(folder))
        try:
            share = measure(stage, STALL_S)
        finally:
            stage.end()
    report.case(group, "" if share >= LEAST else f"{share:.1%} of the throughput")
    report.note(group, f"{share:.1%} of the throughput")


def full(report: Report) -> None:
    """Every fault of a live run."""
    _measure(report, "faces that read nothing for 60 s", stalled)
    _measure(report, "a terminal that reads nothing for 60 s", stalled_terminal)
    report.pytest("machine: stop, clock, descriptors, names", "tests/faults/test_runtime.py")
    report.pytest("changed inputs and presets", "tests/faults/test_inputs.py")
    report.pytest("jobs that kill the engine", "tests/faults/test_poison.py")
