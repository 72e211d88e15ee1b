"""A slot's row of the timeline: one cell for each column of time, the worst that happened in it."""

from __future__ import annotations

from dataclasses import dataclass

from qtui.core.queries import Span
from qtui.core.snapshot import SEVERITY, Cell, SlotState, SlotView
from qtui.tui.screens.timeline_past import Past, Track

STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds of one column."""

_BODIES = {"retry": Cell.RETRY_BODY, "failed": Cell.FAILED_BODY}
_ENDS = {"retry": Cell.RETRY_END, "failed": Cell.FAILED_END}
_WITHOUT_END = str.maketrans(f"{Cell.RETRY_END}{Cell.FAILED_END}", f"{Cell.RETRY_BODY}{Cell.FAILED_BODY}")
_OTHER_SHADE = str.maketrans(f"{Cell.DONE}{Cell.DONE_ALT}", f"{Cell.DONE_ALT}{Cell.DONE}")
_SETTLED_BY = 10
"""Known columns that are looked at for the shade they end with."""
_DONE = (Cell.DONE, Cell.DONE_ALT)


@dataclass(frozen=True, slots=True)
class Window:
    """Columns of `step` seconds of the run's own time; column 0 is number `first`, counted from its start."""

    first: int
    columns: int
    step: float

    @property
    def since(self) -> float:
        return self.first * self.step

    @property
    def until(self) -> float:
        return (self.first + self.columns) * self.step

    def column(self, at: float) -> int:
        """The column of a moment; it may lie outside."""
        return bin_of(at, self.step) - self.first


def bin_of(at: float, step: float) -> int:
    """The number of the column that holds a moment; a moment on an edge begins a column."""
    return int((at + 1e-6) // step)


@dataclass(frozen=True, slots=True)
class Moment:
    """What does not depend on the slot."""

    window: Window
    origin: float
    """Wall clock of the run's zero."""
    now: float
    """The newest second of the picture, in the run's own time; what ended later runs in it."""
    there: tuple[int, ...]
    """How many slots there were, by column."""


def moment(past: Past, window: Window, origin: float, now: float) -> Moment:
    """Where nothing is known, or only a part, no slot is said to have been idle."""
    there = []
    newest = window.column(now)
    for column in range(window.columns):
        at = origin + (window.first + column) * window.step
        known = past.since - window.step <= at < past.until and not past.sampled and column <= newest
        there.append((past.slots_at(at + window.step / 2) or 0) if known else 0)
    return Moment(window, origin, now, tuple(there))


def of_the_past(number: int, track: Track | None, when: Moment) -> list[str]:
    """The cells of a slot from the attempts that are over."""
    idle, absent = str(Cell.IDLE), str(Cell.ABSENT)
    cells = [idle if number <= there else absent for there in when.there]
    if track is None:
        return cells
    window = when.window
    last = when.origin + min(window.until, when.now)
    place = track.since(when.origin + window.since)
    for span, shade in zip(track.spans[place:], track.shades[place:], strict=True):
        if span.start >= last:
            break
        _draw_span(cells, span, shade, when)
    return cells


def _draw_span(cells: list[str], span: Span, shade: bool, when: Moment) -> None:
    window = when.window
    first = window.column(span.start - when.origin)
    if span.end - when.origin > when.now:
        paint(cells, first, window.column(when.now), Cell.RUNNING, Cell.RUNNING)
        return
    if span.outcome == "done":
        body = end = Cell.DONE_ALT if shade else Cell.DONE
    else:
        body, end = _BODIES.get(span.outcome, Cell.ENDED), _ENDS.get(span.outcome, Cell.ENDED)
    paint(cells, first, window.column(span.end - when.origin), body, end)


def paint(cells: list[str], first: int, last: int, body: str, end: str) -> None:
    """Paint columns up to the last, where `end` stands; nothing covers what is worse."""
    body, end = str(body), str(end)
    rank = SEVERITY[body]
    for column in range(max(0, first), min(last, len(cells))):
        if rank >= SEVERITY[cells[column]]:
            cells[column] = body
    if 0 <= last < len(cells) and SEVERITY[end] >= SEVERITY[cells[last]]:
        cells[last] = end


def with_the_present(cells: list[str], slot: SlotView, known: range, when: Moment) -> list[str]:
    """The cells with what the snapshot adds: seconds in columns that are not `known`, and what runs now."""
    cells = list(cells)
    _draw_strip(cells, slot.strip, known, when)
    if slot.seq and slot.state in (SlotState.RUNNING, SlotState.LEAVING, SlotState.BACKOFF):
        cell = Cell.RETRY_BODY if slot.state is SlotState.BACKOFF else Cell.RUNNING
        window = when.window
        paint(cells, window.column(max(-1e9, when.now - slot.elapsed_s)), window.column(when.now), cell, cell)
    return cells


def _draw_strip(cells: list[str], strip: str, known: range, when: Moment) -> None:
    """Whole seconds: in narrower columns only their bodies, because nobody knows where in them something ended."""
    window = when.window
    oldest = int(when.now) - len(strip) + 1
    columns = range(max(0, window.column(oldest)), max(0, min(len(cells), window.column(when.now) + 1)))
    if window.step < 1:
        strip = strip.translate(_WITHOUT_END)
    strip = strip.replace(Cell.RUNNING, Cell.IDLE)  # what runs is drawn from its start
    for column in range(known.stop - 1, max(known.start, columns.start, known.stop - _SETTLED_BY) - 1, -1):
        cell = _worst(strip, oldest, column, window)
        if cell in _DONE and cells[column] in _DONE:
            if cell != cells[column]:
                strip = strip.translate(_OTHER_SHADE)  # so that it goes on as it will be drawn a second later
            break
    for column in columns:
        if column in known:
            continue
        cell = _worst(strip, oldest, column, window)
        if SEVERITY.get(cell, 0) >= SEVERITY[cells[column]]:
            cells[column] = cell


def _worst(strip: str, oldest: int, column: int, window: Window) -> str:
    at = (window.first + column) * window.step
    seconds = strip[max(0, int(at + 1e-6) - oldest) : max(0, int(at + window.step - 1e-6) - oldest + 1)]
    return max(reversed(seconds), key=lambda each: SEVERITY.get(each, 0), default=str(Cell.ABSENT))
