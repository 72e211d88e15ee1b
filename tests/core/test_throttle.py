"""The adaptive limit, step by step."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui.core.job import Done, Failed, Interrupted, Outcome
from qtui.core.throttle import Bounds, Limit, begin, ended, reached, said, trouble, turned

BOUNDS = Bounds(2, 20, 5.0)
TOO_MANY = Failed("http:429", retry_after=60.0)
LATE = Failed("timeout")
REFUSED = Failed("connection", "connection refused")


@pytest.mark.parametrize(
    ("outcome", "effect"),
    [
        (TOO_MANY, "cut"),
        (Failed("http:429"), "cut"),
        (Failed("http:503", retry_after=1.0), "cut"),
        (REFUSED, "cut"),
        (Failed("exception:ConnectionRefusedError"), "cut"),
        (Failed("http:503"), "freeze"),
        (Failed("http:500"), "freeze"),
        (Failed("connection", "connection reset by the other side"), "freeze"),
        (LATE, "freeze"),
        (Failed("http:404"), ""),
        (Failed("exception:KeyError"), ""),
        (Done(), ""),
        (Interrupted(), ""),
    ],
)
def test_what_an_outcome_does_to_the_limit(outcome: Outcome, effect: str) -> None:
    assert trouble(outcome) == effect


def used(value: int, **more: object) -> Limit:
    return Limit(value, 5.0, used=True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("was", "value", "why"),
    [
        (used(2), 4, "slow start"),
        (used(12), 20, "slow start"),
        (used(20), 20, ""),
        (Limit(4, 5.0), 4, ""),
        (used(4, spoilt=True, doubling=False), 4, ""),
        (used(4, doubling=False), 5, "no trouble for 5.0s"),
        (used(25, doubling=False), 25, ""),
    ],
)
def test_what_the_end_of_a_window_makes_of_it(was: Limit, value: int, why: str) -> None:
    now, told = turned(BOUNDS, was, 5.0)

    assert (now.value, told) == (value, why)
    assert (now.ends, now.used, now.spoilt, now.doubling) == (10.0, False, False, was.doubling)


@pytest.mark.parametrize(
    ("was", "outcome", "began", "now", "after"),
    [
        (used(16), TOO_MANY, 0.0, 3.0, Limit(8, 8.0, False, spoilt=True, last_cut=3.0, reason="429 from api")),
        (used(3), TOO_MANY, 0.0, 3.0, Limit(2, 8.0, False, spoilt=True, last_cut=3.0, reason="429 from api")),
        (used(2), TOO_MANY, 0.0, 3.0, used(2, doubling=False, spoilt=True)),
        (used(16), LATE, 0.0, 3.0, used(16, doubling=False, spoilt=True)),
        (used(16), Done(), 0.0, 3.0, used(16)),
        # within the window of a cut, and of an attempt that began before it
        (used(8, last_cut=1.0), TOO_MANY, 2.0, 3.0, used(8, last_cut=1.0, doubling=False, spoilt=True)),
        (used(8, last_cut=1.0), TOO_MANY, 0.5, 9.0, used(8, last_cut=1.0, doubling=False, spoilt=True)),
        (
            used(8, last_cut=1.0),
            REFUSED,
            2.0,
            6.0,
            Limit(4, 11.0, False, spoilt=True, last_cut=6.0, reason="connection refused from api"),
        ),
    ],
)
def test_what_the_end_of_an_attempt_makes_of_it(
    was: Limit, outcome: Outcome, began: float, now: float, after: Limit
) -> None:
    assert ended(BOUNDS, was, outcome, began, now, "api") == after


def test_a_window_that_was_over_before_the_limit_was_reached_begins_anew() -> None:
    assert reached(BOUNDS, Limit(4, 5.0, spoilt=True), 9.0) == Limit(4, 14.0, used=True)
    assert reached(BOUNDS, Limit(4, 5.0, spoilt=True), 4.0) == Limit(4, 5.0, used=True, spoilt=True)


def test_no_retry_after_prolongs_the_window_of_a_cut() -> None:
    limit = used(16)
    for second in range(1, 60):
        limit = ended(BOUNDS, limit, Failed("http:429", retry_after=3600.0), second - 0.5, float(second))
        if second == 21:
            break
    assert (limit.value, limit.ends) == (2, 16.0)  # cut at 1, 6 and 11 s; at its least nothing is left to cut

    calm, _ = turned(BOUNDS, limit, limit.ends)
    grown, why = turned(BOUNDS, reached(BOUNDS, calm, calm.ends), calm.ends)
    assert (grown.value, why) == (3, "no trouble for 5.0s")


def test_the_reason_names_what_and_where() -> None:
    assert said(TOO_MANY, "api.example") == "429 from api.example"
    assert said(TOO_MANY, "") == "429"
    assert said(REFUSED, "h") == "connection refused from h"


STEPS = st.lists(
    st.tuples(st.floats(0, 4), st.sampled_from([TOO_MANY, LATE, REFUSED, Done(), None, None]), st.floats(0, 9)),
    max_size=60,
)


@given(st.integers(1, 9), st.integers(0, 90), st.sampled_from([0.5, 1.0, 5.0]), STEPS)
def test_it_keeps_to_its_bounds_and_is_cut_at_most_once_a_window(
    least: int, more: int, window: float, steps: list[tuple[float, Outcome | None, float]]
) -> None:
    bounds, now, cuts = Bounds(least, least + more, window), 0.0, []
    limit = begin(bounds, now)
    for wait, outcome, lasted in steps:
        now += wait
        was = limit
        if outcome is None:
            limit = reached(bounds, limit, now)
            if now >= limit.ends:
                limit, _ = turned(bounds, limit, now)
        else:
            limit = ended(bounds, limit, outcome, now - lasted, now)
        assert bounds.least <= limit.value <= bounds.most
        assert limit.value <= max(was.value * 2, was.value + 1)
        if limit.value < was.value:
            cuts.append(now)
            assert limit.value == max(least, was.value // 2)
    assert all(later - earlier >= window for earlier, later in pairwise(cuts))
