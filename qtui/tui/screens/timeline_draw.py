"""How the timeline looks: a row of cells for each slot, the changes and the axis under them, a line for the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from textual.geometry import Region

from qtui.core.snapshot import Cell, Snapshot
from qtui.text import clock, count
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.screens.timeline_cells import Moment
from qtui.tui.screens.timeline_labels import Label
from qtui.tui.tip import draw_tip, size_of
from qtui.tui.tip import place as where
from qtui.tui.widgets.charts import age_label
from qtui.tui.widgets.slot_marks import MARKS

_MARKS_FROM = 6
_DETAIL_FROM = 5
"""Rows of the whole from which on there is one for them."""
_BOX_FROM = 10
_BOX_WIDTH = 50
"""Rows of slots and columns from which on a few may be hidden by a box, and no line is needed."""
_TALLEST = 3
"""Lines of a slot where there is room: words, bars, and none."""


_SIGNS: dict[str, str] = {
    Cell.DONE: "✓",
    Cell.DONE_ALT: "✓",
    Cell.RUNNING: "●",
    Cell.RETRY_BODY: "◆",
    Cell.RETRY_END: "◆",
    Cell.FAILED_BODY: "×",
    Cell.FAILED_END: "×",
}
"""What can be seen in reverse video, where blocks would be holes."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where the columns of time and the rows of slots are."""

    x: int
    columns: int
    rows: int
    marks: bool
    detail: bool
    """There is a line for what the cursor is on, and no box."""
    lines: int = 1
    """Lines of one slot; of several the second has its bars."""

    def bars(self, index: int) -> int:
        """The line of the panel that has the bars of a slot seen."""
        return 1 + index * self.lines + (self.lines > 1)

    def end(self, shown: int) -> int:
        """The line under so many slots."""
        return 1 + shown * self.lines - (self.lines == _TALLEST)


