"""Questions a face may ask about the past of a run, and their answers; the journal answers them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from qtui.core.job import Value
from qtui.core.job_filter import Condition


class JobRow(msgspec.Struct, frozen=True):
    """One job as a list shows it."""

    seq: int
    name: str
    state: str
    """pending, running, waiting, done, failed, held or cancelled."""
    producer: str
    attempts: int
    wait_s: float
    """From acceptance to its last start."""
    run_s: float
    """Run time of its last attempt."""
    ended_at: float
    """Wall clock, 0 while it is not final."""
    error: str
    """Title and message of the last failure, or empty."""
    signature: str = ""
    """The failure group of its last failed attempt, or empty."""
    aside: bool = False
    """A person has set it aside: it failed, and is not counted as open."""


class JobsQuery(msgspec.Struct, frozen=True, tag="jobs"):
    """A window of the job list."""

    offset: int = 0
    limit: int = 100
    """0 only counts."""
    where: list[Condition] = []
    """Only jobs that are all of this."""
    order: str = "newest"
    """newest, oldest, finished (last first), longest (run time) or attempts."""


class Jobs(msgspec.Struct, frozen=True, tag="jobs"):
    rows: list[JobRow]
    total: int | None
    """How many match in all; None where only counting would tell."""


class AttemptRow(msgspec.Struct, frozen=True):
    """One attempt of a job."""

    number: int
    slot: int
    started_at: float
    """Wall clock."""
    run_s: float
    outcome: str
    """running, done, retry, failed, cancelled or interrupted."""
    code: str
    message: str
    detail: str


class JobQuery(msgspec.Struct, frozen=True, tag="job"):
    """One job with its story."""

    seq: int


class JobStory(msgspec.Struct, frozen=True, tag="job"):
    row: JobRow
    key: str
    accepted_at: float
    fields: dict[str, Value]
    attempts: list[AttemptRow]
    value: Value = None
    """What it gave to the results, when done."""
    next_try_s: float | None = None
    """Seconds until its next attempt while it waits in the back-off lane."""


class ReproducerQuery(msgspec.Struct, frozen=True, tag="reproducer"):
    """How a person does by hand what a job does."""

    seq: int


class Reproducer(msgspec.Struct, frozen=True, tag="reproducer"):
    """A command line, secrets masked; empty where there is none."""

    text: str


class GroupQuery(msgspec.Struct, frozen=True, tag="group"):
    """A failure group with everything that is known of it."""

    signature: str


class Facet(msgspec.Struct, frozen=True):
    """How the failed attempts of a group are spread over something they have: the five most frequent values."""

    name: str
    """host, producer, attempt, or a field of the jobs."""
    values: list[tuple[str, int]]
    distinct: int = 0
    """How many values there are; those beyond the first fifty are not told apart."""


class GroupStory(msgspec.Struct, frozen=True, tag="group"):
    signature: str
    facets: list[Facet]
    samples: list[tuple[int, str]]
    """Numbers and names of jobs, the newest first."""


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """Nothing is known about it; `text` says why."""

    text: str


Query: TypeAlias = JobsQuery | JobQuery | GroupQuery | ReproducerQuery
Answer: TypeAlias = Jobs | JobStory | GroupStory | Reproducer | Unknown
