"""What is under the mouse is told in words, beside it, while the mouse is ours."""

from __future__ import annotations

import pytest
from textual.geometry import Region

from qtui.core.snapshot import SlotState, SlotView, Snapshot
from qtui.tui import hover
from qtui.tui.hover import Hover
from qtui.tui.prose import wall
from qtui.tui.scene import Scene
from qtui.tui.tip import Tip
from qtui.tui.widgets.band import plan
from qtui.tui.widgets.band_tips import band_tip
from qtui.tui.widgets.flow import flow_tip
from qtui.tui.widgets.latency import latency_tip
from qtui.tui.widgets.slot_fields import for_rows
from qtui.tui.widgets.slot_forms import LADDER, Form
from qtui.tui.widgets.slot_tips import slot_tip
from qtui.tui.widgets.time_tips import said
from qtui.tui.widgets.times import times_tip
from tests.tui.rig import running, until
from tests.tui.samples import sample
from tests.tui.stage import HOSTILE
from tests.tui.test_flow import marks_at
from tests.tui.test_flow import snapshot as flowing
from tests.tui.test_latency import snapshot as timed


def text(tip: Tip | None) -> str:
    return "" if tip is None else "\n".join("".join(span.text for span in line) for line in tip.lines)


def one_line(tip: Tip | None) -> str:
    return " ".join(text(tip).split())


def busy(strip: str, **changes: object) -> Snapshot:
    known: dict[str, object] = {"elapsed_s": 2.5, "timeout_s": 10.0}
    slot = SlotView(4, SlotState.RUNNING, 68, "shop.example/c/68", 2, 3, strip=strip, **(known | changes))
    return sample(slots=[slot], elapsed_s=612.3)


def pointed(snap: Snapshot, x: int, y: int = 1, form: Form = Form.ROWS) -> str:
    return text(slot_tip(snap, 0, form, x, y, 120, 14))


def at(second: int) -> str:
    return wall(sample().started_at + second)


def test_a_second_of_a_strip_tells_what_became_of_the_attempt_how_long_it_took_and_when() -> None:
    snap = busy("..aaabbb" + "rrrR" + "fF" + "nnn")
    fields = for_rows(120, snap.slots)
    strip = fields.strip + fields.strip_width - 17
    assert pointed(snap, strip) == f"slot 4  {at(596)}  about 2 s\n· idle"
    assert pointed(snap, strip + 3) == f"slot 4  {at(598)}  about 3 s\n✓ done"
    assert pointed(snap, strip + 6) == f"slot 4  {at(601)}  about 3 s\n✓ done"
    assert pointed(snap, strip + 9) == f"slot 4  {at(604)}  about 4 s\n◆ failed, and was given another attempt"
    assert pointed(snap, strip + 13) == f"slot 4  {at(608)}  about 2 s\n× failed for good"
    assert pointed(snap, strip - 1) == ""


def test_what_runs_now_is_told_with_its_job_on_its_strip_and_on_its_name() -> None:
    told = f"slot 4  #68 shop.example/c/68\n● 2.5s of 10s, began {wall(sample().started_at + 609.8)}  attempt 2/3"
    snap = busy("aaann" + "n", note="page 7")
    assert pointed(snap, 115) == told + "\npage 7"
    assert pointed(snap, 20) == told + "\npage 7"


@pytest.mark.parametrize("form", LADDER)
@pytest.mark.parametrize("name", HOSTILE)
def test_every_cell_of_every_form_has_clean_words_or_none(form: Form, name: str) -> None:
    slots = [SlotView(n, SlotState.RUNNING, n, name, 1, 3, note=name, strip="ab.rRfFcn" * 5) for n in range(1, 60)]
    snap = sample(slots=slots)
    found = [slot_tip(snap, 0, form, x, y, 100, 20) for y in range(20) for x in range(0, 100, 3)]
    assert any(found)
    assert all(line.isprintable() for tip in found for line in text(tip).splitlines())


