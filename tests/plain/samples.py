"""Verdicts, estimates and snapshots that several tests of the headless face look at."""

from __future__ import annotations

import msgspec

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import Counts, RunState, Snapshot
from qtui.core.verdict import Kind, Verdict
from tests.tui.samples import sample

FLOWING = Verdict(Kind.FLOWING, "7/s in, 7/s out")
PRESSURE = Verdict(Kind.PRESSURE, "queue full, producers wait in put()", "workers, 100% busy")
ETA = Eta(Certainty.KNOWN, 430.0)
_QUIET = sample(log=[], failures=[], elapsed_s=5.0)
EVIL = "\x1b]0;owned\x07[/x]\u202e\x9b31m\nnext"


def quiet(**changes: object) -> Snapshot:
    """The sample without a past: no log, no failures."""
    return msgspec.structs.replace(_QUIET, **changes)


def finished(**counts: int) -> Snapshot:
    return sample(state=RunState.FINISHED, counts=Counts(accepted=100, total=100, **counts))


def harmless(text: str) -> bool:
    """No control character but the line end, and nothing that turns the direction of reading."""
    return not any((ord(ch) < 32 and ch != "\n") or 0x7F <= ord(ch) < 0xA0 or ch == "\u202e" for ch in text)
