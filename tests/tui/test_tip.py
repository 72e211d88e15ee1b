"""A small box stands beside what it speaks of, on whichever side there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Offset, Region, Size

from qtui.tui.tip import place

SCREEN = Region(0, 0, 80, 24)


@pytest.mark.parametrize(
    ("spot", "at"),
    [
        (Region(10, 5, 1, 1), Offset(9, 6)),
        (Region(79, 5, 1, 1), Offset(60, 6)),
        (Region(10, 23, 1, 1), Offset(9, 19)),
        (Region(0, 0, 1, 1), Offset(0, 1)),
        (Region(10, 2, 5, 20), Offset(15, 2)),
        (Region(70, 2, 5, 20), Offset(50, 2)),
        (Region(1, 1, 78, 22), None),
    ],
    ids=["under it", "at the right edge", "over it", "at the left edge", "right of it", "left of it", "nowhere"],
)
def test_it_takes_the_side_with_room(spot: Region, at: Offset | None) -> None:
    assert place(Size(20, 4), spot, SCREEN) == at


spots = st.builds(Region, st.integers(0, 79), st.integers(0, 23), st.integers(1, 80), st.integers(1, 24))


@given(spots, st.integers(1, 90), st.integers(1, 30))
def test_it_never_hides_what_it_speaks_of(spot: Region, width: int, height: int) -> None:
    at = place(Size(width, height), spot, SCREEN)
    if at is not None:
        box = Region(at.x, at.y, width, height)
        assert SCREEN.contains_region(box)
        assert not box.overlaps(spot)
