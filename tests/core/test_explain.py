"""Queueing theory against its textbook, and the run's own numbers against what they must mean."""

from __future__ import annotations

import math

import msgspec
import pytest

from qtui.core.explain import Guess, ceiling, ladder, wait, what_if
from qtui.core.snapshot import (
    AutoView,
    Control,
    HostView,
    Law,
    ProducerState,
    ProducerView,
    QueueView,
    Rates,
    Snapshot,
    ThrottleView,
)
from tests.tui.samples import sample


def erlang_c(load: float, workers: int, service_s: float) -> float:
    """The exact mean wait of M/M/m."""
    offered = load * workers
    top = offered**workers / math.factorial(workers) / (1 - load)
    busy = top / (sum(offered**k / math.factorial(k) for k in range(workers)) + top)
    return busy * service_s / (workers * (1 - load))


@pytest.mark.parametrize("workers", [1, 2, 8, 24])
@pytest.mark.parametrize("load", [0.7, 0.8, 0.9, 0.95, 0.99])
def test_the_wait_is_about_that_of_the_exact_formula(workers: int, load: float) -> None:
    exact = erlang_c(load, workers, 1.3)
    assert wait(load, workers, 1.3) == pytest.approx(exact, rel=0.25, abs=0.01)


def test_the_wait_of_one_worker_is_exact() -> None:
    assert wait(0.8, 1, 1.0) == pytest.approx(erlang_c(0.8, 1, 1.0))


def test_the_wait_grows_without_end() -> None:
    assert wait(1.0, 8, 1.0) == math.inf
    assert wait(0.0, 8, 1.0) == wait(0.5, 0, 1.0) == wait(0.5, 8, 0.0) == 0.0


def snapshot(**changes: object) -> Snapshot:
    """Twelve workers, 1.5 s an attempt: eight attempts a second, of which six are jobs done."""
    base = sample(
        control=Control(12, 64),
        running=Law(12.0, 8.0, 1.5),
        waiting=Law(64.0, 8.0, 8.0),
        rates=Rates(started=8.0, done=6.0, done_30s=6.0, busy_share=1.0),
        producers=[ProducerView(0, "a", ProducerState.DONE)],
        throttle=ThrottleView(),
    )
    return msgspec.structs.replace(base, **changes)


def test_twice_the_workers_are_twice_the_rate_and_half_the_time() -> None:
    assert what_if(snapshot(), [6, 12, 24], 600.0) == [
        Guess(6, 3.0, 1200.0, "", False),
        Guess(12, 6.0, 600.0, "", True),
        Guess(24, 12.0, 300.0, "", False),
    ]


OFFERING = ProducerView(0, "a", ProducerState.BLOCKED, offer_rate=9.0)


@pytest.mark.parametrize(
    ("changes", "limit", "rate"),
    [
        ({"throttle": ThrottleView(10.0)}, "rate limit", 7.5),
        ({"throttle": ThrottleView(None, 0.9, hosts=[HostView("api.x:443", 4, 9, "limit")])}, "host limit", 6.0),
        ({"throttle": ThrottleView(None, 0.0, hosts=[HostView("api.x:443", 4, 9, "limit")])}, "", 24.0),
        ({"producers": [OFFERING]}, "producers", 9.0),
        ({"producers": [OFFERING, msgspec.structs.replace(OFFERING, offer_rate=0.0)]}, "", 24.0),
        ({"throttle": ThrottleView(adaptive=AutoView(10, 4, 32))}, "qtui's own limit", 5.0),
    ],
)
def test_what_else_limits_the_run_limits_every_number(changes: dict[str, object], limit: str, rate: float) -> None:
    guess = what_if(snapshot(**changes), [48])[0]
    assert (guess.limit, guess.rate) == (limit, pytest.approx(rate))


def test_where_a_limit_holds_already_more_workers_save_no_time() -> None:
    limited = snapshot(throttle=ThrottleView(4.0, 0.9), rates=Rates(done_30s=3.0), running=Law(6.0, 4.0, 1.5))
    assert [guess.left_s for guess in what_if(limited, [12, 24, 48], 600.0)] == [600.0] * 3


def test_without_ended_attempts_nothing_is_guessed() -> None:
    assert what_if(snapshot(running=Law(12.0, 0.0, 0.0)), [6, 12]) == []


def test_an_unknown_estimate_stays_unknown() -> None:
    assert [guess.left_s for guess in what_if(snapshot(), [6, 12])] == [None, None]


@pytest.mark.parametrize(
    ("workers", "numbers"), [(12, [6, 12, 24, 48]), (1, [1, 2, 4]), (0, [1]), (4096, [2048, 4096]), (3, [1, 3, 6, 12])]
)
def test_the_ladder_stays_within_what_can_be_asked_for(workers: int, numbers: list[int]) -> None:
    assert ladder(workers) == numbers


def test_the_bound_caps_the_wait() -> None:
    found = ceiling(snapshot())
    assert found is not None
    assert found.wait_s == 8.0
    assert ceiling(snapshot(queue=QueueView(0, 9))) is None
    assert ceiling(snapshot(waiting=Law(), rates=Rates())) is None
