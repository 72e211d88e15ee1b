"""What the rows of a journal hold; all times are wall clock, in seconds since 1970."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from qtui.core.job import Job, Value
from qtui.journal.encoding import Stored

Cells: TypeAlias = Sequence[Stored]
"""The columns of one row."""
Given: TypeAlias = tuple[Job, Value, bytes]
"""A job that is done, what it gave, and that as JSON."""

GONE_SAID = "no longer in the input"
"""The error of a job that was cancelled for that."""

DROPPED_SAID = "dropped, the queue was full"
"""The error of a job that was cancelled for that."""

FINAL = frozenset({"done", "failed", "cancelled", "held"})
OPEN = frozenset({"pending", "running", "waiting"})


class Totals(msgspec.Struct):
    """How many jobs there are, and in which final state."""

    accepted: int = 0
    done: int = 0
    failed: int = 0
    held: int = 0
    cancelled: int = 0
    lost: int = 0
    """Lost to a full queue: dropped or rejected, whatever became of them later."""

    def add(self, state: str, number: int) -> None:
        if state in FINAL:
            setattr(self, state, getattr(self, state) + number)


class JobState(msgspec.Struct, gc=False):
    """The columns of a job that change."""

    seq: int
    state: str = "pending"
    tries: int = 0
    """Attempts spent in its present round."""
    attempts: int = 0
    """Attempts in all, interrupted ones and earlier rounds included."""
    interruptions: int = 0
    signature: str = ""
    error: str = ""
    """The last failure in words; it stays when the job recovers."""
    started_at: float = 0.0
    """Of the last attempt."""
    ended_at: float = 0.0
    """When it became final, 0 while it is not."""
    run_s: float = 0.0
    next_at: float = 0.0


CHANGING = len(JobState.__struct_fields__)


class NewJob(JobState, gc=False):
    """The same with the columns that never change."""

    key: str | bytes | None = None
    """None when the name says it."""
    name: str = ""
    row: str = ""
    producer: int = 0
    problem: str | None = None
    accepted_at: float = 0.0


class Attempt(msgspec.Struct, gc=False):
    """The columns of an attempt; those behind `t0` are None while it runs."""

    seq: int
    n: int
    slot: int
    t0: float
    t1: float | None = None
    outcome: str | None = None
    """done, retry, failed, cancelled or interrupted."""
    code: str | None = None
    message: str | None = None
    detail: str | None = None


class Batch(msgspec.Struct):
    """The rows of one transaction."""

    position: int = 0
    """Of its last record."""
    newest: float = 0.0
    """Time of its last event."""
    jobs: list[Cells] = []
    """New ones."""
    changes: list[Cells] = []
    """Jobs of earlier batches, with all of their changing columns."""
    attempts: list[Cells] = []
    """New ones, whether or not they have ended."""
    ends: list[Cells] = []
    """Attempts of earlier batches that have ended."""
    stretch: list[Cells] = []
    """Every attempt that has ended, in one row for the timeline."""
    failures: list[Cells] = []
    """Attempts that failed for good."""
    results: list[Cells] = []
    found: list[Cells] = []
    """Rows for new jobs; those whose mark is known are left out."""
    done: list[Given] = []
    """For the results file."""
    events: list[Cells] = []
    producers: list[Cells] = []
    samples: list[Cells] = []
    facts: list[Cells] = []
    """What else is kept with the run."""
    lived: float = 0.0
    """Seconds the run has lived, at its last event."""
    totals: Totals = msgspec.field(default_factory=Totals)
    open_from: int = 1
    """No job with a smaller number is open; there may be none at this one either."""
