"""The flow band: producers, gate, queue, valve, workers, results, as one picture of cause and effect."""

from __future__ import annotations

from typing import NamedTuple

from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Verdict
from qtui.text import rate_number
from qtui.tui.canvas import Canvas
from qtui.tui.widgets.band_boxes import draw_producers, draw_queue, draw_results, draw_workers
from qtui.tui.widgets.band_small import draw_small_band
from qtui.tui.widgets.gate import draw_gate, draw_pipe, draw_valve


class Plan(NamedTuple):
    """Where things stand in a band of some width: (column, width) of each part; a width of 0 leaves it out."""

    producers: tuple[int, int]
    gate: tuple[int, int]
    queue: tuple[int, int]
    valve: tuple[int, int]
    workers: tuple[int, int]
    out: tuple[int, int]
    results: tuple[int, int]
    lane: tuple[int, int]
    """First and last column of the back-off lane below."""
    rows: int


def plan(width: int) -> Plan:
    """The band's geometry: all boxes from 110 columns, no workers below, bare below 70."""
    if width >= 180:
        parts, rows = [40, 10, 0, 10, 40, 8, 34], 7
    elif width >= 110:
        parts, rows = [26, 7, 0, 6, 20, 4, 20], 7
    else:
        parts, rows = [22, 5, 0, 4, 0, 0, 18], 5
    parts[2] = max(0, width - sum(parts))
    columns = []
    x = 0
    for part in parts:
        columns.append((x, part))
        x += part
    queue_x, queue_width = columns[2]
    workers_x, workers_width = columns[4]
    end = workers_x + workers_width // 2 if workers_width else queue_x + queue_width + 3
    lane = (queue_x + 4, min(end, width - 2))
    return Plan(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[6], lane, rows)


def draw_band(canvas: Canvas, snap: Snapshot, *, verdict: Verdict, frame: int = 0, target: int | None = None) -> None:
    """Boxes from 70 columns and five rows on, three bare rows below.

    `frame` moves the arrows; `target` is the number of workers being dialled, shown beside the one in force.
    """
    if canvas.width < 70 or canvas.height < 5:
        draw_small_band(canvas, snap, verdict)
        return
    places = plan(canvas.width)
    if canvas.height < places.rows:
        places = plan(min(canvas.width, 109))
    short = places.rows < 7
    draw_producers(canvas, snap, verdict, *places.producers, short)
    draw_gate(canvas, snap, verdict, *places.gate, places.rows, frame)
    draw_queue(canvas, snap, verdict, *places.queue, short)
    draw_valve(canvas, snap, verdict, *places.valve, places.rows, frame)
    if places.workers[1]:
        draw_workers(canvas, snap, *places.workers, target)
        draw_pipe(canvas, *places.out, 2, snap.rates.done, frame, "done", rate_number)
    draw_results(canvas, snap, *places.results, short)