def area(width: int, height: int, highest: int, slots: int = 0, *, line: bool = False) -> Area:
    """The room there is for so many slots, the highest of this number; `line`: a line is needed in any case."""
    x = 3 + max(2, len(str(highest)))
    marks = height >= _MARKS_FROM
    roomy = height - 2 - marks >= _BOX_FROM and width >= _BOX_WIDTH
    boxes = roomy and not line
    detail = height >= _DETAIL_FROM and not boxes
    rows = max(0, height - 2 - marks - detail)
    lines = _lines(slots, rows) if roomy and slots else 1
    return Area(x, max(0, width - x - 2), (rows + (lines == _TALLEST)) // lines, marks, detail, lines)


def _lines(slots: int, rows: int) -> int:
    """As many for each slot as let all be seen."""
    if _TALLEST * slots - 1 <= rows:
        return _TALLEST
    return 2 if 2 * slots <= rows else 1


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn, decided."""

    snap: Snapshot
    place: Area
    when: Moment
    rows: Sequence[int]
    """The slots seen, from the top."""
    first: int
    """The index of the first of them."""
    total: int
    cells: Callable[[int], Sequence[str]]
    """The cells of a slot."""
    marks: Sequence[tuple[float, str]]
    """In the run's own time."""
    cursor: tuple[int, int] | None = None
    """The slot and the column it is on."""
    chosen: tuple[int, int] = (0, -1)
    """The first and the last column of the attempt under it."""
    range: tuple[int, int] | None = None
    """The first and the last column of a chosen range."""
    frozen_s: float | None = None
    live: bool = True
    """The last column is now."""
    order: str = "slot"
    sampled: bool = False
    detail: Line = ()
    """What the cursor or the range is on, in a line,"""
    box: Sequence[Line] = ()
    """and in a box beside the cursor, where there is room for one."""
    labels: Callable[[int], Sequence[Label]] = lambda _: ()
    """What stands above the bars of a slot, where there is a line for it."""


def draw_timeline(canvas: Canvas, picture: Picture) -> None:
    """Draw it over the whole canvas."""
    width, height = canvas.width, canvas.height
    right = _legend(canvas) if width >= 110 else ()
    canvas.box(0, 0, width, height, title=_title(picture, width), right=right)
    if picture.frozen_s is not None and width >= 30:
        badge = f" FROZEN {clock(picture.frozen_s) if picture.frozen_s >= 60 else f'{int(picture.frozen_s)} s'} "
        canvas.put(width - 2 - length(right) - len(badge) - (3 if right else 1), 0, badge, "badge_text", bg="badge")
    place = picture.place
    if place.rows < 1 or place.columns < 1:
        return
    if not picture.rows:
        canvas.spans(3, 1, cut((Span("no slots", "faint"),), width - 5))
    _draw_rows(canvas, place, picture)
    if place.marks:
        _draw_marks(canvas, place, place.end(min(place.rows, len(picture.rows))), picture)
    _draw_axis(canvas, place, picture)
    if place.detail:
        canvas.spans(2, height - 2, cut(picture.detail, width - 4))
    elif picture.box and picture.cursor is not None:
        _draw_box(canvas, place, picture, *picture.cursor)


def _title(picture: Picture, width: int) -> Line:
    step = picture.when.window.step
    unit = "1 min" if step >= 60 else f"{step:g} s"
    title = [
        Span("TIMELINE ", bold=True),
        Span(what_rows_are(picture.snap, picture.total, short=width < 100), "text"),
        Span(f" · 1 column = {unit}", "dim"),
    ]
    if len(picture.rows) < picture.total:
        last = picture.first + len(picture.rows)
        title.append(Span(f" · rows {picture.first + 1}-{last} of {count(picture.total)}", "dim"))
    if picture.order != "slot":
        title.append(Span(f" · {picture.order} first", "accent"))
    if picture.sampled:
        title.append(Span(" · a sample", "pressure"))
    if length(title) > width - 6:
        del title[2]  # how wide a column is can be seen on the axis
    return title


def what_rows_are(snap: Snapshot, total: int, *, short: bool) -> str:
    """A row is a slot, or where there are none the number that an attempt has while it runs."""
    match snap.control.strategy:
        case "semaphore":
            return f"{count(total)} permits" if short else f"{count(total)} permits of the semaphore"
        case "unbounded":
            return f"{count(total)} at once" if short else f"{count(total)} at once, a row for each place taken"
        case _:
            return f"{count(total)} slots"


def _legend(canvas: Canvas) -> Line:
    return (
        Span("▆", "done"),
        Span(" ok ", "dim"),
        Span("×", "failed_text"),
        Span(" failed ", "dim"),
        Span("◆", "retry_text"),
        Span(" will retry ", "dim"),
        Span("█" if canvas.textured else "▆", "running"),
        Span(" running ", "dim"),
        Span("·", "faint"),
        Span(" idle", "dim"),
    )


def _draw_rows(canvas: Canvas, place: Area, picture: Picture) -> None:
    shown = picture.rows[: place.rows]
    for index, number in enumerate(shown):
        _draw_row(canvas, place, place.bars(index), number, picture)
    if picture.cursor is not None:
        _draw_hairline(canvas, place, picture)
    if place.lines > 1:
        for index, number in enumerate(shown):
            for label in picture.labels(number):
                canvas.put(place.x + label.column, place.bars(index) - 1, label.text, label.ink)


def _draw_row(canvas: Canvas, place: Area, y: int, number: int, picture: Picture) -> None:
    cells = picture.cells(number)[: place.columns]
    on_cursor = picture.cursor is not None and picture.cursor[0] == number
    if on_cursor:
        canvas.put(1, y, "►", "accent", bold=True)
    canvas.put(place.x - 1 - len(str(number)), y, str(number), "text" if on_cursor else "faint", bold=on_cursor)
    x = place.x
    for cell, run in groupby(cells):
        run_length = sum(1 for _ in run)
        mark = MARKS.get(cell)
        if mark is not None:
            canvas.put(x, y, (mark.texture if canvas.textured else mark.glyph) * run_length, mark.colour)
        x += run_length
    if picture.range is not None:
        _shade(canvas, place, y, cells, picture.range, "raised")
    if on_cursor and picture.chosen[0] <= picture.chosen[1]:
        _highlight(canvas, place, y, cells, picture.chosen)


def _shade(canvas: Canvas, place: Area, y: int, cells: Sequence[str], columns: tuple[int, int], ground: str) -> None:
    """The same glyphs on another ground."""
    for column in range(max(0, columns[0]), min(len(cells), columns[1] + 1)):
        mark = MARKS.get(cells[column])
        glyph, colour = ((mark.texture if canvas.textured else mark.glyph), mark.colour) if mark else (" ", "text")
        canvas.put(place.x + column, y, glyph, colour, bg=ground)


def _highlight(canvas: Canvas, place: Area, y: int, cells: Sequence[str], columns: tuple[int, int]) -> None:
    """The attempt under the cursor as one block; without colours of the sign of what became of it, in reverse."""
    for column in range(max(0, columns[0]), min(len(cells), columns[1] + 1)):
        cell = cells[column]
        if canvas.textured or cell in (Cell.RETRY_END, Cell.FAILED_END):
            glyph = _SIGNS.get(cell, " ")
            canvas.put(place.x + column, y, glyph, "inverse", bg="accent", bold=True)
        else:
            canvas.put(place.x + column, y, "█", "accent")


def _draw_hairline(canvas: Canvas, place: Area, picture: Picture) -> None:
    """The column of the cursor, seen wherever nothing ran in it."""
    assert picture.cursor is not None
    number, column = picture.cursor
    if not 0 <= column < place.columns:
        return
    shown = picture.rows[: place.rows]
    for y in set(range(1, place.end(len(shown)))) - {place.bars(index) for index in range(len(shown))}:
        canvas.put(place.x + column, y, "┆", "accent")
    for index, slot in enumerate(shown):
        cells, y = picture.cells(slot), place.bars(index)
        cell = cells[column] if column < len(cells) else str(Cell.ABSENT)
        if cell in (Cell.IDLE, Cell.ABSENT):
            canvas.put(place.x + column, y, "┆", "accent", bold=slot == number)
        elif slot != number:
            _shade(canvas, place, y, cells, (column, column), "raised")


def _draw_box(canvas: Canvas, place: Area, picture: Picture, number: int, column: int) -> None:
    """What is under the cursor, beside it."""
    if number not in picture.rows:
        return
    spot = Region(place.x + column, place.bars(picture.rows.index(number)), 1, 1)
    inside = Region(1, 1, canvas.width - 2, canvas.height - 2)
    size = size_of(picture.box, inside.width)
    at = where(size, spot, inside)
    if at is not None:
        draw_tip(canvas, at, size, picture.box)


def _draw_marks(canvas: Canvas, place: Area, y: int, picture: Picture) -> None:
    """What was changed, where; the newest of a column counts, and a number is left out rather than cut."""
    window = picture.when.window
    by_column = {window.column(at): mark for at, mark in picture.marks if at <= picture.when.now}
    found = sorted((column, mark) for column, mark in by_column.items() if 0 <= column < place.columns)
    for index, (column, mark) in enumerate(found):
        room = (found[index + 1][0] if index + 1 < len(found) else place.columns) - column
        ours, said = mark.startswith("~"), mark.removeprefix("~")
        shown = said if len(said) <= room else said[:1]
        canvas.put(place.x + column, y, shown, "dim" if ours else "pressure", bold=not ours)
    at = picture.cursor[1] if picture.cursor is not None else -1
    if 0 <= at < place.columns and not any(column <= at < column + len(mark) for column, mark in found):
        canvas.put(place.x + at, y, "┆", "accent")


def _draw_axis(canvas: Canvas, place: Area, picture: Picture) -> None:
    """On the lower border: how old the columns are or, where now is not seen, what time it was."""
    y, when = canvas.height - 1, picture.when
    if place.columns < 20:
        return
    last = place.columns - 1
    end = " now " if picture.live else f" {_time(when, place.columns)} "
    canvas.put(place.x + last - len(end) + 1, y, end, "faint")
    every = 20 if place.columns >= 50 else 12
    for back in range(every, last, every):
        label = age_label(back * when.window.step) if picture.live else _time(when, last - back)
        x = place.x + last - back
        if x - 1 > 1 and x + len(label) < place.x + last - len(end):
            canvas.put(x - 1, y, f" {label} ", "faint")


def _time(when: Moment, column: int) -> str:
    return time_of(when.origin + (when.window.first + column) * when.window.step)


def time_of(at: float) -> str:
    """A wall clock as the local time of day."""
    try:
        return f"{datetime.fromtimestamp(at):%H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return "--:--:--"
