"""EXPLAIN: Little's law with the run's own numbers, how the wait grows, and what other numbers of workers would do."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtui.core.eta import Certainty, Eta, rounded, span
from qtui.core.explain import ASSUMPTION, Guess, ceiling, ladder, wait, what_if
from qtui.core.snapshot import Law, Snapshot
from qtui.text import count, plural, rate, rate_number, seconds
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.glyphs import Glyphs
from qtui.tui.widgets.charts import fit
from qtui.tui.widgets.curve import draw_line
from qtui.tui.widgets.flow import draw_rows, eighths

_GUTTER = 9
LOWEST = 0.5
"""The utilisation at the left edge of the curve."""
_ROOMY = 46
"""From so many columns on words are written out."""
_LEAST_CURVE = 5
"""Rows below which there is no curve."""


def draw_explain(canvas: Canvas, snap: Snapshot, *, eta: Eta | None = None) -> None:
    """Draw the panel; with an estimate also what other numbers of workers would make of it."""
    law: Line = (Span("Little's law  ", "dim"), Span("L = λ·W", "dim"))
    canvas.box(0, 0, canvas.width, canvas.height, title=(Span("EXPLAIN", bold=True),), right=law)
    width, bottom = canvas.width - 4, canvas.height - 1
    if width < 8 or bottom < 2:
        return
    if snap.running.span_s <= 0:
        waited = (
            f"collecting, {max(0, int(snap.elapsed_s))} s" if snap.elapsed_s < 60 else "no attempt has ended lately"
        )
        canvas.put(2, 1, fit(waited, width), "faint")
        return
    table = guess_lines(snap, eta, width) if eta is not None else []
    if eta is not None and eta.text and canvas.height >= 20:
        table.append((Span(estimate(eta, width), "dim"),))
    y = 1
    for line in law_lines(snap):
        if y < bottom:
            canvas.spans(2, y, cut(line if length(line) <= width else line[:-1], width))
            y += 1
    rest = bottom - y - len(table)
    if rest >= _LEAST_CURVE + 1 and width >= 24:
        gap = 1 if rest >= _LEAST_CURVE + 3 else 0
        _draw_curve(canvas, y + gap, rest - gap - (1 if table else 0), snap, on_border=not table)
    elif rest >= 1:
        canvas.spans(2, y, cut(_bound(snap, width), width))
    for index, line in enumerate(table[: max(0, bottom - y)]):
        canvas.spans(2, max(y, bottom - len(table)) + index, cut(line, width))


def estimate(eta: Eta, width: int = 200) -> str:
    """`ETA 7:10 ± 1m if 3,270 jobs end at 6.9/s, retries included`; what matters least goes where room is short."""
    said = " ".join(part for part in ("ETA", eta.text, eta.margin) if part)
    whole = f"{said} {eta.assumption}" if eta.margin_s or eta.rate else f"{said}: {eta.assumption}"
    return whole if len(whole) <= width else whole.removesuffix(", retries included")


def law_lines(snap: Snapshot) -> list[Line]:
    """`waiting  114 = 18.1/s × 6.3s`: each number measured by itself, so that the law can be seen to hold."""
    return [
        _law("waiting", "queued", snap.waiting),
        _law("running", "running", snap.running),
    ]


def _law(name: str, ink: str, law: Law) -> Line:
    product = law.rate * law.span_s
    holds = abs(product - law.level) <= 0.1 * max(product, law.level, 0.5)
    level = rate_number(law.level) if law.level < 9.95 else count(round(law.level))
    known: Line = (Span(f"{name}  ", "dim"), Span(level, ink, True))
    if not law.rate:
        return (*known, Span("  and nobody leaves", "dim"))
    sign = " = " if holds else " ≈ "
    steady = "" if holds else "   not steady yet"
    return (*known, Span(f"{sign}{rate(law.rate)} × {seconds(law.span_s)}", "text"), Span(steady, "faint"))


def guess_lines(snap: Snapshot, eta: Eta, width: int = 80) -> list[Line]:
    """What half, twice and four times as many workers would do, under a line that says what this takes for granted."""
    left = eta.left_s if eta.certainty is Certainty.KNOWN else None
    guesses = what_if(snap, ladder(snap.control.concurrency), left)
    if not guesses:
        return []
    roomy = width >= _ROOMY
    head: Line = (
        Span("what if", bold=True),
        Span(f"  about, {ASSUMPTION}" if roomy else "  jobs stay as fast, about", "faint"),
    )
    return [head, *(_guess(guess, roomy) for guess in guesses)]


def _guess(guess: Guess, roomy: bool) -> Line:
    ink = "text" if guess.now else "dim"
    noun = (" worker " if guess.workers == 1 else " workers") if roomy else ""
    spans = [Span(f"{count(guess.workers):>5}{noun}", ink, guess.now), Span(f"{rate(guess.rate):>9}", ink, guess.now)]
    if guess.left_s is not None:
        left = f"{'ETA ' if roomy else ''}{span(rounded(guess.left_s))}"
        spans.append(Span(f"  {left:<{12 if roomy else 6}}", ink, guess.now))
    if guess.now:
        spans.append(Span("  now", "accent", True))
    if guess.limit:
        spans.append(Span(f"  {guess.limit}", "pressure"))
    return spans


def _bound(snap: Snapshot, width: int) -> list[Span]:
    found = ceiling(snap)
    if found is None:
        return [Span("no bound: nothing caps the wait", "dim")] if not snap.queue.capacity else []
    cap = f"{count(found.capacity)} ÷ {rate(found.rate)} = {seconds(found.wait_s)}"
    said = "the bound caps the wait at " if width >= 27 + len(cap) else "wait at most "
    return [Span(said, "pressure"), Span(cap, "pressure", True)]


def _draw_curve(canvas: Canvas, y: int, rows: int, snap: Snapshot, *, on_border: bool) -> None:
    """The wait in a queue without a bound over the utilisation, with the bound as a ceiling and where the run is."""
    x, columns = _GUTTER, canvas.width - _GUTTER - 3
    chart = rows if on_border else rows - 1
    workers = max(1, snap.workers)
    cap = ceiling(snap)
    here = snap.waiting.span_s
    top = _top([cap.wait_s if cap else 0.0, here, wait(0.95, workers, snap.running.span_s)])
    service = snap.running.span_s
    row = _row(cap.wait_s, top, chart) if cap is not None else None
    if canvas.palette.glyphs is Glyphs.FULL:
        if row is not None:
            canvas.put(x, y + row, "╌" * columns, "pressure")
        waits = [wait(_load(dot, columns * 2), workers, service) for dot in range(columns * 2)]
        highest = draw_line(canvas, x, y, chart, waits, top, "queued")
    else:
        waits = [wait(_load(column, columns), workers, service) for column in range(columns)]
        heights = eighths([min(top, each) for each in waits], top, chart)
        draw_rows(canvas, x, y, chart, heights, "queued")
        if row is not None:
            _draw_ceiling(canvas, x, y, row, heights, chart)
        highest = columns - sum(height > (chart - 1) * 8 for height in heights)
    canvas.right(x - 1, y, (Span(fit(seconds(top), x - 2), "faint"),))
    canvas.right(x - 1, y + chart - 1, (Span("0s", "faint"),))
    canvas.spans(x, y, cut((Span("about the wait in an unbounded queue ►", "queued"),), highest - 1))
    if row is not None and row > 1:
        canvas.spans(x, y + row - 1, cut(_bound(snap, columns - 2), columns - 2))
    _draw_here(canvas, x, y, columns, chart, here / top if top else 0.0, snap.rates.busy_share)
    _draw_axis(canvas, x, columns, y + chart, workers)


def _load(column: int, columns: int) -> float:
    return LOWEST + (1 - LOWEST) * (column + 1) / columns


def _top(values: Sequence[float]) -> float:
    """A round number about twice what is to be seen, so that the curve can be seen to go on."""
    most = max(value for value in values if math.isfinite(value)) * 1.9
    for unit in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0):
        for step in (1, 2, 3, 5, 8):
            if most <= unit * step:
                return unit * step
    return most


def _row(value: float, top: float, rows: int) -> int:
    return max(0, min(rows - 1, rows - 1 - int(value / top * rows - 1e-9)))


def _draw_ceiling(canvas: Canvas, x: int, y: int, row: int, heights: Sequence[int], rows: int) -> None:
    floor = (rows - 1 - row) * 8
    for column, height in enumerate(heights):
        if height <= floor:
            canvas.put(x + column, y + row, "╌", "pressure")


def _draw_here(canvas: Canvas, x: int, y: int, columns: int, rows: int, share: float, busy: float) -> None:
    """Where the run is now, measured; left of the chart when the workers have more slack than it shows."""
    row = _row(share, 1.0, rows)
    column = round((min(1.0, max(LOWEST, busy)) - LOWEST) / (1 - LOWEST) * columns) - 1
    column = max(0, min(columns - 1, column))
    said = " you are here "
    if column > len(said):
        canvas.put(x + column - len(said), y + row, said, "text", bold=True)
    elif column + 1 + len(said) <= columns:
        canvas.put(x + column + 1, y + row, said, "text", bold=True)
    canvas.put(x + column, y + row, "●", "running", bold=True)


def _draw_axis(canvas: Canvas, x: int, columns: int, y: int, workers: int) -> None:
    """On the border below the curve, or on a row of its own."""
    named = f" utilisation of {plural(workers, 'worker')} "
    canvas.put(x, y, f" {LOWEST:.0%} ", "faint")
    canvas.right(x + columns, y, (Span(" 100% ", "faint"),))
    middle = x + (columns - len(named)) // 2
    if middle >= x + 6 and length((Span(named),)) + 14 <= columns:
        canvas.put(middle, y, named, "faint")
