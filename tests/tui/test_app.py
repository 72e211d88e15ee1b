"""The app: first frame, layouts at every size, views, painting, hostile text, exits."""

from __future__ import annotations

import asyncio
import os
import signal

import msgspec
import pytest
from rich.segment import Segment
from textual.color import Color

from qtui.core.commands import RetryJob
from qtui.core.port import Checked, Port, Problem
from qtui.core.queries import JobQuery, JobRow
from qtui.core.snapshot import RunState, Snapshot
from qtui.errors import QtuiError
from qtui.tui.actions import Context
from qtui.tui.app import QtuiApp
from qtui.tui.ending import Left
from qtui.tui.layout import HEIGHTS, WIDTHS, classes_at
from qtui.tui.screens.views import ORDER
from qtui.tui.theme import DARK, LIGHT, PLAIN, Palette
from tests.tui.fake_port import FakeHost, FakePort
from tests.tui.rig import Rig, running, until
from tests.tui.samples import sample

replace = msgspec.structs.replace


async def test_the_first_frame_comes_before_the_port() -> None:
    opened = asyncio.Event()

    async def opening() -> Port:
        await opened.wait()
        return FakePort(sample())

    app = QtuiApp(FakeHost(), opening=opening, palette=DARK)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, FakePort(), pilot)
        await rig.shows("… STARTING")
        assert "╭─ PRODUCERS" in rig.text()
        opened.set()
        await rig.shows("▲ BACKPRESSURE")


async def test_a_run_that_cannot_be_opened_ends_with_the_reason() -> None:
    async def opening() -> Port:
        raise QtuiError("urls.txt does not exist")

    app = QtuiApp(FakeHost(), opening=opening, palette=DARK)
    async with app.run_test():
        await until(lambda: app.return_value is not None)
    assert app.return_value is not None
    assert (app.return_value.how, app.return_value.reason) == (Left.REFUSED, "urls.txt does not exist")


async def test_q_works_while_starting() -> None:
    async def opening() -> Port:
        await asyncio.Event().wait()
        return FakePort()

    app = QtuiApp(FakeHost(), opening=opening, palette=DARK)
    async with app.run_test() as pilot:
        await pilot.press("q")
        assert app.return_value is None, "a run that may have started was left in silence"
        await pilot.press("q")
        await until(lambda: app.return_value is not None)
    assert app.return_value is not None
    assert app.return_value.how is Left.QUIT


@pytest.mark.parametrize(
    ("size", "seen", "unseen"),
    [
        ((200, 60), ["WORKERS 12", "SLOTS 12", "FLOW", "LATENCY", "JOB", "FAILURES 58"], []),
        ((120, 40), ["WORKERS 12", "SLOTS 12", "FLOW", "LATENCY", "FAILURES 58"], ["╭─ JOB"]),
        ((80, 24), ["PRODUCERS", "SLOTS 12", "done/s"], ["WORKERS", "LATENCY"]),
        ((60, 16), ["64/64 FULL", "p pause"], ["PRODUCERS", "LATENCY"]),
        ((38, 9), ["queue", "slots", "✓ 3,072"], ["PRODUCERS"]),
        ((40, 2), ["scrape 49% ▲FULL 12w"], ["queue"]),
    ],
)
async def test_each_size_has_its_form(size: tuple[int, int], seen: list[str], unseen: list[str]) -> None:
    async with running(size=size) as rig:
        text = rig.text()
        assert [part for part in seen if part not in text] == []
        assert [part for part in unseen if part in text] == []


async def test_the_form_follows_a_live_resize() -> None:
    async with running(size=(120, 40)) as rig:
        for size, sign in (((80, 24), "done/s"), ((38, 9), "slots ●"), ((200, 60), "╭─ JOB"), ((120, 40), "LATENCY")):
            await rig.pilot.resize_terminal(*size)
            await rig.shows(sign)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (20, 5), (44, 11), (45, 12), (69, 19), (70, 20), (300, 100)])
async def test_no_size_breaks_it(size: tuple[int, int]) -> None:
    async with running(size=size) as rig:
        assert len(rig.rows()) == size[1]


async def test_views_are_turned_by_number_and_back() -> None:
    async with running() as rig:
        await rig.press("4")
        await rig.shows("58 in 5 groups")
        assert "╭─ PRODUCERS" not in rig.text()
        await rig.press("1")
        await rig.shows("╭─ PRODUCERS")


async def test_tab_goes_round_the_views() -> None:
    async with running() as rig:
        await rig.press(*["tab"] * (ORDER.index(Context.FAILURES)))
        await rig.shows("58 in 5 groups")
        await rig.press(*["shift+tab"] * (ORDER.index(Context.FAILURES)))
        await rig.shows("╭─ PRODUCERS")
        await rig.press(*["tab"] * len(ORDER))
        await rig.shows("╭─ PRODUCERS")


async def test_a_finished_run_shows_its_summary_and_a_retried_one_goes_back() -> None:
    async with running() as rig:
        await rig.give(sample(state=RunState.FINISHED))
        await rig.shows("✓ FINISHED")
        assert "╭─ PRODUCERS" not in rig.text()
        await rig.give(sample())
        await rig.shows("╭─ PRODUCERS")


async def test_enter_opens_the_story_of_the_job_and_esc_closes_it() -> None:
    async with running() as rig:
        await rig.press("down", "enter")
        await until(lambda: rig.port.queries == [JobQuery(3002)])
        await rig.shows("no job 3002")
        await rig.press("escape")
        await until(lambda: "no job 3002" not in rig.text())


