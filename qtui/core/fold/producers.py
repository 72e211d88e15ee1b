"""The part of the fold that producers tell: what they have given, what they know of it, and when they are blocked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core import events as ev
from qtui.core.tracks import ProducerTrack

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger


def _producer_started(ledger: Ledger, event: ev.ProducerStarted) -> None:
    track = ledger.producers[event.index] = ProducerTrack(event.at, event.name, event.total, event.rate)
    track.before = event.given


def _total_known(ledger: Ledger, event: ev.TotalKnown) -> None:
    ledger.producers[event.index].total = event.total


def _producer_ended(ledger: Ledger, event: ev.ProducerEnded) -> None:
    producer = ledger.producers[event.index]
    producer.ended = True
    producer.problem = event.problem
    producer.total = producer.given
    if event.problem:
        ledger.say(event)


def _frontier_grew(ledger: Ledger, event: ev.FrontierGrew) -> None:
    producer = ledger.producers[event.index]
    producer.found, producer.rows = event.found, event.rows


def _producer_blocked(ledger: Ledger, event: ev.ProducerBlocked) -> None:
    ledger.producers[event.index].set_blocked(event.at, True)
    ledger.blocked += 1
    ledger.pressed.set(event.at, 1.0)


def _producer_unblocked(ledger: Ledger, event: ev.ProducerUnblocked) -> None:
    ledger.producers[event.index].set_blocked(event.at, False)
    ledger.blocked -= 1
    ledger.pressed.set(event.at, float(ledger.blocked > 0))


HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    ev.ProducerStarted: _producer_started,
    ev.TotalKnown: _total_known,
    ev.ProducerEnded: _producer_ended,
    ev.FrontierGrew: _frontier_grew,
    ev.ProducerBlocked: _producer_blocked,
    ev.ProducerUnblocked: _producer_unblocked,
}
"""What folds each of these events into a ledger."""
