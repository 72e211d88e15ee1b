"""What happened to a run, in words: one line for every event that people are told of, live or read from a journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from qtui import text
from qtui.core import events as ev

Names = Mapping[int, str]
"""The names of the producers by their index."""


class Told(NamedTuple):
    """One line of a log."""

    who: str
    """`you`, `qtui`, `auto` or the name of a client."""
    text: str
    level: str = "info"
    """info, warning or error."""


def told(event: ev.Event, names: Names) -> Told | None:
    """The line, or None for what nobody is told of: jobs, and what only moves the picture."""
    words = _WORDS.get(type(event))
    return words(event, names) if words is not None else None


def _by(say: Callable[[Any, Names], str]) -> Callable[[Any, Names], Told]:
    """A line with who asked for it, and why."""

    def line(event: ev.Control, names: Names) -> Told:
        said = say(event, names)
        return Told(event.by, f"{said} ({event.reason})" if event.reason else said)

    return line


def _whom(index: int | None, names: Names) -> str:
    return "producers" if index is None else f"producer {names.get(index, index)}"


def _limit(event: ev.LimitChanged, names: Names) -> Told:
    limit = "limit" if event.what == "adaptive" else f"limit for want of {event.what}"
    words = ["none" if each is None else f"{each}" for each in (event.old, event.new)]
    said = f"{limit} {words[0]} → {words[1]}"
    return Told(event.by, f"{said}: {event.reason}" if event.reason else said)


def _memory(event: ev.MemoryHolds, names: Names) -> Told:
    said = "nothing new starts" if event.held else "enough to start again"
    used = f"memory {text.percent(event.share)} of {text.size(event.limit)}"
    return Told("qtui", f"{used}: {said}", "warning" if event.held else "info")


def _per_host(event: ev.PerHostChanged, names: Names) -> str:
    words = ["none" if value is None else text.count(value) for value in (event.old, event.new)]
    return f"limit per host {words[0]} → {words[1]}"


def _host_paused(event: ev.HostPaused, names: Names) -> str:
    host, lasts = event.host or "jobs without a host", text.seconds(event.for_s)
    why = "Retry-After" if event.why == "cooling" else "errors in a row: its circuit is open"
    return f"{host} left alone for {lasts}, {why}"


def _producer_ended(event: ev.ProducerEnded, names: Names) -> Told:
    name = str(names.get(event.index, event.index))
    if event.problem:
        return Told("qtui", f"{name}: {event.problem}", "error")
    return Told("qtui", f"producer {name} is done")


def _started(event: ev.RunStarted, names: Names) -> Told:
    bound = f", a queue of {text.count(event.capacity)}" if event.capacity else ""
    return Told("qtui", f"started with {text.plural(event.concurrency, 'worker')}{bound}")


def _aside(event: ev.AsideChanged, names: Names) -> str:
    what = text.clean(event.signature, 60) if event.signature else text.plural(len(event.jobs), "failed job")
    return f"{what} set aside" if event.aside else f"{what} no longer set aside"


def _acknowledged(event: ev.Acknowledged, names: Names) -> str:
    return f"{text.clean(event.signature, 60)} {'acknowledged' if event.attempts else 'no longer acknowledged'}"


def _held_back(event: ev.HeldBack, names: Names) -> Told:
    others = "the other stays failed" if event.jobs == 1 else f"the other {text.count(event.jobs)} stay failed"
    return Told("qtui", f"{text.clean(event.signature, 60)}: {event.why}; {others}", "warning")


def _rate(rate: float | None) -> str:
    return text.rate_limit(rate) if rate is not None else "none"


_WORDS: dict[type, Callable[[Any, Names], Told]] = {
    ev.ProducersPaused: _by(lambda event, names: f"{_whom(event.producer, names)} paused"),
    ev.ProducersResumed: _by(lambda event, names: f"{_whom(event.producer, names)} resumed"),
    ev.ProducerEnded: _producer_ended,
    ev.ConcurrencyChanged: _by(lambda event, names: f"concurrency {event.old} → {event.new}"),
    ev.LimitChanged: _limit,
    ev.CapacityChanged: _by(lambda event, names: f"bound {event.old} → {event.new}"),
    ev.RateChanged: _by(lambda event, names: f"rate limit {_rate(event.old)} → {_rate(event.new)}"),
    ev.AsideChanged: _by(_aside),
    ev.Acknowledged: _by(_acknowledged),
    ev.HeldBack: _held_back,
    ev.Held: _by(lambda event, names: "workers held: nothing new starts"),
    ev.Released: _by(lambda event, names: "workers released"),
    ev.Halted: lambda event, names: Told("qtui", f"stopped starting: {event.reason}", "warning"),
    ev.MemoryHolds: _memory,
    ev.PerHostChanged: _by(_per_host),
    ev.PerHostRateChanged: _by(lambda event, names: f"rate limit per host {_rate(event.old)} → {_rate(event.new)}"),
    ev.HostPaused: _by(_host_paused),
    ev.HostOpened: _by(lambda event, names: f"{event.host or 'jobs without a host'} asked again"),
    ev.RunStarted: _started,
    ev.RunResumed: lambda event, names: Told("qtui", f"resumed, life {event.lives}"),
    ev.DrainStarted: _by(lambda event, names: "draining: nothing new is accepted"),
    ev.DrainTakenBack: _by(lambda event, names: "keeps running"),
    ev.StopStarted: _by(lambda event, names: "stopping: running attempts are interrupted"),
    ev.RunEnded: lambda event, names: Told("qtui", f"the run is {event.how}"),
    ev.RunReopened: lambda event, names: Told(event.by, "the run goes on"),
    ev.CommandDone: _by(lambda event, names: event.text),
    ev.CommandRefused: lambda event, names: Told(event.by, f"refused: {event.text}", "warning"),
    ev.Notice: lambda event, names: Told("qtui", event.text, event.level),
}
