"""The back-off lane: a retry is a ◆ that walks left; its distance from the queue is the time left."""

from __future__ import annotations

import math
from collections import Counter

from qtui.core.snapshot import Snapshot
from qtui.text import count, tenths
from qtui.tui.canvas import Canvas, Span
from qtui.tui.widgets.band import plan

SCALES = ((12, "12s"), (60, "1m"), (600, "10m"), (3600, "1h"), (86400, "1d"))


def draw_lane(canvas: Canvas, snap: Snapshot) -> None:
    lane = snap.lane
    x = canvas.spans(
        2 if canvas.width >= 110 else 1,
        0,
        [Span("◆ ", "retry", True), Span(f"{count(lane.count)} in back-off")],
    )
    if lane.next_s is not None and lane.count:
        x = canvas.put(x + 2, 0, f"next {tenths(lane.next_s)}", "dim")
    start, end = plan(canvas.width).lane
    if start < x + 2 or end - start < 8:
        return
    inner = end - start - 3
    furthest = max(lane.due_s, default=0.0)
    scale, label = next((pair for pair in SCALES if furthest <= pair[0]), SCALES[-1])
    canvas.put(start, 0, "╰◄", "retry" if lane.count else "line")
    canvas.put(start + 2, 0, "╌" * inner + "╯", "line")
    cells = Counter(
        min(inner - 1, int(math.log1p(max(0.0, left)) / math.log1p(scale) * (inner - 1))) for left in lane.due_s
    )
    for cell, number in cells.items():
        mark = "◆" if number == 1 else str(number) if number < 10 else "+"
        canvas.put(start + 2 + cell, 0, mark, "retry", bold=number > 1)
    canvas.put(end + 2, 0, label, "faint")
