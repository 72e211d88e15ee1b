"""Every alert of the list: when it is raised, that it is raised once, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from qtui.core.alerts import Alarm, Attention
from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import (
    AlertView,
    Counts,
    FailureGroup,
    Health,
    Latency,
    Rates,
    RunState,
    Series,
    SlotState,
    SlotView,
    ThrottleView,
)
from qtui.core.verdict import Kind, Verdict
from tests.core.test_verdict import snapshot

COLLECTING = Eta(Certainty.COLLECTING)
FLOWING = Verdict(Kind.FLOWING, "14/s in, 14/s out")


class Watcher:
    """An alarm over a run that does 14 jobs a second as long as nobody says otherwise."""

    def __init__(self) -> None:
        self.alarm = Alarm()
        self.at = 0.0
        self.done = 0.0
        self.raised: list[AlertView] = []

    def goes_on(
        self,
        seconds: float,
        pace: float = 14.0,
        *,
        verdict: Verdict = FLOWING,
        eta: Eta = COLLECTING,
        step: float = 1.0,
        **changes: object,
    ) -> list[str]:
        """The kinds raised in the next `seconds`."""
        before = len(self.raised)
        end = self.at + seconds
        while self.at < end:
            self.at += step
            self.done += pace * step
            counts = Counts(accepted=int(self.done) + 18, pending=10, running=8, done=int(self.done), total=900_000)
            told = {"counts": counts, "rates": Rates(done_30s=pace), **changes}
            self.raised += self.alarm.step(snapshot(self.at, **told), verdict, eta)
        return [alert.kind for alert in self.raised[before:]]

    @property
    def open(self) -> list[str]:
        return [alert.kind for alert in self.alarm.open]

    @property
    def said(self) -> str:
        return self.raised[-1].text


@pytest.fixture
def run() -> Watcher:
    return Watcher()


def test_a_run_that_goes_well_raises_nothing(run: Watcher) -> None:
    assert run.goes_on(4 * 3600, step=5.0) == []
    assert run.open == []


# -- stalled


def test_no_end_for_a_minute_is_a_standstill_told_once_until_a_job_ends(run: Watcher) -> None:
    run.goes_on(30)
    assert run.goes_on(59, pace=0.0) == []
    assert run.goes_on(600, pace=0.0, rates=Rates(done_30s=14.0)) == ["stalled"]
    assert run.said == "stalled: no job has ended for 1:00, 8 are running"
    assert run.open == ["stalled"]
    assert run.goes_on(5) == []
    assert run.open == []


def test_jobs_that_take_long_are_waited_for_five_times_as_long(run: Watcher) -> None:
    slow = Latency(p99=40.0)
    run.goes_on(30, latency=slow)
    assert run.goes_on(199, pace=0.0, latency=slow) == []
    assert run.goes_on(2, pace=0.0, latency=slow) == ["stalled"]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RunState.PAUSED},
        {"throttle": ThrottleView(held_by_person=True)},
        {"counts": Counts(accepted=9, waiting=3, done=6)},
    ],
    ids=["paused", "held", "all in back-off"],
)
def test_a_run_that_is_kept_from_working_does_not_stall(run: Watcher, changes: dict[str, object]) -> None:
    run.goes_on(30)
    assert run.goes_on(600, pace=0.0, **changes) == []


# -- throughput


def test_half_the_usual_pace_for_two_minutes_is_told_with_both_numbers(run: Watcher) -> None:
    run.goes_on(900)
    assert run.goes_on(119, pace=6.0) == []
    assert run.goes_on(2, pace=6.0) == ["slow"]
    assert run.said == "throughput 6.0/s for 2 min, usually 14/s"
    assert run.goes_on(60, pace=8.0) == []  # 57 %: hovering does not blink
    assert run.open == ["slow"]
    run.goes_on(15)
    assert run.open == []


def test_a_short_dip_is_nothing(run: Watcher) -> None:
    run.goes_on(900)
    for _ in range(3):
        assert run.goes_on(100, pace=2.0) == []
        assert run.goes_on(30) == []


def test_a_pace_that_a_person_has_changed_is_a_new_usual(run: Watcher) -> None:
    run.goes_on(900)
    fewer = msgspec.structs.replace(snapshot().control, concurrency=2)
    assert run.goes_on(900, pace=3.0, control=fewer) == []


def test_the_last_jobs_of_a_run_are_not_slow(run: Watcher) -> None:
    run.goes_on(900)
    assert run.goes_on(300, pace=0.1, counts=Counts(accepted=13_000, running=2, done=12_998)) == ["stalled"]


# -- failures


def test_failing_and_halted_are_told_with_their_reasons(run: Watcher) -> None:
    failing = Verdict(Kind.FAILING, "34 failed attempts of 60 in the last minute")
    assert run.goes_on(60, verdict=failing) == ["failing"]
    assert run.said == "failing: 34 failed attempts of 60 in the last minute"
    assert (run.raised[-1].key, run.raised[-1].key_text) == ("4", "triage")
    assert run.goes_on(5, throttle=ThrottleView(halted="20 of the last 100 failed")) == ["halted"]
    assert run.said == "halted: 20 of the last 100 failed"
    assert run.open[0] == "halted", "the worst comes first"


def group(title: str, *, message: str = "", first_s: float = 1.0, per_minute: int = 1) -> FailureGroup:
    return FailureGroup(
        f"{title}|{message}",
        title,
        message,
        1,
        1,
        first_s,
        0.0,
        [*[0] * 9, per_minute],
        True,
        hosts=[("api.example", 1)],
    )


def test_a_new_kind_of_failure_is_told_once(run: Watcher) -> None:
    run.goes_on(100)
    found = [group("Extract", message="missing field 'price'")]
    assert run.goes_on(300, failures=found) == ["new"]
    assert run.said == "new kind of failure: Extract missing field 'price'"


def test_what_fails_in_the_first_minute_and_what_was_there_before_is_nothing_new(run: Watcher) -> None:
    assert run.goes_on(50, failures=[group("HTTP 404")]) == []
    assert run.goes_on(100, failures=[group("HTTP 404"), group("Timeout", first_s=400.0)]) == []
    late = Watcher()
    late.at = 500.0
    assert late.goes_on(100, failures=[group("HTTP 404")]) == []


def test_new_kinds_that_come_together_are_told_together_and_at_most_once_a_minute(run: Watcher) -> None:
    run.goes_on(100)
    first = [group("HTTP 404")]
    assert run.goes_on(10, failures=first) == ["new"]
    more = [*first, group("Timeout"), group("Connection")]
    assert run.goes_on(45, failures=more) == []
    assert run.goes_on(20, failures=more) == ["new"]
    assert run.said == "2 new kinds of failure: Timeout, Connection"


@pytest.mark.parametrize(("number", "ended", "raised"), [(19, 100, []), (40, 500, []), (40, 300, ["storm"])])
def test_a_storm_is_many_answers_that_ask_for_less(run: Watcher, number: int, ended: int, raised: list[str]) -> None:
    asked = [group("HTTP 429", per_minute=number)]
    run.goes_on(10, failures=asked, series=Series(1.0, [0] * 120, [0] * 120))
    assert run.goes_on(10, failures=asked, series=Series(1.0, [0] * 119 + [ended])) == raised
    if raised:
        assert run.said == "HTTP 429: 40 in 2 min, most from api.example"


# -- the end slips


def test_an_end_that_comes_a_fifth_later_is_told(run: Watcher) -> None:
    def left(seconds: float) -> Eta:
        return Eta(Certainty.KNOWN, seconds)

    run.goes_on(130)
    assert run.goes_on(300, eta=left(6000)) == []  # it stays as it is: the end moves five minutes, a twentieth
    assert run.goes_on(29, eta=left(7200)) == []
    assert run.goes_on(2, eta=left(7200)) == ["eta"]
    assert run.said == "the end is 26m later than it looked 5:30 ago"


def test_a_person_who_asks_for_more_work_moves_the_end_knowingly(run: Watcher) -> None:
    run.goes_on(300, eta=Eta(Certainty.KNOWN, 600))
    fewer = msgspec.structs.replace(snapshot().control, concurrency=2)
    assert run.goes_on(300, eta=Eta(Certainty.KNOWN, 2400), control=fewer) == []


# -- one job, the machine, the engine


def test_a_job_over_twice_its_timeout_is_named(run: Watcher) -> None:
    slot = SlotView(3, SlotState.RUNNING, 4711, "shop.example/p/1", 1, 3, 61.0, 30.0)
    assert run.goes_on(20, slots=[msgspec.structs.replace(slot, elapsed_s=59.0)]) == []
    assert run.goes_on(20, slots=[slot]) == ["overdue"]
    assert run.said == "job 4711 shop.example/p/1 has run for 61s, its timeout is 30s"
    run.goes_on(5)
    assert run.open == []


@pytest.mark.parametrize(
    ("free", "total", "raised"),
    [(6 << 30, 100 << 30, []), (4 << 30, 100 << 30, ["disk"]), (40 << 30, 1000 << 30, []), (0, 0, [])],
)
def test_a_disk_is_low_when_a_twentieth_and_little_is_left(
    run: Watcher, free: int, total: int, raised: list[str]
) -> None:
    assert run.goes_on(30, health=Health(disk_free=free, disk_total=total)) == raised
    if raised:
        assert run.said == "disk low: 4.3 GB free, 4%"


def test_a_journal_that_cannot_be_written_is_critical(run: Watcher) -> None:
    blocked = Health(journal="blocked")
    assert run.goes_on(5, health=blocked, problem="disk full: 12 results wait for space") == ["disk"]
    assert run.said == "the journal cannot be written: disk full: 12 results wait for space"
    assert run.raised[-1].severity == "critical"


def grown(run: Watcher, sizes: Iterator[int]) -> list[str]:
    raised: list[str] = []
    for size in sizes:
        raised += run.goes_on(30, health=Health(rss_bytes=size))
    return raised


def test_memory_that_grows_by_a_tenth_in_ten_minutes_is_told(run: Watcher) -> None:
    mib = 1 << 20
    run.goes_on(301)
    assert grown(run, (400 * mib + (n % 2) * 60 * mib for n in range(40))) == [], "ups and downs are no growth"
    assert grown(run, (400 * mib + n * 3 * mib for n in range(40))) == ["memory"]
    assert run.said.startswith("memory grew 1")


def test_little_memory_that_grows_is_nothing(run: Watcher) -> None:
    run.goes_on(301)
    assert grown(run, ((60 << 20) + n * (1 << 18) for n in range(60))) == []


def test_a_loop_that_is_late_for_two_seconds_is_told(run: Watcher) -> None:
    assert run.goes_on(2, health=Health(loop_lag_s=0.3)) == []
    assert run.goes_on(2, health=Health(loop_lag_s=0.3)) == ["lag"]
    assert run.said == "the engine's loop is 0.30s late: numbers may lag"


def test_what_is_over_holds_nothing(run: Watcher) -> None:
    run.goes_on(10, throttle=ThrottleView(halted="20 of the last 100 failed"))
    assert run.open == ["halted"]
    run.goes_on(1, state=RunState.STOPPED, throttle=ThrottleView(halted="20 of the last 100 failed"))
    assert run.open == []


def test_every_alert_has_its_own_number(run: Watcher) -> None:
    for _ in range(3):
        run.goes_on(10, health=Health(loop_lag_s=0.3))
        run.goes_on(20)
    assert [alert.id for alert in run.raised] == [1, 2, 3]


# -- who has been told


def alert(number: int, severity: str = "warning") -> AlertView:
    return AlertView(number, "lag", severity, "late", 10.0)


def test_each_is_told_once() -> None:
    attention = Attention()
    assert attention.step("run", [alert(1)], 0.0) == [alert(1)]
    assert attention.step("run", [alert(2), alert(1)], 1.0) == [alert(2)]
    assert attention.step("run", [], 2.0) == []
    assert attention.step("another", [alert(1)], 3.0) == [alert(1)], "another engine counts anew"


def test_what_is_acknowledged_is_pinned_no_longer() -> None:
    attention = Attention()
    holding = [alert(2), alert(1)]
    assert attention.pinned("run", holding, 0.0) == alert(2)
    assert attention.acknowledge("run", holding) == 2
    assert attention.pinned("run", holding, 0.0) is None
    assert attention.pinned("run", [alert(3), *holding], 0.0) == alert(3)
    assert attention.acknowledge("run", holding) == 0


def test_muted_for_ten_minutes_nothing_is_told_and_nothing_is_told_later() -> None:
    attention = Attention()
    attention.mute(100.0)
    assert attention.step("run", [alert(1)], 101.0) == []
    assert attention.pinned("run", [alert(1)], 101.0) is None
    assert attention.step("run", [alert(1)], 701.0) == []
    assert attention.step("run", [alert(2), alert(1)], 702.0) == [alert(2)]
    assert not attention.muted(700.0)


def test_a_mute_can_be_ended() -> None:
    attention = Attention()
    attention.mute(100.0)
    attention.mute(200.0, 0.0)
    assert not attention.muted(200.0)
