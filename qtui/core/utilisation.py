"""How busy groups of slots were, second by second: what is told of so many slots that none has a history of its own."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import final

from qtui.core.snapshot import BUSY_LEVELS, FAILED_LEVELS, STRIP_SECONDS, UNUSED, Cell, Use
from qtui.core.tracks import SlotTrack

SMALLEST = 8
"""Slots of a group at least; more by doubling."""
GROUPS = 32
"""Groups at most."""
FEW = 512
MADE_UP = 30
"""Of more slots than `FEW` only so many missed seconds are made up: it takes the engine's time."""


@final
class GroupUse:
    """Looked at once a second or so; what was missed is made up from what the slots remember."""

    def __init__(self) -> None:
        self._size = 0
        self._columns: deque[list[str]] = deque(maxlen=STRIP_SECONDS)
        """One for each second that is over, newest last."""
        self._second = -1
        """The newest of them."""

    def look(self, at: float, slots: Mapping[int, SlotTrack]) -> Use:
        """The picture at a moment."""
        size = SMALLEST
        highest = max(slots, default=1)
        while -(-highest // size) > GROUPS:
            size *= 2
        last = int(at) - 1
        first = max(self._second, last - (STRIP_SECONDS if len(slots) <= FEW else MADE_UP)) + 1
        if size != self._size or last < self._second or first > self._second + 1:
            self._size = size
            self._columns.clear()
            first = min(first, last + 1 - MADE_UP)
        for second in range(max(0, first), last + 1):
            self._columns.append(_column(second, slots, size))
        self._second = last
        groups = -(-highest // size)
        columns = [*self._columns, _column(int(at), slots, size)]
        return Use(size, ["".join(_of_group(column, group) for column in columns) for group in range(groups)])


def _of_group(column: list[str], group: int) -> str:
    return column[group] if group < len(column) else UNUSED


def _column(second: int, slots: Mapping[int, SlotTrack], size: int) -> list[str]:
    groups = -(-max(slots, default=1) // size)
    there, busy, failed = [0] * groups, [0] * groups, [False] * groups
    for number, track in slots.items():
        cell = track.cell(second)
        if cell is Cell.ABSENT:
            continue
        group = (number - 1) // size
        there[group] += 1
        if cell is not Cell.IDLE:
            busy[group] += 1
            failed[group] = failed[group] or cell is Cell.FAILED_END
    return [_level(*each) for each in zip(there, busy, failed, strict=True)]


def _level(there: int, busy: int, failed: bool) -> str:
    return level(busy / there, failed) if there else UNUSED


def level(share: float, failed: bool) -> str:
    """The character for a busy share."""
    return (FAILED_LEVELS if failed else BUSY_LEVELS)[math.ceil(share * (len(BUSY_LEVELS) - 1) - 1e-9)]
