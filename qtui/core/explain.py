"""What queueing theory says of a run: how the wait grows with utilisation, and what other numbers of workers would do.

All of it is "about": it takes arrivals to be independent, and jobs not to slow each other down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from qtui.core.commands import MAX_CONCURRENCY
from qtui.core.snapshot import ProducerState, Snapshot

ASSUMPTION = "if jobs do not slow each other down"
HOLDS = 0.1
"""Share of the last 3 s from which on a throttle is what limits the run."""


def wait(busy_share: float, workers: int, service_s: float) -> float:
    """How long a job waits, on average, in a queue without a bound before so many workers of that utilisation.

    Sakasegawa's approximation for M/M/m; without end where the workers are busy all the time.
    """
    if workers <= 0 or service_s <= 0 or busy_share <= 0:
        return 0.0
    if busy_share >= 1:
        return math.inf
    return float(service_s / workers * busy_share ** (math.sqrt(2 * (workers + 1)) - 1) / (1 - busy_share))


class Ceiling(msgspec.Struct, frozen=True):
    """What the bound of the queue makes of the wait: no job waits longer than a full queue takes to be emptied."""

    capacity: int
    rate: float

    @property
    def wait_s(self) -> float:
        return self.capacity / self.rate


def ceiling(snap: Snapshot) -> Ceiling | None:
    """None where the queue has no bound, or nothing has started yet."""
    rate = snap.waiting.rate or snap.rates.started
    return Ceiling(snap.queue.capacity, rate) if snap.queue.capacity > 0 and rate > 0 else None


class Guess(msgspec.Struct, frozen=True):
    """What a number of workers would do, about."""

    workers: int
    rate: float
    """Jobs done per second."""
    left_s: float | None
    """Seconds left, where that is known for the present number."""
    limit: str
    """What else keeps it from being more, or empty: then it is the workers."""
    now: bool
    """It is the present number."""


def ladder(workers: int) -> list[int]:
    """Numbers of workers worth a thought: half, the present one, twice, four times."""
    return sorted(
        {min(MAX_CONCURRENCY, max(1, number)) for number in (workers // 2, workers, workers * 2, workers * 4)}
    )


def what_if(snap: Snapshot, numbers: Iterable[int], left_s: float | None = None) -> list[Guess]:
    """What these numbers of workers would do; nothing as long as no attempt has ended lately.

    An attempt takes as long as it does now, whatever runs beside it; starts are limited as they are now; producers
    offer what they offer now. `left_s` is what the estimate says for the present number, and is scaled.
    """
    if snap.running.span_s <= 0 or snap.running.rate <= 0:
        return []
    yields = min(1.0, snap.rates.done_30s / snap.running.rate)
    caps = _caps(snap, yields)
    workers = snap.control.concurrency

    def rate_of(number: int) -> tuple[float, str]:
        own = number / snap.running.span_s * yields
        return min([(own, ""), *caps], key=lambda cap: (cap[0], cap[1] != ""))

    now, _ = rate_of(workers)
    guesses = []
    for number in numbers:
        rate, limit = rate_of(number)
        left = left_s * now / rate if left_s is not None and rate > 0 and now > 0 else None
        guesses.append(Guess(number, rate, left, limit, number == workers))
    return guesses


def _caps(snap: Snapshot, yields: float) -> list[tuple[float, str]]:
    """Jobs per second that no number of workers takes further, and what holds them there."""
    throttle = snap.throttle
    caps = []
    if throttle.rate is not None:
        caps.append((throttle.rate * yields, "rate limit"))
    if throttle.hosts and throttle.holding >= HOLDS:
        caps.append((snap.rates.done_30s, "host limit"))
    if snap.workers < snap.control.concurrency:
        caps.append((snap.workers / snap.running.span_s * yields, "qtui's own limit"))
    going = [p for p in snap.producers if p.state in (ProducerState.ACTIVE, ProducerState.BLOCKED)]
    if going and all(producer.offer_rate > 0 for producer in going):
        caps.append((sum(producer.offer_rate for producer in going), "producers"))
    return caps
