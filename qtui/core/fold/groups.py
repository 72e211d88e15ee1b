"""The part of the fold that puts failures into groups; the number of groups is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtui.core import events as ev
from qtui.core.job import Failed
from qtui.core.tracks import GroupTrack

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger

MAX_GROUPS = 200
OTHER = "other errors"
"""The group of everything beyond MAX_GROUPS."""


def group_for(ledger: Ledger, signature: str, at: float, failed: Failed) -> GroupTrack:
    """The group that counts a failure, new if there is none yet."""
    groups = ledger.groups
    if signature not in groups and len(groups) >= MAX_GROUPS:
        signature = OTHER
    if signature not in groups:
        groups[signature] = GroupTrack(at, failed)
    return groups[signature]


def known_group(ledger: Ledger, signature: str) -> GroupTrack | None:
    """The group that has counted the failures of a signature."""
    return ledger.groups.get(signature) or ledger.groups.get(OTHER)


def attempt_failed(ledger: Ledger, event: ev.AttemptEnded, failed: Failed) -> None:
    ledger.failed_attempts.add(event.at)
    for column in ledger.columns(event.at):
        column.failed += 1
    group = group_for(ledger, event.signature, event.at, failed)
    group.add_attempt(event.at, event.job, failed, event.then == "waiting" or group.retryable)


def group_restored(ledger: Ledger, event: ev.GroupRestored) -> None:
    told = event.group
    group = group_for(ledger, told.signature, event.at, told.failed)
    group.jobs += told.jobs
    group.attempts += told.attempts
    group.remember(told.samples)
