"""What a run's folder says while its engine cannot: since when the loop is blocked, and by what."""

from __future__ import annotations

import math
from typing import NamedTuple

from qtui.text import clean

FILE = "stalled"
"""In the run's folder; it is there only while the loop is blocked."""


class Stall(NamedTuple):
    """A loop that is blocked."""

    span_s: float
    """For how long."""
    where: str
    """By what: `cpu.py:12 in crunch()`."""


def written(since: float, where: str) -> str:
    """What the file holds; `since` is wall clock."""
    return f"{since:.2f} {where}"


def read(text: str, now: float) -> Stall | None:
    """What the file says at the wall clock's `now`; None where it says nothing that can be understood."""
    since, _, where = text.partition(" ")
    try:
        span = now - float(since)
    except ValueError:
        return None
    return Stall(max(0.0, span), clean(where, 160)) if where and math.isfinite(span) else None
