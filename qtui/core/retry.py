"""Whether a failed attempt is followed by another one, and when: a plain decision from plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

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
    if not retryable(policy, failed.code):
        return GiveUp("not retryable")
    if attempt >= policy.attempts:
        return GiveUp(f"policy gave up after {policy.attempts} attempts")
    backoff = policy.backoff
    delay = min(backoff.max, backoff.base * backoff.factor ** min(attempt - 1, 100))  # 100**100 is still a float
    if backoff.jitter == "full":
        delay *= luck
    if failed.retry_after is not None:
        delay = max(delay, min(failed.retry_after, policy.max_retry_after))
    return RetryAfter(delay)


def retryable(policy: Retry, code: str) -> bool:
    """Whether the policy's `on` list names the error class; `http:5xx` covers every status from 500 to 599."""
    return any(matches(entry, code) for entry in policy.on)


def matches(entry: str, code: str) -> bool:
    """Whether one entry of `retry.on` covers an error class."""
    if entry in (code, "any"):
        return True
    family, _, rest = entry.partition(":")
    code_family, _, code_rest = code.partition(":")
    if family != code_family or not code_rest:
        return False
    return not rest or (rest.endswith("xx") and len(code_rest) == len(rest) and code_rest[0] == rest[0])
