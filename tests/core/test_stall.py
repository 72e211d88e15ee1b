"""The file that says what blocks a loop, and files that say nothing."""

from __future__ import annotations

import pytest

from qtui.core.stall import Stall, read, written


def test_what_was_written_is_read_with_the_time_that_has_passed() -> None:
    stall = read(written(1_000.5, "work.py:12 in primes()"), 1_003.75)

    assert stall == Stall(3.25, "work.py:12 in primes()")


def test_a_clock_that_was_set_back_is_no_time_below_zero() -> None:
    assert read(written(1_000.0, "work.py:12 in primes()"), 990.0) == Stall(0.0, "work.py:12 in primes()")


@pytest.mark.parametrize(
    "text", ["", "1000.0", "soon work.py:1 in f()", "nan work.py:1 in f()", "inf work.py:1 in f()"]
)
def test_what_cannot_be_understood_says_nothing(text: str) -> None:
    assert read(text, 1_000.0) is None


def test_a_name_of_code_cannot_steer_the_terminal() -> None:
    stall = read("1000.0 a\x1b[31m.py:1 in f()", 1_001.0)

    assert stall is not None
    assert "\x1b" not in stall.where
