"""What is said of the timeline: of the attempt under the cursor, of any cell, of a chosen range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtui.core.queries import Span
from qtui.core.snapshot import Snapshot
from qtui.tui.canvas import Line
from qtui.tui.canvas import Span as Words
from qtui.tui.screens.timeline_cells import bin_of
from qtui.tui.screens.timeline_draw import time_of
from qtui.tui.screens.timeline_names import in_a_box, in_a_line
from qtui.tui.screens.timeline_range import running_in, stats, words

if TYPE_CHECKING:
    from qtui.tui.screens.timeline_look import Look

BOX = 40
"""Columns for the first line of the cursor's box."""
_WORST = {"failed": 3, "retry": 2, "running": 1}


def under(look: Look) -> tuple[Span | None, int]:
    """The attempt under the cursor, the worst where there are several, and how many others share the column."""
    return ran(look, look.slot, bin_of(look.cursor, look.step_s))


def ran(look: Look, number: int, column: int) -> tuple[Span | None, int]:
    """The same of any slot and any column, counted from the start of the run."""
    seen = look.seen
    if seen is None:
        return None, 0
    origin, step = seen.started_at, look.step_s
    since, until = origin + column * step, origin + (column + 1) * step
    newest = origin + look.now
    spans = [span for span in look.past.over(number, since, until) if span.start <= newest]
    if look.frozen is not None:
        spans = [_as_of(span, newest) for span in spans]
    slot = next((slot for slot in seen.slots if slot.number == number), None)
    running = running_in(slot, origin, look.now)
    if running is not None and running.start < until and running.end >= since and running not in spans:
        spans.append(running)
    if look.target in spans:
        return look.target, len(spans) - 1
    worst = max(reversed(spans), key=lambda span: _WORST.get(span.outcome, 0), default=None)
    return worst, max(0, len(spans) - 1)


def line(look: Look, seen: Snapshot, chosen: Span | None, also: int, width: int) -> Line:
    """The line below the rows: of the range, or else of the attempt under the cursor."""
    if look.range_from is not None:
        busy, ended = _of_range(look, seen)
        return [*busy, Words("   "), *ended]
    if chosen is None:
        return [*(_nothing(look.slot) if look.rows else ()), Words(f"  {look.trouble}", "pressure")]
    return in_a_line(chosen, also, look.names.of(chosen), seen.slots, width)


def box(look: Look, seen: Snapshot) -> Sequence[Line]:
    """What the line would say; who only watches what is new has nothing hidden by it."""
    if not look.pointed:
        return ()
    if look.range_from is not None:
        return _of_range(look, seen)
    return said_of(look, look.slot, bin_of(look.cursor, look.step_s))


def said_of(look: Look, number: int, column: int) -> Sequence[Line]:
    """What the box would say of a cell; nothing where time has not come to."""
    seen = look.seen
    if seen is None or column > bin_of(look.now, look.step_s):
        return ()
    chosen, also = ran(look, number, column)
    if chosen is None:
        when = time_of(seen.started_at + column * look.step_s)
        return ((Words(f"slot {number}  ", "accent", True), Words("nothing ran here  "), Words(when, "dim")),)
    return in_a_box(chosen, also, look.names.of(chosen), seen.slots, BOX)


def _nothing(slot: int) -> Line:
    return (Words(f"slot {slot}  ", "accent", True), Words("nothing ran here", "dim"))


def _of_range(look: Look, seen: Snapshot) -> tuple[Line, Line]:
    window, origin = look.window, seen.started_at
    begin, end = look.columns_of_range(window) or (0, 0)
    since = origin + (window.first + begin) * window.step
    until = min(origin + (window.first + end + 1) * window.step, origin + look.now)
    running = [span for slot in seen.slots if (span := running_in(slot, origin, look.now)) is not None]
    return words(stats(look.past, look.rows, running, since, until), until - since, sampled=look.past.sampled)


def _as_of(span: Span, newest: float) -> Span:
    """The attempt as it was at a moment: what ended later still ran."""
    if span.end <= newest:
        return span
    return Span(span.seq, span.number, span.slot, span.start, newest, "running")
