"""A few slots with room to spare: a line on the job, its own words included, and a line of history."""

from __future__ import annotations

from qtui.core.snapshot import SlotView, Snapshot
from qtui.tui.canvas import Canvas, Line
from qtui.tui.widgets.slot_fields import draw_fields, draw_history, for_cards
from qtui.tui.widgets.slot_marks import age_axis, legend


def draw_cards(canvas: Canvas, snap: Snapshot, slots: list[SlotView], selected: int, title: Line) -> None:
    """Draw the panel with these slots from the top."""
    width, height = canvas.width, canvas.height
    canvas.box(0, 0, width, height, title=title, right=legend(canvas) if width >= 100 else ())
    at = for_cards(width, snap.slots)
    for index, slot in enumerate(slots):
        y = 1 + 3 * index
        if y >= height - 1 or at.name >= width - 2:
            break
        if slot.number == selected:
            _mark(canvas, y)
        draw_fields(canvas, y, slot, snap, at)
        if y + 1 < height - 1:
            draw_history(canvas, y + 1, slot, snap, at)
    if slots and at.strip_width >= 14:
        age_axis(canvas, at.end, at.strip_width, at.per)


def _mark(canvas: Canvas, y: int) -> None:
    rows = min(2, canvas.height - 1 - y)
    canvas.fill(1, y, canvas.width - 2, rows, "raised")
    for line in range(y, y + rows):
        canvas.put(1, line, "▌", "accent")
