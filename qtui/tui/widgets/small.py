"""The run in nine lines of numbers, or in one: for a corner of the screen, a status line, a title."""

from __future__ import annotations

from collections.abc import Callable

from qtui.core.eta import Eta
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Kind, Verdict
from qtui.text import count, percent, rate, short_count
from qtui.tui.canvas import Canvas, Span, cut, length
from qtui.tui.widgets.band_boxes import depth_text
from qtui.tui.widgets.header import badge as state_badge
from qtui.tui.widgets.progress import draw_progress
from qtui.tui.widgets.verdict import badge
from qtui.tui.widgets.worker_dots import DOTS, census


def status_line(snap: Snapshot, verdict: Verdict, eta: Eta) -> list[Span]:
    """`scrape 49% ▲FULL 12w 6.7/s ×58 7:10`, each part with its meaning."""
    counts = snap.counts
    spans = [Span(snap.name, bold=True)]
    if counts.total:
        spans.append(Span(f" {percent(counts.finished / counts.total)}"))
    word = "FULL" if verdict.kind is Kind.PRESSURE else verdict.word
    calm = verdict.kind in (Kind.FLOWING, Kind.FINISHED)
    spans.append(Span(f" {verdict.glyph}{word}", "done_text" if calm else "pressure", True))
    spans.append(Span(f" {snap.control.concurrency}w {rate(snap.rates.done)}", "dim"))
    if counts.failed:
        spans.append(Span(f" ×{short_count(counts.failed)}", "failed_text"))
    if eta.text:
        spans.append(Span(f" {eta.text}"))
    return spans


def draw_tiny(canvas: Canvas, snap: Snapshot, *, verdict: Verdict, eta: Eta, keys: str = "") -> None:
    """Nine lines; fewer rows lose the blank ones, then the least needed; below three only the status line."""
    if canvas.height < 3:
        canvas.spans(0, 0, cut(status_line(snap, verdict, eta), canvas.width))
        return
    reason = [badge(verdict), Span(f" {verdict.bottleneck or verdict.what}")]
    rows: list[tuple[str, Callable[[int], object]]] = [
        ("head", lambda y: _head(canvas, y, snap, eta)),
        ("progress", lambda y: draw_progress(canvas, snap, y=y)),
        ("blank", lambda y: None),
        ("verdict", lambda y: canvas.spans(0, y, cut(reason, canvas.width))),
        ("blank", lambda y: None),
        ("queue", lambda y: _queue(canvas, y, snap, verdict)),
        ("slots", lambda y: _slots(canvas, y, snap)),
        ("counts", lambda y: _counts(canvas, y, snap)),
        ("keys", lambda y: canvas.put(0, y, keys, "dim")),
    ]
    for spare in ("blank", "blank", "keys", "progress", "slots", "queue"):
        if len(rows) > canvas.height:
            del rows[next(index for index, (name, _) in enumerate(rows) if name == spare)]
    for y, (_, draw) in enumerate(rows):
        draw(y)


def _head(canvas: Canvas, y: int, snap: Snapshot, eta: Eta) -> None:
    x = canvas.spans(0, y, cut([Span(f"{snap.name}  ", bold=True), *state_badge(snap.state)], canvas.width))
    left = [Span("ETA ", "dim"), Span(eta.text)] if eta.text else []
    if x + 1 + length(left) <= canvas.width:
        canvas.right(canvas.width, y, left)


def _queue(canvas: Canvas, y: int, snap: Snapshot, verdict: Verdict) -> None:
    depth = depth_text(snap.queue)
    ink = "pressure" if verdict.pressure else "queued"
    canvas.put(0, y, "queue ", "dim")
    canvas.gauge(6, y, canvas.width - 6 - max(12, len(depth) + 1), snap.queue.depth / max(1, snap.queue.capacity), ink)
    canvas.right(canvas.width, y, [Span(depth, bold=True)])


def _slots(canvas: Canvas, y: int, snap: Snapshot) -> None:
    counted = census(snap.slots)
    number = f"{counted.busy}/{snap.control.concurrency}"
    canvas.put(0, y, "slots ", "dim")
    room = canvas.width - 7 - len(number)
    live = [slot for slot in snap.slots if slot.state in DOTS]
    if len(live) <= room:
        for index, slot in enumerate(live):
            canvas.put(6 + index, y, *DOTS[slot.state])
    elif room > 0:
        canvas.gauge(6, y, room, counted.busy / max(1, counted.live), "running")
    canvas.right(canvas.width, y, [Span(number)])


def _counts(canvas: Canvas, y: int, snap: Snapshot) -> None:
    counts = snap.counts
    canvas.spans(
        0,
        y,
        cut(
            [
                Span(f"✓ {count(counts.done)}", "done_text", True),
                Span(f"  × {count(counts.failed)}", "failed_text", True),
                Span(f"  ◆ {count(counts.waiting)}", "retry_text", True),
                Span(f"   {rate(snap.rates.done)}", "dim"),
            ],
            canvas.width,
        ),
    )
