"""Header, progress, verdict line, ticker, key bar and the small forms."""

from __future__ import annotations

import random
from datetime import UTC
from functools import partial

import msgspec
import pytest

from qtui.core.eta import Certainty, Eta
from qtui.core.snapshot import Control, Counts, Grip, LogLine, RunState, SlotState, Snapshot, ThrottleView
from qtui.core.verdict import Judge, Kind, Verdict, unreachable
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK, PLAIN
from qtui.tui.widgets.header import draw_header
from qtui.tui.widgets.keybar import Hint, draw_keybar, hint_at
from qtui.tui.widgets.progress import draw_progress, shares
from qtui.tui.widgets.small import draw_tiny
from qtui.tui.widgets.ticker import Answer, draw_ticker
from qtui.tui.widgets.verdict import draw_verdict
from tests.tui.looks import anything, strange, verdict_on
from tests.tui.samples import sample

replace = msgspec.structs.replace
ETA = Eta(Certainty.KNOWN, 430, 60)
PRESSURE = Verdict(
    Kind.PRESSURE, "queue full, producers wait in put()", "workers, 100% busy", "+", "add a worker", pressure=True
)


def header(width: int, snap: Snapshot | None = None, eta: Eta = ETA, trouble: str = "") -> str:
    canvas = Canvas(width, 1, DARK)
    draw_header(canvas, snap or sample(), eta=eta, until="14:59", trouble=trouble)
    return canvas.rows()[0]


def test_the_wide_header_says_everything() -> None:
    assert header(120) == (
        " qtui  scrape   ● RUNNING   elapsed 10:12"
        "                                3,130 / 6,400   48.9%   ETA 7:10 ± 1m  ~14:59  "
    )


def test_the_narrow_header_says_the_most_needed() -> None:
    assert header(80) == " scrape   ● RUNNING                                  3,130/6,400  48%  ETA 7:10 "


def test_a_header_with_no_room_keeps_name_and_state() -> None:
    assert header(24) == " scrape   ● RUNNING     "


@pytest.mark.parametrize(
    ("state", "badge"),
    [
        (RunState.STARTING, "… STARTING"),
        (RunState.PAUSED, "║ PAUSED"),
        (RunState.DRAINING, "▼ DRAINING"),
        (RunState.STOPPING, "▼ STOPPING"),
        (RunState.FINISHED, "✓ FINISHED"),
        (RunState.STOPPED, "× STOPPED"),
    ],
)
def test_every_state_has_its_badge(state: RunState, badge: str) -> None:
    assert badge in header(120, sample(state=state))


def test_an_unknown_total_is_said() -> None:
    counts = msgspec.structs.replace(sample().counts, total=None)
    assert "3,130 done, total unknown" in header(120, sample(counts=counts), Eta(Certainty.UNKNOWN))


def test_a_finished_run_took_its_time() -> None:
    assert "took 10:12" in header(120, sample(state=RunState.FINISHED), Eta(Certainty.OVER))


def test_no_run_is_complete_before_its_last_job() -> None:
    counts = Counts(accepted=100_000, done=99_999, total=100_000)
    assert " 99.9%" in header(120, sample(counts=counts))


def test_trouble_stands_beside_the_state() -> None:
    assert "● RUNNING   data 8 s old " in header(120, trouble="data 8 s old")


def test_every_part_of_the_progress_has_a_cell() -> None:
    assert shares([10_000, 1, 1, 1, 1], 20_000, 40) == [20, 1, 1, 1, 1]
    assert sum(shares([1, 1, 1, 1, 1, 1], 6, 4)) == 4


def test_progress_without_colour_is_told_by_shape() -> None:
    canvas = Canvas(60, 1, PLAIN)
    draw_progress(canvas, sample())
    assert canvas.rows()[0] == "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━×◆●■───────────────────────────"


def test_progress_of_an_unknown_total_ends_open() -> None:
    canvas = Canvas(30, 1, DARK)
    draw_progress(canvas, sample(counts=Counts(accepted=10, done=5, pending=5)))
    assert canvas.rows()[0] == "━" * 20 + "╌" * 10


def verdict_row(width: int, verdict: Verdict = PRESSURE) -> str:
    canvas = Canvas(width, 1, DARK)
    draw_verdict(canvas, verdict)
    return canvas.rows()[0].rstrip()


def test_the_verdict_gives_up_the_what_before_the_key() -> None:
    assert verdict_row(120) == (
        "  ▲ BACKPRESSURE  queue full, producers wait in put() · bottleneck: workers, 100% busy"
        "                   + add a worker"
    )
    assert verdict_row(80) == "  ▲ BACKPRESSURE  bottleneck: workers, 100% busy                 + add a worker"
    assert verdict_row(60) == " ▲ BACKPRESSURE  workers, 100% busy          + add a worker"
    assert verdict_row(40) == " ▲ BACKPRESSURE  workers, 100% busy"
    assert verdict_row(20) == " ▲ BACKPRESSURE  wo…"


def test_a_verdict_without_bottleneck_gives_up_clauses() -> None:
    failing = Verdict(Kind.FAILING, "20 failed attempts of 30 in the last minute · HTTP 503 on a.b", "", "4", "triage")
    assert verdict_row(70, failing) == "  × FAILING  20 failed attempts of 30 in the last minute     4 triage"


