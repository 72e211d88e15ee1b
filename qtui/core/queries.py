"""Questions a face may ask about the past of a run, and their answers; the journal answers them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from qtui.core.job import Value
from qtui.core.job_filter import Condition
from qtui.core.snapshot import LogLine


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
    said: str = ""
    """The last that its running attempt has written."""


class ReproducerQuery(msgspec.Struct, frozen=True, tag="reproducer"):
    """How a person does by hand what a job does."""

    seq: int


class Reproducer(msgspec.Struct, frozen=True, tag="reproducer"):
    """Command lines, secrets masked; empty where there is none."""

    text: str
    """What does without qtui what the job does."""
    once: str = ""
    """What has qtui run it once, by itself."""


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


Place: TypeAlias = tuple[float, int, int]
"""Where a line of a log stands; places grow with time."""
LEVELS = ("info", "warning", "error")


class LogRow(msgspec.Struct, frozen=True):
    """A line of a log: a control event or notice, or the end of an attempt."""

    place: Place
    at: float
    """Wall clock."""
    who: str
    """Who did it, or the name of the job."""
    text: str
    """What was done, or the note or error of the attempt."""
    level: str = "info"
    kind: str = ""
    """How the attempt ended: done, retry, failed, cancelled or interrupted; empty for events."""
    seq: int = 0
    """The job, 0 for events."""
    attempt: int = 0
    run_s: float = 0.0


class LogQuery(msgspec.Struct, frozen=True, tag="log"):
    """A window of a log: the newest lines before a place, or the oldest after one."""

    of: str = "events"
    """events or attempts."""
    before: Place | None = None
    """None with `after` None too: the newest there are."""
    after: Place | None = None
    limit: int = 100
    text: str = ""
    """Only lines that hold this, without regard to case."""
    level: str = "info"
    """Only lines of this level or a worse one."""


class Log(msgspec.Struct, frozen=True, tag="log"):
    rows: list[LogRow]
    """Oldest first."""
    reached: Place | None = None
    """How far was looked, None where nothing was there to look at; a filter may have left out what lies before."""
    more: bool = False
    """There is more beyond it."""


class PeriodQuery(msgspec.Struct, frozen=True, tag="period"):
    """What happened between two moments, by the wall clock."""

    start: float
    end: float
    columns: int = 60


class Standing(msgspec.Struct, frozen=True):
    """A run in a few numbers at one moment."""

    at: float = 0.0
    """Wall clock of when it was so first."""
    pending: int = 0
    done: int = 0
    failed: int = 0
    held: int = 0
    cancelled: int = 0
    concurrency: int = 0
    capacity: int = 0


class Failure(msgspec.Struct, frozen=True):
    """Jobs of one failure group that failed for good in a period."""

    signature: str
    error: str
    """Title and message, of the newest."""
    jobs: int
    first_at: float
    """Wall clock."""


class Period(msgspec.Struct, frozen=True, tag="period"):
    start: float
    end: float
    before: Standing
    after: Standing
    done: list[int]
    """Jobs done in each column."""
    failed: list[int]
    full_share: float
    """About the share of the time in which the queue was full."""
    failures: list[Failure] = []
    """Most jobs first, at most 20 groups."""
    log: list[LogLine] = []
    """Control actions and notices, the newest first, at most 50."""


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """Nothing is known about it; `text` says why."""

    text: str


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where and how long one attempt ran."""

    seq: int
    number: int
    """Which attempt of the job, counted through all its rounds."""
    slot: int
    start: float
    """Wall clock, as all times here."""
    end: float
    outcome: str
    """done, retry, failed, cancelled or interrupted."""


class TimelineQuery(msgspec.Struct, frozen=True, tag="timeline"):
    """The attempts that ended in a stretch of time, and those that went on beyond it."""

    since: float
    until: float
    first_slot: int = 1
    last_slot: int = 1 << 31
    parts: int = 120
    """Where there are too many, some are taken from each of so many parts of equal length."""


class Timeline(msgspec.Struct, frozen=True, tag="timeline"):
    spans: list[Span]
    """In the order of their ends."""
    sampled: bool = False
    """There were too many: all failures that fit, and the newest of each part."""
    marks: list[tuple[float, str]] = []
    """What was changed in that time, by the marks of the FLOW chart; `~` before those of qtui's own."""
    slots: list[tuple[float, int]] = []
    """How many slots there were, from when on; the first tells how many at its beginning."""


class SlotQuery(msgspec.Struct, frozen=True, tag="slot"):
    """The attempts that ended last in one slot."""

    slot: int
    limit: int = 10


class SlotAttempt(msgspec.Struct, frozen=True):
    seq: int
    name: str
    run_s: float
    outcome: str
    """done, retry, failed, cancelled or interrupted."""


class SlotPast(msgspec.Struct, frozen=True, tag="slot"):
    attempts: list[SlotAttempt]
    """The newest first; a slot that has not had one for thousands of others has none."""


class FailureQuery(msgspec.Struct, frozen=True, tag="failure"):
    """The nearest attempt after (or before) a moment that failed for good."""

    at: float
    seq: int = 0
    """Of those that ended at that very moment, only the ones of jobs behind this (or before it)."""
    forward: bool = True


Query: TypeAlias = (
    JobsQuery
    | JobQuery
    | TimelineQuery
    | SlotQuery
    | FailureQuery
    | LogQuery
    | PeriodQuery
    | GroupQuery
    | ReproducerQuery
)
Answer: TypeAlias = Jobs | JobStory | Timeline | SlotPast | Log | Period | GroupStory | Reproducer | Unknown
