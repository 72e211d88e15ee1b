"""The FAILURES panel: what failed, when, and how the last attempts ended."""

from __future__ import annotations

import msgspec

from qtui.core.snapshot import Counts, FailureGroup, Recent, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.theme import DARK
from qtui.tui.widgets.failures import draw_failures
from tests.tui.samples import failures, sample

EMPTY = sample(failures=[], groups=0, recent=[], counts=Counts())


def drawn(snap: Snapshot, width: int = 38, height: int = 10) -> list[str]:
    canvas = Canvas(width, height, DARK)
    draw_failures(canvas, snap)
    return canvas.rows()


def group(**changes: object) -> FailureGroup:
    return msgspec.structs.replace(failures()[0], **changes)


def test_groups_with_their_ten_minutes_stand_over_the_last_outcomes() -> None:
    assert drawn(sample()) == [
        "╭─ FAILURES 58 ─────────── 4 triage ─╮",
        "│  28 HTTP 503            ▁▁▁▁▁▆▄▁▁▁ │",
        "│  14 HTTP 404            ▁▁▁▁▂▆▃▁▁▁ │",
        "│  14 Extract             ▁▁▁▁▂▆▃▁▁▁ │",
        "│   1 Timeout             ▁▁▃▁▆▁▁▃▁▃ │",
        "│   1 HTTP 429            ▁▁▃▁▆▁▁▃▁▃ │",
        "│╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│",
        "│ × blog.ex…ple/post/25295  HTTP 503 │",
        "│ ✓ shop.example/p/11552        0.5s │",
        "╰────────────────────────────────────╯",
    ]


def test_a_wide_panel_tells_the_message_too() -> None:
    assert "28 HTTP 503 · Service Unavailable   " in drawn(sample(), width=66)[1]


def test_without_failures_it_says_none_yet() -> None:
    rows = drawn(EMPTY)
    assert rows[0].startswith("╭─ FAILURES ──")
    assert rows[1].startswith("│ ✓ none yet  ")


def test_the_last_outcomes_are_shown_even_without_failures() -> None:
    recent = [Recent(1, "shop.example/p/1", "done", "0.5s", 0.1), Recent(2, "shop.example/p/2", "retry", "Timeout", 1)]
    rows = drawn(msgspec.structs.replace(EMPTY, recent=recent))
    assert rows[3] == "│ ✓ shop.example/p/1            0.5s │"
    assert rows[4] == "│ ◆ shop.example/p/2         Timeout │"


def test_groups_that_do_not_fit_are_counted_on_the_rule() -> None:
    many = [group(title=f"HTTP {500 + n}") for n in range(9)]
    rows = drawn(sample(failures=many, groups=12))
    assert rows[6].startswith("│╌ 7 more groups ╌")
    assert rows[7].startswith("│ × ")


def test_a_group_whose_jobs_were_all_retried_says_so_instead_of_a_zero_alone() -> None:
    rows = drawn(sample(failures=[group(jobs=0, attempts=40)]), width=66)
    assert rows[1].startswith("│   0 HTTP 503 · Service Unavailable  ◆ 40 retried ")


def test_a_group_being_retried_says_so() -> None:
    rows = drawn(sample(failures=[group(retrying=12, message="")]), width=66)
    assert rows[1].startswith("│  28 HTTP 503  ► 12 retrying ")


def test_a_long_title_ends_in_an_ellipsis_before_the_spark_line() -> None:
    rows = drawn(sample(failures=[group(title="ConnectionResetByPeerError", per_minute=[1])]))
    assert rows[1] == "│  28 ConnectionResetByP… ▁▁▁▁▁▁▁▁▁▆ │"
