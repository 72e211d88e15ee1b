"""What a column of a chart over time says in words: when it was, how fast, how deep, and what was changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region

from qtui.core.snapshot import Series, Snapshot
from qtui.text import clock, count, percent, rate
from qtui.tui.canvas import Line, Span
from qtui.tui.prose import wall
from qtui.tui.tip import Tip
from qtui.tui.widgets.charts import bins, last_whole_second, rates, stretched

_SAID = {
    "║": "producers paused",
    "►": "goes on",
    "≈": "a limit or a hold changed",
    "■": "bound of the queue set to",
    "▲": "raised to",
    "▼": "lowered to",
}
"""The glyph of a mark in words; a number may follow."""


def when(snap: Snapshot, since: float, until: float) -> Line:
    """`14:52:02  2 s` for seconds of the run's own time."""
    length = until - since
    long = f"{length:.0f} s" if length < 60 else clock(length)
    return (Span(wall(snap.started_at + since), bold=True), Span(f"  {long}", "dim"))


def said(mark: str) -> str:
    """A mark in words: `▲12` is `raised to 12`, and `~` before it: by qtui itself."""
    ours, label = mark.startswith("~"), mark.removeprefix("~")
    if label == "▼":
        words = "draining"
    elif label in ("▲", "■"):
        words = "a limit was lifted"
    else:
        words = f"{_SAID.get(label[:1], label[:1])} {label[1:]}".rstrip()
    return f"{words}, by qtui itself" if ours else words


def column_tip(snap: Snapshot, column: int, columns: int, per: int, spot: Region) -> Tip | None:
    """Of a chart in bins of `per` seconds that end now."""
    series = snap.series
    length, newest = max(0, len(series.done) - 1), last_whole_second(snap)
    part = bins(length, newest, per, columns)[column]
    if part.stop <= part.start:
        return None
    zero = newest - length + 1
    since, until = (zero + part.start) * series.step_s, (zero + part.stop) * series.step_s
    return Tip((when(snap, since, until), *_lines(series, part, last=column == columns - 1)), spot)


def stretched_tip(snap: Snapshot, column: int, columns: int, spot: Region) -> Tip | None:
    """Of a chart of the whole run."""
    series = snap.overview
    if not series.done:
        return None
    part = stretched(len(series.done), columns)[column]
    since = part.start * series.step_s
    return Tip((when(snap, since, min(part.stop * series.step_s, snap.elapsed_s)), *_lines(series, part)), spot)


def _lines(series: Series, part: slice, *, last: bool = False) -> Sequence[Line]:
    (done,) = rates(series.done, [part], series.step_s)
    lines: list[Line] = [(Span("✓ ", "done_text", True), Span(f"{rate(done)} done"))]
    if series.failed[part] and any(series.failed[part]):
        (failed,) = rates(series.failed, [part], series.step_s)
        lines.append((Span("× ", "failed_text", True), Span(f"{rate(failed)} attempts failed")))
    depth, bound = max(series.depth[part], default=0), max(series.capacity[part], default=0)
    of = f" of {count(bound)}" if bound else ""
    full: Line = (Span("  FULL", "pressure", True),) if depth >= bound > 0 else ()
    lines.append((Span("■ ", "queued", True), Span(f"queue {count(depth)}{of}"), *full))
    if series.busy[part]:
        lines.append((Span("● ", "running", True), Span(f"workers {percent(_mean(series.busy[part]) / 100)} busy")))
    stop = part.stop + 1 if last and part.stop == len(series.marks) - 1 else part.stop
    marks = [mark for second in series.marks[part.start : stop] for mark in second]
    lines += [(Span(f"{mark.removeprefix('~')[:1]} ", "pressure", True), Span(said(mark))) for mark in marks[-3:]]
    return lines


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
