"""The slots as dots: busy, held, leaving, idle; a proportional block where there are too many."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from qtui.core.snapshot import SlotState, SlotView
from qtui.tui.canvas import Canvas

DOTS = {
    SlotState.RUNNING: ("●", "running"),
    SlotState.BACKOFF: ("◆", "retry_text"),
    SlotState.LEAVING: ("▼", "pressure"),
    SlotState.HELD: ("≈", "pressure"),
    SlotState.IDLE: ("·", "faint"),
}


class Census(NamedTuple):
    """How many slots do what; those leaving or kept for a job in back-off are busy, those retired are gone."""

    live: int
    busy: int
    idle: int
    held: int


def census(slots: Sequence[SlotView]) -> Census:
    states = Counter(slot.state for slot in slots)
    live = len(slots) - states[SlotState.RETIRED]
    busy = sum(states[state] for state in (SlotState.RUNNING, SlotState.LEAVING, SlotState.BACKOFF))
    return Census(live, busy, states[SlotState.IDLE], states[SlotState.HELD])


def draw_dots(canvas: Canvas, slots: Sequence[SlotView], x: int, y: int, width: int, rows: int) -> Census:
    """Draw into `width` by `rows` cells and return the count that was drawn."""
    counted = census(slots)
    per_row = max(1, width // 2)
    live = [slot for slot in slots if slot.state is not SlotState.RETIRED]
    if len(live) <= per_row * rows:
        for index, slot in enumerate(live):
            row, column = divmod(index, per_row)
            dot, ink = DOTS[slot.state]
            canvas.put(x + column * 2, y + row, dot, ink)
        return counted
    cells = width * (rows - 1)
    states = Counter(slot.state for slot in live)
    at = 0
    for state, (dot, ink) in DOTS.items():
        number = max(1, round(states[state] / len(live) * cells)) if states[state] else 0
        for _ in range(min(number, cells - at)):
            row, column = divmod(at, width)
            canvas.put(x + column, y + row, "▊" if state is SlotState.RUNNING else dot, ink)
            at += 1
    each = math.ceil(len(live) / cells)
    if each > 1:
        canvas.put(x, y + rows - 1, f"▊ = {each} slots", "faint")
    return counted
