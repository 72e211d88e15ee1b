"""How the shop answers: which pages are gone or moved, how long a request takes and which ones go wrong.

Fates and mishaps are drawn from the seed, the path, the attempt and the time since the start: nothing else.
`Behaviour` adds the little that has to be remembered: attempts and refusals in a row per page, and the tokens
of the rate limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from qtui.demo.catalogue import Catalogue
from qtui.demo.chance import bend, draw
from qtui.demo.config import SiteConfig


class Fate(StrEnum):
    """What is true of a page for ever; a listing page is always here."""

    HERE = "here"
    GONE = "gone"
    MOVED = "moved"


class Manner(StrEnum):
    """How an answer reaches the client."""

    WHOLE = "whole"
    DRIP = "drip"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request for one page gets."""

    status: int = 200
    delay: float = 0.0
    """Seconds before the first byte."""
    manner: Manner = Manner.WHOLE
    retry_after: int = 0
    """Whole seconds to name in `Retry-After`; 0 leaves the header out."""

    @property
    def refused(self) -> bool:
        """Is this one of the answers that a later attempt gets over?"""
        return self.status >= 429 or self.manner is Manner.RESET


def fate(config: SiteConfig, path: str) -> Fate:
    """Look up what is true of the page at `path` for ever."""
    if not path.startswith("/p/"):
        return Fate.HERE
    drawn = draw(config.seed, "fortune", path)
    if drawn < config.gone_share:
        return Fate.GONE
    if drawn < config.gone_share + config.moved_share:
        return Fate.MOVED
    return Fate.HERE


def gone_paths(config: SiteConfig, catalogue: Catalogue) -> frozenset[str]:
    """The product pages that always answer 404: all that a patient client cannot fetch."""
    paths = (f"/p/{number}" for number in range(1, catalogue.products + 1))
    return frozenset(path for path in paths if fate(config, path) is Fate.GONE)


def latency(config: SiteConfig, path: str, attempt: int) -> float:
    """Seconds until the first byte of one attempt, from a lognormal distribution with a cap."""
    if not config.latency_median:
        return 0.0
    normal = bend(draw(config.seed, "latency", path, attempt))
    return min(config.latency_median * math.exp(config.latency_sigma * normal), config.latency_cap)


def in_burst(config: SiteConfig, elapsed: float) -> bool:
    """Does a burst of failures last at `elapsed` seconds after the start?"""
    if not config.burst_every:
        return False
    period = math.floor(elapsed / config.burst_every)
    slack = max(config.burst_every - config.burst_length, 0.0)
    start = period * config.burst_every + slack * draw(config.seed, "burst", period)
    return start <= elapsed < start + config.burst_length


def attempt_answer(config: SiteConfig, path: str, attempt: int, elapsed: float) -> Answer:
    """Draw the answer of one attempt at a page that is there, before any memory of earlier ones."""
    delay = latency(config, path, attempt)
    if in_burst(config, elapsed) and draw(config.seed, "failure", path, attempt) < config.burst_share:
        return Answer(status=500 if draw(config.seed, "which", path, attempt) < 0.5 else 503, delay=delay)
    if not (config.reset_share or config.drip_share):
        return Answer(delay=delay)
    drawn = draw(config.seed, "mishap", path, attempt)
    if drawn < config.reset_share:
        return Answer(delay=delay, manner=Manner.RESET)
    if drawn < config.reset_share + config.drip_share:
        return Answer(delay=delay, manner=Manner.DRIP)
    return Answer(delay=delay)


class TokenBucket:
    """A rate limit: `rate` requests per second, and `burst` at once after a quiet time."""

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._then = now

    def take(self, now: float) -> float:
        """Take a token and return 0, or leave the bucket alone and return the seconds until there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._rate
        self._tokens -= 1.0
        return 0.0


@dataclass(slots=True)
class _Visits:
    attempts: int = 0
    refusals_in_a_row: int = 0


class Behaviour:
    """Decides every answer of one site; remembers two numbers per page asked for."""

    def __init__(self, config: SiteConfig, now: float) -> None:
        self._config = config
        self._start = now
        self._bucket = TokenBucket(config.rate_limit, config.rate_burst, now) if config.rate_limit else None
        self._visits: dict[str, _Visits] = {}

    def answer(self, path: str, now: float, *, canonical: bool = False) -> Answer:
        """Decide about a request for the existing page at `path`; `canonical` asks by its long address."""
        config = self._config
        visits = self._visits.setdefault(path, _Visits())
        patience_left = visits.refusals_in_a_row < config.failures_in_a_row
        wait = self._bucket.take(now) if self._bucket else 0.0
        if wait and patience_left:
            visits.refusals_in_a_row += 1
            return Answer(status=429, retry_after=math.ceil(wait))
        found = fate(config, path)
        if found is Fate.MOVED and not canonical:
            return Answer(status=302)
        visits.attempts += 1
        if found is Fate.GONE:
            return Answer(status=404, delay=latency(config, path, visits.attempts))
        answer = attempt_answer(config, path, visits.attempts, now - self._start)
        if answer.refused and not patience_left:
            answer = Answer(delay=answer.delay)
        visits.refusals_in_a_row = visits.refusals_in_a_row + 1 if answer.refused else 0
        return answer
