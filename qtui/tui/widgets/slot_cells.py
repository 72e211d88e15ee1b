"""The slots as a ruled grid of single cells, and where even that is too many, one cell for several slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from qtui.core.snapshot import SlotState, SlotView, Snapshot
from qtui.tui.canvas import Canvas, Line, Span, length
from qtui.tui.hints import hint, side_by_side
from qtui.tui.widgets.charts import shorten
from qtui.tui.widgets.slot_marks import STATES, number_width, running_time, share_of_timeout, time_limit, words
from qtui.tui.widgets.slot_utilisation import LEAST_ROWS, LEAST_WIDTH, draw_utilisation

Look: TypeAlias = tuple[str, str]
"""Glyph and colour of a cell."""

_OLD_SHARE = 0.8
"""From this share of its timeout on a running attempt is worth a glyph of its own."""
_ROWS_FOR_BOTH = 2 * LEAST_ROWS
"""From so many rows on there is room for cells and for what groups of slots did in time."""
_TEXTURES = "░▒▓█"
_OLD: Look = ("▲", "pressure")
_COLOURED: tuple[Look, ...] = (("■", "heat2"), ("■", "heat3"), ("■", "heat4"), ("■", "heat5"))
_TEXTURED: tuple[Look, ...] = tuple((texture, "text") for texture in _TEXTURES)
_RUNNING = SlotState.RUNNING
_WORST_FIRST = (SlotState.HELD, SlotState.LEAVING)


class Grid(NamedTuple):
    """Where the cells are: row labels in front, then a cell in every second column, ruled by a gap after each ten."""

    label: int
    x: int
    per_row: int
    gap: int
    rows: int
    slots_per_cell: int
    detail: bool
    """Whether the lowest row describes the selected slot."""

    def column_x(self, column: int) -> int:
        """Where cell `column` of a row stands."""
        return self.x + 2 * column + column // 10 * self.gap


def grid(width: int, height: int, slots: Sequence[SlotView], several: bool | None = None) -> Grid | None:
    """The grid for a panel of this size, or None where not even one cell fits.

    `several` says whether a cell stands for several slots; None leaves that to the room there is.
    """
    count = len(slots)
    label = number_width(slots) if width >= 40 else 0
    x = 2 + label + (1 if label else 0)
    detail = height >= 6
    rows = height - 2 - detail
    most = (width - x - 1) // 2
    if most < 1 or rows < 1:
        return None
    size = 2 if several else 1
    while several is not False and -(-count // size) > most * rows:
        size *= 2
    if size > 1 and rows >= _ROWS_FOR_BOTH and width >= LEAST_WIDTH:
        while -(-count // size) > most * (rows - LEAST_ROWS):  # so that there is room for what they did in time
            size *= 2
    tens = most // 10 * 10
    if tens and (several is False or -(-count // size) <= tens * rows):
        gap = min(3, 2 * (most - tens) // max(1, tens // 10 - 1))
        return Grid(label, x, tens, gap, rows, size, detail)
    return Grid(label, x, most, 0, rows, size, detail)


def cell_at(
    x: int, y: int, width: int, height: int, slots: Sequence[SlotView], first: int = 0, several: bool | None = None
) -> int | None:
    """The index of the (first) slot at a cell, or None; `first` is the index of the first one shown."""
    place = grid(width, height, slots, several)
    if place is None or x < place.x or y > _used(place, slots):
        return None
    ten, offset = divmod(x - place.x, 20 + place.gap) if place.gap else (0, x - place.x)
    column = ten * 10 + offset // 2
    if column >= place.per_row or (place.gap and offset >= 20):
        return None
    return first + ((y - 1) * place.per_row + column) * place.slots_per_cell


def cells_at(width: int, height: int, slots: Sequence[SlotView]) -> int:
    """For how many slots a cell stands where it stands for several."""
    place = grid(width, height, slots, several=True)
    return place.slots_per_cell if place is not None else 1


def _used(place: Grid, slots: Sequence[SlotView]) -> int:
    """Rows of the grid that hold cells."""
    return min(place.rows, -(-len(slots) // (place.per_row * place.slots_per_cell)))


def draw_cells(
    canvas: Canvas,
    snap: Snapshot,
    selected: int,
    title: list[Span],
    first: int = 0,
    several: bool | None = None,
) -> None:
    """Draw the panel: shade is age of the attempt, or share of busy slots where a cell stands for several.

    Where there are rows to spare, what groups of slots did in time stands in a box of its own below.
    """
    place = grid(canvas.width, canvas.height, snap.slots, several)
    if place is None:
        canvas.box(0, 0, canvas.width, canvas.height, title=title)
        return
    size = place.slots_per_cell
    used = _used(place, snap.slots)
    spare = place.rows - used
    height = canvas.height if spare < LEAST_ROWS or canvas.width < LEAST_WIDTH else canvas.height - spare
    what = "one cell per slot" if size == 1 else f"one cell = {size} slots"
    canvas.box(
        0,
        0,
        canvas.width,
        height,
        title=[*title, Span(f"  {what}", "dim")],
        right=_legend(canvas, size),
    )
    shades = _TEXTURED if canvas.textured else _COLOURED
    if size > 1:
        looks = list(_looks_of_several(snap.slots, size, shades))
    else:
        looks = [_look(slot, shades) for slot in snap.slots[first : first + place.per_row * place.rows]]
    for row, start in enumerate(range(0, len(looks), place.per_row)):
        if place.label:
            canvas.put(2, row + 1, f"{snap.slots[first + start * size].number:>{place.label}}", "faint")
        _draw_row(canvas, place, row + 1, looks[start : start + place.per_row])
    if height < canvas.height:
        draw_utilisation(canvas, height, snap)
    index = next((i for i, slot in enumerate(snap.slots) if slot.number == selected), None)
    if index is not None:
        row, column = divmod((index - first) // size, place.per_row)
        if 0 <= row < place.rows:
            x = place.column_x(column)
            canvas.put(x - 1, row + 1, "[", "accent", bold=True)
            canvas.put(x + 1, row + 1, "]", "accent", bold=True)
        if place.detail:
            _draw_detail(canvas, height - 2, snap.slots[index], snap)


def _draw_row(canvas: Canvas, place: Grid, y: int, looks: Sequence[Look]) -> None:
    for start in range(0, len(looks), 10):
        column = start
        for (glyph, colour), run in groupby(looks[start : start + 10]):
            length = sum(1 for _ in run)
            canvas.put(place.column_x(column), y, f"{glyph} " * length, colour)
            column += length


def _look(slot: SlotView, shades: Sequence[Look]) -> Look:
    if slot.state is not _RUNNING:
        return STATES[slot.state]
    share = share_of_timeout(slot)
    if share > _OLD_SHARE:
        return _OLD
    return shades[max(0, min(3, int(share * 5)))]


def _looks_of_several(slots: Sequence[SlotView], size: int, shades: Sequence[Look]) -> Iterator[Look]:
    """The worst glyph wins; without one the shade is the share of slots at work."""
    states = [slot.state for slot in slots]
    old = [slot.state is _RUNNING and slot.elapsed_s > slot.timeout_s * _OLD_SHARE > 0 for slot in slots]
    for start in range(0, len(slots), size):
        group = states[start : start + size]
        busy = group.count(_RUNNING)
        if True in old[start : start + size]:
            yield _OLD
        elif worst := busy < len(group) and next((state for state in _WORST_FIRST if state in group), None):
            yield STATES[worst]
        else:
            yield shades[(busy * 4 - 1) // len(group)] if busy else STATES[SlotState.IDLE]


def _legend(canvas: Canvas, size: int) -> Line:
    if canvas.width < 100:
        return ()
    shades = _TEXTURED[1:] if canvas.textured else _COLOURED[:1] + _COLOURED[2:]
    scale = " young → old " if size == 1 else " few → all busy "
    return (
        Span("·", "faint"),
        Span(" idle ", "dim"),
        *(Span(glyph, colour) for glyph, colour in shades),
        Span(scale, "dim"),
        Span("▲", "pressure"),
        Span(" >80% of timeout ", "dim"),
        Span("▼", "pressure"),
        Span(" leaving", "dim"),
    )


def _draw_detail(canvas: Canvas, y: int, slot: SlotView, snap: Snapshot) -> None:
    spans = [Span("[ ] ", "accent", True), Span(f"slot {slot.number} ", "accent", True)]
    if slot.seq and slot.state is not SlotState.RETIRED:
        age = f"  {running_time(slot.elapsed_s)}"
        if slot.timeout_s > 0:
            age += f" of {time_limit(slot.timeout_s)}"
        if slot.share is not None:
            age += f"  {int(slot.share * 100)}%"
        attempt = f"   attempt {slot.attempt}/{slot.attempts}" if slot.attempt > 1 else ""
        room = canvas.width - 5 - sum(len(span.text) for span in spans) - len(age) - len(attempt)
        spans += [Span(shorten(slot.name, max(0, min(room, 60)))), Span(age + attempt, "dim")]
    else:
        spans.append(Span(words(slot, snap), "dim"))
    hints = [Span("   "), *side_by_side(hint("move", "left", "down", "up", "right"), hint("inspect", "inspect"))]
    if length([*spans, *hints]) <= canvas.width - 5:
        spans += hints
    x = 3
    for span in spans:
        text = span.text[: max(0, canvas.width - 2 - x)] if span.text.isascii() else span.text
        x = canvas.put(x, y, text, span.fg, bold=span.bold)
