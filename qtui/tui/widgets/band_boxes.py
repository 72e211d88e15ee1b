"""The four boxes of the flow band: what stands in PRODUCERS, QUEUE, WORKERS and RESULTS."""

from __future__ import annotations

from qtui.core.snapshot import Health, ProducerState, ProducerView, QueueView, Snapshot
from qtui.core.verdict import Verdict
from qtui.text import count, middle, percent, rate, rate_number, seconds, short_count, size, tenths
from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.widgets.gate import blocked, gate_word
from qtui.tui.widgets.queue_cells import draw_cells
from qtui.tui.widgets.worker_dots import auto_title, draw_dots


def draw_producers(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, short: bool) -> None:
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
        if gate_word(snap) == "closed" and producer.state in (ProducerState.ACTIVE, ProducerState.BLOCKED):
            _row(canvas, producer, ("·", "dim", [Span("closed", "dim")]), (x + 2, 1 + index, width - 4))
        else:
            _producer(canvas, producer, blocked(producer, verdict), x + 2, 1 + index, width - 4)
    if len(ordered) > len(shown):
        canvas.put(x + 4, 1 + len(shown), f"+{len(ordered) - len(shown)} more", "dim")
    if not short:
        first_fitting(canvas, x + 2, 4, width - 4, _pace(snap))
    alive = [producer.blocked_share for producer in snap.producers if producer.state is not ProducerState.DONE]
    share = sum(alive) / len(alive) if alive else 0.0
    _gauge_row(canvas, x + 2, rows - 2, width - 4, "blocked", share, "pressure")


def _pace(snap: Snapshot) -> list[list[Span]]:
    """What producers offer and what is admitted of it; of one that hardly ever was free nobody knows what it offers."""
    going = [producer for producer in snap.producers if producer.state is not ProducerState.DONE]
    held = [each for each in going if each.admit_rate or each.state is ProducerState.BLOCKED]
    if not all(producer.offer_rate for producer in held):
        return [[Span("admit ", "dim"), Span(rate(snap.rates.admitted))]]
    offered = [Span("offer ", "dim"), Span(rate(sum(producer.offer_rate for producer in going)))]
    return [[*offered, Span(" admit ", "dim"), Span(rate_number(snap.rates.admitted))], offered]


def _producer(canvas: Canvas, producer: ProducerView, is_blocked: bool, x: int, y: int, width: int) -> None:
    """Name on the left; what it does, and how fast, on the right; its count between them where there is room."""
    if is_blocked:
        stuck = producer.blocked_s >= 1.0
        glyph, ink, state = "▲", "pressure", [Span("BLOCKED", "pressure", True)]
        if width > 18 and producer.found is None:  # for a crawl it matters more how much is known to come
            told = tenths(producer.blocked_s) if stuck else percent(producer.blocked_share)
            state.append(Span(f"{told:>5}"))
    elif producer.state is ProducerState.PAUSED:
        glyph, ink, state = "║", "pressure", [Span("PAUSED", "pressure", True)]
    elif producer.state is ProducerState.DONE:
        glyph, ink, state = "✓", "done_text", [Span("done ", "dim"), Span(short_count(producer.accepted))]
    elif producer.state is ProducerState.ERROR:
        glyph, ink, state = "×", "failed_text", [Span("ERROR", "failed_text", True)]
    else:
        glyph, ink, state = "►", "done_text", [Span(rate(producer.admit_rate), "dim")]
    _row(canvas, producer, (glyph, ink, state), (x, y, width))


def _row(
    canvas: Canvas, producer: ProducerView, said: tuple[str, str, list[Span]], place: tuple[int, int, int]
) -> None:
    (glyph, ink, state), (x, y, width) = said, place
    start = canvas.right(x + width, y, state)
    canvas.put(x, y, glyph, ink, bold=True)
    room = start - x - 3
    if room > 22:
        done = count(producer.accepted)
        if producer.total is not None:
            done += f" / {count(producer.total)}"
        elif producer.found is not None:
            done += f" / {count(producer.accepted + producer.unread)}+"
        room -= 15
        canvas.right(start - 2, y, [Span(done, "dim")])
    canvas.spans(x + 2, y, cut([Span(middle(producer.name, room))], max(0, room)))  # wide letters need the second cut


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


def draw_queue(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, short: bool) -> None:
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
    elif snap.control.strategy != "pool":
        title += [Span(f" {numbers[0]}", ink, True), Span(" no bound" if room >= 20 else "", "pressure")]
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
    wait = [Span("wait ", "dim"), Span(wait_text(queue), "text", True)]
    if short:
        first_fitting(canvas, x + 2, 3, inner, [*([*wait, *more] for more in _beside_wait(snap)), wait])
        return
    high = Span(count(queue.high_water))
    first_fitting(
        canvas,
        x + 2,
        4,
        inner,
        [[*wait, Span("   high-water ", "dim"), high], [*wait, Span("  high ", "dim"), high], wait],
    )
    if snap.control.strategy != "pool":
        first_fitting(canvas, x + 2, 5, inner, _costs(snap.health))
        return
    if snap.counts.lost:
        first_fitting(canvas, x + 2, 5, inner, _losses(snap))
        return
    full_share = [Span("full ", "dim"), Span(percent(queue.full_share))]
    first_fitting(
        canvas,
        x + 2,
        5,
        inner,
        [[*full_share, Span(" of the last minute", "dim")], [*full_share, Span("/min", "dim")], full_share],
    )


