"""What of the timeline is seen and chosen: the window, the cursor, a range, the order of rows; no widget of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import final

from qtui.core.queries import Span
from qtui.core.snapshot import Snapshot
from qtui.tui.screens import timeline_said as said
from qtui.tui.screens.timeline_cells import STEPS, Moment, Window, bin_of, moment, of_the_past, with_the_present
from qtui.tui.screens.timeline_draw import Area, Picture, area
from qtui.tui.screens.timeline_labels import Label, Labels
from qtui.tui.screens.timeline_names import Names
from qtui.tui.screens.timeline_past import Past
from qtui.tui.screens.timeline_range import ORDERS, ordered


@final
class Look:
    """Times are seconds of the run's own clock, columns are numbered from its start, so that they never shift."""

    def __init__(self) -> None:
        self.past = Past()
        self.size = (0, 0)
        self.step = STEPS.index(1.0)
        self.order = "slot"
        self.slot = 0
        """The slot the cursor is on."""
        self.at: float | None = None
        """The moment the cursor is on; None: now."""
        self.end: int | None = None
        """The last column; None: the one of now."""
        self.range_from: float | None = None
        """Where the chosen range begins; it ends at the cursor."""
        self.pointed = False
        """The cursor was put where it is, and did not just follow what is new."""
        self.trouble = ""
        """Why the past is not known."""
        self.snap: Snapshot | None = None
        """The newest."""
        self.frozen: Snapshot | None = None
        """The one that the picture stands still at."""
        self.rows: list[int] = []
        """The slots in the order of their rows."""
        self.top = 0
        """The row shown first."""
        self.target: Span | None = None
        """The attempt that the cursor was led to, as long as it stays there."""
        self.names = Names()
        self._labels = Labels()
        self._cells: dict[int, tuple[object, list[str]]] = {}

    @property
    def seen(self) -> Snapshot | None:
        """The snapshot of the picture."""
        return self.frozen or self.snap

    @property
    def now(self) -> float:
        """The moment of the picture."""
        return self.seen.elapsed_s if self.seen is not None else 0.0

    @property
    def place(self) -> Area:
        """Where the columns and rows are."""
        return area(*self.size, max(self.rows, default=0), len(self.rows), line=bool(self.trouble))

    @property
    def step_s(self) -> float:
        """Seconds of one column."""
        return STEPS[self.step]

    @property
    def window(self) -> Window:
        """The columns seen."""
        columns = max(1, self.place.columns)
        last = bin_of(self.now, self.step_s) if self.end is None else self.end
        return Window(last - columns + 1, columns, self.step_s)

    @property
    def cursor(self) -> float:
        """The moment the cursor is on, within what is seen."""
        window = self.window
        at = self.now if self.at is None else self.at
        return max(window.since + self.step_s / 2, min(at, window.until - self.step_s / 2))

    def arrange(self) -> None:
        """Which slots there are, in which order; the cursor stays on its own."""
        seen = self.seen
        numbers = {slot.number for slot in seen.slots} if seen is not None else set()
        numbers.update(self.past.tracks)
        if self.target is not None:
            numbers.add(self.target.slot)
        if self.order == "slot" or not self.rows:
            self.rows = sorted(numbers)
        else:
            known = set(self.rows)
            self.rows = [*(n for n in self.rows if n in numbers), *sorted(numbers - known)]
        if self.slot not in numbers:
            self.slot = min(numbers, key=lambda number: (abs(number - self.slot), number), default=0)
        room = max(1, self.place.rows)
        at = self.rows.index(self.slot) if self.rows else 0
        self.top = max(0, min(max(self.top, at - room + 1), at, len(self.rows) - room))

    def picture(self, seen: Snapshot) -> Picture:
        """What is to be drawn of a snapshot."""
        window = self.window
        when = moment(self.past, window, seen.started_at, self.now)
        slots = {slot.number: slot for slot in seen.slots}
        known = self._known(window, seen.started_at)
        made: dict[int, Sequence[str]] = {}

        def cells(number: int) -> Sequence[str]:
            if number not in made:
                base = self._base(number, when)
                slot = slots.get(number)
                made[number] = base if slot is None else with_the_present(base, slot, known, when)
            return made[number]

        chosen, also = said.under(self)
        cursor = window.column(self.cursor)
        columns = (0, -1)
        if chosen is not None:
            begins, ends = chosen.start - seen.started_at, chosen.end - seen.started_at
            columns = (max(0, window.column(begins)), window.column(min(ends, self.now)))
        return Picture(
            seen,
            self.place,
            when,
            self.rows[self.top : self.top + max(0, self.place.rows)],
            self.top,
            len(self.rows),
            cells,
            self._marks(seen),
            (self.slot, cursor) if self.rows else None,
            columns,
            self.columns_of_range(window),
            self.snap.elapsed_s - seen.elapsed_s if self.frozen is not None and self.snap is not None else None,
            self.end is None,
            self.order,
            self.past.sampled,
            said.line(self, seen, chosen, also, self.size[0] - 4),
            said.box(self, seen),
            self.labels,
        )

    def labels(self, number: int) -> Sequence[Label]:
        """What stands above the bars of a slot."""
        seen = self.seen
        if seen is None:
            return ()
        when = Moment(self.window, seen.started_at, self.now, ())
        slot = next((slot for slot in seen.slots if slot.number == number), None)
        return self._labels.of(number, self.past, when, (seen, slot), self.names.known)

    def _base(self, number: int, when: Moment) -> list[str]:
        """The cells of attempts that are over, drawn again only when they may differ."""
        if self.frozen is None:
            when = replace(when, now=float("inf"))  # an answer may be newer than the snapshot
        reason = (self.past.version, when)
        kept = self._cells.get(number)
        if kept is None or kept[0] != reason:
            if len(self._cells) > 1000:
                self._cells.clear()
            kept = self._cells[number] = (reason, of_the_past(number, self.past.tracks.get(number), when))
        return kept[1]

    def _known(self, window: Window, origin: float) -> range:
        """The columns of which the journal has told everything."""
        if self.past.sampled or self.past.empty:
            return range(0)
        first = math.ceil((self.past.since - origin) / window.step - 1e-6) - window.first
        last = bin_of(self.past.until - origin, window.step) - window.first
        return range(max(0, first), max(0, min(window.columns, last)))

    def _marks(self, seen: Snapshot) -> list[tuple[float, str]]:
        origin, series = seen.started_at, seen.series
        told = [(at - origin, mark) for at, mark in self.past.marks]
        newest = int(seen.elapsed_s // series.step_s)
        for index, marks in enumerate(series.marks):
            at = (newest - len(series.marks) + 1 + index) * series.step_s
            if marks and not self.past.since <= at + origin < self.past.until:
                told.append((at, marks[-1]))
        return told

    def columns_of_range(self, window: Window) -> tuple[int, int] | None:
        """The first and the last column of the range in a window."""
        if self.range_from is None:
            return None
        begin, end = sorted((window.column(self.range_from), window.column(self.cursor)))
        return begin, end

    def cell(self, x: int, y: int) -> tuple[int, int] | None:
        """The slot and the column drawn at a cell of the picture, or spoken of there; None outside its rows."""
        place = self.place
        column, (row, line) = x - place.x, divmod(y - 1, place.lines)
        if not (0 <= column < place.columns and 0 <= row < min(place.rows, len(self.rows) - self.top)):
            return None
        number = self.rows[self.top + row]
        if place.lines > 1 and line != 1:
            above = self.labels(number) if line == 0 else ()
            label = next((label for label in above if label.column <= column < label.end), None)
            return (number, self.window.first + label.at) if label is not None else None
        return number, self.window.first + column

    def to_now(self) -> None:
        """Follow the newest moment again."""
        self.at = self.end = self.target = None
        self.pointed = False

    def freeze(self) -> None:
        """Stop the picture, or let it go on."""
        self.frozen = None if self.frozen is not None else self.snap

    def stand_at(self, wall: float) -> bool:
        """Stop the picture with the cursor on a moment, by the wall clock; False before there is a picture."""
        if self.snap is None:
            return False
        self.frozen = self.snap
        self.range_from = self.target = None
        at = max(0.0, min(wall - self.snap.started_at, self.now))
        self.look_at(at, self.window.columns // 2)
        self.pointed = True
        return True

    def choose_range(self) -> None:
        """Begin a range at the cursor, or let go of the one there is."""
        self.range_from = None if self.range_from is not None else self.cursor
        self.pointed = True

    def sort(self) -> None:
        """By the next order, as things stand in what is seen."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.rows = ordered(self.order, self.past, self.rows, *self.wanted()) if self.snap is not None else []
        self.top = 0
        if self.rows and self.order != "slot":
            self.slot = self.rows[0]

    def back(self) -> bool:
        """One level: the range, then the frozen picture, then now; False when none of it is."""
        if self.range_from is not None:
            self.range_from = None
        elif self.frozen is not None:
            self.frozen = None
        elif self.at is not None or self.end is not None or self.pointed:
            self.to_now()
        else:
            return False
        return True

    def move_rows(self, step: int) -> None:
        """Put the cursor on a slot so many rows down."""
        if self.rows:
            at = self.rows.index(self.slot) if self.slot in self.rows else 0
            self.slot = self.rows[max(0, min(len(self.rows) - 1, at + step))]
            self.target = None
            self.pointed = True

    def move_time(self, columns: int) -> None:
        """The cursor so many columns on; the picture moves where it would leave it, and follows again at now."""
        window, now = self.window, bin_of(self.now, self.step_s)
        wanted = bin_of(self.cursor, self.step_s) + columns
        self.target = None
        if wanted >= now:
            self.to_now()
            return
        if abs(columns) > 1:
            end = window.first + window.columns - 1 + columns
        else:
            end = max(min(window.first + window.columns - 1, wanted + window.columns - 1), wanted)
        following = self.end is None and wanted >= window.first and abs(columns) == 1
        self.end = None if following or end >= now else end
        self.at = (wanted + 0.5) * self.step_s
        self.pointed = True

    def zoom(self, change: int) -> None:
        """Narrower or wider columns; the moment under the cursor stays where it is."""
        step = max(0, min(len(STEPS) - 1, self.step + change))
        if step == self.step:
            return
        column, at, following = self.window.column(self.cursor), self.cursor, self.at is None and self.end is None
        self.step = step
        if self.past.sampled:
            self.past.clear()
        if not following:
            self.look_at(at, column)

    def look_at(self, at: float, column: int) -> None:
        """Put a moment into a column of the picture, as far as there is time on either side of it."""
        columns = self.window.columns
        last = bin_of(at, self.step_s) + columns - 1 - max(0, min(columns - 1, column))
        self.at, self.end = at, (None if last >= bin_of(self.now, self.step_s) else last)

    def wanted(self) -> tuple[float, float]:
        """From when to when something is seen, in wall clock."""
        window = self.window
        origin = self.seen.started_at if self.seen is not None else 0.0
        return origin + window.since, origin + min(window.until, self.now)

    def aim(self, x: int, y: int, *, dragged: bool = False) -> bool:
        """Put the cursor on a cell, or on what is spoken of there if it was not dragged; False outside the rows."""
        place, window = self.place, self.window
        column, row = x - place.x, (y - 1) // place.lines
        if not (0 <= column < place.columns and 0 <= row < place.rows):
            return False
        if self.top + row < len(self.rows):
            self.slot = self.rows[self.top + row]
        self.target = None
        found = None if dragged else self.cell(x, y)
        at = ((window.first + column if found is None else found[1]) + 0.5) * self.step_s
        self.at = None if bin_of(at, self.step_s) >= bin_of(self.now, self.step_s) else at
        self.pointed = True
        return True

    def lead_to(self, span: Span) -> None:
        """Put the cursor on an attempt, which is brought to the middle where it was not seen."""
        assert self.seen is not None
        self.slot, at = span.slot, span.end - self.seen.started_at
        window, column = self.window, self.window.column(at)
        self.look_at(at, column if 0 <= column < window.columns else window.columns // 2)
        self.target = span
        self.pointed = True