HALTED = ThrottleView(halted="23 of the last 100 attempts failed, most with HTTP 503", grip=Grip("qtui", 125.0))
SLOW = ThrottleView(rate=2.5, holding=0.9, next_s=30.0)


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize(
    "snap",
    [
        sample(),
        sample(throttle=HALTED),
        sample(throttle=ThrottleView(held_by_person=True)),
        sample(throttle=SLOW),
        sample(control=Control(0, 64)),
        sample(slots=[replace(slot, state=SlotState.LEAVING) for slot in sample().slots]),
        sample(series=replace(sample().series, failed=[3] * 180)),
        *(sample(state=state) for state in (RunState.PAUSED, RunState.DRAINING, RunState.FINISHED, RunState.STOPPED)),
    ],
)
def test_the_key_that_helps_outlives_the_sentence(snap: Snapshot, width: int) -> None:
    verdict = Judge().step(snap)
    row = verdict_row(width, verdict)

    assert verdict.key
    assert row.endswith(f"  {verdict.key} {verdict.key_text}")
    assert verdict.word in row


def test_a_halted_run_says_why_where_there_is_no_room_for_that_it_is_so() -> None:
    halted = Judge().step(sample(throttle=HALTED))
    assert verdict_row(60, halted) == " × HALTED  23 of the last 100 attempts failed     P release"


def test_a_command_to_be_typed_is_not_cut_for_a_key() -> None:
    gone = unreachable(sample(), PRESSURE, 9.0, lost=True, gone=True)
    assert verdict_row(60, gone) == " × ENGINE LOST  `qtui presets/scrape.toml` resumes the run"


def ticker(width: int, answer: Answer | None = None, log: list[LogLine] | None = None) -> str:
    canvas = Canvas(width, 1, DARK)
    draw_ticker(canvas, sample(log=sample().log if log is None else log), answer=answer, zone=UTC)
    return canvas.rows()[0].rstrip()


def test_the_ticker_shows_whole_lines_newest_first() -> None:
    assert ticker(80) == " 14:52:02 you concurrency 8 → 12   14:51:45 you producers resumed"


def test_an_answer_comes_first_and_offers_undo() -> None:
    assert ticker(80, Answer("workers 9", undo=True)).startswith(" ✓ workers 9  z undo   14:52:02 you")
    assert ticker(30, Answer("refused", ok=False)) == " × refused"


def test_a_long_notice_is_cut_not_dropped() -> None:
    assert ticker(30, log=[LogLine(0.0, "qtui", "x" * 50)]) == " 00:00:00 qtui xxxxxxxxxxxxx…"


HINTS = [Hint("p", "pause", "pause", 2), Hint("b", "bound", "bound", 8), Hint("?", "help", "help", 1)]


def test_the_key_bar_drops_what_is_needed_least() -> None:
    canvas = Canvas(20, 1, DARK)
    draw_keybar(canvas, HINTS)
    assert canvas.rows()[0] == " p pause  ? help    "


def test_a_column_of_the_key_bar_is_its_action() -> None:
    hit = hint_at(HINTS, 40, 11)
    assert hit is not None
    assert hit.action == "bound"
    assert hint_at(HINTS, 40, 8) is None


def tiny(width: int, height: int) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_tiny(canvas, sample(), verdict=PRESSURE, eta=ETA, keys="p pause  + - workers  ? help")
    return [row.rstrip() for row in canvas.rows()]


def test_nine_lines_of_numbers() -> None:
    assert tiny(38, 9) == [
        "scrape   ● RUNNING            ETA 7:10",
        "━━━━━━━━━━━━━━━━━━━━━━────────────────",
        "",
        " ▲ BACKPRESSURE  workers, 100% busy",
        "",
        "queue ━━━━━━━━━━━━━━━━━━━━       64/64",
        "slots ●●●●●●●●●●●●               12/12",
        "✓ 3,072  × 58  ◆ 3   6.7/s",
        "p pause  + - workers  ? help",
    ]


def test_three_lines_keep_state_verdict_and_counts() -> None:
    assert tiny(38, 3) == [
        "scrape   ● RUNNING            ETA 7:10",
        " ▲ BACKPRESSURE  workers, 100% busy",
        "✓ 3,072  × 58  ◆ 3   6.7/s",
    ]


def test_one_line_says_it_all() -> None:
    assert tiny(60, 1) == ["scrape 49% ▲FULL 12w 6.7/s ×58 7:10"]


def test_no_snapshot_breaks_any_row_at_any_size() -> None:
    rng = random.Random(7)
    for _ in range(300):
        snap = anything(rng)
        verdict = verdict_on(snap)
        eta = Eta(rng.choice(list(Certainty)), rng.uniform(0, 1e6), rng.uniform(0, 9000))
        canvas = Canvas(rng.randint(1, 240), rng.randint(1, 12), rng.choice((DARK, PLAIN)))
        trouble = rng.choice(("", "engine lost"))
        for draw in (
            partial(draw_header, snap=snap, eta=eta, until="14:59", trouble=trouble),
            partial(draw_progress, snap=snap),
            partial(draw_verdict, verdict=verdict),
            partial(draw_ticker, snap=snap, zone=UTC),
            partial(draw_tiny, snap=snap, verdict=verdict, eta=eta),
        ):
            draw(canvas)
            assert strange(canvas.rows()) == set()