def test_a_second_of_a_group_of_slots_tells_how_busy_they_were() -> None:
    slots = [SlotView(n, SlotState.RUNNING, n, strip="....aaaF" if n < 5 else "....aaaa") for n in range(1, 101)]
    snap = sample(slots=slots, elapsed_s=612.3)
    told = {text(slot_tip(snap, 0, Form.CELLS, x, y, 120, 24)) for y in range(24) for x in range(100, 119)}
    assert f"slots 1-8  {at(612)}\n● 100% busy\n× a job failed for good" in told
    assert f"slots 9-16  {at(608)}\n● 0% busy" in told


def test_a_column_of_flow_tells_its_seconds_its_rates_and_what_was_changed() -> None:
    snap = flowing([4] * 61, depth=[64] * 61, capacity=[64] * 61, failed=[0] * 59 + [2, 0], marks=marks_at(58, "~▲12"))
    tip = flow_tip(snap, 39, 4, 42, 10)
    assert tip is not None
    assert text(tip).splitlines()[1:] == [
        "✓ 4.0/s done",
        "× 1.0/s attempts failed",
        "■ queue 64 of 64  FULL",
        "▲ raised to 12, by qtui itself",
    ]
    assert tip.spot == Region(39, 1, 1, 8)
    assert flow_tip(snap, 3, 4, 42, 10) is None
    assert text(times_tip(snap, True, 30, 4, 60, 12)) or not snap.overview.done


def test_marks_have_words() -> None:
    assert [said(mark) for mark in ("║", "►", "▼", "▼6", "■32")] == [
        "producers paused",
        "goes on",
        "draining",
        "lowered to 6",
        "bound of the queue set to 32",
    ]


def test_a_cell_of_the_heat_map_tells_its_run_times_and_how_many_there_were() -> None:
    snap = timed([[10, 3, 11, 1]] * 61)
    told = {text(latency_tip(snap, 36, y, 40, 10)) for y in range(1, 9)}
    assert any("0.10s to 0.16s  6 jobs" in each for each in told)
    assert any("0.16s to 0.25s  2 jobs" in each for each in told)
    assert latency_tip(snap, 2, 2, 40, 10) is None


def test_the_gate_and_the_queue_say_what_they_mean(pressed: Scene) -> None:
    places = plan(120)
    assert "wait in put() until a worker takes a job" in one_line(band_tip(pressed, places.gate[0], 2, 120, 7))
    queue = one_line(band_tip(pressed, places.queue[0] + 5, 2, 120, 7))
    assert "64 of 64 places are taken" in queue
    assert "The one at the head has waited 8.1s." in queue
    assert "Full 62%, empty 0% of the last minute" in queue
    assert band_tip(pressed, 1, 2, 120, 7) is None


@pytest.fixture
def pressed() -> Scene:
    from qtui.core.eta import Certainty, Eta
    from qtui.core.verdict import Kind, Verdict

    return Scene(sample(), Verdict(Kind.PRESSURE, pressure=True), Eta(Certainty.COLLECTING))


async def test_a_mouse_that_rests_is_told_and_one_that_is_the_terminals_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hover, "REST_S", 0.01)
    async with running() as rig:
        box = rig.app.screen.query_one(Hover)
        await rig.pilot.hover("#flow", offset=(35, 4))
        await rig.shows("■ queue 64 of 64")
        flow = rig.app.screen.query_one("#flow").region
        assert not box.region.overlaps(Region(flow.x + 35, flow.y + 1, 1, 8))
        await rig.pilot.hover("#header", offset=(3, 0))
        await until(lambda: not box.display)
        await rig.pilot.hover("#slots", offset=(10, 4))
        await rig.shows("began ")
        await rig.press("j")
        assert not box.display, "a key looks for the answer to it"
        await rig.pilot.hover("#slots", offset=(11, 4))
        await rig.shows("began ")
        rig.app.main._toggle_mouse()
        assert not box.display
        await rig.pilot.hover("#flow", offset=(35, 4))
        await rig.pilot.pause(0.05)
        assert not box.display
