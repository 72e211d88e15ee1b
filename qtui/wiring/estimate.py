"""How long a preset will take, before it is started: only from what it says itself, and only as exactly as that."""

from __future__ import annotations

import math

from qtui.core.eta import rounded, span
from qtui.core.tables import Preset
from qtui.kinds.simulate import SimulateTable
from qtui.text import plural, rate_limit


def estimate(preset: Preset, totals: list[int | None]) -> str:
    """`about 1:45 at 8 workers`, `at least 1:36 at the 20/s it is offered`; empty where nothing tells it.

    `totals` are the numbers of jobs of its sources. How long real work takes is not known before it was done.
    """
    total = sum(jobs for jobs in totals if jobs is not None)
    if not total or preset.workers.strategy == "unbounded":
        return ""
    limits = []
    for source, jobs in zip(preset.sources, totals, strict=True):
        if source.rate and jobs:
            limits.append((jobs / source.rate, f"at the {rate_limit(source.rate)} it is offered"))
    if preset.throttle.rate:
        limits.append((total / preset.throttle.rate, f"at its limit of {rate_limit(preset.throttle.rate)}"))
    known = isinstance(preset.kind, SimulateTable) and None not in totals
    if isinstance(preset.kind, SimulateTable) and known and preset.workers.concurrency:
        worked = total * _attempt_s(preset.kind) * _attempts(preset.kind) / preset.workers.concurrency
        limits.append((worked, f"at {plural(preset.workers.concurrency, 'worker')}"))
    if not limits:
        return ""
    longest, why = max(limits)
    return f"{'about' if known else 'at least'} {span(rounded(longest))} {why}"


def _attempt_s(table: SimulateTable) -> float:
    """The mean time of an attempt, in seconds."""
    longer = math.exp(table.sigma**2 / 2) if table.distribution == "lognormal" else 1.0
    return table.latency * longer + table.block / table.block_every


def _attempts(table: SimulateTable) -> float:
    """How many attempts a job takes on the average: those that fail at first, and for a passing reason, take two."""
    return 1 + table.fail * table.retryable
