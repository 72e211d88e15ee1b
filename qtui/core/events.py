"""Facts: what has happened in a run, in the past tense, as plain data.

`at` is seconds since the start of the run on a clock that never jumps. Events of class `Recorded` are written to
the journal in order; the others only move the picture.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from qtui.core.job import Found, Job, Outcome
from qtui.core.past import PastGroup


class JobAccepted(msgspec.Struct, frozen=True, tag="accepted", gc=False):
    """A job entered the queue."""

    at: float
    job: Job


class AttemptStarted(msgspec.Struct, frozen=True, tag="started", gc=False):
    at: float
    job: Job
    slot: int


class AttemptEnded(msgspec.Struct, frozen=True, tag="ended", gc=False):
    """An attempt is over; `then` says what becomes of the job."""

    at: float
    job: Job
    slot: int
    run_s: float
    outcome: Outcome
    then: str
    """done, failed, cancelled, waiting (another attempt follows) or pending (interrupted: it goes back)."""
    delay_s: float = 0.0
    """How long it waits in the back-off lane."""
    signature: str = ""
    """The failure group, for a failed attempt."""
    found: tuple[Found, ...] = ()
    """What its source adopted of all it came across; durable with its end."""
    keeps: bool = False
    """The job keeps its slot while it waits."""
    spared: bool = False
    """It failed and spends no try: the other side asked to come back later."""


GONE = "input"
"""Who cancels a job that is no longer in the input of a run that goes on."""


class JobCancelled(msgspec.Struct, frozen=True, tag="cancelled", gc=False):
    """A job that was not running was cancelled."""

    at: float
    seq: int
    by: str


class JobDropped(msgspec.Struct, frozen=True, tag="dropped", gc=False):
    """A job was lost to a full queue: cancelled as dropped or failed as rejected, without having been started."""

    at: float
    job: Job
    fresh: bool
    """It was just offered: accepted by this very event, it never entered the queue. Otherwise it was pending."""
    rejected: bool = False
    """It fails; otherwise it is cancelled."""


class JobRequeued(msgspec.Struct, frozen=True, tag="requeued", gc=False):
    """A failed, cancelled or held job was given another round and entered the queue."""

    at: float
    job: Job
    by: str
    was: str = "failed"
    signature: str = ""


class JobPutBack(msgspec.Struct, frozen=True, tag="put-back", gc=False):
    """A retry was taken back before this job of it had started: it is again what it was."""

    at: float
    job: Job
    by: str
    was: str = "failed"
    signature: str = ""
    aside: bool = False
    """It had been set aside by itself, and is so again."""


class RetryHastened(msgspec.Struct, frozen=True, tag="hastened", gc=False):
    """A waiting job may start now."""

    at: float
    seq: int
    by: str


class ProducerStarted(msgspec.Struct, frozen=True, tag="producer-started"):
    at: float
    index: int
    name: str
    total: int | None
    rate: float | None
    given: int = 0
    """Rows that were accepted in earlier lives of the run."""


class TotalKnown(msgspec.Struct, frozen=True, tag="total"):
    """The number of rows of a producer's source became known."""

    at: float
    index: int
    total: int


class ProducerEnded(msgspec.Struct, frozen=True, tag="producer-ended"):
    """A producer's source is exhausted, or failed with `problem`."""

    at: float
    index: int
    problem: str = ""


class FrontierGrew(msgspec.Struct, frozen=True, tag="frontier", gc=False):
    """More rows for new jobs of a producer are on the disk: `found` by jobs, `rows` with those it began with."""

    at: float
    index: int
    found: int
    rows: int


class ProducerBlocked(msgspec.Struct, frozen=True, tag="blocked", gc=False):
    """A producer waits in put()."""

    at: float
    index: int


class ProducerUnblocked(msgspec.Struct, frozen=True, tag="unblocked", gc=False):
    at: float
    index: int


class ProducersPaused(msgspec.Struct, frozen=True, tag="paused"):
    at: float
    by: str
    producer: int | None = None
    reason: str = ""


class ProducersResumed(msgspec.Struct, frozen=True, tag="resumed"):
    at: float
    by: str
    producer: int | None = None
    reason: str = ""


class ConcurrencyChanged(msgspec.Struct, frozen=True, tag="concurrency"):
    at: float
    by: str
    old: int
    new: int
    reason: str = ""


