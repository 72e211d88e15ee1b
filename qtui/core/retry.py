"""Whether a failed attempt is followed by another one, and when: a plain decision from plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from qtui.core.error_classes import closeness, covers
from qtui.core.job import Failed
from qtui.core.tables import Retry

FREE_WAITS = 10
"""So often a job may be asked to come back later before that spends a try like any other failure."""
SPREAD = 0.1
"""Jobs that were asked to wait equally long come back over at least this share of that time, not all at once."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Another attempt after `delay_s` seconds."""

    delay_s: float
    spared: bool = False
    """The one that failed spends no try: the other side only asked to come back later."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt; `why` in a few words."""

    why: str


Decision: TypeAlias = RetryAfter | GiveUp


def decide(policy: Retry, attempt: int, failed: Failed, luck: float, waits: int = 0) -> Decision:
    """What follows the failure of attempt number `attempt`; `waits` of them before were spared.

    `luck` is a random number in [0, 1): with full jitter the delay is that share of the computed one. A
    `retry_after` of the other side, clamped to `policy.max_retry_after`, is a lower bound to which jitter only adds.
    """
    if failed.permanent:
        return GiveUp("another attempt cannot help")
    allowed = attempts(policy, failed.code)
    if allowed <= 1:
        return GiveUp("not retryable")
    spared = failed.retry_after is not None and waits < FREE_WAITS
    if attempt >= allowed and not spared:
        return GiveUp(f"policy gave up after {allowed} attempts")
    return RetryAfter(_delay(policy, attempt + waits, failed.retry_after, luck), spared)


def _delay(policy: Retry, tries: int, asked: float | None, luck: float) -> float:
    backoff = policy.backoff
    delay = min(backoff.max, backoff.base * backoff.factor ** min(tries - 1, 100))  # 100**100 is still a float
    least = min(asked or 0.0, policy.max_retry_after)
    if backoff.jitter == "none":
        return max(delay, least)
    spread = max(delay, min(backoff.max, SPREAD * least))
    return least + luck * spread


def attempts(policy: Retry, code: str) -> int:
    """How many attempts a job may have in all when one fails with the error class `code`; 1: no other follows.

    Of the entries of `attempts_for` the one that names the class most exactly counts, before `on` and `attempts`.
    """
    if policy.attempts_for:
        best = max(policy.attempts_for, key=lambda entry: closeness(entry, code))
        if closeness(best, code):
            return policy.attempts_for[best]
    return policy.attempts if any(covers(entry, code) for entry in policy.on) else 1
