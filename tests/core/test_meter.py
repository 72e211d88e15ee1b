"""Meters against a plain definition of what they measure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui.core.meter import Counter, History, Level, RunTimes, Stays, bucket
from qtui.core.snapshot import LATENCY_BUCKETS, Law

changes = st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(0, 5)), min_size=1, max_size=40)


@given(changes)
def test_mean_over_the_run_is_the_area_over_the_time(steps: list[tuple[float, int]]) -> None:
    level, at, area, value = Level(), 0.0, 0.0, 0
    for wait, new in steps:
        area += wait * value
        at += wait
        level.set(at, new)
        value = new

    assert level.mean_run(at) == pytest.approx(area / at if at else value)


@given(changes)
def test_mean_over_a_window_counts_only_its_seconds(steps: list[tuple[float, int]]) -> None:
    level, at, value, spans = Level(), 0.0, 0, []
    for wait, new in steps:
        spans.append((at, at + wait, value))
        at += wait
        level.set(at, new)
        value = new
    begin = max(0, int(at) - 9)
    area = sum(max(0.0, end - max(start, begin)) * held for start, end, held in spans)

    expected = area / (at - begin) if at > begin else value
    assert level.mean(at, 10) == pytest.approx(expected)


def test_a_long_silence_does_not_walk_through_every_second() -> None:
    level = Level(value=1.0)
    level.set(1e6, 0.0)

    assert level.mean(1e6 + 1, 2) == pytest.approx(0.0)
    assert level.mean_run(1e6) == pytest.approx(1.0)


def test_rate_is_events_over_the_window() -> None:
    counter = Counter()
    for tenth in range(300):
        counter.add(tenth / 10)

    assert counter.rate(29.9, 10) == pytest.approx(10, rel=0.05)
    assert counter.rate(60.0, 10) == 0


def test_quantiles_of_known_times() -> None:
    times = RunTimes()
    for millis in range(1000):
        times.add(millis / 1000)

    latency = times.latency()
    assert (latency.p50, latency.p95, latency.p99) == (0.5, 0.95, 0.99)


@pytest.mark.parametrize(("seconds", "row"), [(0.0, 0), (0.001, 0), (0.01, 5), (1.0, 15), (10.0, 20), (1e9, 23)])
def test_five_buckets_per_factor_of_ten(seconds: float, row: int) -> None:
    assert bucket(seconds) == row
    assert row < LATENCY_BUCKETS


def test_a_folding_history_always_covers_the_whole_run() -> None:
    history = History(10, fold=True)
    for second in range(1000):
        history.column(float(second), 1, 4).done += 1

    series = history.series()
    assert len(series.done) <= 10
    assert sum(series.done) == 1000


def test_a_sliding_history_keeps_the_newest_columns_and_fills_quiet_ones() -> None:
    history = History(5)
    history.column(0.0, 0, 4).done += 1
    history.column(8.0, 3, 4).done += 7

    assert history.series().done == [0, 0, 0, 0, 7]


def test_littles_law_holds_for_what_comes_and_goes() -> None:
    stays = Stays()
    for tick in range(400):  # one enters every 0.1 s and stays for 0.55 s
        at = tick / 10
        stays.enter(at)
        if tick >= 5:
            stays.leave(at + 0.05, at - 0.5)
    law = stays.law(40.0, 30)
    assert law.rate == pytest.approx(10.0, rel=0.01)
    assert law.span_s == pytest.approx(0.55)
    assert law.level == pytest.approx(law.rate * law.span_s, rel=0.02)


def test_what_stays_counts_although_nobody_leaves() -> None:
    stays = Stays()
    stays.enter(1.0)
    stays.enter(1.0)
    assert stays.law(41.0, 30) == Law(2.0, 0.0, 0.0)


def test_stays_of_an_earlier_life_are_not_counted_as_quiet_time() -> None:
    stays = Stays()
    stays.restart(100.0)
    for tick in range(100):
        stays.enter(100 + tick / 10)
        stays.leave(100.05 + tick / 10, 100 + tick / 10)
    assert stays.law(110.0, 30).rate == pytest.approx(10.0, rel=0.01)


def test_columns_tell_what_was_admitted_and_how_busy_the_workers_were() -> None:
    busy, admitted = Level(), Counter()
    history = History(5, sums=lambda at: (busy.at_second(int(at)), admitted.at_second(int(at))))
    history.column(0.0, 0, 4, 2)
    admitted.add(0.5, 3)
    busy.set(0.5, 2.0)
    busy.set(1.25, 0.0)
    history.column(3.5, 0, 4, 2)
    series = history.series(4.0)
    assert series.admitted == [3, 0, 0, 0]
    assert series.busy == [50, 25, 0, 0]


def test_a_folded_column_keeps_share_heat_and_admissions() -> None:
    busy, admitted = Level(), Counter()
    history = History(4, fold=True, sums=lambda at: (busy.at_second(int(at)), admitted.at_second(int(at))))
    for second in range(8):
        history.column(second, 0, 4, 1).latency[second % 2] = 1
        admitted.add(second)
        busy.set(second, float(second < 4))
    series = history.series(8.0)
    assert (series.step_s, series.admitted, series.busy) == (2.0, [2, 2, 2, 2], [100, 100, 0, 0])
    assert series.latency == [[0, 1, 1, 1]] * 4