def _beside_wait(snap: Snapshot) -> list[list[Span]]:
    """What stands beside the wait where one row must do, the fullest form first: what it costs, what was lost."""
    gap = Span("  ")
    if snap.control.strategy != "pool":
        return [[gap, *line] for line in _costs(snap.health)]
    if snap.counts.lost:
        return [[gap, *line] for line in _losses(snap)]
    full = [Span("  full ", "dim"), Span(percent(snap.queue.full_share))]
    return [[*full, Span(" of the last minute", "dim")], [*full, Span("/min", "dim")]]


def _losses(snap: Snapshot) -> list[list[Span]]:
    """Jobs that the full queue did not take, the fullest form first."""
    lost = [Span(f"{count(snap.counts.lost)} lost", "failed_text", True)]
    policy = Span(f"  {snap.queue.overflow}", "dim")
    now = Span(f"  {rate(snap.queue.lost_rate)}", "failed_text")
    return [[*lost, now, policy], [*lost, policy], lost]


def _costs(health: Health) -> list[list[Span]]:
    """What takes the place of the bound: tasks, memory and connections of the engine, the fullest line first."""
    tasks = [Span(short_count(health.tasks), "pressure", True), Span(" tasks", "dim")]
    memory = [Span(f"  {size(health.rss_bytes)}")]
    opened = [Span(f"  {count(health.connections)}"), Span(" open", "dim")]
    return [[*tasks, *memory, *opened], [*tasks, *memory], tasks]


def depth_text(queue: QueueView) -> str:
    """How many wait of how many may: `12/64`; where there is no bound `12, no bound`."""
    return f"{count(queue.depth)}/{count(queue.capacity)}" if queue.capacity else f"{count(queue.depth)}, no bound"


def wait_text(queue: QueueView) -> str:
    if not queue.depth:
        return "0s"
    return seconds(queue.wait_s) if queue.wait_s else "—"


def draw_workers(canvas: Canvas, snap: Snapshot, x: int, width: int, target: int | None) -> None:
    census = draw_dots(canvas, snap.slots, x + 2, 1, width - 4, 3)
    title = _workers_title(snap, census.live, target, width - 6)
    canvas.box(x, 0, width, 7, title=title, line="line")
    busy = [Span(count(census.busy), bold=True), Span(" busy", "dim")]
    rest = (census.held, "held") if census.held else (census.idle, "idle")
    others = [Span(count(rest[0]), bold=True), Span(f" {rest[1]}", "dim")]
    first_fitting(canvas, x + 2, 4, width - 4, [[*busy, Span("  "), *others], [*busy, Span(" "), *others], busy])
    _gauge_row(canvas, x + 2, 5, width - 4, "util", snap.rates.busy_share, "running")


def _workers_title(snap: Snapshot, live: int, target: int | None, room: int) -> list[Span]:
    """`WORKERS 12`, or `WORKERS 12 → 5` while it changes: dialled first, then leaving slots."""
    asked, allowed = snap.control.concurrency, snap.workers
    if target is not None and target != asked:
        before, after = asked, target
    elif live > allowed and snap.throttle.adaptive is None:
        before, after = live, allowed
    else:
        said = f"WORKERS {count(allowed)}"
        return [Span(said, bold=True), *auto_title(snap, room - len(said))]
    for arrow in (f"{before} → ", f"{before}→", "→"):
        if len(f"WORKERS {arrow}{after}") <= room:
            break
    return [Span("WORKERS ", bold=True), Span(arrow, "dim"), Span(str(after), "pressure", True)]


def draw_results(canvas: Canvas, snap: Snapshot, x: int, width: int, short: bool) -> None:
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
    if (head := snap.head) is not None:
        behind = short_count(head.behind)
        canvas.put(x + 2, 5, behind, "pressure", bold=True)
        _beside(canvas, x, width, 5, len(behind), Span(f"behind #{head.seq}", "dim"))
    else:
        p95 = seconds(snap.latency.p95) if snap.latency.p95 else "—"
        _named(canvas, x, width, 5, "p95", p95)
    aside = counts.cancelled + counts.held
    if aside:
        _named(canvas, x, width, 4, "cancelled" if not counts.held else "set aside", count(aside))
    else:
        ended = counts.done + counts.failed
        share = counts.failed / ended * 100 if ended else 0.0
        _named(canvas, x, width, 4, "error rate", f"{share:.1f}%" if share < 99.95 else "100%")


def _named(canvas: Canvas, x: int, width: int, y: int, label: str, value: str) -> None:
    canvas.put(x + 2, y, label, "dim")
    _beside(canvas, x, width, y, len(label), Span(value))


def _beside(canvas: Canvas, x: int, width: int, y: int, taken: int, value: Span) -> None:
    """A value at the right of its box, cut where what stands before it leaves too little room."""
    canvas.right(x + width - 2, y, cut([value], max(0, width - 5 - taken)))


def _gauge_row(canvas: Canvas, x: int, y: int, width: int, label: str, share: float, ink: str) -> None:
    start = canvas.put(x, y, f"{label} ", "dim")
    canvas.gauge(start, y, max(0, x + width - 5 - start), share, ink)
    canvas.right(x + width, y, [Span(percent(share))])


def first_fitting(canvas: Canvas, x: int, y: int, width: int, lines: list[list[Span]]) -> None:
    for line in lines:
        if sum(len(span.text) for span in line) <= width:
            canvas.spans(x, y, line)
            return
