"""How many attempts at once the other side bears: adaptive concurrency as pure steps, without a clock of its own."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from qtui.core.job import Failed, Outcome
from qtui.text import seconds


class Bounds(NamedTuple):
    """What the limit keeps to; may change between steps."""

    least: int
    most: int
    window_s: float


class Limit(msgspec.Struct, frozen=True, gc=False):
    """Doubles every window until the first trouble, then grows by one; halves when the other side refuses."""

    value: int
    ends: float
    """When the present window is over. It is of the limit's own: what a Retry-After asks for never prolongs it."""
    doubling: bool = True
    used: bool = False
    """So many attempts have run at once in this window; a limit that nobody reaches does not grow."""
    spoilt: bool = False
    """Something went wrong in this window: it ends without growth."""
    last_cut: float | None = None
    """Attempts that began before it say nothing about the limit after it."""
    reason: str = "slow start"
    """Why it is what it is: the last cut, as long as there was one."""


def begin(bounds: Bounds, now: float) -> Limit:
    """The limit of a run that begins, or begins anew."""
    return Limit(bounds.least, now + bounds.window_s)


def trouble(outcome: Outcome) -> str:
    """`cut` when the other side refuses for too much, `freeze` when it is late or broken, otherwise empty."""
    if not isinstance(outcome, Failed):
        return ""
    code = outcome.code
    if code == "http:429" or (code == "http:503" and outcome.retry_after is not None) or _refused(outcome):
        return "cut"
    return "freeze" if code in ("timeout", "connection") or code.startswith("http:5") else ""


def _refused(failed: Failed) -> bool:
    refused = failed.code == "connection" and "refused" in failed.message
    return refused or failed.code == "exception:ConnectionRefusedError"


def said(failed: Failed, host: str) -> str:
    """The trouble in a few words: `429 from api.example`."""
    what = failed.code.removeprefix("http:") if failed.code.startswith("http:") else "connection refused"
    return f"{what} from {host}" if host else what


def ended(bounds: Bounds, was: Limit, outcome: Outcome, began: float, now: float, host: str = "") -> Limit:
    """What the end of an attempt that ran from `began` to `now` makes of it; at most one cut per window."""
    effect = trouble(outcome)
    if not effect:
        return was
    spoilt = msgspec.structs.replace(was, doubling=False, spoilt=True)
    if effect == "freeze" or not isinstance(outcome, Failed):
        return spoilt
    if was.last_cut is not None and (began < was.last_cut or now < was.last_cut + bounds.window_s):
        return spoilt
    value = max(bounds.least, min(was.value, bounds.most) // 2)
    if value >= was.value:
        return spoilt
    return Limit(value, now + bounds.window_s, False, spoilt=True, last_cut=now, reason=said(outcome, host))


def reached(bounds: Bounds, was: Limit, now: float) -> Limit:
    """So many attempts run at once; a window that was over by then was not used."""
    if now >= was.ends:
        return msgspec.structs.replace(was, ends=now + bounds.window_s, used=True, spoilt=False)
    return was if was.used else msgspec.structs.replace(was, used=True)


def turned(bounds: Bounds, was: Limit, now: float) -> tuple[Limit, str]:
    """The window is over: the limit for the next one and, when it grows, why."""
    value, why = was.value, ""
    if was.used and not was.spoilt and value < bounds.most:
        value = min(bounds.most, value * 2 if was.doubling else value + 1)
        why = "slow start" if was.doubling else f"no trouble for {seconds(bounds.window_s)}"
    grown = msgspec.structs.replace(was, value=value, ends=now + bounds.window_s, used=False, spoilt=False)
    return grown, why
