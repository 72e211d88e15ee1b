"""A line of a log as cells and as text: the message first, the time last."""

from __future__ import annotations

import time

from rich.cells import cell_len

from qtui.core.queries import LogRow
from qtui.core.snapshot import LogLine, Recent, Snapshot
from qtui.text import clean, middle, seconds
from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.prose import wall

SIGNS = {
    "done": ("✓", "done_text"),
    "retry": ("◆", "retry_text"),
    "failed": ("×", "failed_text"),
    "cancelled": ("·", "dim"),
    "interrupted": ("·", "dim"),
    "info": ("·", "faint"),
    "warning": ("▲", "pressure"),
    "error": ("×", "failed_text"),
}
"""The sign of how an attempt ended, or of the level of an event, and its colour."""
_INKS = {"info": "text", "warning": "pressure", "error": "failed_text"}
OWN = ("qtui", "auto")


def stamp(at: float, now: float) -> str:
    """The time of day; of what happened more than 20 hours ago the date too."""
    if abs(now - at) < 20 * 3600:
        return wall(at)
    try:
        return time.strftime("%m-%d %H:%M", time.localtime(at))
    except (OverflowError, ValueError, OSError):
        return "--:--:--"


def draw_line(
    canvas: Canvas, x: int, y: int, width: int, row: LogRow, now: float, *, cursor: bool, marked: bool
) -> None:
    """One line in `width` cells."""
    if cursor:
        canvas.fill(x, y, width, 1, "raised")
    if cursor or marked:
        canvas.put(x, y, "▌" if cursor else "■", "accent")
    sign, ink = SIGNS.get(row.kind or row.level, ("·", "dim"))
    canvas.put(x + 2, y, sign, ink, bold=True)
    at = stamp(row.at, now)
    right = x + width - 1
    if width >= 40:
        canvas.right(right, y, (Span(at, "dim"),))
        right -= len(at) + 2
    if row.kind:
        _draw_attempt(canvas, x + 4, y, right, row, cursor)
    else:
        _draw_event(canvas, x + 4, y, right, row, cursor)


def _draw_event(canvas: Canvas, x: int, y: int, right: int, row: LogRow, cursor: bool) -> None:
    who = clean(row.who, 20)
    if right - x >= 30 + len(who):
        canvas.right(right, y, (Span(who, "dim" if row.who in OWN else "accent", True),))
        right -= cell_len(who) + 2
    canvas.spans(x, y, cut((Span(clean(row.text, 1000), _INKS.get(row.level, "text"), cursor),), max(0, right - x)))


def _draw_attempt(canvas: Canvas, x: int, y: int, right: int, row: LogRow, cursor: bool) -> None:
    if right - x >= 30:
        canvas.right(right, y, (Span(seconds(row.run_s), "text"),))
        right -= 7
    if right - x >= 40 and row.attempt > 1:
        canvas.right(right, y, (Span(f"attempt {row.attempt}", "retry_text"),))
    if right - x >= 40:
        right -= 12
    room = max(0, right - x)
    ink = "dim" if row.kind in ("done", "cancelled", "interrupted") else SIGNS[row.kind][1]
    said = clean(row.text, 1000)
    name = clean(row.who) or "(no name)"
    column = min(36, room // 2)  # what is said begins in one column, unless a name needs more and there is room
    share = max(column, min(cell_len(name), room - cell_len(said) - 2)) if said else room
    short = middle(name, share) if cell_len(name) == len(name) else name
    canvas.spans(x, y, cut((Span(short, "text", cursor),), share))
    if said:
        canvas.spans(x + share + 2, y, cut((Span(said, ink),), max(0, room - share - 2)))


def line_text(row: LogRow, *, date: bool = False) -> str:
    """The whole line as text, without frames: `shop.example/p/7  HTTP 503  attempt 2  0.81s  14:52:02`."""
    parts = [clean(row.who), clean(row.text, 1000)] if row.kind else [clean(row.text, 1000), clean(row.who)]
    if row.kind:
        parts.insert(1, row.kind)
        parts += [f"attempt {row.attempt}" if row.attempt > 1 else "", seconds(row.run_s)]
    elif row.level != "info":
        parts.insert(0, row.level)
    at = wall(row.at)
    if date:
        try:
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.at))
        except (OverflowError, ValueError, OSError):
            at = "--:--:--"
    return "  ".join(part for part in (*parts, at) if part)


def from_picture(snap: Snapshot, of: str) -> list[LogRow]:
    """What the snapshot alone knows of a log, for a run that keeps no journal."""
    if of == "events":
        return [_event(line, number) for number, line in enumerate(reversed(snap.log))]
    now = snap.started_at + snap.elapsed_s
    return [_end(recent, now) for recent in reversed(snap.recent)]


def _event(line: LogLine, number: int) -> LogRow:
    return LogRow((line.at, number, 0), line.at, line.actor, line.text, line.level)


def _end(recent: Recent, now: float) -> LogRow:
    at = now - recent.ago_s
    level = {"failed": "error", "retry": "warning", "interrupted": "warning"}.get(recent.kind, "info")
    said = "" if recent.kind == "done" else recent.text
    return LogRow((at, recent.seq, 0), at, recent.name, said, level, recent.kind, recent.seq)
