"""The ladder of forms in which slots are drawn: the roomiest that fits, or the one a person wants."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from qtui.core.snapshot import Snapshot
from qtui.tui.widgets.slot_cells import grid
from qtui.tui.widgets.slot_columns import column_count, most_columns


class Form(StrEnum):
    """From the roomiest to the densest."""

    CARDS = "cards"
    """Three lines each."""
    ROWS = "rows"
    COLUMNS = "columns"
    """A short row each, side by side."""
    CELLS = "cells"
    BLOCKS = "blocks"
    """A cell for several."""

    @property
    def is_dense(self) -> bool:
        """Slots have no history of their own in it."""
        return self in (Form.CELLS, Form.BLOCKS)


LADDER = tuple(Form)
CARD_ROWS = 3
_CARD_WIDTH = 50


class Fit(NamedTuple):
    """How a form shows slots in a panel: `line` of them are scrolled at a time, `shown` are seen at once."""

    form: Form
    line: int
    shown: int


def fitting(width: int, height: int, snap: Snapshot) -> Form:
    """The roomiest form in which all slots, or nearly all, are seen."""
    count, rows = len(snap.slots), max(0, height - 2)
    if 0 < CARD_ROWS * count <= rows and width >= _CARD_WIDTH:
        return Form.CARDS
    # a few slots more than rows are worth scrolling for: their history says more than seeing them all
    if 2 * count <= 3 * rows or count == 0:
        return Form.ROWS
    if column_count(width, rows, count):
        return Form.COLUMNS
    place = grid(width, height, snap.slots)
    return Form.CELLS if place is not None and place.slots_per_cell == 1 else Form.BLOCKS


def fit_of(form: Form, width: int, height: int, snap: Snapshot) -> Fit:
    """What of the slots a panel shows in a form."""
    rows, count = max(1, height - 2), max(1, len(snap.slots))
    match form:
        case Form.CARDS:
            return Fit(form, 1, max(1, (rows + 1) // CARD_ROWS))
        case Form.ROWS:
            return Fit(form, 1, rows)
        case Form.COLUMNS:
            return Fit(form, rows, rows * most_columns(width))
        case _:
            place = grid(width, height, snap.slots, several=form is Form.BLOCKS)
            if place is None or place.slots_per_cell > 1:
                return Fit(form, count, count)
            return Fit(form, place.per_row, place.per_row * place.rows)


def first_of(fit: Fit, top: int, count: int) -> int:
    """The index of the first slot seen when the one at `top` should be."""
    lines, seen = -(-count // fit.line), max(1, fit.shown // fit.line)
    return max(0, min(top // fit.line, lines - seen)) * fit.line


def scrolled(fit: Fit, top: int, chosen: int, count: int) -> int:
    """Where to begin so that the chosen slot is seen, moved no more than it takes."""
    line, seen = chosen // fit.line, max(1, fit.shown // fit.line)
    first = max(line - seen + 1, min(top // fit.line, line))
    return first_of(fit, first * fit.line, count)


def after(wanted: Form | None, roomiest: Form) -> Form | None:
    """The next form when a person asks for another: round the ladder, then what fits by itself (None)."""
    start = LADDER.index(roomiest)
    others = [*LADDER[start + 1 :], *LADDER[:start]]
    if wanted is None or wanted not in others:
        return others[0]
    place = others.index(wanted) + 1
    return others[place] if place < len(others) else None
