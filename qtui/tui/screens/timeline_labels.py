"""What is written above a slot's bars where its row of the timeline has a line for it: whose they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, final

from rich.cells import cell_len

from qtui.core.queries import Span
from qtui.core.snapshot import SlotState, SlotView, Snapshot
from qtui.text import clean
from qtui.tui.screens.timeline_cells import Moment
from qtui.tui.screens.timeline_past import Past
from qtui.tui.widgets.charts import shorten
from qtui.tui.widgets.slot_marks import running_time, words

_INKS = {"done": "faint", "retry": "retry_text", "failed": "failed_text"}
_WITHOUT = {SlotState.HELD: "pressure", SlotState.BACKOFF: "retry_text"}
_LEAST = 3
"""Columns further on a bar has to end for even `#1` to fit above it."""
_LONGEST = 40
"""Columns of the name of what runs."""


class Label(NamedTuple):
    """Some words over the columns they speak of."""

    column: int
    text: str
    ink: str
    at: int
    """A column of what they speak of."""

    @property
    def end(self) -> int:
        return self.column + cell_len(self.text)


@final
class Labels:
    """The bars that are wide enough for words are looked for once a second, and not with every picture."""

    def __init__(self) -> None:
        self._wide: dict[int, tuple[object, list[tuple[Span, int, int]]]] = {}

    def of(
        self,
        number: int,
        past: Past,
        when: Moment,
        now: tuple[Snapshot, SlotView | None],
        named: Callable[[Span], str],
    ) -> list[Label]:
        """What stands above a slot's bars, from the left; what runs now has its name even if its bar is short."""
        current = _current(*now, when)
        room = current[0].column - 1 if current else when.window.columns
        return [*_past(self._bars(number, past, when), room, named), *current]

    def _bars(self, number: int, past: Past, when: Moment) -> list[tuple[Span, int, int]]:
        reason = (past.version, when.window, int(when.now))
        kept = self._wide.get(number)
        if kept is None or kept[0] != reason:
            kept = self._wide[number] = (reason, list(_wide(number, past, when)))
        return kept[1]


def _wide(number: int, past: Past, when: Moment) -> Iterator[tuple[Span, int, int]]:
    """The attempts that are over whose bars have room for words, with their first and last columns."""
    window, newest = when.window, when.origin + when.now
    for span in past.over(number, when.origin + window.since, when.origin + window.until):
        if span.end > newest or span.end - span.start < (_LEAST - 1) * window.step:
            continue
        first, last = max(0, window.column(span.start - when.origin)), window.column(span.end - when.origin)
        if min(last, window.columns - 1) - first >= _LEAST:
            yield span, first, min(last, window.columns - 1)


def _past(bars: Sequence[tuple[Span, int, int]], room: int, named: Callable[[Span], str]) -> Iterator[Label]:
    for span, first, last in bars:
        width = min(last - 1, room) - first  # two that touch share a column, and one stays free
        said = f"#{span.seq}"
        if (name := named(span)) and width >= 12:
            said = shorten(name, width)
        if len(said) <= width:
            yield Label(first, said, _INKS.get(span.outcome, "faint"), first)


def _current(snap: Snapshot, slot: SlotView | None, when: Moment) -> list[Label]:
    """The name of what runs above its bar, or where that is short, ending at the column of now."""
    window = when.window
    last = window.column(when.now)
    if slot is None or not 0 <= last < window.columns:
        return []
    if not slot.seq or slot.state in (SlotState.RETIRED, SlotState.BACKOFF):
        said, ink, first = clean(words(slot, snap)), _WITHOUT.get(slot.state, "faint"), last
    else:
        spent = running_time(slot.elapsed_s)
        name = shorten(clean(slot.name) or f"#{slot.seq}", _LONGEST)
        again = f" {slot.attempt}/{slot.attempts}" if slot.attempt > 1 else ""
        said, ink = f"{name}{again}  {spent}", "dim" if slot.state is SlotState.LEAVING else "text"
        first = max(0, window.column(max(0.0, when.now - slot.elapsed_s)))
    said = shorten(said, last + 1)
    return [Label(max(0, min(first, last + 1 - cell_len(said))), said, ink, last)]
