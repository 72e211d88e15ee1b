"""The end of a run: honest shares, only known facts, and keys that work."""

from __future__ import annotations

import random

import msgspec
import pytest

from qtui.core.snapshot import Counts, Health, Latency, RunState, Snapshot
from qtui.tui.big import big_width, draw_big
from qtui.tui.canvas import Canvas
from qtui.tui.screens.finished import FinishedView, shares
from qtui.tui.screens.summary import (
    draw_next,
    draw_summary,
    exit_words,
    facts,
    next_steps,
    success,
)
from qtui.tui.theme import DARK
from tests.tui.samples import sample
from tests.tui.stage import HOSTILE, Stage

COUNTS = Counts(accepted=2400, done=2383, failed=17, retries=142, recovered=137, total=2400)


def finished(**changes: object) -> Snapshot:
    return sample(**{"state": RunState.FINISHED, "counts": COUNTS, "elapsed_s": 286.0, **changes})


def stopped() -> Snapshot:
    return sample(state=RunState.STOPPED)


def rows(snap: Snapshot, width: int = 120, height: int = 13) -> str:
    canvas = Canvas(width, height, DARK)
    draw_summary(canvas, snap)
    return "\n".join(canvas.rows())


@pytest.mark.parametrize(
    ("done", "failed", "said"),
    [(100, 0, "100%"), (2383, 17, "99.2%"), (999_999, 1, "99.9%"), (0, 3, "0.0%"), (0, 0, "")],
)
def test_the_success_share_is_never_rounded_up(done: int, failed: int, said: str) -> None:
    assert success(Counts(done=done, failed=failed)) == said


@pytest.mark.parametrize(
    ("snap", "said"),
    [
        (finished(), "exit code 1: some jobs failed"),
        (finished(counts=Counts(accepted=3, done=3)), "exit code 0: all done"),
        (finished(counts=Counts(accepted=3, done=2, held=1)), "exit code 1: some jobs are held"),
        (finished(counts=Counts()), "exit code 0: there were no jobs"),
        (stopped(), "exit code 130: stopped before the end"),
    ],
)
def test_the_exit_code_is_said_in_words(snap: Snapshot, said: str) -> None:
    assert exit_words(snap) == said


def test_digits_are_five_rows_of_blocks() -> None:
    canvas = Canvas(34, 5, DARK)
    assert big_width("100%") == draw_big(canvas, 0, 0, "100%", "done") - 2
    assert [row.rstrip() for row in canvas.rows()] == [
        "  ██    ██████  ██████  ██  ██",
        "████    ██  ██  ██  ██      ██",
        "  ██    ██  ██  ██  ██    ██",
        "  ██    ██  ██  ██  ██  ██",
        "██████  ██████  ██████  ██  ██",
    ]


def test_facts_compare_with_what_is_known() -> None:
    text = rows(finished())
    assert "5.1/s   on average, peak 13/s" in text
    assert "high-water = the bound; full 55% of the time" in text
    assert "137 jobs succeeded after one" in text


def test_unknown_facts_are_left_out() -> None:
    snap = finished(latency=Latency(), health=Health(), results="", counts=Counts(accepted=1, done=1))
    assert [label for label, _, _ in facts(snap)] == ["time", "throughput", "queue", "producers", "workers"]


def test_a_comparison_that_does_not_fit_is_shortened_not_cut() -> None:
    for line in rows(finished(results=""), 80, 8).split("\n"):
        assert "…" not in line


def test_a_stopped_run_says_what_is_left_and_how_to_go_on() -> None:
    assert "3,270 left to do" in rows(stopped())
    assert ("n", "run another preset", "or go on with this one:  qtui presets/scrape.toml") in next_steps(stopped())


def test_a_run_without_jobs_says_so() -> None:
    assert "The preset produced no jobs." in rows(finished(counts=Counts()))


def test_retry_is_offered_only_when_something_failed() -> None:
    assert next_steps(finished())[0][:2] == ("R", "retry the 17 failed")
    assert [key for key, _, _ in next_steps(finished(counts=Counts(accepted=1, done=1)))] == ["3", "n", "q"]


@pytest.mark.parametrize("height", range(60))
def test_the_shares_fill_the_height(height: int) -> None:
    parts = shares(height, 9, 5, 7)
    assert sum(parts) == height
    assert min(parts) >= 0


@pytest.mark.parametrize("seed", range(40))
def test_any_size_is_drawn_without_error(seed: int) -> None:
    rng = random.Random(seed)
    counts = Counts(*(rng.choice((0, 1, 10 ** rng.randrange(1, 12))) for _ in range(11)), total=rng.choice((None, 5)))
    name = rng.choice(HOSTILE)
    state = rng.choice((RunState.FINISHED, RunState.STOPPED))
    snap = finished(counts=counts, state=state, problem=name, results=name, preset=name, failures=[])
    for draw in (draw_summary, draw_next):
        canvas = Canvas(rng.randrange(1, 220), rng.randrange(1, 40), DARK)
        draw(canvas, snap)
        assert all("\x1b" not in row for row in canvas.rows())


@pytest.mark.parametrize("size", [(1, 1), (40, 10), (80, 21), (120, 37), (200, 57)])
async def test_the_whole_view_fits_any_screen(size: tuple[int, int]) -> None:
    pytest.importorskip("qtui.tui.widgets.flow")
    pytest.importorskip("qtui.tui.widgets.failures")
    view = FinishedView()
    view.styles.height = "1fr"
    app = Stage(view)
    async with app.run_test(size=size) as pilot:
        view.update_snapshot(finished())
        await pilot.pause()
        view.update_snapshot(msgspec.structs.replace(finished(), counts=Counts()))
        await pilot.pause()
        assert size[0] < 40 or "NEXT" in app.text() or "quit" in app.text()
