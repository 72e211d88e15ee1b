"""The FLOW chart: jobs done per second, what was changed, and the depth of the queue, on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.geometry import Region

from qtui.core.snapshot import SERIES_SECONDS, Series, Snapshot
from qtui.text import percent, rate_number
from qtui.tui.canvas import Canvas, Span
from qtui.tui.tip import Tip
from qtui.tui.widgets.charts import (
    bins,
    chart_pace,
    fit,
    last_whole_second,
    rates,
    round_top,
    run_axis,
    scale_label,
    stretched,
    time_axis,
)
from qtui.tui.widgets.time_tips import column_tip

_GUTTER = 8


class _Area(NamedTuple):
    """Where the columns are, and how the rows are shared out."""

    x: int
    columns: int
    done_rows: int
    marks_rows: int
    queue_rows: int


def draw_flow(canvas: Canvas, snap: Snapshot) -> None:
    """Draw the last minute or more in bins that never change once they are past."""
    canvas.box(
        0,
        0,
        canvas.width,
        canvas.height,
        title=(Span("FLOW", bold=True),),
        right=(Span(rate_number(snap.rates.done), bold=True), Span("/s done", "dim")),
    )
    area = _area(canvas.width, canvas.height)
    if area is None:
        return
    series = snap.series
    per = chart_pace(area.columns)
    # the second that is still growing would look like a dip at the right edge
    whole = len(series.done) - 1
    last = last_whole_second(snap)
    covered = bins(max(0, whole), last, per, area.columns)
    time_axis(canvas, area.x, area.columns, area.columns * per * series.step_s)
    if whole < 2:
        waited = f"collecting, {max(0, int(snap.elapsed_s))} s" if snap.elapsed_s < 60 else "nothing recorded"
        canvas.put(area.x, 1, fit(waited, area.columns), "faint")
        return
    # the scale fits every bin of the window, seen or not, so that it seldom changes
    every = bins(whole, last, per, SERIES_SECONDS // per + 1)
    _draw_chart(canvas, area, series, covered, _top(series, [part for part in every if part.stop - part.start == per]))


def flow_tip(snap: Snapshot, x: int, y: int, width: int, height: int) -> Tip | None:
    """What the column at a cell of the chart says."""
    area = _area(width, height)
    if area is None or not (area.x <= x < area.x + area.columns and 0 < y < height - 1):
        return None
    return column_tip(snap, x - area.x, area.columns, chart_pace(area.columns), Region(x, 1, 1, height - 2))


def draw_whole_run(canvas: Canvas, snap: Snapshot) -> None:
    """Draw the run from its start to its end, over the full width."""
    canvas.box(
        0,
        0,
        canvas.width,
        canvas.height,
        title=(Span("THE WHOLE RUN", bold=True),),
        right=(Span(f"queue full {percent(snap.queue.full_share_run)}", "dim"),),
    )
    area = _area(canvas.width, canvas.height)
    if area is None:
        return
    count, columns = len(snap.overview.done), area.columns
    if not count:
        canvas.put(area.x, 1, fit("nothing recorded", columns), "faint")
        return
    covered = stretched(count, columns)
    run_axis(canvas, area.x, columns, snap.elapsed_s)
    _draw_chart(canvas, area, snap.overview, covered, _top(snap.overview, covered))


def _area(width: int, height: int) -> _Area | None:
    rows = height - 2
    gutter = _GUTTER if width >= 24 else 2
    columns = width - gutter - 2
    if rows < 1 or columns < 1:
        return None
    queue_rows = (rows + 2) // 4 if rows >= 4 else 0
    marks_rows = 1 if rows >= 3 else 0
    return _Area(gutter, columns, rows - queue_rows - marks_rows, marks_rows, queue_rows)


def _top(series: Series, parts: Sequence[slice]) -> float:
    return round_top(max(rates(series.done, parts, series.step_s), default=0.0))


def _draw_chart(canvas: Canvas, area: _Area, series: Series, covered: Sequence[slice], top: float) -> None:
    values = rates(series.done, covered, series.step_s)
    draw_rows(canvas, area.x, 1, area.done_rows, eighths(values, top, area.done_rows), "done")
    marks_y = 1 + area.done_rows
    if area.marks_rows:
        draw_marks(canvas, area.x, area.columns, marks_y, series.marks, covered)
    queue_y = marks_y + area.marks_rows
    if area.queue_rows:
        draw_queue(canvas, area.x, queue_y, area.queue_rows, series, covered)
    if area.x == _GUTTER:
        _label(canvas, 1, f"{scale_label(top)}/s")
        if area.done_rows > 1:
            _label(canvas, area.done_rows, "0")
        if area.queue_rows:
            _label(canvas, queue_y, "queue")
        if area.queue_rows > 1:
            _label(canvas, queue_y + area.queue_rows - 1, "0")


def _label(canvas: Canvas, y: int, text: str) -> None:
    canvas.put(max(1, _GUTTER - 1 - len(text)), y, text, "faint")


def eighths(values: Sequence[float], top: float, rows: int) -> list[int]:
    """Heights in eighths of a row; what is not zero shows."""
    full = rows * 8
    return [max(1, round(min(1.0, value / top) * full)) if value > 0 and top > 0 else 0 for value in values]


def draw_rows(canvas: Canvas, x: int, y: int, rows: int, heights: Sequence[int], colour: str) -> None:
    for row in range(rows):
        floor = (rows - 1 - row) * 8
        canvas.put(x, y + row, "".join(canvas.eighths[max(0, min(8, height - floor))] for height in heights), colour)


def draw_marks(
    canvas: Canvas, x: int, columns: int, y: int, marks: Sequence[Sequence[str]], covered: Sequence[slice]
) -> None:
    """Where something was changed; the newest of a bin counts, and a number is left out rather than cut."""
    canvas.put(x, y, "·" * columns, "line")
    offset = len(marks) - 1
    found = []
    before = None
    for column, part in enumerate(covered):
        if part == before:
            continue  # a short run stretched over the width: one column covers several cells
        before = part
        # the second that is still growing belongs to no bin yet, but what was just done must show at once
        stop = part.stop + 1 if part.stop == offset and column == columns - 1 else part.stop
        labels = [label for second in marks[part.start : stop] for label in second]
        if labels:
            found.append((column, labels[-1]))
    for index, (column, label) in enumerate(found):
        room = (found[index + 1][0] if index + 1 < len(found) else columns) - column
        ours, said = label.startswith("~"), label.removeprefix("~")
        shown = said if len(said) <= room else said[:1]
        canvas.put(x + column, y, shown, "dim" if ours else "pressure", bold=not ours)


def draw_queue(canvas: Canvas, x: int, y: int, rows: int, series: Series, covered: Sequence[slice]) -> int:
    """The depth of the queue under its bound; a bin in which it was full has an amber lid. Gives the scale's end."""
    depth = [max(series.depth[part], default=0) for part in covered]
    bound = [max(series.capacity[part], default=0) for part in covered]
    top = max(series.capacity, default=0) or max(depth, default=0)
    heights = eighths(depth, top, rows)
    draw_rows(canvas, x, y, rows, heights, "queued")
    for column, (height, full) in enumerate(
        zip(heights, (d >= b > 0 for d, b in zip(depth, bound, strict=True)), strict=True)
    ):
        if full:
            _draw_lid(canvas, x + column, y + rows - 1 - (height - 1) // 8, (height - 1) % 8 + 1)
    return top


def _draw_lid(canvas: Canvas, x: int, y: int, eighths: int) -> None:
    if canvas.textured:
        canvas.put(x, y, "▓" if eighths == 8 else canvas.eighths[eighths], "pressure")
    elif eighths == 8:
        canvas.put(x, y, "▀", "pressure", bg="queued")
    else:
        canvas.put(x, y, canvas.eighths[eighths], "pressure")
