"""While you were away: what changed, most important first, one thing that needs a person, and keys that lead on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual import events
from textual.app import App, ComposeResult

from qtui.core.commands import Pause, RetryGroup
from qtui.core.eta import Certainty, Eta
from qtui.core.queries import Answer, Failure, LogRow, Period, PeriodQuery, Query, Standing
from qtui.core.snapshot import Counts, Health, LogLine, RunState, Series, Snapshot, ThrottleView
from qtui.tui.app import Joins, QtuiApp
from qtui.tui.away import Digest, digest, from_memory, needed, summary
from qtui.tui.canvas import Canvas
from qtui.tui.memories import Memories
from qtui.tui.screens.away import AwayScreen, draw_away
from qtui.tui.screens.events import EventsView
from qtui.tui.screens.failures import FailuresView
from qtui.tui.screens.timeline import TimelineView
from qtui.tui.theme import DARK
from tests.tui.fake_port import FakeHost, FakePort
from tests.tui.rig import Rig, running, until
from tests.tui.samples import NOW, sample

START = NOW - 2820
STRIP = [1000] * 16 + [10] * 3 + [1000] * 28


def period(**changes: object) -> Period:
    usual = Period(
        START,
        NOW,
        Standing(START, 64, 1000, 10, 0, 0, 24, 116),
        Standing(NOW, 64, 23_410, 48, 0, 0, 24, 116),
        STRIP,
        [0] * 16 + [31, 0, 0] + [0] * 28,
        0.71,
        [
            Failure("HTTP 503|Service Unavailable", "HTTP 503 Service Unavailable", 31, START + 960),
            Failure("Extract|y", "Extract missing field 'price'", 7, START + 1560),
        ],
        [
            LogLine(START + 1100, "auto", "concurrency 12 → 24"),
            LogLine(START + 1000, "auto", "concurrency 24 → 12 (HTTP 503)"),
            LogLine(START + 980, "qtui", "HTTP 503: 31 in 2 min, most from api.example", "warning"),
        ],
    )
    return msgspec.structs.replace(usual, **changes)


def told(answer: Period | None = None, snap: Snapshot | None = None) -> Digest:
    return digest(answer or period(), snap or sample(), Eta(Certainty.KNOWN, 600.0), None)


def whats(made: Digest) -> list[str]:
    return [change.what for change in made.changes]


def test_what_matters_most_comes_first() -> None:
    assert whats(told()) == [
        "throughput under 0.2/s for 3 min",
        "HTTP 503: 31 in 2 min, most from api.example",
        "31 jobs failed",
        "7 jobs failed",
        "concurrency 24 → 12 → 24",
        "throughput back to 17/s",
        "journal: every attempt is written",
    ]


def test_an_alert_that_came_again_and_again_is_one_line() -> None:
    log = [LogLine(NOW - n * 60, "qtui", f"throughput {n}/s for 2 min, usually 14/s", "warning") for n in range(5)]
    made = told(period(log=log, failures=[], done=[100] * 47))
    assert whats(made)[0] == "throughput 4/s for 2 min, usually 14/s"
    assert made.changes[0].why.startswith("5 times, the last at ")


def test_a_period_of_many_changes_is_cut_and_keeps_its_last_line() -> None:
    log = [LogLine(NOW - n, "you", f"thing {'abcdefghijklmnop'[n]} 1 → 2") for n in range(16)]
    made = told(period(log=log))
    assert len(made.changes) == 8
    assert made.changes[-1].what.startswith("journal:")


@pytest.mark.parametrize("done", [[], [0] * 47, [1000] * 47, [1000] * 46 + [0]])
def test_an_even_or_empty_strip_has_no_slow_stretch(done: Sequence[int]) -> None:
    assert not any("throughput" in what for what in whats(told(period(done=list(done), log=[]))))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"throttle": ThrottleView(halted="20 of the last 100 failed")}, "hold"),
        ({"throttle": ThrottleView(held_by_person=True)}, "hold"),
        ({"health": Health(journal="blocked")}, ""),
        ({"failures": [], "counts": Counts(accepted=9, done=9)}, None),
        ({"failures": [], "counts": Counts(accepted=9, done=9), "state": RunState.PAUSED}, "pause"),
        ({}, "failures"),
    ],
    ids=["halted", "held", "journal", "nothing", "paused", "failures"],
)
def test_at_most_one_thing_needs_a_person(changes: dict[str, object], wanted: str | None) -> None:
    need = needed(sample(**changes))
    assert (need.action if need else None) == wanted


def settled() -> Snapshot:
    """Failures with HTTP 503 that have stopped."""
    groups = sample().failures
    return sample(failures=[msgspec.structs.replace(groups[0], last_s=700.0), *groups[1:]])


def test_failures_that_have_stopped_are_worth_a_probe() -> None:
    need = needed(settled())
    assert need is not None
    assert need.text == "28 jobs failed with HTTP 503, and none has for 12 min."
    assert (need.action, need.title) == ("retry", "probe one, then retry all 28")


def test_the_end_then_and_now_and_the_full_queue_are_from_the_memory_of_this_face() -> None:
    memories = Memories()
    before = sample(elapsed_s=100.0, started_at=NOW - 700)
    memories.take(before, Eta(Certainty.KNOWN, 1000.0))
    past = memories.at(NOW - 600)
    after = sample(elapsed_s=700.0, started_at=NOW - 700)
    made = digest(period(), after, Eta(Certainty.KNOWN, 1000.0), past)
    assert made.ends == (NOW + 400, NOW + 1000)
    assert made.full_share == pytest.approx(0.55)


def test_a_memory_holds_half_a_day_and_forgets_another_run() -> None:
    memories, snap = Memories(), sample(started_at=0.0)
    for minute in range(2000):
        memories.take(msgspec.structs.replace(snap, elapsed_s=60.0 * minute), Eta(Certainty.COLLECTING))
    assert memories.at(60.0 * 1000) is None
    assert memories.at(60.0 * 1500 + 30) is not None
    memories.take(sample(run_id="another", elapsed_s=5.0, started_at=NOW), Eta(Certainty.COLLECTING))
    assert memories.at(60.0 * 1500) is None


def test_without_the_journal_it_tells_what_this_face_remembers() -> None:
    memories = Memories()
    memories.take(sample(elapsed_s=12.0, counts=Counts(accepted=80, done=70, failed=3)), Eta(Certainty.COLLECTING))
    past = memories.at(NOW)
    assert past is not None
    snap = sample(overview=Series(10.0, [5] * 60, [0] * 60))
    made = from_memory(past, snap)
    assert (made.after.done - made.before.done, made.after.failed - made.before.failed) == (3002, 55)
    assert made.done == [5] * 60


def test_one_line_says_it_where_there_is_no_room() -> None:
    assert summary(told()) == "47 min away: +22,410 done, +38 failed, queue full 71%"


@pytest.mark.parametrize("size", [(104, 32), (104, 20), (78, 22), (58, 14), (36, 7), (20, 3), (4, 2)])
def test_it_fits_every_box(size: tuple[int, int]) -> None:
    canvas = Canvas(*size, DARK)
    draw_away(canvas, told(snap=settled()), 0)
    rows = canvas.rows()
    assert all(len(row) == size[0] for row in rows)
    assert all(row[0] == row[-1] == "│" for row in rows[1:-1])
    if size[1] >= 7:
        assert any("jobs failed" in row or "throughput" in row for row in rows)


# -- on the screen


class Remembering(FakePort):
    async def query(self, query: Query) -> Answer:
        if isinstance(query, PeriodQuery):
            self.queries.append(query)
            return period(start=query.start, end=query.end)
        return await super().query(query)


async def away_and_back(rig: Rig, seconds: float) -> None:
    rig.app.post_message(events.AppBlur())
    await rig.pilot.pause()
    rig.app.presence._left_at -= seconds
    rig.app.post_message(events.AppFocus())
    await rig.pilot.pause()


async def test_who_comes_back_after_ten_minutes_is_told() -> None:
    async with running(port=Remembering(settled())) as rig:
        await away_and_back(rig, 2820)
        await rig.shows("WHILE YOU WERE AWAY")
        for words in (
            "+22,410 done",
            "+38 failed",
            "WHAT CHANGED",
            "1 thing needs you",
            "r  probe one, then retry all",
        ):
            assert words in rig.text()
        await rig.press("escape")
        await until(lambda: not rig.app.screen.is_modal)


async def test_a_short_absence_is_not_told() -> None:
    async with running(port=Remembering(sample())) as rig:
        await away_and_back(rig, 500)
        assert rig.port.queries == []


LONG = msgspec.structs.replace(settled(), elapsed_s=4000.0, started_at=NOW - 4000.0)


@asynccontextmanager
async def led(line: int) -> AsyncIterator[Rig]:
    """Back after 47 minutes, and `enter` on a line of what changed."""
    port = Remembering(LONG)
    port.lines["events"] = [
        LogRow((float(n), 0, 0), LONG.started_at + 1180 + n * 10, "you", f"change {n}") for n in range(600)
    ]
    async with running(port=port) as rig:
        await away_and_back(rig, 2820)
        await rig.shows("WHILE YOU WERE AWAY")
        await rig.press(*["down"] * line, "enter")
        await until(lambda: not rig.app.screen.is_modal)
        yield rig


async def test_a_slow_stretch_leads_to_the_timeline_standing_still_at_its_begin() -> None:
    async with led(0) as rig:
        await rig.shows("FROZEN")
        look = rig.app.screen.query_one(TimelineView).look
        assert look.at == pytest.approx(1180 + 16 * 60, abs=1)
        assert look.window.since < look.cursor < look.window.until - look.window.columns // 3


async def test_a_timeline_led_to_a_moment_before_it_has_a_size_shows_it_in_the_middle() -> None:
    view = TimelineView(Remembering(LONG).query)
    view.update_snapshot(LONG)
    view.display = False

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield view

    async with Bare().run_test(size=(120, 30)) as pilot:
        view.go_to(LONG.started_at + 2140)
        await pilot.pause()
        view.display = True
        look = view.look
        await until(lambda: look.frozen is not None and look.window.columns > 100)
        assert look.at == pytest.approx(2140, abs=1)
        assert look.window.since < look.cursor < look.window.until - look.window.columns // 3


async def test_failed_jobs_lead_to_their_group_in_triage() -> None:
    async with led(3) as rig:
        await rig.shows("FAILURES")
        assert rig.app.screen.query_one(FailuresView).selected_group() == "HTTP 503|Service Unavailable"


async def test_what_was_changed_leads_to_its_event() -> None:
    async with led(4) as rig:
        await rig.shows("follow off")
        view = rig.app.screen.query_one(EventsView)
        await until(lambda: bool(view.rows))
        await until(lambda: (row := view._chosen()) is not None and abs(row.at - (START + 1000)) <= 5)


async def test_the_one_thing_is_done_by_its_key_after_the_usual_question() -> None:
    async with running(port=Remembering(settled())) as rig:
        await away_and_back(rig, 2820)
        await rig.shows("WHILE YOU WERE AWAY")
        await rig.press("r")
        await rig.shows("Probe one first")
        await rig.press("p")
        (command,) = await rig.asked()
        assert command == RetryGroup("HTTP 503|Service Unavailable", probe=True)


async def test_it_holds_up_no_key_that_is_meant_for_the_run() -> None:
    async with running(port=Remembering(sample())) as rig:
        await away_and_back(rig, 2820)
        await rig.shows("WHILE YOU WERE AWAY")
        await rig.press("p")
        assert await rig.asked() == [Pause()]
        assert not rig.app.screen.is_modal


async def test_a_dialog_that_is_open_is_not_covered() -> None:
    async with running(port=Remembering(sample())) as rig:
        await rig.press("q")
        await away_and_back(rig, 2820)
        await until(lambda: bool(rig.port.queries))
        await rig.pilot.pause()
        assert not isinstance(rig.app.screen, AwayScreen)
        await rig.press("escape")
        await rig.shows("10 min away: +22,410 done, +38 failed")


async def test_it_can_be_asked_for() -> None:
    async with running(port=Remembering(sample())) as rig:
        await rig.press("A")
        await rig.shows("What has changed in the last")
        await rig.press("5", "enter")
        await rig.shows("THE LAST 5 MIN")
        query = rig.port.queries[-1]
        assert isinstance(query, PeriodQuery)
        assert query.end - query.start == pytest.approx(300.0)


@pytest.mark.parametrize(("alone_from", "wanted"), [(None, False), (300.0, False), (0.0, True)])
async def test_who_attaches_is_told_of_the_time_that_nobody_looked(alone_from: float | None, wanted: bool) -> None:
    port = Remembering(sample(alone_from=alone_from))
    app = QtuiApp(FakeHost(), port=port, palette=DARK, hz=20, joins=Joins.OTHERS)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, port, pilot)
        if wanted:
            await rig.shows("WHILE YOU WERE AWAY")
        else:
            await until(lambda: app.seen[0].run_id != "")  # drawn, which is when it would be asked for
            await pilot.pause(0.3)
            assert "WHILE YOU WERE AWAY" not in rig.text()
            assert port.queries == []
