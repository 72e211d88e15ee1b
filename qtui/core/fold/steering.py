"""The part of the ledger's fold that people and limits steer: what they change, and what the log says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core import events as ev

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger


def _producers_paused(ledger: Ledger, event: ev.ProducersPaused) -> None:
    _gate(ledger, event.producer, paused=True)
    ledger.grip("paused", event.at, event.by, event.reason)
    ledger.mark(event.at, "║")
    ledger.say(event)


def _producers_resumed(ledger: Ledger, event: ev.ProducersResumed) -> None:
    _gate(ledger, event.producer, paused=False)
    if not any(producer.paused for producer in ledger.producers.values()):
        ledger.grips.pop("paused", None)
    ledger.mark(event.at, "►")
    ledger.say(event)


def _gate(ledger: Ledger, index: int | None, *, paused: bool) -> None:
    for number, producer in ledger.producers.items():
        if index in (None, number):
            producer.paused = paused


def _concurrency_changed(ledger: Ledger, event: ev.ConcurrencyChanged) -> None:
    ledger.concurrency = event.new
    ledger.workers_changed(event.at)
    ledger.mark(event.at, f"{'▲' if event.new > event.old else '▼'}{event.new}")
    ledger.say(event)


def _limit_changed(ledger: Ledger, event: ev.LimitChanged) -> None:
    if event.new is None:
        ledger.limits.pop(event.what, None)
    else:
        ledger.limits[event.what] = event.new
    ledger.workers_changed(event.at)
    new, old = (ledger.concurrency if each is None else each for each in (event.new, event.old))
    ledger.mark(event.at, f"~{'▲' if new > old else '▼'}{new}")
    ledger.say(event)


def _capacity_changed(ledger: Ledger, event: ev.CapacityChanged) -> None:
    ledger.capacity = event.new
    ledger.depth_changed(event.at)
    ledger.turn(event.at)  # they tell the capacity too
    ledger.mark(event.at, f"■{event.new}")
    ledger.say(event)


def _rate_changed(ledger: Ledger, event: ev.RateChanged) -> None:
    ledger.rate = event.new
    ledger.mark(event.at, "≈")
    ledger.say(event)


def _held(ledger: Ledger, event: ev.Held) -> None:
    ledger.held_by_person = True
    ledger.grip("held", event.at, event.by, event.reason)
    ledger.mark(event.at, "≈")
    ledger.say(event)


def _released(ledger: Ledger, event: ev.Released) -> None:
    ledger.held_by_person, ledger.halted = False, ""
    ledger.grips.pop("held", None)
    ledger.grips.pop("halted", None)
    ledger.mark(event.at, "►")
    ledger.say(event)


def _halted(ledger: Ledger, event: ev.Halted) -> None:
    ledger.halted = event.reason
    ledger.grip("halted", event.at, "qtui", event.reason)
    ledger.mark(event.at, "≈")
    ledger.say(event)


def _memory_holds(ledger: Ledger, event: ev.MemoryHolds) -> None:
    ledger.short_of_memory = event.held
    if event.held:
        ledger.grip("memory", event.at, "qtui")
    else:
        ledger.grips.pop("memory", None)
    ledger.mark(event.at, "≈" if event.held else "►")
    ledger.say(event)


def _per_host_changed(ledger: Ledger, event: ev.PerHostChanged) -> None:
    ledger.mark(event.at, "≈")
    ledger.say(event)


def _per_host_rate_changed(ledger: Ledger, event: ev.PerHostRateChanged) -> None:
    ledger.mark(event.at, "≈")
    ledger.say(event)


def _host_paused(ledger: Ledger, event: ev.HostPaused) -> None:
    ledger.mark(event.at, "≈")
    ledger.say(event)


def _host_opened(ledger: Ledger, event: ev.HostOpened) -> None:
    ledger.say(event)


def _throttle_holding(ledger: Ledger, event: ev.ThrottleHolding) -> None:
    ledger.holding.set(event.at, float(event.held))


def _drain_started(ledger: Ledger, event: ev.DrainStarted) -> None:
    ledger.draining = True
    ledger.mark(event.at, "▼")
    ledger.say(event)


def _drain_taken_back(ledger: Ledger, event: ev.DrainTakenBack) -> None:
    ledger.draining = False
    ledger.mark(event.at, "►")
    ledger.say(event)


def _stop_started(ledger: Ledger, event: ev.StopStarted) -> None:
    ledger.stopping = True
    ledger.say(event)


def _command_done(ledger: Ledger, event: ev.CommandDone) -> None:
    ledger.say(event)


def _command_refused(ledger: Ledger, event: ev.CommandRefused) -> None:
    ledger.say(event)


HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    ev.ProducersPaused: _producers_paused,
    ev.ProducersResumed: _producers_resumed,
    ev.ConcurrencyChanged: _concurrency_changed,
    ev.LimitChanged: _limit_changed,
    ev.CapacityChanged: _capacity_changed,
    ev.RateChanged: _rate_changed,
    ev.Held: _held,
    ev.Released: _released,
    ev.Halted: _halted,
    ev.MemoryHolds: _memory_holds,
    ev.PerHostChanged: _per_host_changed,
    ev.PerHostRateChanged: _per_host_rate_changed,
    ev.HostPaused: _host_paused,
    ev.HostOpened: _host_opened,
    ev.ThrottleHolding: _throttle_holding,
    ev.DrainStarted: _drain_started,
    ev.DrainTakenBack: _drain_taken_back,
    ev.StopStarted: _stop_started,
    ev.CommandDone: _command_done,
    ev.CommandRefused: _command_refused,
}
"""What folds each of these events into a ledger."""
