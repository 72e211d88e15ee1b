"""The window's title and the progress of its tab: what they say of a run, and that only changes are written."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import Counts, RunState, ThrottleView
from qtui.core.verdict import Kind, Verdict
from qtui.tui.scene import Scene, before_the_first
from qtui.tui.title import Title, progress_of, title_of
from tests.tui.rig import running, until
from tests.tui.samples import sample

PRESSURE = Verdict(Kind.PRESSURE, "queue full")
KNOWN = Eta(Certainty.KNOWN, 430.0)


def scene(verdict: Verdict = PRESSURE, eta: Eta = KNOWN, trouble: str = "", **changes: object) -> Scene:
    return Scene(sample(**changes), verdict, eta, trouble=trouble)


def test_it_says_state_share_name_and_what_is_left() -> None:
    assert title_of(scene()) == "▲ 48% scrape 7:10"
    assert title_of(scene(eta=Eta(Certainty.PAUSED))) == "▲ 48% scrape paused"
    assert title_of(scene(trouble="data 8 s old")) == "▲ 48% scrape data 8 s old"


def test_where_the_total_is_unknown_it_counts() -> None:
    counts = Counts(accepted=4000, done=3000)
    assert title_of(scene(counts=counts, eta=Eta(Certainty.UNKNOWN))) == "▲ 3.0k scrape"
    assert progress_of(scene(counts=counts)) == "4;0"


def test_before_the_first_picture_it_names_the_program() -> None:
    assert title_of(before_the_first()) == "… qtui"


def test_a_hostile_name_cannot_end_the_title() -> None:
    hostile = title_of(scene(name="\x1b]0;x\x07\x9c\x07evil\r\n"))
    assert hostile.isprintable()


@pytest.mark.parametrize(
    ("changed", "progress"),
    [
        ({}, "4;1;48"),
        ({"verdict": Verdict(Kind.FAILING, "34 failed")}, "4;2;48"),
        ({"verdict": Verdict(Kind.LOST)}, "4;2;48"),
        ({"state": RunState.PAUSED}, "4;4;48"),
        ({"throttle": ThrottleView(held_by_person=True)}, "4;4;48"),
        ({"state": RunState.FINISHED}, "4;0"),
        ({"state": RunState.STARTING}, "4;0"),
    ],
    ids=["normal", "failing", "lost", "paused", "held", "finished", "starting"],
)
def test_the_tab_shows_how_far_it_is_and_whether_that_is_well(changed: dict[str, object], progress: str) -> None:
    assert progress_of(scene(**changed)) == progress  # type: ignore[arg-type]


def test_only_changes_are_written_and_the_tab_is_cleared_at_the_end() -> None:
    written: list[str] = []
    title = Title(written.append)
    title.show(scene())
    title.show(scene())
    title.show(scene(counts=msgspec.structs.replace(sample().counts, done=3200)))
    title.close()
    title.close()
    assert written == [
        "\x1b]2;▲ 48% scrape 7:10\x07\x1b]9;4;1;48\x07",
        "\x1b]2;▲ 50% scrape 7:10\x07\x1b]9;4;1;50\x07",
        "\x1b]9;4;0\x07",
    ]


async def test_a_screen_that_is_left_clears_its_tab() -> None:
    written: list[str] = []
    async with running(outward=written.append) as rig:
        await until(lambda: any("]9;4;1;48" in each for each in written))
        await rig.press("q")
        await until(lambda: rig.app.screen.is_modal)
        await rig.press("q")
        await rig.ended()
    assert written[-1] == "\x1b]9;4;0\x07"
