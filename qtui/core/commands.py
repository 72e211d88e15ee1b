"""Wishes: what a face may ask the engine to do; plain data, so that keys, scripts and replays share one vocabulary."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from qtui.core.job_filter import Condition


class SetConcurrency(msgspec.Struct, frozen=True, tag="concurrency"):
    """Run at most `value` attempts at once; 0 starts nothing new. Shrinking never cancels."""

    value: int


Mode: TypeAlias = Literal["on", "off", "freeze"]


class SetAdaptive(msgspec.Struct, frozen=True, tag="adaptive"):
    """Let the adaptive limit on attempts at once go on, turn it off, or keep it where it is."""

    mode: Mode | None = None
    """None leaves that as it is."""
    max: int | None = None
    """The most it may allow; 0 as many as the concurrency, None leaves it."""


class SetCapacity(msgspec.Struct, frozen=True, tag="capacity"):
    """Let the queue hold at most `value` jobs, at least 1; jobs above a lowered bound stay."""

    value: int


class SetRate(msgspec.Struct, frozen=True, tag="rate"):
    """Start at most `value` attempts a second; None lifts the limit."""

    value: float | None


class SetPerHost(msgspec.Struct, frozen=True, tag="per-host"):
    """Run at most `value` attempts at once for one host, at least 1; None lifts the limit. Shrinking never cancels."""

    value: int | None


class SetPerHostRate(msgspec.Struct, frozen=True, tag="per-host-rate"):
    """Start at most `value` attempts a second for one host; None lifts the limit."""

    value: float | None


class ResetHost(msgspec.Struct, frozen=True, tag="reset-host"):
    """Ask a host again at once that is left alone; the empty name stands for the jobs that have no host."""

    host: str


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Close the gate: of one producer by its index, or of all."""

    producer: int | None = None
    but: list[int] = []
    """Those that stay as they are where all are meant: what is taken back was not done to them."""


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """Open the gate again: of one producer by its index, or of all."""

    producer: int | None = None
    but: list[int] = []
    """As of `Pause`."""


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """Start nothing new; running attempts finish."""


class Release(msgspec.Struct, frozen=True, tag="release"):
    """Start attempts again after `hold`, or after the run has halted; failures are counted anew then."""


class RetryJob(msgspec.Struct, frozen=True, tag="retry"):
    """Give one failed or cancelled job another round of attempts, or start a waiting one now."""

    seq: int


class RetryGroup(msgspec.Struct, frozen=True, tag="retry-group"):
    """Give the failed jobs of one failure group another round of attempts, oldest first."""

    signature: str
    limit: int | None = None
    """At most so many of them; None means all."""
    probe: bool = False
    """One first; the others only when that and most of the next ones do not fail again."""


class RetryFailed(msgspec.Struct, frozen=True, tag="retry-failed"):
    """Give every failed job that is not set aside another round of attempts."""

    probe: bool = False
    """One of every group first, as `RetryGroup` does."""


class RetryJobs(msgspec.Struct, frozen=True, tag="retry-jobs"):
    """The same as `RetryJob` for several."""

    seqs: list[int]


class RetryMatching(msgspec.Struct, frozen=True, tag="retry-matching"):
    """Give every failed or held job that matches another round; cancelled ones and those set aside where asked for."""

    where: list[Condition]


class PutBack(msgspec.Struct, frozen=True, tag="put-back"):
    """Take a retry back: its jobs that have not started since are what they were, and it gives no more of them."""

    retry: int | None = None
    """Which one, counted from 1 in this life of the engine; None means the last."""


class CancelJob(msgspec.Struct, frozen=True, tag="cancel"):
    """Cancel one job, wherever it is: in the queue, in a slot or in the back-off lane."""

    seq: int


class CancelJobs(msgspec.Struct, frozen=True, tag="cancel-jobs"):
    """The same for several."""

    seqs: list[int]


class CancelMatching(msgspec.Struct, frozen=True, tag="cancel-matching"):
    """Cancel every job that matches and is not finished."""

    where: list[Condition]


class SetAsideGroup(msgspec.Struct, frozen=True, tag="aside-group"):
    """Count a failure group as open no more, and leave it out when every failed job is retried; or take that back."""

    signature: str
    aside: bool = True


class SetAsideJobs(msgspec.Struct, frozen=True, tag="aside-jobs"):
    """The same for some failed jobs."""

    seqs: list[int]
    aside: bool = True


class SetAsideMatching(msgspec.Struct, frozen=True, tag="aside-matching"):
    """The same for every failed job that matches."""

    where: list[Condition]
    aside: bool = True


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    """Raise no alert for a failure group until it has twice as many failed attempts; or take that back."""

    signature: str
    quiet: bool = True


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """Stop intake, finish everything accepted, then end the run."""


class KeepRunning(msgspec.Struct, frozen=True, tag="keep-running"):
    """Take a drain back."""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Interrupt running attempts and end the run; what is left is kept in the journal."""


class Undo(msgspec.Struct, frozen=True, tag="undo"):
    """Take the last change back: concurrency, capacity, rates and limits, pause, hold, set aside, retries."""


class Redo(msgspec.Struct, frozen=True, tag="redo"):
    """Do again what `undo` has taken back, as long as nothing else was changed since."""


Command: TypeAlias = (
    SetConcurrency
    | SetAdaptive
    | SetCapacity
    | SetRate
    | SetPerHost
    | SetPerHostRate
    | ResetHost
    | Pause
    | Resume
    | Hold
    | Release
    | RetryJob
    | RetryGroup
    | RetryFailed
    | RetryJobs
    | RetryMatching
    | PutBack
    | CancelJob
    | CancelJobs
    | CancelMatching
    | SetAsideGroup
    | SetAsideJobs
    | SetAsideMatching
    | Acknowledge
    | Drain
    | KeepRunning
    | Stop
    | Undo
    | Redo
)

MAX_CONCURRENCY = 4096
MAX_CAPACITY = 1_000_000
MAX_NAMED = 5_000
"""Jobs that one command may name; more are meant by what they match."""


class Request(msgspec.Struct, frozen=True):
    """A command with who asks, why, and whether it is only a question."""

    command: Command
    by: str = "you"
    reason: str = ""
    dry_run: bool = False


class Reply(msgspec.Struct, frozen=True):
    """The engine's answer: done (or, in a dry run, what would be done) or refused with the reason."""

    ok: bool
    text: str
    undo: bool = False
    """`undo` takes back what was done."""
