"""The estimate: right on average, honest about its range, calm on the screen."""

from __future__ import annotations

import itertools
import random

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta, Forecast, rounded, span
from qtui.core.snapshot import Control, Counts, Latency, QueueView, Rates, RunState, Snapshot, ThrottleView


def snapshot(at: float, done: int, total: int | None = 6000, **changes: object) -> Snapshot:
    base = Snapshot(
        run_id="r",
        name="scrape",
        preset="scrape",
        state=RunState.RUNNING,
        started_at=0.0,
        elapsed_s=at,
        counts=Counts(accepted=done, done=done, total=total),
        control=Control(8, 64),
        queue=QueueView(),
        producers=[],
        slots=[],
        rates=Rates(done_30s=done / at if at else 0.0, done_run=done / at if at else 0.0),
        latency=Latency(0.5, 2.0, 4.0),
    )
    return msgspec.structs.replace(base, **changes)


def run(rates: list[float], total: int = 6000) -> list[Eta]:
    """One estimate a second of a run with the given jobs per second."""
    forecast = Forecast()
    done = 0.0
    etas = []
    for second, rate in enumerate(rates, 1):
        done += rate
        etas.append(forecast.step(snapshot(float(second), int(done), total)))
    return etas


def test_a_steady_run_is_estimated_right() -> None:
    last = run([10.0] * 300)[-1]
    assert last.certainty is Certainty.KNOWN
    assert last.left_s == pytest.approx(300, rel=0.03)


def test_a_steady_run_has_no_margin_and_a_rough_one_has() -> None:
    rng = random.Random(4)
    assert run([10.0] * 300)[-1].margin == ""
    rough = [rng.choice((4.0, 16.0)) for _ in range(30) for _ in range(10)]
    assert run(rough)[-1].margin.startswith("± ")


def test_an_early_estimate_waits_for_numbers() -> None:
    assert run([1.0])[0].text == "…"


def test_the_display_changes_at_most_every_two_seconds() -> None:
    rng = random.Random(1)
    etas = run([rng.uniform(2, 20) for _ in range(200)])[20:]
    changed = [index for index in range(1, len(etas)) if etas[index].left_s != etas[index - 1].left_s]
    assert changed
    assert min(b - a for a, b in itertools.pairwise(changed)) >= 2


def test_the_display_changes_only_by_more_than_two_percent() -> None:
    rng = random.Random(1)
    lefts = [eta.left_s for eta in run([rng.uniform(9, 11) for _ in range(300)], total=60_000)[20:]]
    steps = [(a, b) for a, b in itertools.pairwise(lefts) if a != b]
    assert steps
    assert all(abs(b - a) > 0.01 * a for a, b in steps), "the shown number is rounded after it was compared"
    assert len(steps) < 60, "a long estimate stands still"


@pytest.mark.parametrize(
    ("at", "changes", "assumption"),
    [
        (100, {}, "if 5,500 jobs go on ending at 5.0/s, retries included"),
        (100, {"state": RunState.PAUSED}, "nothing new starts or comes; there is an estimate when it goes on"),
        (1, {}, "too few jobs have ended yet"),
        (100, {"counts": Counts(done=500)}, "nobody knows how many jobs there will be"),
        (100, {"state": RunState.FINISHED}, ""),
    ],
)
def test_an_estimate_says_what_it_rests_on(at: float, changes: dict[str, object], assumption: str) -> None:
    assert Forecast().step(msgspec.structs.replace(snapshot(at, 500), **changes)).assumption == assumption


def test_a_stall_says_how_long_nothing_has_ended() -> None:
    forecast = Forecast()
    forecast.step(snapshot(100, 500))
    assert forecast.step(snapshot(230, 500)).assumption == "no job has ended for 2:10"


def test_the_near_end_follows_the_last_half_minute() -> None:
    slow_then_fast = [5.0] * 600 + [20.0] * 60
    last = run(slow_then_fast, total=4600)[-1]
    assert 20 <= last.left_s <= 40


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"state": RunState.PAUSED}, "paused"),
        ({"throttle": ThrottleView(held_by_person=True)}, "paused"),
        ({"control": Control(0, 64)}, "paused"),
        ({"state": RunState.FINISHED}, ""),
        ({"state": RunState.STARTING}, "…"),
    ],
)
def test_states_that_have_no_estimate_say_so(changes: dict[str, object], text: str) -> None:
    assert Forecast().step(msgspec.structs.replace(snapshot(100, 500), **changes)).text == text


def test_an_unknown_total_has_no_estimate() -> None:
    assert Forecast().step(snapshot(100, 500, total=None)).certainty is Certainty.UNKNOWN


def test_a_drain_only_counts_what_was_accepted() -> None:
    counts = Counts(accepted=600, done=500, total=None)
    eta = Forecast().step(snapshot(100, 500, state=RunState.DRAINING, counts=counts))
    assert eta.left_s == pytest.approx(20, abs=5)


def test_no_completion_for_a_minute_is_stalled() -> None:
    forecast = Forecast()
    forecast.step(snapshot(100, 500))
    assert forecast.step(snapshot(160, 500)).certainty is Certainty.KNOWN
    assert forecast.step(snapshot(161, 500)).text == "stalled"
    assert forecast.step(snapshot(162, 501)).certainty is Certainty.KNOWN


def test_a_slow_kind_of_job_stalls_later() -> None:
    forecast = Forecast()
    patient = Latency(10, 60, 100)
    forecast.step(snapshot(100, 500, latency=patient))
    assert forecast.step(snapshot(300, 500, latency=patient)).certainty is Certainty.KNOWN


@pytest.mark.parametrize(
    ("left", "text"),
    [(3, "0:05"), (432, "7:10"), (1959, "33m"), (9300, "2h 35m"), (40_000, "11h 00m"), (273_600, "3d 4h")],
)
def test_an_estimate_is_as_precise_as_it_is(left: float, text: str) -> None:
    assert span(rounded(left)) == text


@pytest.mark.parametrize(("margin", "text"), [(4, ""), (12, "± 10s"), (70, "± 1m"), (7200, "± 2h")])
def test_the_margin_is_one_rough_number(margin: float, text: str) -> None:
    assert Eta(Certainty.KNOWN, 600, margin).margin == text


def test_a_face_that_was_there_from_the_first_moment_is_not_fooled_by_it() -> None:
    forecast = Forecast()
    forecast.step(snapshot(0.0, 0))
    for tenth in range(1, 101):
        eta = forecast.step(snapshot(tenth / 10, tenth))

    assert eta.left_s == pytest.approx((6000 - 100) / 10, rel=0.1)
