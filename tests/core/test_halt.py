"""When too many attempts have failed, and the numbers that say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtui.core.halt import FRESH, ended, reason
from qtui.core.job import Cancelled, Done, Failed, Interrupted, Outcome
from qtui.core.tables import Halt

OUTCOMES: dict[str, Outcome] = {".": Done(), "x": Failed("http:500"), "c": Cancelled("you"), "i": Interrupted("asleep")}


def told(policy: Halt, story: str) -> tuple[int, str]:
    """After how many ends it halts, and why; (0, "") when it never does."""
    tally = FRESH
    for number, letter in enumerate(story, 1):
        tally = ended(policy, tally, OUTCOMES[letter])
        if said := reason(policy, tally):
            return number, said
    return 0, ""


@pytest.mark.parametrize(
    ("policy", "story", "number", "said"),
    [
        (Halt(), "x" * 500, 0, ""),
        (Halt(failures=3, of=10), "x.x.x", 5, "3 of the last 5 attempts failed"),
        (Halt(failures=3, of=4), "x..x..x..x", 0, ""),
        (Halt(failures=3, of=7), "x..x..x", 7, "3 of the last 7 attempts failed"),
        (Halt(failures=0.5, of=10), "xxx", 0, ""),
        (Halt(failures=0.5, of=10), "xxxxx", 5, "5 of the last 5 attempts failed"),
        (Halt(failures=0.2, of=10), ".........x.........x", 0, ""),
        (Halt(failures=0.2, of=10), ".........x..x", 13, "2 of the last 10 attempts failed"),
        (Halt(failures=0.5, of=5), "xx", 0, ""),
        (Halt(failures=0.5, of=5), "xx.", 3, "2 of the last 3 attempts failed"),
        (Halt(failures=1.0, of=4), "xx", 2, "2 of the last 2 attempts failed"),
        (Halt(failures=0.01, of=1), "..", 0, ""),
        (Halt(consecutive=3), "xx.xx.xxx", 9, "3 attempts in a row failed"),
        (Halt(consecutive=1), "..x", 3, "1 attempt in a row failed"),
        (Halt(consecutive=3), "xxcix", 5, "3 attempts in a row failed"),
        (Halt(failures=2, of=3), "xcccciiiix", 10, "2 of the last 2 attempts failed"),
        (Halt(failures=9, of=9, consecutive=2), "x.xx", 4, "2 attempts in a row failed"),
    ],
)
def test_it_halts_after(policy: Halt, story: str, number: int, said: str) -> None:
    assert told(policy, story) == (number, said)


@given(st.text("x."), st.integers(1, 12))
def test_the_tally_counts_the_last_so_many(story: str, of: int) -> None:
    policy, tally = Halt(of=of), FRESH
    for letter in story:
        tally = ended(policy, tally, OUTCOMES[letter])

    assert tally.failed == story[-of:].count("x")
    assert tally.ended == min(of, len(story))
    assert tally.in_a_row == len(story) - len(story.rstrip("x"))
