"""What becomes of a job when an attempt of it has ended."""

from __future__ import annotations

import random
from typing import NamedTuple

import msgspec

from qtui.core.job import Cancelled, Failed, Interrupted, Job
from qtui.core.retry import RetryAfter, decide
from qtui.core.signature import signature
from qtui.core.tables import Retry

INTERRUPTED_PAUSE_S = 0.5
"""How long a job rests that was interrupted because the machine lacked something."""


class Follows(NamedTuple):
    """As `AttemptEnded` tells it."""

    then: str
    delay_s: float = 0.0
    group: str = ""
    spared: bool = False


DONE, BACK = Follows("done"), Follows("pending")


def follows(
    policy: Retry, job: Job, outcome: Failed | Cancelled | Interrupted, luck: random.Random, *, stopping: bool
) -> Follows:
    """What becomes of a job whose attempt is not done."""
    match outcome:
        case Failed():
            group = signature(outcome)
            decision = decide(policy, job.attempt, outcome, luck.random(), job.waits)
            if isinstance(decision, RetryAfter):
                return Follows("waiting", decision.delay_s, group, decision.spared)
            return Follows("failed", 0.0, group)
        case Cancelled():
            return Follows("cancelled")
        case Interrupted():
            return BACK if stopping else Follows("waiting", INTERRUPTED_PAUSE_S)


def next_attempt(job: Job, *, spared: bool) -> Job:
    """The job as it waits for another attempt after a failed one; one that is spared spends no try."""
    if spared:
        return msgspec.structs.replace(job, waits=job.waits + 1)
    return msgspec.structs.replace(job, attempt=job.attempt + 1)
