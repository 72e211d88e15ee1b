"""The charts in one row, for short screens: a minute of jobs per second, and the latency in three numbers."""

from __future__ import annotations

from qtui.core.snapshot import Latency, Snapshot
from qtui.text import rate_number
from qtui.tui.canvas import Canvas, Line, length
from qtui.tui.widgets.charts import bins, chart_pace, last_whole_second, rates
from qtui.tui.widgets.latency import percentiles

_LABEL = "done/s "
_LEAST_COLUMNS = 10
_MOST_COLUMNS = 60


def draw_mini(canvas: Canvas, snap: Snapshot) -> None:
    """Draw on the first row; narrow canvases lose p99, then p95, then p50, then the label."""
    width = canvas.width
    numbers = _latency_that_fits(snap.latency, width)
    room = width - 2 - len(_LABEL) - 5 - (length(numbers) + 3 if numbers else 0)
    columns = min(room // 10 * 10 or room, _MOST_COLUMNS)
    x = 1
    if columns >= _LEAST_COLUMNS:
        x = canvas.put(x, 0, _LABEL, "dim")
        _draw_spark(canvas, x, columns, snap)
        x += columns + 1
    number = rate_number(snap.rates.done)
    x = canvas.put(x, 0, number[: max(0, width - 1 - x)], bold=True)
    if columns < _LEAST_COLUMNS:
        canvas.put(x, 0, "/s"[: max(0, width - 1 - x)], "dim")
    if numbers:
        canvas.right(width - 1, 0, numbers)


def _latency_that_fits(latency: Latency, width: int) -> Line:
    full = percentiles(latency, p99=True, gap="  ")
    for shown in (full, full[:4], full[:2]):
        if length(shown) + 2 + len(_LABEL) + _LEAST_COLUMNS + 8 <= width:
            return shown
    return ()


def _draw_spark(canvas: Canvas, x: int, columns: int, snap: Snapshot) -> None:
    series = snap.series
    covered = bins(max(0, len(series.done) - 1), last_whole_second(snap), chart_pace(columns), columns)
    values = rates(series.done, covered, series.step_s)
    top = max(values, default=0.0)
    for index, (value, part) in enumerate(zip(values, covered, strict=True)):
        if value > 0:
            canvas.put(x + index, 0, canvas.eighths[max(1, round(value / top * 8))], "done")
        elif part.stop > part.start:
            canvas.put(x + index, 0, "▁", "idle")
