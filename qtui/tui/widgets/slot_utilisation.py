"""How busy groups of slots were, second by second: a stall or a half-dead pool shows as a dark rectangle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from textual.geometry import Region

from qtui.core.snapshot import BUSY_LEVELS, FAILED_LEVELS, STRIP_SECONDS, UNUSED, Cell, Snapshot, Use
from qtui.core.utilisation import level
from qtui.text import percent
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.prose import wall
from qtui.tui.tip import Tip
from qtui.tui.widgets.charts import fit
from qtui.tui.widgets.slot_marks import age_axis

LEAST_ROWS = 4
LEAST_WIDTH = 60
"""Of the box, its borders included."""
_SMALLEST_GROUP = 8
_TEXTURES = "·░▒▓▇"


def draw_utilisation(canvas: Canvas, y: int, snap: Snapshot) -> None:
    """Draw a box from row `y` to the end of the canvas, with a row for each group."""
    width, rows = canvas.width, canvas.height - y
    if rows < LEAST_ROWS or width < LEAST_WIDTH or not snap.slots:
        return
    size, groups = _groups(snap, rows - 2)
    label_width = 2 * len(str(snap.slots[-1].number)) + 1
    x, columns = _area(width, label_width)
    title: Line = (
        Span("UTILISATION ", bold=True),
        Span("slots in groups of ", "dim"),
        Span(f"{size}", bold=True),
        Span(" · shade = share busy" if width >= 80 else "", "dim"),
    )
    right: Line = (Span("×", "failed_text"), Span(" a job failed", "dim"))
    if width >= 100:
        right = (*right, Span("   1 column = 1 s", "dim"))
    canvas.box(0, y, width, rows, title=title, right=right)
    for row, (label, levels) in enumerate(groups, y + 1):
        canvas.put(x - 1 - len(label), row, fit(label, label_width), "faint")
        _draw_group(canvas, x, row, levels[-columns:].rjust(columns))
    age_axis(canvas, width - 2, columns, 1)


def _area(width: int, label_width: int) -> tuple[int, int]:
    """The first column of time, and how many there are."""
    columns = min(STRIP_SECONDS, width - 5 - label_width)
    return width - 2 - columns, columns


def utilisation_tip(snap: Snapshot, x: int, y: int, width: int, rows: int) -> Tip | None:
    """What a cell of the box says: which slots, when, how many were busy; `y` is counted from the box's own top."""
    if rows < LEAST_ROWS or width < LEAST_WIDTH or not snap.slots:
        return None
    left, columns = _area(width, 2 * len(str(snap.slots[-1].number)) + 1)
    _, groups = _groups(snap, rows - 2)
    if not (left <= x < left + columns and 0 < y <= len(groups)):
        return None
    label, levels = groups[y - 1]
    cell = levels[-columns:].rjust(columns)[x - left]
    if cell == UNUSED:
        return None
    failed = cell in FAILED_LEVELS
    share = (FAILED_LEVELS if failed else BUSY_LEVELS).index(cell) / (len(BUSY_LEVELS) - 1)
    at = snap.started_at + int(snap.elapsed_s) - (left + columns - 1 - x)
    lines: list[Line] = [
        (Span(f"slots {label}  ", "accent", True), Span(wall(at), bold=True)),
        (Span("● ", "running", True), Span(f"{'about ' if 0 < share < 1 else ''}{percent(share)} busy")),
    ]
    if failed:
        lines.append((Span("× ", "failed_text", True), Span("a job failed for good")))
    return Tip(lines, Region(x, y, 1, 1))


def _groups(snap: Snapshot, rows: int) -> tuple[int, list[tuple[str, str]]]:
    """The size of a group, and for each which slots it holds and its levels, as in `Use`."""
    size, told = (snap.use.size, _Told(snap.use)) if snap.use is not None else (_SMALLEST_GROUP, None)
    last = snap.slots[-1].number
    count = last if told is not None else len(snap.slots)
    while -(-count // size) > rows:
        size *= 2
    found = []
    for start in range(0, count, size):
        if told is not None:
            found.append((f"{start + 1}-{min(last, start + size)}", told.levels(start, size)))
        else:
            group = snap.slots[start : start + size]
            found.append((f"{group[0].number}-{group[-1].number}", "".join(_levels([slot.strip for slot in group]))))
    return size, found


class _Told:
    """Groups as the engine tells them, several of which may be drawn as one."""

    def __init__(self, use: Use) -> None:
        self._use = use

    def levels(self, start: int, size: int) -> str:
        some = self._use.rows[start // self._use.size : (start + size) // self._use.size]
        return "".join(_mean(cells) for cells in zip(*some, strict=False))


def _mean(cells: Sequence[str]) -> str:
    levels = [(FAILED_LEVELS if cell in FAILED_LEVELS else BUSY_LEVELS).index(cell) for cell in cells if cell != UNUSED]
    failed = any(cell in FAILED_LEVELS for cell in cells)
    return level(sum(levels) / len(levels) / (len(BUSY_LEVELS) - 1), failed) if levels else UNUSED


def _levels(strips: Sequence[str]) -> Iterator[str]:
    """The same from the histories of single slots."""
    length = max((len(strip) for strip in strips), default=0)
    for column in range(length):
        cells = [strip[column - length] for strip in strips if len(strip) >= length - column]
        there = len(cells) - cells.count(Cell.ABSENT)
        busy = there - cells.count(Cell.IDLE)
        yield level(busy / there, Cell.FAILED_END in cells) if there else UNUSED


def _draw_group(canvas: Canvas, x: int, y: int, levels: str) -> None:
    for cell, run in groupby(levels):
        length = sum(1 for _ in run)
        failed = cell in FAILED_LEVELS
        if cell != UNUSED:
            _draw_level(canvas, x, y, length, -(-(FAILED_LEVELS if failed else BUSY_LEVELS).index(cell) // 2), failed)
        x += length


def _draw_level(canvas: Canvas, x: int, y: int, length: int, share: int, failed: bool) -> None:
    """So many cells of one shade, in quarters."""
    if failed and canvas.textured:
        canvas.put(x, y, "×" * length, "failed_text")
    elif failed:
        canvas.put(x, y, "×" * length, "inverse" if share > 2 else "failed_text", bold=True, bg=f"heat{share}")
    elif canvas.textured:
        canvas.put(x, y, _TEXTURES[share] * length, "text" if share else "faint")
    else:
        canvas.put(x, y, "▇" * length, f"heat{share}")
