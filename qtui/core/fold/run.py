"""The part of the fold that the run itself lives through: its start, its lives, its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core import events as ev
from qtui.core.fold.groups import group_restored
from qtui.core.lifecycle import State
from qtui.core.tracks import SlotTrack

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger


def _run_started(ledger: Ledger, event: ev.RunStarted) -> None:
    ledger.started = event
    ledger.concurrency, ledger.capacity, ledger.rate = event.concurrency, event.capacity, event.rate
    ledger.limits.clear()
    for number in range(1, event.concurrency + 1):
        ledger.slots[number] = SlotTrack(event.at)
    ledger.depth_changed(event.at)
    ledger.turn(event.at)


def _run_resumed(ledger: Ledger, event: ev.RunResumed) -> None:
    finals = (event.done, event.failed, event.held, event.cancelled)
    ledger.counts.update(zip((State.DONE, State.FAILED, State.HELD, State.CANCELLED), finals, strict=True))
    ledger.accepted = sum(finals)  # what is open comes back one by one
    ledger.lost = event.lost
    ledger.outstanding.began_with(event.failed)
    ledger.began = event.at
    for level in ledger.levels:
        level.restart(event.at)
    for counter in (ledger.admitted, ledger.begun, ledger.finished, ledger.failed_attempts, ledger.losses):
        counter.restart(event.at)
    ledger.stays.restart(event.at)
    ledger.runs.restart(event.at)
    _run_started(ledger, event.started)
    ledger.mark(event.at, "►")
    ledger.say(event)


def _sampled(ledger: Ledger, event: ev.Sampled) -> None:
    """For replays; the ledger knows it all."""


def _run_ended(ledger: Ledger, event: ev.RunEnded) -> None:
    ledger.ended = event
    for level in ledger.levels:
        level.set(event.at, 0.0)


def _run_reopened(ledger: Ledger, event: ev.RunReopened) -> None:
    ledger.ended = None
    ledger.depth_changed(event.at)
    ledger.mark(event.at, "►")


def _notice(ledger: Ledger, event: ev.Notice) -> None:
    ledger.say(event)


HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    ev.RunStarted: _run_started,
    ev.RunResumed: _run_resumed,
    ev.GroupRestored: group_restored,
    ev.Sampled: _sampled,
    ev.RunEnded: _run_ended,
    ev.RunReopened: _run_reopened,
    ev.Notice: _notice,
}
"""What folds each of these events into a ledger."""