class LimitChanged(msgspec.Struct, frozen=True, tag="limit"):
    """A limit on attempts at once that qtui sets itself has changed; None is none."""

    at: float
    by: str
    """auto, or who turned it on, off or down."""
    old: int | None
    new: int | None
    reason: str = ""
    what: str = "adaptive"
    """adaptive, or descriptors for want of them."""


class CapacityChanged(msgspec.Struct, frozen=True, tag="capacity"):
    at: float
    by: str
    old: int
    new: int
    reason: str = ""


class RateChanged(msgspec.Struct, frozen=True, tag="rate"):
    at: float
    by: str
    old: float | None
    new: float | None
    reason: str = ""


class Held(msgspec.Struct, frozen=True, tag="hold"):
    """A person said: start nothing new."""

    at: float
    by: str
    reason: str = ""


class Released(msgspec.Struct, frozen=True, tag="release"):
    at: float
    by: str
    reason: str = ""


class Halted(msgspec.Struct, frozen=True, tag="halted"):
    """Too many attempts failed: nothing new starts until `Released`."""

    at: float
    reason: str
    """In numbers, e.g. `23 of the last 100 attempts failed`."""


class MemoryHolds(msgspec.Struct, frozen=True, tag="memory"):
    """Memory is short, so nothing new starts; `held` false: there is enough again."""

    at: float
    held: bool
    share: float
    """What is in use, as a share of 1."""
    limit: int
    """Of so many bytes."""


class PerHostChanged(msgspec.Struct, frozen=True, tag="per-host"):
    at: float
    by: str
    old: int | None
    new: int | None
    reason: str = ""


class PerHostRateChanged(msgspec.Struct, frozen=True, tag="per-host-rate"):
    at: float
    by: str
    old: float | None
    new: float | None
    reason: str = ""


class ThrottleHolding(msgspec.Struct, frozen=True, tag="holding", gc=False):
    """A free slot waits for the rate limit while there is work; `held` false: it does no more."""

    at: float
    held: bool


class HostPaused(msgspec.Struct, frozen=True, tag="host-paused"):
    """Nothing starts for a host for a while."""

    at: float
    by: str
    host: str
    """Empty for the jobs that have none."""
    why: str
    """cooling: it asked for a pause by Retry-After; open: its circuit opened after errors in a row."""
    for_s: float
    reason: str = ""


class HostOpened(msgspec.Struct, frozen=True, tag="host-opened"):
    """A host may be asked again before its time, or because a probe went well."""

    at: float
    by: str
    host: str
    reason: str = ""


class RunStarted(msgspec.Struct, frozen=True, tag="run-started"):
    at: float
    name: str
    preset: str
    started_at: float
    """Wall clock, seconds since 1970."""
    concurrency: int
    capacity: int
    rate: float | None
    attempts: int
    timeout_s: float
    overflow: str = "block"
    """What becomes of a job that is offered to a full queue."""
    strategy: str = "pool"
    """pool, semaphore or unbounded. Without a pool `capacity` is 0: the queue has no bound."""


class RunResumed(msgspec.Struct, frozen=True, tag="run-resumed"):
    """A run goes on in a new life; what it remembers of its jobs follows as `JobRestored`."""

    at: float
    """Seconds it had lived before."""
    started: RunStarted
    """What this life is told, as a first life would be."""
    lives: int
    """Which life of the run this is, counted from 1."""
    done: int
    failed: int
    held: int
    cancelled: int
    lost: int = 0
    """Jobs lost to a full queue so far."""


class JobRestored(msgspec.Struct, frozen=True, tag="restored", gc=False):
    """A job of an earlier life is open again; the journal has it already."""

    at: float
    job: Job
    waiting: bool
    due_at: float = 0.0


class GroupRestored(msgspec.Struct, frozen=True, tag="group-restored"):
    """A failure group of earlier lives; the journal has it already."""

    at: float
    group: PastGroup


class AsideChanged(msgspec.Struct, frozen=True, tag="aside"):
    """A person set a failure group or some failed jobs aside, or took that back."""

    at: float
    by: str
    aside: bool
    signature: str = ""
    """The group, or empty."""
    jobs: list[tuple[int, str]] = []
    """Numbers, each with its group."""
    reason: str = ""


class Acknowledged(msgspec.Struct, frozen=True, tag="acknowledged"):
    """A person knows of a failure group that had so many failed attempts; 0: that was taken back."""

    at: float
    by: str
    signature: str
    attempts: int
    reason: str = ""


