"""One line per change: which changes are told, in which words, and that none is told twice."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import LogLine, RunState, Snapshot
from qtui.core.verdict import Judge, Kind, Verdict
from qtui.plain.linear import Linear
from tests.plain.samples import ETA, EVIL, FLOWING, PRESSURE, harmless, quiet
from tests.tui.samples import NOW, sample

RUNNING = "Running: scrape, 12 workers, a queue for 64, 6,400 jobs."
FAILING = Verdict(Kind.FAILING, "22 failed attempts of 191 in the last minute")


def verdict(kind: Kind) -> Verdict:
    return Verdict(kind, "so it is")


def told(*steps: tuple[Snapshot, Verdict]) -> list[str]:
    """What is said at each of these moments after a quiet beginning, without the times."""
    linear = Linear()
    linear.lines(quiet(), FLOWING, ETA)
    return [line[:-9] for snap, judged in steps for line in linear.lines(snap, judged, ETA)]


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import time

    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("utc")
def test_the_message_comes_first_and_the_time_last() -> None:
    linear = Linear()
    noon = 1_795_435_200.0

    assert linear.lines(quiet(started_at=noon), PRESSURE, ETA) == [
        "Running: scrape, 12 workers, a queue for 64, 6,400 jobs. 12:00:00",
        "Backpressure on: queue 64 of 64, 1 producer waiting, bottleneck: workers, 100% busy. 12:00:05",
    ]


def test_a_change_is_told_once() -> None:
    linear = Linear()
    first = [linear.lines(quiet(), FLOWING, ETA) for _ in range(3)]

    assert [line[:-9] for line in first[0]] == [RUNNING]
    assert first[1:] == [[], []]


def test_nothing_is_told_before_the_start() -> None:
    assert Linear().lines(quiet(state=RunState.STARTING, name=""), verdict(Kind.STARTING), ETA) == []


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        ([(quiet(), FAILING)], ["Failing: 22 failed attempts of 191 in the last minute."]),
        (
            [(quiet(), PRESSURE), (quiet(), FLOWING)],
            [
                "Backpressure on: queue 64 of 64, 1 producer waiting, bottleneck: workers, 100% busy.",
                "Backpressure off. Flowing: 7/s in, 7/s out.",
            ],
        ),
        ([(quiet(state=RunState.PAUSED), verdict(Kind.PAUSED))], ["Paused: 79 jobs to finish."]),
        ([(quiet(problem="no space left"), FLOWING)], ["no space left."]),
        ([(quiet(problem="full"), FLOWING), (quiet(), FLOWING)], ["full.", "the trouble is over."]),
        (
            [(quiet(state=RunState.FINISHED), verdict(Kind.FINISHED))],
            ["Finished: 3,072 done, 58 failed, 3,270 left."],
        ),
    ],
)
def test_changes_in_words(steps: list[tuple[Snapshot, Verdict]], lines: list[str]) -> None:
    assert told(*steps) == lines


def test_who_changed_the_state_is_enough_and_the_state_is_not_told_again() -> None:
    paused = quiet(state=RunState.PAUSED, log=[LogLine(NOW, "you", "producers paused")])

    assert told((paused, verdict(Kind.PAUSED))) == ["producers paused (you)."]


def test_the_end_is_told_even_when_the_log_says_something_too() -> None:
    over = quiet(state=RunState.STOPPED, log=[LogLine(NOW, "signal", "stopping: attempts are interrupted")])

    assert told((over, verdict(Kind.STOPPED)))[-1] == "Stopped: 3,072 done, 58 failed, 3,270 left."


def test_log_lines_are_told_oldest_first_and_never_twice() -> None:
    one, two, three = (LogLine(NOW + at, "you", f"concurrency {at} → {at + 1}") for at in range(3))

    assert told(
        (quiet(log=[two, one]), FLOWING), (quiet(log=[two, one]), FLOWING), (quiet(log=[three, two, one]), FLOWING)
    ) == ["concurrency 0 → 1 (you).", "concurrency 1 → 2 (you).", "concurrency 2 → 3 (you)."]


def test_warnings_are_called_so() -> None:
    log = [LogLine(NOW, "qtui", "the journal is slow", "warning"), LogLine(NOW, "qtui", "results were kept")]

    assert told((quiet(log=log), FLOWING)) == ["results were kept.", "Warning: the journal is slow."]


def test_own_actions_are_left_to_whoever_said_them() -> None:
    linear = Linear("ctrl-c")
    linear.lines(quiet(), FLOWING, ETA)
    draining = quiet(state=RunState.DRAINING, log=[LogLine(NOW, "ctrl-c", "draining: nothing new is accepted")])

    assert linear.lines(draining, verdict(Kind.DRAINING), ETA) == []


def test_new_kinds_of_failure_are_told_once() -> None:
    failing = quiet(failures=sample().failures[:2])

    assert told((failing, FLOWING), (failing, FLOWING)) == [
        "New failure: HTTP 503 Service Unavailable.",
        "New failure: HTTP 404 Not Found.",
    ]


def test_a_group_whose_jobs_all_came_through_is_no_failure() -> None:
    passing = msgspec.structs.replace(sample().failures[0], jobs=0)

    assert told((quiet(failures=[passing]), FLOWING)) == []


def test_a_summary_comes_every_thirty_seconds() -> None:
    linear = Linear()
    lines = [line for second in range(1, 100) for line in linear.lines(quiet(elapsed_s=float(second)), FLOWING, ETA)]
    standings = [line[:-9] for line in lines if "done" in line]

    assert standings == 3 * ["3,072 of 6,400 done, 58 failed, 12 running, 6.9/s, queue 64 of 64, about 7:10 left."]


def test_a_summary_without_an_estimate_leaves_it_out() -> None:
    line = Linear().lines(quiet(elapsed_s=31.0), FLOWING, Eta(Certainty.COLLECTING))[-1]

    assert line[:-9].endswith("queue 64 of 64.")


def test_a_pressure_that_hovers_does_not_chatter() -> None:
    linear, judge = Linear(), Judge()
    lines = []
    for step in range(240):
        level = 0.15 if step % 8 < 4 else 0.0  # a second of pressure, a second without
        producers = [msgspec.structs.replace(producer, pressure=level) for producer in quiet().producers]
        snap = quiet(elapsed_s=step / 4, producers=producers)
        lines += linear.lines(snap, judge.step(snap), ETA)

    assert sum("Backpressure" in line for line in lines) == 1


def test_hostile_text_does_no_harm() -> None:
    evil = sample(name=EVIL, problem=EVIL, log=[LogLine(NOW, EVIL, EVIL)])

    assert all(map(harmless, Linear().lines(evil, Verdict(Kind.FAILING, EVIL), ETA)))
