"""What an engine is built from, and what it is told of its run."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from qtui.core.job import Job
from qtui.core.past import Past
from qtui.core.seams import Executor, Journal, Kind, Source
from qtui.engine.clock import Clock


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine is built from; tests hand in fakes, wiring the real ones."""

    sources: list[Source]
    kind: Kind
    executor: Executor
    journal: Journal
    clock: Clock
    luck: random.Random = field(default_factory=random.Random)
    past: Past | None = None
    """What the run remembers of its earlier lives."""
    skip: bool = True
    """The sources give the rows that were accepted before once more, in the same order."""
    gone: frozenset[int] = frozenset()
    """Jobs of earlier lives that their rows no longer stand for: open ones are cancelled, none is retried with others.
    """
    renew: Callable[[Job], Job] = lambda job: job
    """What a job of an earlier life is in this one, where its address may be another."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    run_id: str = "run"
    results: str = ""
    note: str = ""
    """Something the person should know from the start."""
    once: str = ""
    """The command line that runs one job of it alone, without the job's number; empty where there is none."""
