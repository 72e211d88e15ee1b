"""Rates, utilisation and queue one under the other on one axis of time, with what was changed in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.geometry import Region

from qtui.core.snapshot import Series, Snapshot
from qtui.text import count, percent, rate
from qtui.tui.actions import key_of
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.tip import Tip
from qtui.tui.widgets.charts import (
    bins,
    fit,
    last_whole_second,
    rates,
    round_top,
    run_axis,
    scale_label,
    stretched,
    time_axis,
    window_pace,
)
from qtui.tui.widgets.flow import draw_marks, draw_queue, draw_rows, eighths
from qtui.tui.widgets.time_tips import column_tip, stretched_tip

WIDE = 70
"""From so many columns on a section says its present number beside its name."""


class _Track(NamedTuple):
    """One section of the chart."""

    name: str
    weight: int
    """Its share of the rows."""
    rank: int
    """Its place in the fight for rows: 0 stays to the last."""
    now: Callable[[Snapshot], str]
    colour: str = ""


TRACKS = (
    _Track("done", 4, 0, lambda snap: rate(snap.rates.done), "done"),
    _Track("failed", 2, 4, lambda snap: rate(snap.rates.failed_attempts), "failed"),
    _Track("admitted", 3, 5, lambda snap: rate(snap.rates.admitted), "queued"),
    _Track("changes", 0, 2, lambda snap: ""),
    _Track("busy", 3, 3, lambda snap: percent(snap.rates.busy_share), "running"),
    _Track("queue", 3, 1, lambda snap: count(snap.queue.depth)),
)


def columns_of(width: int) -> int:
    """How many columns of time a chart of this width has."""
    return width - _gutter(width) - 2


def _gutter(width: int) -> int:
    return 18 if width >= WIDE else 10 if width >= 30 else 2


def draw_times(canvas: Canvas, snap: Snapshot, *, whole: bool) -> None:
    """Draw the last three minutes in bins that never change once they are past, or the whole run stretched."""
    title = "THE WHOLE RUN" if whole else "LAST 3 MIN"
    keys: Line = (
        Span(f"{key_of('recent')} ".lstrip(), "accent", True),
        Span("3 min", "dim" if whole else "text", not whole),
        Span("  whole run", "text" if whole else "dim", whole),
        Span(f" {key_of('whole_run')}".rstrip(), "accent", True),
    )
    canvas.box(0, 0, canvas.width, canvas.height, title=(Span(title, bold=True),), right=keys)
    columns, x, height = columns_of(canvas.width), _gutter(canvas.width), canvas.height - 2
    if columns < 1 or height < 1:
        return
    series = snap.overview if whole else snap.series
    if whole:
        run_axis(canvas, x, columns, snap.elapsed_s)
        covered = stretched(max(1, len(series.done)), columns)
        known = len(series.done)
    else:
        per = window_pace(columns)
        time_axis(canvas, x, columns, columns * per * series.step_s)
        known = max(0, len(series.done) - 1)  # the second that is still growing would look like a dip
        covered = bins(known, last_whole_second(snap), per, columns)
    if known < 2:
        waited = f"collecting, {max(0, int(snap.elapsed_s))} s" if snap.elapsed_s < 60 else "nothing recorded"
        canvas.put(x, 1, fit(waited, columns), "faint")
        return
    y = 1
    for track, rows in _shares(height):
        gap = 1 if rows >= 3 else 0  # so that what is full does not touch what stands above it
        top = _draw_track(canvas, track, x, y + gap, rows - gap, series, covered)
        _draw_label(canvas, track, x, y, rows, top, snap)
        y += rows


def times_tip(snap: Snapshot, whole: bool, x: int, y: int, width: int, height: int) -> Tip | None:
    """What the column at a cell of the chart says."""
    columns, left = columns_of(width), _gutter(width)
    if not (left <= x < left + columns and 0 < y < height - 1):
        return None
    spot = Region(x, 1, 1, height - 2)
    if whole:
        return stretched_tip(snap, x - left, columns, spot)
    return column_tip(snap, x - left, columns, window_pace(columns), spot)


def _shares(height: int) -> list[tuple[_Track, int]]:
    """Which sections there is room for, and their rows; all rows are used."""
    shown = sorted(sorted(TRACKS, key=lambda track: track.rank)[:height], key=TRACKS.index)
    room = height - len(shown)
    weight = sum(track.weight for track in shown)
    rows = [1 + room * track.weight // weight for track in shown]
    rows[0] += height - sum(rows)
    return list(zip(shown, rows, strict=True))


def _draw_track(
    canvas: Canvas, track: _Track, x: int, y: int, rows: int, series: Series, covered: Sequence[slice]
) -> str:
    """Draw a section; what its scale ends with, or empty."""
    if track.name == "changes":
        draw_marks(canvas, x, len(covered), y, series.marks, covered)
        return ""
    if track.name == "queue":
        return scale_label(draw_queue(canvas, x, y, rows, series, covered))
    if track.name == "busy":
        shares = [_mean(series.busy[part]) for part in covered]
        draw_rows(canvas, x, y, rows, eighths(shares, 100, rows), track.colour)
        return "100%"
    values = {"done": series.done, "failed": series.failed, "admitted": series.admitted}[track.name]
    found = rates(values, [slice(part.start, min(part.stop, len(values))) for part in covered], series.step_s)
    top = round_top(max(found, default=0.0))
    draw_rows(canvas, x, y, rows, eighths(found, top, rows), track.colour)
    return f"{scale_label(top)}/s"


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0


def _draw_label(canvas: Canvas, track: _Track, x: int, y: int, rows: int, top: str, snap: Snapshot) -> None:
    if x < 10:
        return
    canvas.put(1, y, track.name, "dim")
    if canvas.width >= WIDE and track.weight:
        canvas.right(x - 1, y, (Span(fit(track.now(snap), x - 11), bold=True),))
    if rows >= 2:
        canvas.right(x - 1, y + 1, (Span(fit(top, x - 2), "faint"),))
    if rows >= 4:
        canvas.right(x - 1, y + rows - 1, (Span("0", "faint"),))
