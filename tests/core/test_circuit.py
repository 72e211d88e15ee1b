"""When a host is left alone, step by step."""

from __future__ import annotations

import math

import pytest

from qtui.core.circuit import CLOSED, WARM, Circuit, Cooling, cooled, counts_against, ended, started
from qtui.core.job import Done, Failed, Interrupted, Outcome
from qtui.core.tables import Breaker

POLICY = Breaker(failures=3, open=30.0)
LATE = Failed("timeout")


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Failed("timeout"), True),
        (Failed("connection"), True),
        (Failed("http:500"), True),
        (Failed("http:429"), False),
        (Failed("http:404"), False),
        (Failed("exception:KeyError"), False),
        (Done(), False),
        (Interrupted(), False),
    ],
)
def test_what_counts_against_a_host(outcome: Outcome, counts: bool) -> None:
    assert counts_against(outcome) is counts


@pytest.mark.parametrize(
    ("before", "outcome", "probe", "after"),
    [
        (CLOSED, LATE, False, Circuit(1)),
        (Circuit(2), LATE, False, Circuit(3, 40.0)),
        (Circuit(2), Done(), False, CLOSED),
        (Circuit(2), Failed("http:404"), False, CLOSED),
        (Circuit(2), Interrupted(), False, Circuit(2)),
        (Circuit(3, 35.0), LATE, False, Circuit(3, 35.0)),
        (Circuit(3, 35.0), Done(), False, Circuit(3, 35.0)),
        (Circuit(3, 5.0, True), Done(), True, CLOSED),
        (Circuit(3, 5.0, True), LATE, True, Circuit(4, 40.0)),
        (Circuit(3, 5.0, True), Interrupted(), True, Circuit(3, 10.0)),
    ],
)
def test_the_end_of_an_attempt_at_10_s(before: Circuit, outcome: Outcome, probe: bool, after: Circuit) -> None:
    assert ended(POLICY, before, outcome, 10.0, probe=probe) == after


@pytest.mark.parametrize(
    ("circuit", "opens"),
    [(CLOSED, 10.0), (Circuit(3, 30.0), 30.0), (Circuit(3, 5.0), 10.0), (started(Circuit(3, 5.0)), math.inf)],
)
def test_when_an_attempt_may_start(circuit: Circuit, opens: float) -> None:
    assert circuit.opens_at(10.0) == opens


@pytest.mark.parametrize(
    ("before", "asked", "now", "after"),
    [
        (WARM, 12.0, 10.0, Cooling(10.0, 22.0)),
        (WARM, 1e9, 10.0, Cooling(10.0, 70.0)),
        (WARM, -5.0, 10.0, Cooling(10.0, 10.0)),
        (Cooling(10.0, 22.0), 30.0, 20.0, Cooling(10.0, 50.0)),
        (Cooling(10.0, 22.0), 1.0, 20.0, Cooling(10.0, 22.0)),
        (Cooling(10.0, 60.0), 60.0, 59.0, Cooling(10.0, 70.0)),
        (Cooling(10.0, 22.0), 12.0, 22.0, Cooling(22.0, 34.0)),
    ],
)
def test_a_pause_is_clamped_from_its_beginning(before: Cooling, asked: float, now: float, after: Cooling) -> None:
    assert cooled(before, asked, 60.0, now) == after
