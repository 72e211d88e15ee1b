"""EXPLAIN: the law with the run's own numbers, the wait curve, and what other numbers of workers would do."""

from __future__ import annotations

from dataclasses import replace

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import Control, Law, QueueView, Rates, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.glyphs import Glyphs
from qtui.tui.theme import DARK, PLAIN
from qtui.tui.widgets.curve import draw_line
from qtui.tui.widgets.explain import draw_explain, estimate
from tests.tui.samples import sample

ETA = Eta(Certainty.KNOWN, 430.0, 60.0, 3270, 7.6)


def drawn(snap: Snapshot, width: int = 60, height: int = 22, eta: Eta | None = None) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_explain(canvas, snap, eta=eta)
    return canvas.rows()


def test_the_law_is_told_with_the_runs_own_numbers() -> None:
    rows = drawn(sample())
    assert rows[1].startswith("│ waiting  64 = 7.7/s × 8.3s ")
    assert rows[2].startswith("│ running  12 = 7.9/s × 1.5s ")


def test_numbers_that_do_not_fit_together_are_called_unsteady() -> None:
    rows = drawn(sample(waiting=Law(64.0, 7.7, 4.0)))
    assert "64 ≈ 7.7/s × 4.0s   not steady yet" in rows[1]
    assert "64 ≈ 7.7/s × 4.0s      " in drawn(sample(waiting=Law(64.0, 7.7, 4.0)), width=42)[1], "or nothing of it"


def test_a_queue_nobody_leaves_says_so() -> None:
    assert "waiting  64  and nobody leaves" in drawn(sample(waiting=Law(64.0)))[1]


def test_the_bound_is_a_ceiling_and_the_run_is_marked_on_it() -> None:
    rows = drawn(sample())
    ceiling = next(index for index, row in enumerate(rows) if "the bound caps the wait at 64 ÷ 7.7/s = 8.3s" in row)
    assert "╌╌╌╌" in rows[ceiling + 1]
    assert "you are here ●" in rows[ceiling + 1]
    assert "about the wait in an unbounded queue ►" in "".join(rows)
    assert "50%" in rows[-1]
    assert "utilisation of 12 workers" in rows[-1]


def test_the_curve_is_dots_where_there_are_such_and_blocks_elsewhere() -> None:
    def curve(glyphs: Glyphs) -> set[str]:
        canvas = Canvas(60, 22, replace(DARK, glyphs=glyphs))
        draw_explain(canvas, sample())
        return {ch for row in canvas.rows()[4:-1] for ch in row[9:-2]}

    assert any("\u2800" < ch <= "\u28ff" for ch in curve(Glyphs.FULL))
    assert "█" not in curve(Glyphs.FULL)
    for glyphs in (Glyphs.BASIC, Glyphs.ASCII):
        assert "█" in curve(glyphs)
        assert not any("\u2800" < ch <= "\u28ff" for ch in curve(glyphs))


def test_a_curve_is_joined_and_ends_where_it_leaves_the_chart() -> None:
    canvas = Canvas(3, 2, DARK)
    assert draw_line(canvas, 0, 0, 2, [0.0, 0.0, 3 / 7, 1.0, 9.0, 0.0], 1.0, "queued") == 1
    assert canvas.rows() == [" ⢸⠁", "⣀⠇ "]


def test_a_run_with_slack_is_left_on_the_flat_part() -> None:
    calm = sample(waiting=Law(0.1, 4.0, 0.02), rates=Rates(started=4.0, done=4.0, done_30s=4.0, busy_share=0.6))
    row = next(row for row in drawn(calm) if "you are here" in row)
    assert row.index("●") < row.index("you are here")


def test_a_queue_without_a_bound_has_no_ceiling() -> None:
    text = "".join(drawn(sample(queue=QueueView(0, 900), control=Control(12, 0))))
    assert "caps the wait" not in text


def test_without_an_ended_attempt_it_says_that_it_collects() -> None:
    assert "collecting, 4 s" in drawn(sample(elapsed_s=4.0, running=Law()))[1]
    assert "no attempt has ended lately" in drawn(sample(running=Law()))[1]


def test_what_if_is_a_table_with_its_assumption() -> None:
    text = "\n".join(drawn(sample(), eta=ETA))
    assert "what if  about, if jobs do not slow each other down" in text
    assert "    6 workers    3.4/s  ETA 14:" in text.replace("14m", "14:")
    assert "   12 workers    6.9/s  ETA 7:10" in text
    assert "now" in text
    assert "producers" in text, "they offer no more than 14/s"
    assert "ETA 7:10 ± 1m if 3,270 jobs end at 7.6/s" in text


def test_on_a_small_panel_words_go_before_numbers() -> None:
    rows = drawn(sample(), 40, 11, ETA)
    assert "at most 64 ÷ 7.7/s = 8.3s" in rows[3]
    assert "   12    6.9/s  7:10    now" in "\n".join(rows)


def test_an_estimate_that_is_none_says_why() -> None:
    assert estimate(Eta(Certainty.STALLED, quiet_s=130.0)) == "ETA stalled: no job has ended for 2:10"


def test_an_estimate_says_less_where_there_is_less_room_and_is_never_cut() -> None:
    eta = Eta(Certainty.KNOWN, 430.0, 60.0, 3270, 6.9)
    whole = estimate(eta)
    assert whole == "ETA 7:10 ± 1m if 3,270 jobs end at 6.9/s, retries included"
    assert estimate(eta, len(whole) - 1) == "ETA 7:10 ± 1m if 3,270 jobs end at 6.9/s"


def test_without_colours_it_says_the_same() -> None:
    canvas = Canvas(60, 22, PLAIN)
    draw_explain(canvas, sample(), eta=ETA)
    assert canvas.rows() == drawn(sample(), eta=ETA)
