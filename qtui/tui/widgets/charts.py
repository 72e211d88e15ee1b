"""What the charts of the overview share: bins that stay put, round scales, time axes, and text that fits.

A bin is a group of whole seconds counted from the start of the run, so its content never changes once it is past.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len

from qtui.core.snapshot import SERIES_SECONDS, Snapshot
from qtui.text import clock, middle, short_count
from qtui.tui.canvas import Canvas, Span

_PACES = (1, 2, 5, 10, 20, 30, 60)
_ROUND = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100)


def pace(columns: int, span: int = 60) -> int:
    """Seconds per column with which `columns` reach back at least `span` seconds."""
    return next((per for per in _PACES if columns * per >= span), _PACES[-1])


def chart_pace(columns: int) -> int:
    """Seconds per column of a chart: a minute at least, and two seconds so that single jobs do not flicker.

    Only where two seconds would reach back further than the series does, one is taken.
    """
    return max(2, pace(columns)) if columns * 2 <= SERIES_SECONDS else 1


def window_pace(columns: int) -> int:
    """Seconds per column with which `columns` reach back over nearly all that the series holds."""
    return max(1, -(-SERIES_SECONDS * 5 // 6 // max(1, columns)))


def bins(length: int, newest: int, per: int, columns: int) -> list[slice]:
    """Which of `length` one-second values each of `columns` bins covers, oldest bin first.

    The last value belongs to second `newest` of the run. Bins begin at multiples of `per` seconds; those older than
    the values are empty slices.
    """
    last_bin = newest // per
    slices = []
    for bin_number in range(last_bin - columns + 1, last_bin + 1):
        start = bin_number * per - newest + length - 1
        slices.append(slice(max(0, start), max(0, min(length, start + per))))
    return slices


def last_whole_second(snap: Snapshot) -> int:
    """The newest second of the run that is over; the one after it is still growing and would look like a dip."""
    return int(snap.elapsed_s // max(1e-9, snap.series.step_s)) - 1


def stretched(count: int, columns: int) -> list[slice]:
    """All of `count` values over so many columns: each covers one at least, so that few values are wide."""
    starts = [index * count // columns for index in range(columns + 1)]
    return [slice(start, max(start + 1, stop)) for start, stop in pairwise(starts)]


def rates(done: Sequence[int], covered: Sequence[slice], step_s: float) -> list[float]:
    """Jobs per second in each bin; 0 where there is nothing."""
    return [
        sum(done[part]) / ((part.stop - part.start) * step_s) if part.stop > part.start else 0.0 for part in covered
    ]


def round_top(value: float) -> float:
    """The round number at or above `value` that a scale ends with: 1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50…"""
    for small in (1, 2, 3, 5, 8):
        if value <= small:
            return float(small)
    unit = 1.0
    while value > unit * 100:
        unit *= 10
    return next(unit * step for step in _ROUND if value <= unit * step)


def scale_label(top: float) -> str:
    """The end of a scale in at most five characters: `15`, `250`, `1.5k`, `2e+19`."""
    return short_count(top) if top < 1e12 else f"{top:.0e}"


def age_label(seconds: float) -> str:
    """How long ago, for an axis: `-64s`, from five minutes on `-12:00`."""
    return f"-{seconds:.0f}s" if seconds < 300 else f"-{clock(seconds)}"


def time_axis(canvas: Canvas, x: int, columns: int, span_s: float) -> None:
    """On the lower border: how old the chart's first column is, and where now is."""
    y, right = canvas.height - 1, canvas.width
    if columns >= 14:
        canvas.put(x, y, f"{age_label(span_s)} ", "faint")
        canvas.put(right - 7, y, " now ", "faint")


def run_axis(canvas: Canvas, x: int, columns: int, elapsed_s: float) -> None:
    """On the lower border: the whole run from its start to now."""
    if columns >= 14:
        end = fit(clock(elapsed_s), 8)
        canvas.put(x, canvas.height - 1, "0:00 ", "faint")
        canvas.right(canvas.width - 2, canvas.height - 1, (Span(f" {end} ", "faint"),))


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` cells, shortened in the middle, wide characters counted as the two cells they are."""
    if text.isascii():
        return middle(text, width)
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[: max(0, width)]
    tail_room = (width - 1) * 2 // 3
    head = _fitting(text, width - 1 - tail_room)
    tail = _fitting(text[::-1], tail_room)[::-1]
    return f"{head}…{tail}"


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells; what does not fit ends in an ellipsis."""
    if cell_len(text) <= width:
        return text
    return _fitting(text, width - 1) + "…" if width >= 1 else ""


def _fitting(text: str, width: int) -> str:
    for index, ch in enumerate(text):
        width -= cell_len(ch)
        if width < 0:
            return text[:index]
    return text
