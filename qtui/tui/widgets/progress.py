"""The second row: the whole run as one line of parts."""

from __future__ import annotations

from qtui.core.snapshot import Snapshot
from qtui.tui.canvas import Canvas

TEXTURES = {"done": "━", "dim": "·", "failed": "×", "retry": "◆", "running": "●", "queued": "■"}


def draw_progress(canvas: Canvas, snap: Snapshot, *, y: int = 0) -> None:
    """Done, cancelled or held, failed, retrying, running, queued; then what has not been produced yet."""
    counts = snap.counts
    parts = [
        (counts.done, "done"),
        (counts.held + counts.cancelled, "dim"),
        (counts.failed, "failed"),
        (counts.waiting, "retry"),
        (counts.running, "running"),
        (counts.pending, "queued"),
    ]
    unknown = counts.total is None
    room = canvas.width * 2 // 3 if unknown else canvas.width
    canvas.put(0, y, ("╌" if unknown else "─") * canvas.width, "idle")
    x = 0
    widths = shares([number for number, _ in parts], counts.accepted if unknown else counts.total or 0, room)
    for (_, colour), width in zip(parts, widths, strict=True):
        x = canvas.put(x, y, (TEXTURES[colour] if canvas.textured else "━") * width, colour)


def shares(numbers: list[int], total: int, width: int) -> list[int]:
    """`width` cells divided as the numbers are to the total: every non-zero part gets a cell if there is one."""
    total = max(total, sum(numbers), 1)
    cells = [max(1, round(number / total * width)) if number else 0 for number in numbers]
    while sum(cells) > width:
        widest = max(range(len(cells)), key=cells.__getitem__)
        cells[widest] -= 1
    return cells
