"""The ways between the boxes: the gate before the queue, the valve after it, and pipes; open, shut or walled up."""

from __future__ import annotations

from collections.abc import Callable

from qtui.core.snapshot import ProducerState, ProducerView, RunState, Snapshot
from qtui.core.verdict import Verdict
from qtui.text import rate, rate_limit, short_count
from qtui.tui.canvas import Canvas

BLOCKED_FROM = 0.03
"""The share of the last 3 s from which a producer is shown as blocked while there is pressure."""


def blocked(producer: ProducerView, verdict: Verdict) -> bool:
    """Shown as blocked: by the last 3 s, not by this very moment, so that nothing blinks."""
    alive = producer.state in (ProducerState.ACTIVE, ProducerState.BLOCKED)
    return alive and verdict.pressure and producer.pressure >= BLOCKED_FROM


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


def draw_gate(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, rows: int, frame: int) -> None:
    word = gate_word(snap)
    middle_row = 2
    if verdict.pressure and not word:
        waiting = min(4, width - 4, max(1, sum(blocked(producer, verdict) for producer in snap.producers)))
        wall = x + width - 2
        end = wall if rows < 7 else wall - 1
        canvas.put(x, middle_row, "─" * (end - x - waiting), "pressure")
        canvas.put(end - waiting, middle_row, "■" * waiting, "queued")
        for y in range(1, rows - 1):
            canvas.put(wall, y, canvas.wall, "pressure")
        if rows >= 7:
            canvas.put(x, middle_row + 1, "put()", "dim")
            canvas.put(x, middle_row + 2, "waits", "dim")
    elif word:
        canvas.put(x, middle_row, ("╌" if word != "done" else " ") * width, "faint")
        label = {"off": "║ off", "closed": "closed" if width > 5 else "shut", "done": "done"}[word]
        ink = "pressure" if word == "off" else "dim"
        canvas.put(x + max(0, (width - len(label)) // 2), middle_row + 1, label[:width], ink, bold=word == "off")
    else:
        draw_pipe(canvas, x, width, middle_row, snap.rates.admitted, frame, "queued", rate if rows >= 7 else None)


def draw_valve(canvas: Canvas, snap: Snapshot, verdict: Verdict, x: int, width: int, rows: int, frame: int) -> None:
    if not verdict.held:
        draw_pipe(canvas, x, width, 2, snap.rates.started, frame, "queued", rate if rows >= 7 else None)
        return
    canvas.put(x, 2, "─" * (width - 2), "pressure")
    for y in range(1, rows - 1):
        canvas.put(x + 1, y, canvas.wall, "pressure")
    if rows < 7:
        return
    if snap.throttle.held_by_person:
        canvas.put(x + 2, 3, "hold", "text", bold=True)
    elif snap.throttle.closed:
        canvas.put(x + 2, 3, "halt" if snap.throttle.halted else "mem", "text", bold=True)
    elif snap.throttle.rate is not None:
        limit, unit = _limit(snap.throttle.rate, width - 2)
        at = x + 3 if len(limit) <= width - 3 else x + 2
        canvas.put(at, 3, limit, "text", bold=True)
        canvas.put(at, 4, unit, "dim")


def _limit(per_second: float, room: int) -> tuple[str, str]:
    """`≈5` and `/s`; where that would be a fraction too small for the room there is, per minute or hour."""
    if per_second < 0.1:
        number, _, unit = rate_limit(per_second).partition("/")
        number, unit = f"{float(number):.2g}", f"/{unit}"
    else:
        number, unit = f"{per_second:g}" if per_second < 100 else short_count(per_second), "/s"
    short = number.replace(".0k", "k").replace(".0M", "M")
    return next((said for said in (f"≈{number}", f"≈{short}", short) if len(said) <= room), short[:room]), unit


def draw_pipe(
    canvas: Canvas, x: int, width: int, y: int, speed: float, frame: int, ink: str, text: Callable[[float], str] | None
) -> None:
    """Arrows while something flows, a bare line while nothing does; `text` writes the rate below."""
    if speed < 0.05:
        canvas.put(x, y, "─" * width, "idle")
    else:
        canvas.put(x, y, "".join("►" if (i - frame) % 3 == 2 else "─" for i in range(width)), ink)
    if text is not None:
        canvas.put(x, y + 1, text(speed).center(width)[:width], "dim")
