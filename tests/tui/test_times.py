"""The charts over time: one axis for all, bins that stay, and rows for what matters most."""

from __future__ import annotations

import msgspec

from qtui.core.snapshot import Series, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK
from qtui.tui.widgets.times import draw_times
from tests.tui.samples import sample


def drawn(snap: Snapshot, width: int = 72, height: int = 30, *, whole: bool = False) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_times(canvas, snap, whole=whole)
    return canvas.rows()


def test_every_section_has_its_name_and_its_present_number() -> None:
    text = "\n".join(drawn(sample()))
    for name, number in (("done", "6.7/s"), ("failed", "0.4/s"), ("admitted", "7.1/s"), ("busy", "100%")):
        row = next(row for row in text.split("\n") if row.startswith(f"│{name}"))
        assert number in row
    assert "│queue" in text
    assert "│changes" in text


def test_all_sections_share_one_axis() -> None:
    series = Series(
        1.0,
        [0] * 180,
        [0] * 180,
        [0] * 180,
        [64] * 180,
        [],
        [["║"] if second == 100 else [] for second in range(180)],
        [0] * 180,
        [0] * 180,
    )
    at = series.done[:]
    at[100] = 30
    series = msgspec.structs.replace(series, done=at, failed=at, admitted=at, depth=at, busy=[min(100, v) for v in at])
    rows = drawn(sample(series=series, elapsed_s=600.5))
    column = next(row for row in rows if "║" in row).index("║")
    assert sum(row[column] in "▁▂▃▄▅▆▇█" for row in rows[1:-1]) >= 5, "one in every section"
    assert not any(row[column - 2] in "▁▂▃▄▅▆▇█" for row in rows[1:-1])


def test_the_last_three_minutes_reach_back_nearly_three_minutes() -> None:
    for width in (40, 60, 72, 100, 120):
        label = drawn(sample(), width)[-1]
        span = int(label[label.index("-") + 1 : label.index("s ")])
        assert 150 <= span <= 210, label


def test_the_whole_run_begins_at_its_start() -> None:
    rows = drawn(sample(), whole=True)
    assert "THE WHOLE RUN" in rows[0]
    assert "0:00 " in rows[-1]
    assert "10:12" in rows[-1]


def test_few_rows_show_what_matters_most() -> None:
    names = [row[1:10].strip() for row in drawn(sample(), 60, 4)[1:-1]]
    assert names == ["done", "queue"]
    names = [row[1:10].strip() for row in drawn(sample(), 60, 6)[1:-1]]
    assert names == ["done", "changes", "busy", "queue"]


def test_a_new_run_says_that_it_collects() -> None:
    assert "collecting, 1 s" in drawn(sample(series=Series(), elapsed_s=1.2))[1]


def test_a_series_without_the_newer_parts_is_drawn_all_the_same() -> None:
    old = msgspec.structs.replace(sample().series, admitted=[], busy=[])
    assert len(drawn(sample(series=old, overview=old), whole=True)) == 30
