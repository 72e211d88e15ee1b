"""The fields of a slot's line, where each stands and how it is drawn: the one table for rows and for cards."""

from __future__ import annotations

from typing import NamedTuple

from qtui.core.snapshot import STRIP_SECONDS, SlotState, SlotView, Snapshot
from qtui.text import clean
from qtui.tui.canvas import Canvas
from qtui.tui.widgets.charts import fit, pace, shorten
from qtui.tui.widgets.slot_marks import (
    STATES,
    columns_of,
    draw_strip,
    gauge_share,
    is_slow,
    number_width,
    running_time,
    time_limit,
    words,
)

_SPELT = 13
"""From so many columns on the attempt is spelt out: `attempt 1/3`."""
_REACH_S = 45
"""A strip reaches back so far at least."""
_WITHOUT = {SlotState.HELD: "pressure", SlotState.BACKOFF: "retry_text"}


class Fields(NamedTuple):
    """Where the fields begin and how wide they are; a width of 0 leaves a field out."""

    digits: int
    name: int
    name_width: int
    attempt: int
    attempt_width: int
    note: int
    note_width: int
    gauge: int
    gauge_width: int
    end: int
    """The time ends before it; 0 leaves it out."""
    words_end: int
    """What is said of a slot without an attempt ends before it."""
    strip: int
    strip_width: int
    per: int
    """Seconds in a cell of the strip."""
    roomy: bool = False
    """The name is bold, and the time limit stands beside the time."""


def for_rows(width: int, slots: list[SlotView]) -> Fields:
    """One line with the strip at its end; at 120 columns the strip is a minute of seconds, from there on both grow."""
    digits = number_width(slots)
    name = digits + 5
    gauge_width = 10 if width >= 100 else 0
    gauge_room = gauge_width + 1 if gauge_width else 0
    room, after_name = width - 2 - name, 1 + 4 + gauge_room + 7
    name_width = min(room, _name_width(width))
    strip_width = room - name_width - after_name
    if strip_width < 8:
        # too narrow for a history: the name and the time are worth more
        name_width, strip_width = max(0, min(room, room - after_name + 2)), 0
    if strip_width > STRIP_SECONDS:
        name_width, strip_width = name_width + strip_width - STRIP_SECONDS, STRIP_SECONDS
    attempt = name + name_width + 1
    end = attempt + 4 + gauge_room + 5
    known = end if end < width - 1 else 0
    return Fields(
        digits,
        name,
        name_width,
        attempt,
        4 if known else 0,
        0,
        0,
        attempt + 4,
        gauge_width if known else 0,
        known,
        min(end, width - 1),
        end + 2,
        strip_width,
        pace(strip_width, _REACH_S),
    )


def _name_width(width: int) -> int:
    if width >= 120:
        return min(40, 28 + (width - 120) // 3)
    if width >= 100:
        return 20 + (width - 100) * 2 // 5
    return 24 if width >= 90 else max(10, min(22, 22 - (76 - width)))


def for_cards(width: int, slots: list[SlotView]) -> Fields:
    """One line with what the job itself says, and the strip on a line of its own."""
    digits = number_width(slots)
    name, end = digits + 5, width - 3
    gauge_width = 24 if width >= 110 else 16 if width >= 80 else 10 if width >= 60 else 0
    gauge = end - 10 - gauge_width
    name_width = max(8, 32 if width >= 110 else (gauge - name) * 3 // 5)
    attempt = name + name_width + 1
    note = attempt + (_SPELT + 1 if width >= 110 else 6)
    strip_width = min(STRIP_SECONDS, max(0, end - name))
    return Fields(
        digits,
        name,
        min(name_width, max(0, gauge - name - 2)),
        attempt,
        note - attempt - 1 if attempt + 5 < gauge else 0,
        note,
        max(0, gauge - 2 - note),
        gauge,
        gauge_width,
        end,
        end,
        end - strip_width,
        strip_width,
        pace(strip_width, _REACH_S),
        roomy=True,
    )


def draw_fields(canvas: Canvas, y: int, slot: SlotView, snap: Snapshot, at: Fields, *, bold: bool = False) -> None:
    """Draw the line but for its strip: the number, the state, and the attempt or why there is none."""
    retired = slot.state is SlotState.RETIRED
    canvas.put(2, y, f"{slot.number:>{at.digits}}", "faint" if retired else "dim")
    glyph, colour = STATES[slot.state]
    canvas.put(3 + at.digits, y, glyph, colour, bold=True)
    if not slot.seq or slot.state in (SlotState.RETIRED, SlotState.BACKOFF):
        canvas.put(at.name, y, fit(words(slot, snap), at.words_end - at.name), _WITHOUT.get(slot.state, "faint"))
        return
    leaving = slot.state is SlotState.LEAVING
    name = shorten(slot.name or f"job {slot.seq}", at.name_width)
    canvas.put(at.name, y, name, "dim" if leaving else "text", bold=bold or (at.roomy and not leaving))
    _draw_attempt(canvas, y, slot, at)
    if at.note_width >= 6:
        canvas.put(at.note, y, fit(clean(slot.note), at.note_width), "dim")
    _draw_time(canvas, y, slot, at)


def _draw_attempt(canvas: Canvas, y: int, slot: SlotView, at: Fields) -> None:
    again = slot.attempt > 1
    attempt = f"{slot.attempt}/{slot.attempts}"
    if at.attempt_width >= _SPELT and slot.attempts:
        canvas.put(at.attempt, y, fit(f"attempt {attempt}", _SPELT), "retry_text" if again else "dim")
    elif again and at.attempt_width:
        canvas.put(at.attempt, y, fit(attempt, at.attempt_width), "retry_text", bold=True)
    elif slot.share is not None and at.attempt_width and not at.gauge_width:
        canvas.put(at.attempt, y, f"{int(slot.share * 100):>3}%", "accent")


def _draw_time(canvas: Canvas, y: int, slot: SlotView, at: Fields) -> None:
    slow = is_slow(slot)
    if at.gauge_width and (slot.timeout_s > 0 or slot.share is not None):
        told = "running" if slot.share is None else "accent"
        ink = "dim" if slot.state is SlotState.LEAVING else "pressure" if slow and slot.share is None else told
        canvas.gauge(at.gauge, y, at.gauge_width, gauge_share(slot), ink)
    spent = running_time(slot.elapsed_s)
    if at.roomy and slot.timeout_s > 0:
        of = f"{spent.removesuffix('s')}/{time_limit(slot.timeout_s)}"
        spent = of if len(of) <= 10 else spent
    if at.end - len(spent) > at.name + at.name_width:
        canvas.put(at.end - len(spent), y, spent, "pressure" if slow else "text")


def draw_history(canvas: Canvas, y: int, slot: SlotView, snap: Snapshot, at: Fields) -> None:
    """Draw the strip."""
    if at.strip_width:
        cells = columns_of(slot.strip, int(snap.elapsed_s), at.per, at.strip_width)
        draw_strip(canvas, at.strip, y, cells)
