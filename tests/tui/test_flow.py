"""The FLOW chart: what the columns mean, and that they stay what they are."""

from __future__ import annotations

from qtui.core.snapshot import QueueView, Series, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, PLAIN, Palette
from qtui.tui.widgets.charts import age_label, bins, chart_pace, fit, round_top, scale_label, shorten
from qtui.tui.widgets.flow import draw_flow, draw_whole_run
from tests.tui.samples import sample


def series(done: list[int], **changes: list[int] | list[list[str]]) -> Series:
    length = len(done)
    base = {"depth": [0] * length, "capacity": [64] * length, "marks": [[] for _ in done]}
    return Series(1.0, done, **{**base, **changes})  # type: ignore[arg-type]


def snapshot(done: list[int], elapsed_s: float = 600.0, **changes: list[int] | list[list[str]]) -> Snapshot:
    return sample(series=series(done, **changes), elapsed_s=elapsed_s)


def drawn(snap: Snapshot, width: int = 42, height: int = 10, palette: Palette = DARK) -> list[str]:
    canvas = Canvas(width, height, palette)
    draw_flow(canvas, snap)
    return canvas.rows()


def marks_at(second: int, label: str, length: int = 61) -> list[list[str]]:
    return [[label] if index == second else [] for index in range(length)]


def test_it_is_jobs_per_second_over_marks_over_depth() -> None:
    done = [5] * 30 + [10] * 20 + [3] * 11
    depth = [64] * 10 + [32] * 20 + [64] * 31
    assert drawn(snapshot(done, depth=depth, marks=marks_at(30, "▲12"))) == [
        "╭─ FLOW ──────────────────── 6.7/s done ─╮",
        "│  10/s                  ██████████      │",
        "│                        ██████████      │",
        "│         ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄██████████      │",
        "│         █████████████████████████▄▄▄▄▄ │",
        "│     0   ██████████████████████████████ │",
        "│       ·················▲12············ │",
        "│ queue   ▀▀▀▀▀          ▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀ │",
        "│     0   ██████████████████████████████ │",
        "╰───────-64s ────────────────────── now ─╯",
    ]


def test_a_column_never_changes_once_it_is_past() -> None:
    pattern = [(7 * second) % 11 for second in range(400)]
    top_rows: dict[int, list[str]] = {}
    for now in range(200, 230):
        rows = drawn(snapshot([*pattern[now - 180 : now], 0], elapsed_s=now + 0.5))
        newest = (now - 1) // 2
        for column in range(31):
            seen = [row[8 + column] for row in rows[1:6]]
            second_bin = newest - 31 + column
            assert top_rows.setdefault(second_bin, seen) == seen


def test_the_growing_second_is_not_drawn_as_a_dip() -> None:
    rows = drawn(snapshot([8] * 60 + [0]))
    assert rows[5][8 + 31] == "█"


def test_the_scale_ends_with_a_round_number_that_covers_the_window() -> None:
    burst_out_of_sight = [40] * 20 + [5] * 161
    assert drawn(snapshot(burst_out_of_sight))[1].startswith("│  40/s")


def test_a_number_of_a_mark_is_left_out_rather_than_cut() -> None:
    marks = marks_at(57, "▲12")
    assert drawn(snapshot([5] * 61, marks=marks))[6].endswith("·▲· │")
    two = [["▲11"] if second == 50 else ["║"] if second == 52 else [] for second in range(61)]
    assert "·▲║··" in drawn(snapshot([5] * 61, marks=two))[6]


def test_what_was_done_this_second_is_marked_at_once() -> None:
    marks = marks_at(60, "║")
    assert drawn(snapshot([5] * 61, marks=marks))[6].endswith("·║ │")


def test_what_qtui_changed_itself_is_marked_in_another_shade() -> None:
    canvas = Canvas(70, 17, DARK)
    draw_flow(canvas, snapshot([5] * 61, marks=marks_at(30, "~▼4")))
    assert any("▼4" in row and "~" not in row for row in canvas.rows())


def test_the_lid_follows_the_bound_when_it_was_lower() -> None:
    capacity = [32] * 30 + [64] * 31
    rows = drawn(snapshot([5] * 61, depth=[32] * 61, capacity=capacity), palette=PLAIN)
    assert rows[7][10:40].strip() == ""
    assert rows[8][10:40] == "▓" * 15 + "█" * 15


def test_without_colour_the_lid_is_a_texture() -> None:
    assert "▓▓▓" in drawn(snapshot([5] * 61, depth=[64] * 61), palette=PLAIN)[7]


def test_the_first_seconds_say_how_long_they_have_been_collecting() -> None:
    rows = drawn(snapshot([], elapsed_s=1.2))
    assert "collecting, 1 s" in rows[1]
    assert "-64s" in rows[-1]


def test_a_tall_chart_gives_a_quarter_to_the_queue() -> None:
    rows = drawn(sample(), width=70, height=17)
    assert [row[1:7].strip() for row in rows[1:-1]] == [
        *("10/s", "", "", "", "", "", "", "", "", "0"),
        *("", "queue", "", "", "0"),
    ]


def test_the_whole_run_fills_the_width_from_start_to_end() -> None:
    snap = sample(overview=series([0, 5, 10, 10], depth=[0, 64, 64, 0]), queue=QueueView(full_share_run=0.65))
    canvas = Canvas(28, 9, DARK)
    draw_whole_run(canvas, snap)
    assert canvas.rows() == [
        "╭─ THE WHOLE RUN ──────────╮",
        "│  10/s          █████████ │",
        "│                █████████ │",
        "│            █████████████ │",
        "│     0      █████████████ │",
        "│       ·················· │",
        "│ queue      ▀▀▀▀▀▀▀▀▀     │",
        "│     0      █████████     │",
        "╰───────0:00 ────── 10:12 ─╯",
    ]


def test_a_mark_of_a_short_run_is_drawn_once() -> None:
    snap = sample(overview=series([5] * 4, marks=[[], ["║"], [], []]))
    canvas = Canvas(78, 13, DARK)
    draw_whole_run(canvas, snap)
    assert sum(row.count("║") for row in canvas.rows()) == 1


def test_bins_begin_at_multiples_of_their_width() -> None:
    assert bins(5, 4, 2, 3) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert bins(5, 5, 2, 3) == [slice(0, 1), slice(1, 3), slice(3, 5)]
    assert bins(1, 0, 2, 3) == [slice(0, 0), slice(0, 0), slice(0, 1)]


def test_columns_reach_back_a_minute_or_more() -> None:
    assert [chart_pace(columns) for columns in (5, 10, 31, 60, 90, 91)] == [20, 10, 2, 2, 2, 1]


def test_round_numbers() -> None:
    assert [round_top(value) for value in (0, 0.3, 4, 9, 11, 26, 70, 101, 2600)] == [1, 1, 5, 10, 15, 30, 80, 150, 3000]
    assert [scale_label(top) for top in (15.0, 1500.0, 2e18)] == ["15", "1.5k", "2e+18"]
    assert [age_label(age) for age in (64, 299, 720)] == ["-64s", "-299s", "-12:00"]


def test_wide_characters_are_shortened_by_cells() -> None:
    assert shorten("東京/港区/写真.jpg", 12) == "東京…真.jpg"
    assert fit("東京都", 4) == "東…"