class RoundBegan(msgspec.Struct, frozen=True, tag="round"):
    """A person gave so many failed jobs of a group another round: what becomes of them is counted anew."""

    at: float
    by: str
    signature: str
    jobs: int


class HeldBack(msgspec.Struct, frozen=True, tag="held-back"):
    """The others of such a round stay failed, because those that were tried first failed again."""

    at: float
    signature: str
    jobs: int
    why: str


class AttentionRestored(msgspec.Struct, frozen=True, tag="attention-restored"):
    """What a person said about failures in earlier lives; the journal has it already."""

    at: float
    facts: dict[str, str]


class Sampled(msgspec.Struct, frozen=True, tag="sample", gc=False):
    """The run in a few numbers, four times a second while anything changes: what a replay draws between events."""

    at: float
    pending: int
    running: int
    waiting: int
    done: int
    failed: int
    held: int
    cancelled: int
    concurrency: int
    capacity: int
    blocked: int
    """Producers that wait in put()."""


class AttemptProgressed(msgspec.Struct, frozen=True, tag="progressed", gc=False):
    """A running attempt told how far it is."""

    at: float
    seq: int
    slot: int
    share: float | None
    """0 to 1, None where it is not known."""
    text: str = ""


class DrainStarted(msgspec.Struct, frozen=True, tag="drain"):
    at: float
    by: str
    reason: str = ""


class DrainTakenBack(msgspec.Struct, frozen=True, tag="drain-taken-back"):
    at: float
    by: str
    reason: str = ""


class StopStarted(msgspec.Struct, frozen=True, tag="stop"):
    at: float
    by: str
    reason: str = ""


class RunEnded(msgspec.Struct, frozen=True, tag="run-ended"):
    """how: finished or stopped."""

    at: float
    how: str


class RunReopened(msgspec.Struct, frozen=True, tag="run-reopened"):
    """A person gave work to a run that was finished."""

    at: float
    by: str


class CommandDone(msgspec.Struct, frozen=True, tag="command"):
    """A command was carried out; its effect is in other events, this one says it in words."""

    at: float
    by: str
    text: str
    reason: str = ""


class CommandRefused(msgspec.Struct, frozen=True, tag="refused"):
    at: float
    by: str
    text: str


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """Something a person should know: level is info, warning or error."""

    at: float
    text: str
    level: str = "info"


Recorded: TypeAlias = (
    JobAccepted
    | AttemptStarted
    | AttemptEnded
    | JobCancelled
    | JobDropped
    | JobRequeued
    | JobPutBack
    | RetryHastened
    | ProducerStarted
    | TotalKnown
    | ProducerEnded
    | ProducersPaused
    | ProducersResumed
    | ConcurrencyChanged
    | LimitChanged
    | CapacityChanged
    | RateChanged
    | Held
    | Released
    | Halted
    | MemoryHolds
    | PerHostChanged
    | PerHostRateChanged
    | HostPaused
    | HostOpened
    | RunStarted
    | RunResumed
    | AsideChanged
    | Acknowledged
    | RoundBegan
    | HeldBack
    | Sampled
    | DrainStarted
    | DrainTakenBack
    | StopStarted
    | RunEnded
    | RunReopened
    | CommandDone
    | CommandRefused
    | Notice
)
Passing: TypeAlias = (
    FrontierGrew
    | ProducerBlocked
    | ProducerUnblocked
    | ThrottleHolding
    | JobRestored
    | GroupRestored
    | AttentionRestored
    | AttemptProgressed
)
Event: TypeAlias = Recorded | Passing
Control: TypeAlias = (
    ProducersPaused
    | ProducersResumed
    | ConcurrencyChanged
    | LimitChanged
    | CapacityChanged
    | RateChanged
    | Held
    | Released
    | PerHostChanged
    | PerHostRateChanged
    | HostPaused
    | HostOpened
    | DrainStarted
    | DrainTakenBack
    | StopStarted
    | AsideChanged
    | Acknowledged
    | CommandDone
)
"""What a person's wish came to: with who asked, and why."""
PASSING: frozenset[type] = frozenset(
    {
        FrontierGrew,
        ProducerBlocked,
        ProducerUnblocked,
        ThrottleHolding,
        JobRestored,
        GroupRestored,
        AttentionRestored,
        AttemptProgressed,
    }
)
