"""The charts in one row."""

from __future__ import annotations

from qtui.core.snapshot import Latency, Series, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK
from qtui.tui.widgets.mini import draw_mini
from tests.tui.samples import sample


def drawn(snap: Snapshot, width: int = 80) -> str:
    canvas = Canvas(width, 1, DARK)
    draw_mini(canvas, snap)
    return canvas.rows()[0]


def test_a_minute_of_jobs_and_three_latencies_fit_eighty_columns() -> None:
    done = [4] * 30 + [8] * 31
    snap = sample(series=Series(1.0, done), elapsed_s=600.0)
    assert drawn(snap) == (" done/s ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄███████████████ 6.7         p50 0.92s  p95 3.7s  p99 10s ")


def test_seconds_without_a_job_are_a_base_line_and_those_before_the_start_are_blank() -> None:
    snap = sample(series=Series(1.0, [0] * 20 + [8] * 21), elapsed_s=40.5)
    assert drawn(snap)[8:38] == " " * 10 + "▁" * 10 + "█" * 10


def test_narrow_screens_lose_the_latencies_from_the_right() -> None:
    assert "p99" in drawn(sample(), 60)
    assert "p99" not in drawn(sample(), 50)
    assert "p50" in drawn(sample(), 40)
    assert drawn(sample(), 12).strip() == "6.7/s"


def test_before_the_first_job_is_done_no_latency_is_claimed() -> None:
    assert "p50" not in drawn(sample(latency=Latency()))
