"""The part of the ledger's fold that people and limits steer: what they change, and what the log says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui import text
from qtui.core import events as ev

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger


def _producers_paused(ledger: Ledger, event: ev.ProducersPaused) -> None:
    _gate(ledger, event.producer, paused=True)
    ledger.mark(event.at, "║")
    ledger.told(event, f"{_whom(ledger, event.producer)} paused")


def _producers_resumed(ledger: Ledger, event: ev.ProducersResumed) -> None:
    _gate(ledger, event.producer, paused=False)
    ledger.mark(event.at, "►")
    ledger.told(event, f"{_whom(ledger, event.producer)} resumed")


def _gate(ledger: Ledger, index: int | None, *, paused: bool) -> None:
    for number, producer in ledger.producers.items():
        if index in (None, number):
            producer.paused = paused


def _whom(ledger: Ledger, index: int | None) -> str:
    return "producers" if index is None else f"producer {ledger.producers[index].name}"


def _concurrency_changed(ledger: Ledger, event: ev.ConcurrencyChanged) -> None:
    ledger.concurrency = event.new
    ledger.workers_changed(event.at)
    ledger.mark(event.at, f"{'▲' if event.new > event.old else '▼'}{event.new}")
    ledger.told(event, f"concurrency {event.old} → {event.new}")


def _limit_changed(ledger: Ledger, event: ev.LimitChanged) -> None:
    if event.new is None:
        ledger.limits.pop(event.what, None)
    else:
        ledger.limits[event.what] = event.new
    ledger.workers_changed(event.at)
    new, old = (ledger.concurrency if each is None else each for each in (event.new, event.old))
    ledger.mark(event.at, f"~{'▲' if new > old else '▼'}{new}")
    limit = "limit" if event.what == "adaptive" else f"limit for want of {event.what}"
    words = ["none" if each is None else f"{each}" for each in (event.old, event.new)]
    said = f"{limit} {words[0]} → {words[1]}"
    ledger.write(event.at, event.by, f"{said}: {event.reason}" if event.reason else said)


def _capacity_changed(ledger: Ledger, event: ev.CapacityChanged) -> None:
    ledger.capacity = event.new
    ledger.depth_changed(event.at)
    ledger.turn(event.at)  # they tell the capacity too
    ledger.mark(event.at, f"■{event.new}")
    ledger.told(event, f"bound {event.old} → {event.new}")


def _rate_changed(ledger: Ledger, event: ev.RateChanged) -> None:
    ledger.rate = event.new
    ledger.mark(event.at, "≈")
    ledger.told(event, f"rate limit {_limit(event.old)} → {_limit(event.new)}")


def _held(ledger: Ledger, event: ev.Held) -> None:
    ledger.held_by_person = True
    ledger.mark(event.at, "≈")
    ledger.told(event, "workers held: nothing new starts")


def _released(ledger: Ledger, event: ev.Released) -> None:
    ledger.held_by_person, ledger.halted = False, ""
    ledger.mark(event.at, "►")
    ledger.told(event, "workers released")


def _halted(ledger: Ledger, event: ev.Halted) -> None:
    ledger.halted = event.reason
    ledger.mark(event.at, "≈")
    ledger.write(event.at, "qtui", f"stopped starting: {event.reason}", "warning")


def _memory_holds(ledger: Ledger, event: ev.MemoryHolds) -> None:
    ledger.short_of_memory = event.held
    ledger.mark(event.at, "≈" if event.held else "►")
    said = "nothing new starts" if event.held else "enough to start again"
    used = f"memory {text.percent(event.share)} of {text.size(event.limit)}"
    ledger.write(event.at, "qtui", f"{used}: {said}", "warning" if event.held else "info")


def _per_host_changed(ledger: Ledger, event: ev.PerHostChanged) -> None:
    ledger.mark(event.at, "≈")
    words = ["none" if value is None else text.count(value) for value in (event.old, event.new)]
    ledger.told(event, f"limit per host {words[0]} → {words[1]}")


def _per_host_rate_changed(ledger: Ledger, event: ev.PerHostRateChanged) -> None:
    ledger.mark(event.at, "≈")
    ledger.told(event, f"rate limit per host {_limit(event.old)} → {_limit(event.new)}")


def _host_paused(ledger: Ledger, event: ev.HostPaused) -> None:
    ledger.mark(event.at, "≈")
    host, lasts = event.host or "jobs without a host", text.seconds(event.for_s)
    why = "Retry-After" if event.why == "cooling" else "errors in a row: its circuit is open"
    ledger.told(event, f"{host} left alone for {lasts}, {why}")


def _host_opened(ledger: Ledger, event: ev.HostOpened) -> None:
    ledger.told(event, f"{event.host or 'jobs without a host'} asked again")


def _throttle_holding(ledger: Ledger, event: ev.ThrottleHolding) -> None:
    ledger.holding.set(event.at, float(event.held))


def _drain_started(ledger: Ledger, event: ev.DrainStarted) -> None:
    ledger.draining = True
    ledger.mark(event.at, "▼")
    ledger.told(event, "draining: nothing new is accepted")


def _drain_taken_back(ledger: Ledger, event: ev.DrainTakenBack) -> None:
    ledger.draining = False
    ledger.mark(event.at, "►")
    ledger.told(event, "keeps running")


def _stop_started(ledger: Ledger, event: ev.StopStarted) -> None:
    ledger.stopping = True
    ledger.told(event, "stopping: running attempts are interrupted")


def _command_done(ledger: Ledger, event: ev.CommandDone) -> None:
    ledger.told(event, event.text)


def _command_refused(ledger: Ledger, event: ev.CommandRefused) -> None:
    ledger.write(event.at, event.by, f"refused: {event.text}", "warning")


def _limit(rate: float | None) -> str:
    return text.rate(rate) if rate is not None else "none"


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
