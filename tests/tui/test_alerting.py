"""Alerts on the screen: pinned until acknowledged, and a bell and a notification for who looks elsewhere."""

from __future__ import annotations

import pytest
from textual import events

from qtui.core.snapshot import AlertView, RunState
from qtui.core.verdict import Kind, Verdict
from qtui.tui.alerting import Alerting, notification
from tests.tui.rig import running, until
from tests.tui.samples import sample

FLOWING = Verdict(Kind.FLOWING, "fine")
SLOW = AlertView(1, "slow", "warning", "throughput 3.1/s for 2 min, usually 14/s", 500.0)
FAILING = AlertView(2, "failing", "warning", "failing: 34 failed attempts", 510.0, "4", "triage")


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "xterm-256color"}, "\x07\x1b]9;qtui scrape: late\x07"),
        ({"TERM": "foot"}, "\x07\x1b]777;notify;qtui scrape;late\x1b\\"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x07\x1b]777;notify;qtui scrape;late\x1b\\"),
    ],
)
def test_the_notification_is_that_of_the_terminal(environ: dict[str, str], wanted: str) -> None:
    assert notification("late", "scrape", environ) == wanted


@pytest.mark.parametrize("environ", [{}, {"TERM": "foot"}])
def test_nothing_in_a_text_can_end_a_notification(environ: dict[str, str]) -> None:
    evil = "a\x07b\x1b\\c\x9cd\x1b]52;c;eHg=\x07;e\r\n" + "x" * 999
    told = notification(evil, evil, environ)
    body = told.removeprefix("\x07\x1b]").removesuffix("\x1b\\").removesuffix("\x07")
    assert body.isprintable()
    assert body.count(";") <= (3 if environ else body.count(";"))
    assert len(told) < 300


def test_who_looks_is_told_by_the_screen_alone() -> None:
    written: list[str] = []
    alerting = Alerting(written.append, {})
    alerting.look(sample(alerts=[SLOW]), FLOWING, 1.0, focused=True)
    alerting.look(sample(alerts=[SLOW]), FLOWING, 2.0, focused=False)
    assert written == []


def test_who_looks_elsewhere_is_told_once_of_what_is_new() -> None:
    written: list[str] = []
    alerting = Alerting(written.append, {})
    for now in range(5):
        alerting.look(sample(alerts=[FAILING, SLOW]), FLOWING, float(now), focused=False)
    assert written == ["\x07\x1b]9;qtui scrape: failing: 34 failed attempts (and 1 more)\x07"]


def test_a_lost_engine_and_the_end_of_a_run_are_told() -> None:
    written: list[str] = []
    alerting = Alerting(written.append, {})
    lost = Verdict(Kind.LOST, "looking for the engine")
    for verdict in (FLOWING, lost, lost, FLOWING):
        alerting.look(sample(), verdict, 1.0, focused=False)
    alerting.look(sample(state=RunState.FINISHED), Verdict(Kind.FINISHED), 2.0, focused=False)
    assert written == [
        "\x07\x1b]9;qtui scrape: engine lost: looking for the engine\x07",
        "\x07\x1b]9;qtui scrape: finished: 3,072 done, 58 failed\x07",
    ]


def test_a_run_that_was_over_when_it_was_first_seen_is_no_news() -> None:
    written: list[str] = []
    alerting = Alerting(written.append, {})
    alerting.look(sample(state=RunState.FINISHED), Verdict(Kind.FINISHED), 2.0, focused=False)
    assert written == []


def test_what_the_verdict_says_is_not_said_twice() -> None:
    alerting = Alerting(lambda sequence: None, {})
    snap = sample(alerts=[FAILING, SLOW])
    assert alerting.pinned(snap, FLOWING, 0.0) == FAILING
    assert alerting.pinned(snap, Verdict(Kind.FAILING), 0.0) == SLOW


async def test_an_alert_stays_until_it_is_acknowledged() -> None:
    async with running(sample(alerts=[SLOW])) as rig:
        assert "▲ throughput 3.1/s for 2 min, usually 14/s  a acknowledge" in rig.text()
        await rig.press("a")
        await rig.shows("✓ alert acknowledged")
        rig.app.painting.answer = None
        rig.app.paint()
        await rig.pilot.pause()
        assert "throughput 3.1/s" not in rig.text()


async def test_where_that_key_means_a_failure_group_it_is_not_offered_for_the_alert() -> None:
    async with running(sample(alerts=[SLOW])) as rig:
        await rig.press("4")
        await until(lambda: "FAILURES" in rig.text() and "a acknowledge" not in rig.rows()[-2])
        assert "▲ throughput 3.1/s for 2 min" in rig.text()


async def test_muted_nothing_is_pinned_nor_told() -> None:
    written: list[str] = []
    async with running(outward=written.append) as rig:
        await rig.press("M")
        await rig.shows("alerts muted for 10 min; the log keeps them")
        rig.app.post_message(events.AppBlur())
        await rig.pilot.pause()
        await rig.give(sample(alerts=[SLOW]))
        assert "throughput 3.1/s" not in rig.text()
    assert not any("\x07\x1b]9;qtui" in each for each in written)
