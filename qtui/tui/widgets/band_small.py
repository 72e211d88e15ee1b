"""The flow band in three rows without boxes."""

from __future__ import annotations

from qtui.core.snapshot import ProducerState, Snapshot
from qtui.core.verdict import Verdict
from qtui.text import count, middle, plural, short_count
from qtui.tui.canvas import Canvas, Span
from qtui.tui.widgets.band_boxes import by_weight, depth_text, first_fitting, wait_text
from qtui.tui.widgets.gate import blocked, gate_word
from qtui.tui.widgets.queue_cells import draw_cells

_MARKS = {
    ProducerState.ACTIVE: "►",
    ProducerState.BLOCKED: "►",
    ProducerState.PAUSED: "║",
    ProducerState.DONE: "✓",
    ProducerState.ERROR: "×",
}


def draw_small_band(canvas: Canvas, snap: Snapshot, verdict: Verdict) -> None:
    """Three rows without boxes."""
    width = canvas.width
    marks = [
        f"{middle(producer.name, 9)} {'▲' if blocked(producer, verdict) else _MARKS[producer.state]}"
        for producer in by_weight(snap, verdict)
    ]
    names = "  ".join(marks[:2]) if len(marks) <= 2 else f"{marks[0]}  +{plural(len(marks) - 1, 'other')}"
    if len(names) > width // 3:
        names = marks[0] if marks and len(marks[0]) <= width // 3 else ""
    canvas.put(0, 1, names, "text")
    gate = max(19 if width >= 60 else 0, len(names) + 1)
    results = width - 9
    queue_x = gate + 2
    queue_width = results - 4 - queue_x
    word = gate_word(snap)
    for y in range(3):
        if verdict.pressure and not word:
            canvas.put(gate, y, canvas.wall, "pressure")
    if word == "off":
        canvas.put(gate, 1, "║", "pressure", bold=True)
    elif not verdict.pressure:
        canvas.put(gate, 1, "►", "queued")
    draw_cells(canvas, snap.queue, queue_x, 0, queue_width, 2)
    depth = depth_text(snap.queue) + (" FULL" if verdict.pressure else "")
    first_fitting(
        canvas,
        queue_x,
        2,
        queue_width,
        [
            [
                Span(depth, "pressure" if verdict.pressure else "text", True),
                Span(f"  wait {wait_text(snap.queue)}"),
            ],
            [Span(depth, "pressure" if verdict.pressure else "text", True)],
        ],
    )
    if verdict.held:
        for y in range(3):
            canvas.put(results - 3, y, canvas.wall, "pressure")
    else:
        canvas.put(results - 3, 1, "─►", "queued")
    counts = snap.counts
    for y, (glyph, ink, number) in enumerate(
        (("✓", "done_text", counts.done), ("×", "failed_text", counts.failed), ("◆", "retry_text", counts.waiting))
    ):
        canvas.put(results, y, glyph, ink, bold=True)
        canvas.right(width - 1, y, [Span(short_count(number) if number >= 100_000 else count(number), ink)])
