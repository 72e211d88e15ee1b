"""Whether a failed attempt is followed by another one, and when: a plain decision from plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from qtui.core.error_classes import closeness, covers
from qtui.core.job import Failed
from qtui.core.tables import Retry


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Another attempt after `delay_s` seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt; `why` in a few words."""

    why: str


Decision: TypeAlias = RetryAfter | GiveUp


def decide(policy: Retry, attempt: int, failed: Failed, luck: float) -> Decision:
    """What follows the failure of attempt number `attempt`.

    `luck` is a random number in [0, 1): with full jitter the delay is that share of the computed one. A
    `retry_after` of the other side is a lower bound, clamped to `policy.max_retry_after`.
    """
    if failed.permanent:
        return GiveUp("another attempt cannot help")
    allowed = attempts(policy, failed.code)
    if allowed <= 1:
        return GiveUp("not retryable")
    if attempt >= allowed:
        return GiveUp(f"policy gave up after {allowed} attempts")
    backoff = policy.backoff
    delay = min(backoff.max, backoff.base * backoff.factor ** min(attempt - 1, 100))  # 100**100 is still a float
    if backoff.jitter == "full":
        delay *= luck
    if failed.retry_after is not None:
        delay = max(delay, min(failed.retry_after, policy.max_retry_after))
    return RetryAfter(delay)


def attempts(policy: Retry, code: str) -> int:
    """How many attempts a job may have in all when one fails with the error class `code`; 1: no other follows.

    Of the entries of `attempts_for` the one that names the class most exactly counts, before `on` and `attempts`.
    """
    if policy.attempts_for:
        best = max(policy.attempts_for, key=lambda entry: closeness(entry, code))
        if closeness(best, code):
            return policy.attempts_for[best]
    return policy.attempts if any(covers(entry, code) for entry in policy.on) else 1
