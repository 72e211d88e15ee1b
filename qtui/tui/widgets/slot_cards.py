"""A few slots with room to spare: a line on the job, its own words included, and a line of history."""

from __future__ import annotations

from typing import NamedTuple

from qtui.core.snapshot import STRIP_SECONDS, SlotState, SlotView, Snapshot
from qtui.text import clean
from qtui.tui.canvas import Canvas, Line
from qtui.tui.widgets.charts import fit, pace, shorten
from qtui.tui.widgets.slot_marks import (
    STATES,
    age_axis,
    columns_of,
    draw_strip,
    gauge_share,
    is_slow,
    legend,
    number_width,
    running_time,
    time_limit,
    words,
)


class _Layout(NamedTuple):
    digits: int
    x: int
    name_width: int
    attempt: int
    note: int
    note_width: int
    gauge: int
    gauge_width: int
    end: int
    strip_width: int


def _layout(width: int, slots: list[SlotView]) -> _Layout:
    digits = number_width(slots)
    x, end = digits + 5, width - 3
    gauge_width = 24 if width >= 110 else 16 if width >= 80 else 10 if width >= 60 else 0
    gauge = end - 10 - gauge_width
    name_width = max(8, 32 if width >= 110 else (gauge - x) * 3 // 5)
    attempt = x + name_width + 1
    note = attempt + (14 if width >= 110 else 6)
    return _Layout(
        digits,
        x,
        min(name_width, max(0, gauge - x - 2)),
        attempt,
        note,
        max(0, gauge - 2 - note),
        gauge,
        gauge_width,
        end,
        min(STRIP_SECONDS, max(0, end - x)),
    )


def draw_cards(canvas: Canvas, snap: Snapshot, slots: list[SlotView], selected: int, title: Line) -> None:
    """Draw the panel with these slots from the top."""
    width, height = canvas.width, canvas.height
    canvas.box(0, 0, width, height, title=title, right=legend(canvas) if width >= 100 else ())
    layout = _layout(width, snap.slots)
    for index, slot in enumerate(slots):
        y = 1 + 3 * index
        if y >= height - 1 or layout.x >= width - 2:
            break
        _draw_head(canvas, y, slot, snap, layout, slot.number == selected)
        if y + 1 < height - 1 and layout.strip_width:
            per = pace(layout.strip_width, 45)
            cells = columns_of(slot.strip, int(snap.elapsed_s), per, layout.strip_width)
            draw_strip(canvas, layout.end - layout.strip_width, y + 1, cells)
    if slots and layout.strip_width >= 14:
        age_axis(canvas, layout.end, layout.strip_width, pace(layout.strip_width, 45))


def _draw_head(canvas: Canvas, y: int, slot: SlotView, snap: Snapshot, layout: _Layout, selected: bool) -> None:
    if selected:
        canvas.fill(1, y, canvas.width - 2, min(2, canvas.height - 1 - y), "raised")
        for line in range(y, min(y + 2, canvas.height - 1)):
            canvas.put(1, line, "▌", "accent")
    gone = slot.state is SlotState.RETIRED
    canvas.put(2, y, f"{slot.number:>{layout.digits}}", "faint" if gone else "dim")
    glyph, colour = STATES[slot.state]
    canvas.put(3 + layout.digits, y, glyph, colour, bold=True)
    if not slot.seq or slot.state in (SlotState.RETIRED, SlotState.BACKOFF):
        inks = {SlotState.HELD: "pressure", SlotState.BACKOFF: "retry_text"}
        canvas.put(layout.x, y, fit(words(slot, snap), layout.end - layout.x), inks.get(slot.state, "faint"))
        return
    leaving = slot.state is SlotState.LEAVING
    name = shorten(slot.name or f"job {slot.seq}", layout.name_width)
    canvas.put(layout.x, y, name, "dim" if leaving else "text", bold=not leaving)
    _draw_progress(canvas, y, slot, layout)


def _draw_progress(canvas: Canvas, y: int, slot: SlotView, layout: _Layout) -> None:
    slow, leaving = is_slow(slot), slot.state is SlotState.LEAVING
    attempt = f"{slot.attempt}/{slot.attempts}"
    ink = "retry_text" if slot.attempt > 1 else "dim"
    if layout.note - layout.attempt >= 14 and slot.attempts:
        canvas.put(layout.attempt, y, fit(f"attempt {attempt}", 13), ink)
    elif slot.attempt > 1 and layout.attempt + 5 < layout.gauge:
        canvas.put(layout.attempt, y, fit(attempt, 5), ink, bold=True)
    if layout.note_width >= 6:
        canvas.put(layout.note, y, fit(clean(slot.note), layout.note_width), "dim")
    if layout.gauge_width and (slot.timeout_s > 0 or slot.share is not None):
        told = "running" if slot.share is None else "accent"
        colour = "dim" if leaving else "pressure" if slow and slot.share is None else told
        canvas.gauge(layout.gauge, y, layout.gauge_width, gauge_share(slot), colour)
    elapsed = running_time(slot.elapsed_s)
    spent = f"{elapsed.removesuffix('s')}/{time_limit(slot.timeout_s)}" if slot.timeout_s > 0 else elapsed
    spent = spent if len(spent) <= 10 else elapsed
    if layout.end - len(spent) > layout.x + layout.name_width:
        canvas.put(layout.end - len(spent), y, spent, "pressure" if slow else "text")
