"""Lines broken at words, in cells; rough durations."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from qtui.text import clean_block
from qtui.tui.canvas import Span, length
from qtui.tui.prose import about, wrap, wrap_text
from tests.tui.stage import HOSTILE


def rows(text: str, width: int) -> list[str]:
    return ["".join(span.text for span in line) for line in wrap_text(text, width)]


def test_breaks_at_words() -> None:
    assert [row.rstrip() for row in rows("the queue holds sixty-four jobs", 12)] == [
        "the queue",
        "holds",
        "sixty-four",
        "jobs",
    ]


def test_breaks_a_word_that_is_longer_than_the_line() -> None:
    assert rows("abcdefgh", 3) == ["abc", "def", "gh"]


def test_keeps_indentation_and_line_ends() -> None:
    assert rows("a\n  b", 10) == ["a", "  b"]


def test_keeps_the_meaning_of_every_piece() -> None:
    assert wrap((Span("one two", "dim"), Span(" three", "text", True)), 7) == [
        [Span("one two", "dim")],
        [Span("three", "text", True)],
    ]


@pytest.mark.parametrize("width", [1, 2, 7])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    for line in wrap_text(clean_block(text, 200), width):
        assert length(line) <= max(width, max((cell_len(ch) for ch in text), default=0))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "1 s"),
        (7.6, "8 s"),
        (12, "10 s"),
        (43, "45 s"),
        (59, "1 min"),
        (200, "3 min"),
        (7800, "2 h 10 min"),
        (90000, "25 h"),
    ],
)
def test_durations_are_said_roughly(seconds: float, said: str) -> None:
    assert about(seconds) == said
