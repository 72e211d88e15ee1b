"""When a run halts: how many of the last attempts failed, as a pure step, and the sentence that says so."""

from __future__ import annotations

import msgspec

from qtui.core.job import Done, Failed, Outcome
from qtui.core.tables import Halt
from qtui.text import count, plural


class Tally(msgspec.Struct, frozen=True, gc=False):
    """The last attempts that ended, since the run began or was released."""

    ended: int = 0
    """How many of them are remembered, at most `of`."""
    recent: int = 0
    """One bit each, the newest lowest; set where the attempt failed."""
    failed: int = 0
    """How many bits are set."""
    in_a_row: int = 0


FRESH = Tally()


def ended(policy: Halt, tally: Tally, outcome: Outcome) -> Tally:
    """What the end of an attempt makes of it; one that was cancelled or interrupted says nothing."""
    if not isinstance(outcome, Done | Failed):
        return tally
    failed = isinstance(outcome, Failed)
    forgotten = tally.recent >> (policy.of - 1) & 1
    recent = (tally.recent << 1 | failed) & ((1 << policy.of) - 1)
    in_a_row = tally.in_a_row + 1 if failed else 0
    return Tally(min(policy.of, tally.ended + 1), recent, tally.failed + failed - forgotten, in_a_row)


def reason(policy: Halt, tally: Tally) -> str:
    """Why the run is to halt, in numbers; empty when it is not."""
    if policy.consecutive is not None and tally.in_a_row >= policy.consecutive:
        return f"{plural(tally.in_a_row, 'attempt')} in a row failed"
    if policy.failures is None or not tally.failed:
        return ""
    if isinstance(policy.failures, int):
        too_many = tally.failed >= policy.failures
    else:  # a share of a few attempts says little
        too_many = 2 * tally.ended >= policy.of and tally.failed >= policy.failures * tally.ended
    return f"{count(tally.failed)} of the last {plural(tally.ended, 'attempt')} failed" if too_many else ""
