"""How a slot looks wherever it is shown: the glyph of its state, its words, and its history as a strip of seconds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from qtui.core.snapshot import Cell, SlotState, SlotView, Snapshot
from qtui.text import clock, tenths
from qtui.tui.canvas import Canvas, Span
from qtui.tui.widgets.charts import age_label

SLOW_SHARE = 0.6
"""From this share of its timeout on a running attempt is shown as slow."""

STATES: dict[SlotState, tuple[str, str]] = {
    SlotState.RUNNING: ("●", "running"),
    SlotState.IDLE: ("·", "faint"),
    SlotState.LEAVING: ("▼", "pressure"),
    SlotState.HELD: ("≈", "pressure"),
    SlotState.BACKOFF: ("◆", "retry_text"),
    SlotState.RETIRED: (" ", "faint"),
}
"""Glyph and colour of a state."""


class Mark(NamedTuple):
    """How a cell of a strip looks: in colour, and where textures stand for colours."""

    colour: str
    glyph: str
    texture: str


MARKS: dict[str, Mark] = {
    Cell.IDLE: Mark("faint", "·", "·"),
    Cell.DONE: Mark("done", "▆", "▆"),
    Cell.DONE_ALT: Mark("done_alt", "▆", "▄"),
    Cell.RUNNING: Mark("running", "▆", "█"),
    Cell.RETRY_BODY: Mark("retry_body", "▆", "▒"),
    Cell.FAILED_BODY: Mark("failed_body", "▆", "▓"),
    Cell.ENDED: Mark("dim", "─", "─"),
    Cell.RETRY_END: Mark("retry_text", "◆", "◆"),
    Cell.FAILED_END: Mark("failed_text", "×", "×"),
}
"""From harmless to bad: where several seconds share a column, the later entry is shown."""

_BADNESS = {cell: rank for rank, cell in enumerate(MARKS)}
_BADNESS[Cell.DONE_ALT] = _BADNESS[Cell.DONE]


@lru_cache(maxsize=4096)
def columns_of(strip: str, second: int, per: int, columns: int) -> str:
    """`strip` as at most `columns` cells of `per` seconds each, the worst outcome of each, blanks before its birth.

    `second` is the second of the run that the newest cell belongs to: it keeps the bins where they are.
    """
    if per == 1:
        return strip[-columns:].rjust(columns)
    worst: list[str] = []
    end, size = len(strip), second % per + 1
    while end > 0 and len(worst) < columns:
        seconds = strip[max(0, end - size) : end]
        worst.append(max(reversed(seconds), key=lambda cell: _BADNESS.get(cell, -1)))
        end -= size
        size = per
    return "".join(reversed(worst)).rjust(columns)


class Strip(NamedTuple):
    """Where the history of a slot is drawn."""

    x: int
    columns: int
    per: int

    def seconds(self, x: int, second: int) -> tuple[int, int]:
        """The first and the last second of the run in the cell at `x`, while the newest is `second`."""
        number = second // self.per - (self.columns - 1 - (x - self.x))
        return number * self.per, min(second, number * self.per + self.per - 1)


def worst_of(strip: str, indices: Sequence[int]) -> int:
    """The index of the worst of these seconds, the newest of several."""
    return max(reversed(indices), key=lambda index: _BADNESS.get(strip[index], -1))


def draw_strip(canvas: Canvas, x: int, y: int, cells: str) -> None:
    """Draw `cells` from column `x` on, one character per column."""
    textured = canvas.textured
    for cell, run in groupby(cells):
        length = sum(1 for _ in run)
        mark = MARKS.get(cell)
        if mark is not None:
            canvas.put(x, y, (mark.texture if textured else mark.glyph) * length, mark.colour)
        x += length


def age_axis(canvas: Canvas, end: int, columns: int, per: int) -> None:
    """Ages on the lower border for strips that end before column `end`.

    Each label's minus sign stands at the column that is so old.
    """
    y = canvas.height - 1
    step = next((step for step in (20, 60, 120, 300) if step >= 9 * per), 600)
    for age in range(step, columns * per + 1, step):
        x = end - age // per
        label = age_label(age)
        if x + len(label) < canvas.width - 7:
            canvas.put(x - 1, y, f" {label} ", "faint")
    canvas.put(canvas.width - 7, y, " now ", "faint")


def legend(canvas: Canvas) -> tuple[Span, ...]:
    """The four things a strip tells, for a title line."""
    now = "█" if canvas.textured else "▆"
    return (
        Span("▆", "done"),
        Span(" ok ", "dim"),
        Span("×", "failed"),
        Span(" failed ", "dim"),
        Span("◆", "retry"),
        Span(" retry ", "dim"),
        Span(now, "running"),
        Span(" now", "dim"),
    )


def number_width(slots: Sequence[SlotView]) -> int:
    """How many digits the widest slot number has, two at least."""
    return max(2, len(str(max([slot.number for slot in slots], default=0))))


def share_of_timeout(slot: SlotView) -> float:
    """How much of its timeout the attempt has used, 0 when there is no deadline."""
    return slot.elapsed_s / slot.timeout_s if slot.timeout_s > 0 else 0.0


def gauge_share(slot: SlotView) -> float:
    """What a slot's gauge shows: how far the job says it is, else how much of its timeout it has used."""
    return share_of_timeout(slot) if slot.share is None else slot.share


def is_slow(slot: SlotView) -> bool:
    """Whether the attempt is at more than sixty per cent of its timeout."""
    return share_of_timeout(slot) > SLOW_SHARE


def words(slot: SlotView, snap: Snapshot) -> str:
    """What to say of a slot without an attempt: why it has none."""
    if slot.state is SlotState.BACKOFF:
        return f"back-off, {running_time(slot.left_s)} left: {slot.name}"
    if slot.state is SlotState.RETIRED:
        return "retired"
    if slot.state is SlotState.HELD:
        return _held(snap)
    if slot.state is SlotState.LEAVING:
        return "leaving"
    return "idle" if snap.queue.depth else "idle · queue is empty"


def _held(snap: Snapshot) -> str:
    if snap.throttle.held_by_person:
        return "held by you"
    if snap.throttle.halted:
        return "halted"
    return "memory is short" if snap.throttle.short_of_memory else "held by rate limit"


def running_time(seconds: float) -> str:
    """A running time in at most six characters: `6.5s`, `1:40`, `2h38m`."""
    if seconds < 3600:
        return tenths(seconds)
    if seconds < 99.5 * 3600:
        hours, minutes, _ = clock(seconds).split(":")
        return f"{hours}h{minutes}m"
    return f"{min(9999, int(seconds / 86400))}d"


def time_limit(timeout_s: float) -> str:
    """A timeout as it was written: `10s`, `2.5s`, `5:00`."""
    return f"{timeout_s:g}s" if timeout_s < 100 else clock(timeout_s)
