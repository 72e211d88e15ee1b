"""The LATENCY heat map: run times of successful attempts, time to the right, log time upwards, shade is count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.geometry import Region

from qtui.core.snapshot import LATENCY_BUCKETS, LATENCY_FLOOR_S, LATENCY_STEP, Latency, Series, Snapshot
from qtui.text import plural, seconds
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.tip import Tip
from qtui.tui.widgets.charts import bins, chart_pace, fit, last_whole_second, run_axis, stretched, time_axis
from qtui.tui.widgets.time_tips import when

_PER_DECADE = 5
_DECADES = ("1ms", "10ms", "0.1s", "1s", "10s")
"""Labels of the buckets 0, 5, 10, 15 and 20."""
_GUTTER = 6
_TEXTURES = " ░▒▒▓█"
_LEAST = 4
"""So many counts in one cell are the brightest shade at least: single jobs must not glare."""


class _Scale(NamedTuple):
    """Which buckets are visible: `low` is at the bottom; `merged` buckets share `tall` of all `halves` of the rows."""

    low: int
    merged: int
    tall: int
    halves: int


def draw_latency(canvas: Canvas, snap: Snapshot, *, pace_s: int = 0, whole: bool = False) -> None:
    """Draw the map in bins of time that never change once they are past; or, stretched, the whole run.

    `pace_s` is how many seconds a bin has where the width does not decide it.
    """
    wide = canvas.width > 44
    canvas.box(
        0,
        0,
        canvas.width,
        canvas.height,
        title=(Span("LATENCY", bold=True),),
        right=percentiles(snap.latency, p99=wide, gap="  " if wide else " "),
    )
    gutter, columns, rows = _area(canvas.width, canvas.height)
    if rows < 1 or columns < 1:
        return
    series = snap.overview if whole else snap.series
    per = pace_s or chart_pace(columns)
    if whole:
        run_axis(canvas, gutter, columns, snap.elapsed_s)
        covered = stretched(max(1, len(series.latency)), columns)
    else:
        time_axis(canvas, gutter, columns, columns * per * series.step_s)
        covered = bins(max(0, len(series.latency) - 1), last_whole_second(snap), per, columns)
    used = _used(series.latency)
    if used is None:
        waited = f"collecting, {max(0, int(snap.elapsed_s))} s" if snap.elapsed_s < 60 else "no job done yet"
        canvas.put(gutter, 1, fit(waited, columns), "faint")
        return
    scale = _scale(*used, halves=rows * 2)
    _draw_map(canvas, gutter, rows, _counts(series, covered, scale), scale)
    if gutter == _GUTTER:
        _draw_labels(canvas, rows, scale)


def _area(width: int, height: int) -> tuple[int, int, int]:
    """The first column of the map, and how many columns and rows it has."""
    gutter = _GUTTER if width >= 24 else 2
    return gutter, width - gutter - (3 if gutter == _GUTTER else 2), height - 2


def latency_tip(
    snap: Snapshot, x: int, y: int, width: int, height: int, *, pace_s: int = 0, whole: bool = False
) -> Tip | None:
    """Which run times the cell at a place counts, when, and how many there were."""
    gutter, columns, rows = _area(width, height)
    column, row = x - gutter, y - 1
    series = snap.overview if whole else snap.series
    used = _used(series.latency)
    if used is None or not (0 <= column < columns and 0 <= row < rows):
        return None
    length, newest = max(0, len(series.latency) - 1), last_whole_second(snap)
    if whole:
        part, zero = stretched(max(1, len(series.latency)), columns)[column], 0
    else:
        part, zero = bins(length, newest, pace_s or chart_pace(columns), columns)[column], newest - length + 1
    if part.stop <= part.start:
        return None
    scale = _scale(*used, halves=rows * 2)
    counts = _counts(series, [part], scale)
    lines: list[Line] = [when(snap, (zero + part.start) * series.step_s, (zero + part.stop) * series.step_s)]
    lowers = dict.fromkeys((scale.halves - 1 - half) // scale.tall for half in (2 * row, 2 * row + 1))
    for lower in lowers:
        first = scale.low + lower * scale.merged
        hits = counts[scale.halves - 1 - lower * scale.tall][0]
        lines.append(
            (Span(_range(first, scale.merged)), Span(f"  {plural(hits, 'job')}", "text" if hits else "dim", bool(hits)))
        )
    return Tip(lines, Region(x, y, 1, 1))


def _range(first: int, buckets: int) -> str:
    """The run times of some buckets; the last one has no end."""
    low = LATENCY_FLOOR_S * LATENCY_STEP**first
    if first + buckets >= LATENCY_BUCKETS:
        return f"{seconds(low)} and more"
    return f"{seconds(low)} to {seconds(LATENCY_FLOOR_S * LATENCY_STEP ** (first + buckets))}"


def percentiles(latency: Latency, *, p99: bool, gap: str) -> Line:
    """`p50 0.92s  p95 3.7s  p99 10.0s`; nothing as long as nothing is known."""
    if latency.p99 <= 0:
        return ()
    shown = [("p50", latency.p50), ("p95", latency.p95)] + ([("p99", latency.p99)] if p99 else [])
    spans: list[Span] = []
    for name, value in shown:
        spans += [Span(f"{gap if spans else ''}{name} ", "dim"), Span(seconds(value), bold=True)]
    return spans


def _used(latency: Sequence[Sequence[int]]) -> tuple[int, int] | None:
    """The lowest and the highest bucket with a count, over the whole window so that the axis seldom moves."""
    buckets = {bucket for column in latency for bucket in column[::2] if 0 <= bucket < LATENCY_BUCKETS}
    return (min(buckets), max(buckets)) if buckets else None


def _scale(low: int, high: int, halves: int) -> _Scale:
    """A range around the used buckets; it moves in steps of a decade, or smaller ones where rows are few."""
    for step in (_PER_DECADE, 3, 1):
        first, last = low // step * step, high // step * step + step - 1
        need = last - first + 1
        if need <= halves:
            break
    merged = -(-need // halves)
    tall = 2 if halves >= max(16, need * 2) else 1
    visible = halves // tall * merged
    lowest = first - (visible - need) // 2
    return _Scale(max(0, min(lowest, LATENCY_BUCKETS - visible)), merged, tall, halves)


def _counts(series: Series, covered: Sequence[slice], scale: _Scale) -> list[list[int]]:
    """Counts by half row from the top, then by column."""
    counts = [[0] * len(covered) for _ in range(scale.halves)]
    for column, part in enumerate(covered):
        for sparse in series.latency[part]:
            for bucket, hits in zip(sparse[::2], sparse[1::2], strict=False):
                lower = (bucket - scale.low) // scale.merged * scale.tall
                for half in range(lower, lower + scale.tall):
                    if 0 <= half < scale.halves:
                        counts[scale.halves - 1 - half][column] += hits
    return counts


def _brightest(counts: Sequence[Sequence[int]]) -> int:
    """The count of the brightest shade: a power of two near the top two per cent, so that shades seldom change."""
    seen = sorted(hits for row in counts for hits in row if hits > 0)
    most = seen[len(seen) * 98 // 100] if seen else 0
    return max(_LEAST, 1 << max(0, most - 1).bit_length())


def _shade(hits: int, brightest: int) -> int:
    return 0 if hits <= 0 else min(5, 1 + (hits - 1) * 5 // brightest)


def _draw_map(canvas: Canvas, x: int, rows: int, counts: Sequence[Sequence[int]], scale: _Scale) -> None:
    brightest = _brightest(counts)
    for row in range(rows):
        upper, lower = counts[2 * row], counts[2 * row + 1]
        if canvas.textured:
            pairs = zip(upper, lower, strict=True)
            both = [max(pair) if scale.tall > 1 else sum(pair) for pair in pairs]
            canvas.put(x, 1 + row, "".join(_TEXTURES[_shade(hits, brightest)] for hits in both))
            continue
        start = 0
        shades = [(_shade(a, brightest), _shade(b, brightest)) for a, b in zip(upper, lower, strict=True)]
        for column in range(1, len(shades) + 1):
            if column == len(shades) or shades[column] != shades[start]:
                top, bottom = shades[start]
                canvas.put(x + start, 1 + row, "▀" * (column - start), f"heat{top}", bg=f"heat{bottom}")
                start = column


def _draw_labels(canvas: Canvas, rows: int, scale: _Scale) -> None:
    """A decade's label stands in the row that holds its first bucket."""
    taken = -1
    for decade in reversed(range(len(_DECADES))):
        half = (decade * _PER_DECADE - scale.low) // scale.merged * scale.tall
        row = rows - 1 - half // 2
        if 0 <= half < scale.halves and row != taken:
            canvas.put(_GUTTER - 1 - len(_DECADES[decade]), 1 + row, _DECADES[decade], "faint")
            taken = row
