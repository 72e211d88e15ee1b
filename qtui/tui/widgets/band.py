"""The flow band: producers, gate, queue, valve, workers, results, as one picture of cause and effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qtui.core.snapshot import ProducerState, ProducerView, QueueView, RunState, Snapshot
from qtui.core.verdict import Verdict
from qtui.text import count, middle, percent, plural, rate, rate_number, seconds, short_count, tenths
from qtui.tui.canvas import Canvas, Span
from qtui.tui.widgets.queue_cells import draw_cells
from qtui.tui.widgets.worker_dots import draw_dots

BLOCKED_FROM = 0.03
"""The share of the last 3 s from which a producer is shown as blocked while there is pressure."""


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
    _producers(canvas, snap, verdict, *places.producers, short)
    _gate(canvas, snap, verdict, *places.gate, places.rows, frame)
    _queue(canvas, snap, verdict, *places.queue, short)
    _valve(canvas, snap, verdict, *places.valve, places.rows, frame)
    if places.workers[1]:
        _workers(canvas, snap, *places.workers, target)
        _pipe(canvas, *places.out, 2, snap.rates.done, frame, "done", rate_number)
    _results(canvas, snap, *places.results, short)


def is_paused(producer: ProducerView) -> bool:
    return producer.state is ProducerState.PAUSED


def blocked(producer: ProducerView, verdict: Verdict) -> bool:
    """Shown as blocked: by the last 3 s, not by this very moment, so that nothing blinks."""
    alive = producer.state in (ProducerState.ACTIVE, ProducerState.BLOCKED)
    return alive and verdict.pressure and producer.pressure >= BLOCKED_FROM


def by_weight(snap: Snapshot, verdict: Verdict) -> list[ProducerView]:
    """What needs eyes first: broken, blocked, active, paused, done."""
    ranks = {
        ProducerState.ERROR: 0,
        ProducerState.BLOCKED: 2,
        ProducerState.ACTIVE: 2,
        ProducerState.PAUSED: 3,
        ProducerState.DONE: 4,
    }
    return sorted(snap.producers, key=lambda p: (1 if blocked(p, verdict) else ranks[p.state], p.index))


def gate_word(snap: Snapshot) -> str:
    """Why nothing passes the gate apart from a full queue: `paused`, `closed`, `done`, or empty while it is open."""
    if snap.state in (RunState.DRAINING, RunState.STOPPING, RunState.STOPPED):
        return "closed"
    states = {producer.state for producer in snap.producers}
    if states <= {ProducerState.DONE, ProducerState.ERROR}:
        return "done" if states else ""
    if states <= {ProducerState.DONE, ProducerState.ERROR, ProducerState.PAUSED}:
        return "off"
    return ""


def _producers(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, short: bool) -> None:
    rows = 5 if short else 7
    paused = gate_word(snap) == "off"
    canvas.box(
        x,
        0,
        width,
        rows,
        title=[Span("PRODUCERS", bold=True)],
        right=[Span(count(len(snap.producers)), "dim")],
        line="pressure" if verdict.pressure or paused else "line",
    )
    room = 2 if short else 3
    ordered = by_weight(snap, verdict)
    shown = ordered if len(ordered) <= room else ordered[: room - 1]
    for index, producer in enumerate(shown):
        _producer(canvas, producer, blocked(producer, verdict), x + 2, 1 + index, width - 4)
    if len(ordered) > len(shown):
        canvas.put(x + 4, 1 + len(shown), f"+{len(ordered) - len(shown)} more", "dim")
    if not short:
        offer = sum(producer.offer_rate for producer in snap.producers if producer.state is not ProducerState.DONE)
        offered = [Span("offer ", "dim"), Span(rate(offer))]
        admitted = [Span(" admit ", "dim"), Span(rate_number(snap.rates.admitted))]
        _first_fitting(canvas, x + 2, 4, width - 4, [[*offered, *admitted], offered])
    alive = [producer.blocked_share for producer in snap.producers if producer.state is not ProducerState.DONE]
    share = sum(alive) / len(alive) if alive else 0.0
    _gauge_row(canvas, x + 2, rows - 2, width - 4, "blocked", share, "pressure")


def _producer(canvas: Canvas, producer: ProducerView, is_blocked: bool, x: int, y: int, width: int) -> None:
    """Name on the left; what it does, and how fast, on the right; its count between them where there is room."""
    if is_blocked:
        stuck = producer.blocked_s >= 1.0
        glyph, ink, state = "▲", "pressure", [Span("BLOCKED", "pressure", True)]
        if width > 18:
            state.append(Span(f"{tenths(producer.blocked_s) if stuck else rate_number(producer.admit_rate):>5}"))
    elif is_paused(producer):
        glyph, ink, state = "║", "pressure", [Span("PAUSED", "pressure", True)]
    elif producer.state is ProducerState.DONE:
        glyph, ink, state = "✓", "done_text", [Span("done ", "dim"), Span(short_count(producer.accepted))]
    elif producer.state is ProducerState.ERROR:
        glyph, ink, state = "×", "failed_text", [Span("ERROR", "failed_text", True)]
    else:
        glyph, ink, state = "►", "done_text", [Span(rate(producer.admit_rate), "dim")]
    start = canvas.right(x + width, y, state)
    canvas.put(x, y, glyph, ink, bold=True)
    room = start - x - 3
    if room > 22:
        done = count(producer.accepted) + (f" / {count(producer.total)}" if producer.total is not None else "")
        room -= 15
        canvas.right(start - 2, y, [Span(done, "dim")])
    canvas.put(x + 2, y, middle(producer.name, room))


def _gate(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, rows: int, frame: int) -> None:
    word = gate_word(snap)
    middle_row = 2
    if verdict.pressure and not word:
        waiting = min(4, width - 4, max(1, sum(blocked(producer, verdict) for producer in snap.producers)))
        wall = x + width - 2
        end = wall if rows < 7 else wall - 1
        canvas.put(x, middle_row, "─" * (end - x - waiting), "pressure")
        canvas.put(end - waiting, middle_row, "■" * waiting, "queued")
        for y in range(1, rows - 1):
            canvas.put(wall, y, "█", "pressure")
        if rows >= 7:
            canvas.put(x, middle_row + 1, "put()", "dim")
            canvas.put(x, middle_row + 2, "waits", "dim")
    elif word:
        canvas.put(x, middle_row, ("╌" if word != "done" else " ") * width, "faint")
        label = {"off": "║ off", "closed": "closed" if width > 5 else "shut", "done": "done"}[word]
        ink = "pressure" if word == "off" else "dim"
        canvas.put(x + max(0, (width - len(label)) // 2), middle_row + 1, label[:width], ink, bold=word == "off")
    else:
        _pipe(canvas, x, width, middle_row, snap.rates.admitted, frame, "queued", rate if rows >= 7 else None)


def _pipe(
    canvas: Canvas, x: int, width: int, y: int, speed: float, frame: int, ink: str, text: Callable[[float], str] | None
) -> None:
    """Arrows while something flows, a bare line while nothing does; `text` writes the rate below."""
    if speed < 0.05:
        canvas.put(x, y, "─" * width, "idle")
    else:
        canvas.put(x, y, "".join("►" if (i - frame) % 3 == 2 else "─" for i in range(width)), ink)
    if text is not None:
        canvas.put(x, y + 1, text(speed).center(width)[:width], "dim")


def _queue(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, short: bool) -> None:
    queue = snap.queue
    full = verdict.pressure
    share = queue.depth / max(1, queue.capacity)
    room = width - (18 if full else 12)
    numbers = [count(queue.depth), count(queue.capacity)]
    if len(" / ".join(numbers)) + 6 > room:
        numbers = [short_count(queue.depth), short_count(queue.capacity)]
    ink = "pressure" if full else "text"
    title = [Span("QUEUE", bold=True)]
    if queue.capacity:
        title += [Span(f" {numbers[0]}", ink, True), Span(f" / {numbers[1]}", "dim")]
    canvas.box(
        x,
        0,
        width,
        5 if short else 7,
        title=title,
        right=[] if full or not queue.capacity else [Span(percent(share), "dim")],
        line="pressure" if full else "line",
    )
    if full and width >= 26:
        canvas.put(x + width - 9, 0, " FULL ", "badge_text", bold=True, bg="badge")
    inset = 1 if short else 2
    draw_cells(canvas, queue, x + inset, 1, width - 2 * inset, 2)
    inner = width - 4
    wait = [Span("wait ", "dim"), Span(_wait(queue), "text", True)]
    if short:
        _first_fitting(
            canvas,
            x + 2,
            3,
            inner,
            [
                [*wait, Span("  full ", "dim"), Span(percent(queue.full_share)), Span(" of the last minute", "dim")],
                [*wait, Span("  full ", "dim"), Span(percent(queue.full_share)), Span("/min", "dim")],
                wait,
            ],
        )
        return
    high = Span(count(queue.high_water))
    _first_fitting(
        canvas,
        x + 2,
        4,
        inner,
        [[*wait, Span("   high-water ", "dim"), high], [*wait, Span("  high ", "dim"), high], wait],
    )
    full_share = [Span("full ", "dim"), Span(percent(queue.full_share))]
    _first_fitting(
        canvas,
        x + 2,
        5,
        inner,
        [[*full_share, Span(" of the last minute", "dim")], [*full_share, Span("/min", "dim")], full_share],
    )


def _wait(queue: QueueView) -> str:
    if not queue.depth:
        return "0s"
    return seconds(queue.wait_s) if queue.wait_s else "—"


def _first_fitting(canvas: Canvas, x: int, y: int, width: int, lines: list[list[Span]]) -> None:
    for line in lines:
        if sum(len(span.text) for span in line) <= width:
            canvas.spans(x, y, line)
            return


def _valve(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, rows: int, frame: int) -> None:
    if not verdict.held:
        _pipe(canvas, x, width, 2, snap.rates.started, frame, "queued", rate if rows >= 7 else None)
        return
    canvas.put(x, 2, "─" * (width - 2), "pressure")
    for y in range(1, rows - 1):
        canvas.put(x + 1, y, "█", "pressure")
    if rows < 7:
        return
    if snap.throttle.held_by_person:
        canvas.put(x + 2, 3, "hold", "text", bold=True)
    elif snap.throttle.rate is not None:
        canvas.put(x + 3, 3, f"≈{short_count(snap.throttle.rate)}", "text", bold=True)
        canvas.put(x + 3, 4, "/s", "dim")


def _workers(canvas: Canvas, snap: Snapshot, x: int, width: int, target: int | None) -> None:
    census = draw_dots(canvas, snap.slots, x + 2, 1, width - 4, 3)
    title = _workers_title(snap.control.concurrency, census.live, target, width - 6)
    canvas.box(x, 0, width, 7, title=title, line="line")
    busy = [Span(count(census.busy), bold=True), Span(" busy", "dim")]
    rest = (census.held, "held") if census.held else (census.idle, "idle")
    others = [Span(count(rest[0]), bold=True), Span(f" {rest[1]}", "dim")]
    _first_fitting(canvas, x + 2, 4, width - 4, [[*busy, Span("  "), *others], [*busy, Span(" "), *others], busy])
    _gauge_row(canvas, x + 2, 5, width - 4, "util", snap.rates.busy_share, "running")


def _workers_title(asked: int, live: int, target: int | None, room: int) -> list[Span]:
    """`WORKERS 12`, or `WORKERS 12 → 5` while it changes: dialled first, then leaving slots."""
    if target is not None and target != asked:
        before, after = asked, target
    elif live > asked:
        before, after = live, asked
    else:
        return [Span(f"WORKERS {asked}", bold=True)]
    for arrow in (f"{before} → ", f"{before}→", "→"):
        if len(f"WORKERS {arrow}{after}") <= room:
            break
    return [Span("WORKERS ", bold=True), Span(arrow, "dim"), Span(str(after), "pressure", True)]


def _gauge_row(canvas: Canvas, x: int, y: int, width: int, label: str, share: float, ink: str) -> None:
    start = canvas.put(x, y, f"{label} ", "dim")
    canvas.gauge(start, y, max(0, x + width - 5 - start), share, ink)
    canvas.right(x + width, y, [Span(percent(share))])


def _results(canvas: Canvas, snap: Snapshot, x: int, width: int, short: bool) -> None:
    counts = snap.counts
    canvas.box(x, 0, width, 5 if short else 7, title=[Span("RESULTS", bold=True)])
    rows = [
        ("✓ done", "done_text", counts.done),
        ("× failed", "failed_text", counts.failed),
        ("◆ retry" if short else "◆ retrying", "retry_text", counts.waiting),
    ]
    for y, (label, ink, number) in enumerate(rows, 1):
        canvas.put(x + 2, y, label, ink, bold=True)
        room = width - 5 - len(label)
        text = count(number) if len(count(number)) <= room else short_count(number)
        canvas.right(x + width - 2, y, [Span(text, bold=True)])
    if short:
        return
    aside = counts.cancelled + counts.held
    if aside:
        canvas.put(x + 2, 4, "cancelled" if not counts.held else "set aside", "dim")
        canvas.right(x + width - 2, 4, [Span(count(aside))])
    else:
        ended = counts.done + counts.failed
        canvas.put(x + 2, 4, "error rate", "dim")
        canvas.right(x + width - 2, 4, [Span(f"{counts.failed / ended * 100 if ended else 0:.1f}%")])
    canvas.put(x + 2, 5, "p95", "dim")
    canvas.right(x + width - 2, 5, [Span(seconds(snap.latency.p95) if snap.latency.p95 else "—")])


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
            canvas.put(gate, y, "█", "pressure")
    if word == "off":
        canvas.put(gate, 1, "║", "pressure", bold=True)
    elif not verdict.pressure:
        canvas.put(gate, 1, "►", "queued")
    draw_cells(canvas, snap.queue, queue_x, 0, queue_width, 2)
    depth = f"{count(snap.queue.depth)}/{count(snap.queue.capacity)}" + (" FULL" if verdict.pressure else "")
    _first_fitting(
        canvas,
        queue_x,
        2,
        queue_width,
        [
            [
                Span(depth, "pressure" if verdict.pressure else "text", True),
                Span(f"  wait {_wait(snap.queue)}"),
            ],
            [Span(depth, "pressure" if verdict.pressure else "text", True)],
        ],
    )
    if verdict.held:
        for y in range(3):
            canvas.put(results - 3, y, "█", "pressure")
    else:
        canvas.put(results - 3, 1, "─►", "queued")
    counts = snap.counts
    for y, (glyph, ink, number) in enumerate(
        (("✓", "done_text", counts.done), ("×", "failed_text", counts.failed), ("◆", "retry_text", counts.waiting))
    ):
        canvas.put(results, y, glyph, ink, bold=True)
        canvas.right(width - 1, y, [Span(short_count(number) if number >= 100_000 else count(number), ink)])


_MARKS = {
    ProducerState.ACTIVE: "►",
    ProducerState.BLOCKED: "►",
    ProducerState.PAUSED: "║",
    ProducerState.DONE: "✓",
    ProducerState.ERROR: "×",
}
