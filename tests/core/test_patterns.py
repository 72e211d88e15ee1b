"""Patterns of a person: the useful ones are taken, those that nobody could wait for are refused."""

from __future__ import annotations

import time

import pytest

from qtui.core import patterns


@pytest.mark.parametrize(
    "pattern", ["503", r"item/\d+$", "a.*b", r"^(?:api|img)\.example", "[a-z/]+x", "x{3}", "a?b", r"\+\(\*"]
)
def test_useful_patterns_are_taken(pattern: str) -> None:
    patterns.compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+", "(a*)*b", "(a|a)*b", "(?:a?){9}", "(.*)*", r"(\w+\s?)+$", ".*.*.*x", r"(a)\1", "(?=a)b", "(?i)a",
        "a?a?a?a?a?a?a?", "((a+))+", "(a{1,9}){1,9}", "[", "(", "x" * 201, "(a|b|c|d|e|f|g|h)",
    ],
)  # fmt: skip
def test_patterns_that_could_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        patterns.compiled(pattern)


@pytest.mark.parametrize("pattern", [".*.*x", "a?a?a?a?a?a?a*b", r"\w+\d+x", "[a0]+[0a]+x"])
@pytest.mark.parametrize("text", ["a" * 5_000, "0" * 5_000, "a0" * 2_500])
def test_the_worst_that_is_taken_ends_soon(pattern: str, text: str) -> None:
    begun = time.process_time()
    patterns.found(patterns.compiled(pattern), text)

    assert time.process_time() - begun < 1.0