async def test_enter_on_a_group_lists_its_jobs() -> None:
    async with running() as rig:
        await rig.press("4")
        await rig.shows("58 in 5 groups")
        await rig.press("enter")
        await until(lambda: any(getattr(q, "signature", "") for q in rig.port.queries))
        await rig.shows("JOBS")


async def test_jobs_are_listed_from_the_engine() -> None:
    row = JobRow(7, "shop.example/p/1", "failed", "feeds", 3, 0.1, 1.0, 0.0, "HTTP 503")
    async with running(port=FakePort(sample(), rows=[row])) as rig:
        await rig.press("3")
        await rig.shows("shop.example/p/1")
        await rig.press("r")
        assert await rig.asked() == [RetryJob(7)]


async def test_without_a_preset_one_is_picked() -> None:
    host = FakeHost(FakePort(sample()))
    app = QtuiApp(host, palette=DARK)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, FakePort(), pilot)
        await rig.shows("LEARN")
        await pilot.press("enter")
        await rig.shows("▲ BACKPRESSURE")
        assert host.opened == ["backpressure"]


async def test_another_run_takes_the_place_of_a_finished_one() -> None:
    async with running(sample(state=RunState.FINISHED)) as rig:
        host = rig.app.host
        assert isinstance(host, FakeHost)
        host.port = FakePort(sample(name="second"))
        await rig.press("n")
        await rig.shows("LEARN")
        await rig.press("enter")
        await rig.shows("second")
        await rig.shows("╭─ PRODUCERS")


async def test_a_bad_preset_is_shown_before_anything_starts() -> None:
    bad = Checked("bad.toml", problems=[Problem("workers.concurrency", "must be at least 0", 3)])
    host = FakeHost(FakePort(sample()), {"bad.toml": bad})
    app = QtuiApp(host, source="bad.toml", palette=DARK)
    async with app.run_test(size=(120, 40)) as pilot:
        await Rig(app, FakePort(), pilot).shows("must be at least 0")
        assert host.opened == []


async def test_old_data_is_called_old() -> None:
    async with running() as rig:
        rig.app.feed._arrived_at -= 8
        rig.app.paint()
        await rig.shows("data 8 s old")
        await rig.give(sample())
        assert "old" not in rig.rows()[0]


async def test_a_snapshot_after_a_key_is_painted_without_waiting_for_the_tick() -> None:
    port = FakePort(sample())
    app = QtuiApp(FakeHost(), port=port, palette=DARK, hz=0.01)
    async with app.run_test(size=(120, 40)) as pilot:
        rig = Rig(app, port, pilot)
        await until(lambda: app.feed.newest is not None)
        await pilot.press("down")
        port.give(sample(elapsed_s=700.0))
        await until(lambda: "11:40" in rig.rows()[0])


async def test_hostile_text_reaches_no_cell() -> None:
    evil = "\x1b[31m\x1b]0;x\x07\u202e[/x]\x00"
    hostile = sample(name=evil, log=[replace(sample().log[0], text=evil)])
    async with running(hostile) as rig:
        segments = [Segment(evil)]
        for gate in rig.app.get_line_filters():
            segments = gate.apply(segments, Color(0, 0, 0))
        assert segments[0].text == "[31m]0;x[/x]"
        assert "PRODUCERS" in rig.text()


@pytest.mark.parametrize("palette", [DARK, LIGHT, PLAIN])
async def test_every_palette_starts(palette: Palette) -> None:
    async with running(palette=palette) as rig:
        assert "▲ BACKPRESSURE" in rig.text()


async def test_without_colour_no_cell_has_one() -> None:
    async with running(palette=PLAIN) as rig:
        strips = rig.app.screen._compositor.render_strips()
        segments: list[Segment] = [segment for strip in strips for segment in strip]
        for gate in rig.app.get_line_filters():
            segments = gate.apply(segments, Color(0, 0, 0))
        for segment in segments:
            style = segment.style
            assert style is None or all(c is None or c.is_default for c in (style.color, style.bgcolor)), segment


async def test_a_signal_ends_this_face_only() -> None:
    async with running() as rig:
        os.kill(os.getpid(), signal.SIGHUP)
        ending = await rig.ended()
        assert (ending.how, ending.signal) == (Left.SIGNAL, signal.SIGHUP)
        assert rig.port.commands == []
        assert rig.app.return_code == 128 + signal.SIGHUP


async def test_a_bug_ends_the_screen_without_its_secrets() -> None:
    kept: list[str] = []

    def keep(report: str) -> str:
        kept.append(report)
        return "crash.txt"

    def broken(snap: Snapshot) -> None:
        token = "SECRET-" + snap.name
        raise RuntimeError(str(len(token)))

    app = QtuiApp(FakeHost(), port=FakePort(sample()), palette=DARK, keep_report=keep)

    async def session() -> None:
        async with app.run_test() as pilot:
            app.call_later(broken, sample())
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await session()
    assert app.return_code == 70
    assert "RuntimeError" in kept[0]
    assert "SECRET-scrape" not in kept[0]


async def test_a_click_on_the_key_bar_is_its_key() -> None:
    async with running() as rig:
        bar = rig.app.screen.query_one("#keys")
        await rig.pilot.click(bar, offset=(rig.rows()[bar.region.y].index("p pause"), 0))
        assert await rig.asked()


@pytest.mark.parametrize("size", [(38, 9), (45, 12), (80, 24), (109, 33), (120, 40), (200, 60)])
async def test_the_first_layout_is_that_of_the_size(size: tuple[int, int]) -> None:
    async with running(size=size) as rig:
        told = {name for name in rig.app.screen.classes if name in {each for _, each in WIDTHS + HEIGHTS}}

    assert set(classes_at(*size)) == told
