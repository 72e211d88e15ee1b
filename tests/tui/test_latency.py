"""The LATENCY heat map: where run times land, and that its scales are calm."""

from __future__ import annotations

from rich.style import Style

from qtui.core.snapshot import Latency, Series, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, PLAIN, Palette
from qtui.tui.widgets.latency import draw_latency
from tests.tui.samples import sample

ONE_SECOND = 15
"""The bucket that begins at 1 s; five buckets make a factor of ten."""


def snapshot(heat: list[list[int]], elapsed_s: float = 600.0, **changes: object) -> Snapshot:
    blank = [0] * len(heat)
    return sample(series=Series(1.0, blank, blank, blank, blank, heat, []), elapsed_s=elapsed_s, **changes)


def drawn(snap: Snapshot, width: int = 40, height: int = 10, palette: Palette = PLAIN) -> list[str]:
    canvas = Canvas(width, height, palette)
    draw_latency(canvas, snap)
    return canvas.rows()


def test_time_runs_to_the_right_and_run_times_upwards() -> None:
    slow_after_fast = [[ONE_SECOND - 5, 4]] * 30 + [[ONE_SECOND + 5, 4]] * 31
    assert drawn(snapshot(slow_after_fast)) == [
        "╭─ LATENCY ─────── p50 0.92s p95 3.7s ─╮",
        "│                                      │",
        "│ 10s                 ███████████████  │",
        "│                                      │",
        "│                                      │",
        "│  1s                                  │",
        "│                                      │",
        "│0.1s  ███████████████                 │",
        "│                                      │",
        "╰─────-62s ────────────────────── now ─╯",
    ]


def test_a_column_never_changes_once_it_is_past() -> None:
    pattern = [[8 + (5 * second) % 11, 1 + second % 5] for second in range(400)]
    for palette in (DARK, PLAIN):
        seen: dict[int, list[tuple[str, Style | None]]] = {}
        for now in range(200, 230):
            canvas = Canvas(40, 10, palette)
            draw_latency(canvas, snapshot([*pattern[now - 180 : now], []], elapsed_s=now + 0.5))
            newest = (now - 1) // 2
            for column in range(30):
                cells = [canvas.strip(y).crop(6 + column, 7 + column) for y in range(1, 9)]
                look = [(cell.text, next(iter(cell)).style) for cell in cells]
                assert seen.setdefault(newest - 30 + column, look) == look


def test_the_range_does_not_move_when_a_neighbouring_bucket_is_hit() -> None:
    near = [[ONE_SECOND - 1, 2, ONE_SECOND + 1, 2]] * 60
    labels = [row[:6] for row in drawn(snapshot([*near, []]))]
    wider = [[ONE_SECOND - 3, 2, ONE_SECOND + 2, 2]] * 60
    assert [row[:6] for row in drawn(snapshot([*wider, []]))] == labels


def test_every_bucket_is_visible_however_few_rows_there_are() -> None:
    for height in (3, 4, 6, 10, 17, 30):
        for bucket in range(24):
            latency = [[0, 1, 23, 1]] * 30 + [[bucket, 9]] * 31
            rows = drawn(snapshot(latency), height=height)
            assert any(row[22:37].strip() for row in rows[1:-1]), (height, bucket)


def test_shades_grow_with_the_count() -> None:
    counts = [1] * 20 + [4] * 20 + [8] * 21
    rows = drawn(snapshot([[ONE_SECOND, count] for count in counts]))
    row = next(row for row in rows if row.startswith("│  1s"))
    assert row[7:37] == "░" * 10 + "▒" * 10 + "█" * 10


def test_two_buckets_share_a_cell_as_its_two_colours() -> None:
    canvas = Canvas(40, 10, DARK)
    draw_latency(canvas, snapshot([[ONE_SECOND, 4]] * 61))
    styles = {str(segment.style) for y in range(1, 9) for segment in canvas.strip(y) if "▀" in segment.text}
    assert len(styles) == 2
    assert any(f"{DARK.heat[0].lower()} on" in style for style in styles)


def test_p99_is_shown_where_there_is_room() -> None:
    assert "p50 0.92s  p95 3.7s  p99 10s" in drawn(sample(), width=64)[0]
    assert "p99" not in drawn(sample(), width=40)[0]


def test_before_the_first_job_is_done_it_says_how_long_it_collects() -> None:
    rows = drawn(snapshot([[], [], []], elapsed_s=4.2, latency=Latency()))
    assert "collecting, 4 s" in rows[1]
    assert "p50" not in rows[0]


def test_a_run_without_any_success_says_so() -> None:
    assert "no job done yet" in drawn(snapshot([[]] * 180, elapsed_s=300.0))[1]
