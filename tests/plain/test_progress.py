"""The one updating line: what it says, that it fits, and how it is written."""

from __future__ import annotations

import io
import os
import pty
import termios

import msgspec
import pytest

from qtui.core.snapshot import RunState
from qtui.core.verdict import Kind, Verdict
from qtui.plain.cells import cells, cut
from qtui.plain.progress import ProgressLine, progress_line
from tests.plain.samples import ETA, EVIL, FLOWING, PRESSURE, finished, harmless, quiet
from tests.tui.samples import sample


def test_it_says_how_far_how_fast_and_how_long() -> None:
    line = progress_line(sample(), PRESSURE, ETA, 120)

    assert line == "scrape  ━━━━━━━━━─────────── 49%  3,130/6,400  × 58  6.7/s  ▲ BACKPRESSURE  ETA 7:10"


@pytest.mark.parametrize("name", ["scrape", "データの収集を行うための長い名前", "é" * 40, "e\u0301" * 40])
@pytest.mark.parametrize("width", [1, 2, 10, 20, 40, 60, 80, 120])
def test_it_fits_every_terminal(width: int, name: str) -> None:
    assert cells(progress_line(sample(name=name), PRESSURE, ETA, width)) <= width


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "scrape  3,130/6,400  × 58  6.7/s  ▲ BACKPRESSURE  ETA 7:10"),
        (50, "scrape  3,130/6,400  × 58  6.7/s  ▲ BACKPRESSURE"),
        (30, "scrape  3,130/6,400  × 58"),
        (20, "scrape  3,130/6,400"),
        (8, "scrape"),
        (3, "scr"),
    ],
)
def test_the_least_important_goes_first(width: int, line: str) -> None:
    assert progress_line(sample(), PRESSURE, ETA, width) == line


def test_the_bar_is_full_only_at_the_end() -> None:
    assert "─" in progress_line(finished(done=99), FLOWING, ETA, 120)
    assert "─" not in progress_line(finished(done=100), FLOWING, ETA, 120)


def test_an_unknown_total_is_said() -> None:
    counts = msgspec.structs.replace(sample().counts, total=None)

    assert "3,130 finished, total unknown" in progress_line(sample(counts=counts), FLOWING, ETA, 120)


def test_before_the_start_it_says_what_is_being_done() -> None:
    starting = sample(name="", state=RunState.STARTING)

    assert progress_line(starting, Verdict(Kind.STARTING, "reading urls.txt"), ETA, 80) == "… reading urls.txt"


def test_a_run_that_cannot_go_on_says_why() -> None:
    assert progress_line(sample(problem="the disk is full"), FLOWING, ETA, 80) == "! the disk is full"


def test_hostile_names_do_no_harm() -> None:
    assert harmless(progress_line(sample(name=EVIL), FLOWING, ETA, 120))
    assert harmless(progress_line(sample(problem=EVIL), FLOWING, ETA, 120))


def test_it_is_written_over_and_over_and_taken_away_at_the_end() -> None:
    out = io.StringIO()
    line = ProgressLine(out)
    line.show(sample(name="one"), FLOWING, ETA, 0.0)
    line.show(sample(name="two"), FLOWING, ETA, 1.0)
    line.say("a message")
    line.clear()
    first, second, gone = out.getvalue().removeprefix("\r").split("\r")

    assert first.startswith("one")
    assert second.startswith("two")
    assert first.endswith("\x1b[K")
    assert gone == "\x1b[Ka message\n"


def test_it_changes_at_most_four_times_a_second() -> None:
    out = io.StringIO()
    line = ProgressLine(out)
    for step in range(100):
        line.show(quiet(name=f"n{step}"), FLOWING, ETA, step / 100)

    assert out.getvalue().count("\r") == 4


def test_the_width_is_that_of_its_own_terminal_and_follows_it() -> None:
    leader, follower = pty.openpty()
    widths = []
    with os.fdopen(follower, "w", encoding="utf-8") as out, os.fdopen(leader, "rb", buffering=0) as screen:
        line = ProgressLine(out)
        for at, columns in enumerate((40, 21)):
            termios.tcsetwinsize(out.fileno(), (24, columns))
            line.show(sample(name=f"scrape{at}"), FLOWING, ETA, float(at))
            drawn = b""
            while not drawn.endswith(b"\x1b[K"):
                drawn += screen.read(10_000)
            widths.append(cells(drawn.decode().removeprefix("\r").removesuffix("\x1b[K")))

    assert widths[0] in range(21, 40)
    assert widths[1] in range(1, 21)


def test_a_terminal_without_unicode_gets_the_same_line_in_its_own_letters() -> None:
    octets = io.BytesIO()
    out = io.TextIOWrapper(octets, encoding="latin-1")
    ProgressLine(out).show(sample(), PRESSURE, ETA, 0.0)

    assert octets.getvalue().startswith(b"\rscrape  3,130/6,400  x 58  6.7/s  ? BACKPRESSURE")


@pytest.mark.parametrize(
    ("text", "width", "left"),
    [("abc", 5, "abc"), ("abc", 2, "ab"), ("日本語", 5, "日本"), ("e\u0301e\u0301", 1, "e\u0301"), ("abc", 0, "")],
)
def test_text_is_cut_by_columns_not_by_letters(text: str, width: int, left: str) -> None:
    assert cut(text, width) == left
