"""The back-off lane: distance is time."""

from __future__ import annotations

import random

from qtui.core.snapshot import LaneView
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK
from qtui.tui.widgets.lane import draw_lane
from tests.tui.looks import anything, strange
from tests.tui.samples import sample


def lane(view: LaneView, width: int = 120) -> str:
    canvas = Canvas(width, 1, DARK)
    draw_lane(canvas, sample(lane=view))
    return canvas.rows()[0].rstrip()


def test_retries_stand_as_far_away_as_they_have_to_wait() -> None:
    assert lane(LaneView(3, 0.0, [0.0, 3.0, 12.0])) == (
        "  ◆ 3 in back-off  next 0.0s         ╰◄◆╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌◆╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌◆╯  12s"
    )


def test_several_in_one_cell_are_counted() -> None:
    row = lane(LaneView(12, 1.0, [*[1.0] * 3, *[5.0] * 11]))
    assert "3" in row[40:60]
    assert "+" in row


def test_the_scale_follows_the_longest_wait() -> None:
    assert lane(LaneView(1, 50.0, [50.0])).endswith("1m")
    assert lane(LaneView(1, 3000.0, [3000.0])).endswith("1h")


def test_an_empty_lane_is_only_its_track() -> None:
    row = lane(LaneView())
    assert row.startswith("  ◆ 0 in back-off ")
    assert "next" not in row


def test_a_narrow_lane_starts_below_the_queue() -> None:
    assert lane(LaneView(1, 1.8, [1.8]), 80).index("╰◄") == 31


def test_a_lane_without_room_keeps_its_number() -> None:
    assert lane(LaneView(3, 1.8, [1.8]), 30) == " ◆ 3 in back-off  next 1.8s"


def test_no_snapshot_breaks_it_at_any_size() -> None:
    rng = random.Random(5)
    for _ in range(200):
        canvas = Canvas(rng.randint(1, 240), 1, DARK)
        draw_lane(canvas, anything(rng))
        assert strange(canvas.rows()) == set()
