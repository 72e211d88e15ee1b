"""Drawing of the job list: columns that fit the width, one job a row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from qtui.core.queries import JobRow
from qtui.text import clean, middle, seconds
from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.prose import wall

GLYPHS = {
    "pending": ("■", "queued"),
    "running": ("●", "running"),
    "waiting": ("◆", "retry_text"),
    "done": ("✓", "done_text"),
    "failed": ("×", "failed_text"),
    "held": ("≈", "pressure"),
    "cancelled": ("·", "dim"),
}
"""The sign of every state of a job and its colour."""

_NUMBERS = (("state", 11, 112), ("attempts", 6, 0), ("wait", 7, 70), ("run", 7, 40), ("finished", 10, 92))
"""Column, its width, and the width of the list from which on it is shown."""
_NARROW = 26
"""Columns below which only sign and name are shown."""


def columns(width: int) -> tuple[int, list[tuple[str, int]], int]:
    """Width of the name, the number columns shown, and the width of the error, for a list of `width`."""
    if width < _NARROW:
        return max(0, width - 5), [], 0
    shown = [(name, cells) for name, cells, least in _NUMBERS if width >= least]
    rest = width - 13 - sum(cells for _, cells in shown)
    error = max(0, min(60, rest * 2 // 5)) if rest >= 40 else 0
    return max(1, rest - error - (2 if error else 0)), shown, error


def draw_heading(canvas: Canvas, x: int, y: int, width: int) -> None:
    """The names of the columns."""
    if width < _NARROW:
        return
    name, numbers, error = columns(width)
    canvas.right(x + 11, y, (Span("#", "faint"),))
    canvas.spans(x + 13, y, cut((Span("job", "faint"),), name))
    at = x + 13 + name
    for title, cells in numbers:
        label = "tries" if title == "attempts" else title
        at += cells
        canvas.right(at, y, cut((Span(label[: cells - 1], "faint"),), cells))
    if error:
        canvas.spans(at + 2, y, cut((Span("last error", "faint"),), error))


def draw_job(
    canvas: Canvas, x: int, y: int, width: int, row: JobRow | None, *, cursor: bool, marked: bool = False
) -> None:
    """One job; None while it is being asked for."""
    if cursor:
        canvas.fill(x, y, width, 1, "raised")
        canvas.put(x, y, "▌", "accent")
    if marked and width >= 3:
        canvas.put(x + 1, y, "■", "accent", bold=True)
    if row is None:
        canvas.put(x + 2, y, "…"[: max(0, width - 2)], "faint")
        return
    name_width, numbers, error = columns(width)
    glyph, colour = GLYPHS.get(row.state, ("·", "dim"))
    colour = "faint" if row.aside else colour
    canvas.put(x + 2, y, glyph, colour, bold=True)
    at = x + 4
    if width >= _NARROW:
        canvas.right(x + 11, y, cut((Span(str(row.seq), "dim"),), 7))
        at = x + 13
    name = clean(row.name) or "(no name)"
    name = middle(name, name_width) if cell_len(name) == len(name) else name
    canvas.spans(at, y, cut((Span(name, "text", cursor),), name_width))
    at += name_width
    for title, cells in numbers:
        at += cells
        canvas.right(at, y, cut(_number(title, row), cells - 1))
    if error:
        ink = "failed_text" if row.state == "failed" else "dim"
        canvas.spans(at + 2, y, cut((Span(clean(row.error), ink),), error))


def _number(title: str, row: JobRow) -> Sequence[Span]:
    if title == "state":
        _, ink = GLYPHS.get(row.state, ("·", "dim"))
        return (Span("set aside", "dim") if row.aside else Span(clean(row.state, 10), ink),)
    if title == "attempts":
        return (Span(str(row.attempts), "retry_text" if row.attempts > 1 else "faint", row.attempts > 1),)
    if title == "finished":
        return (Span(wall(row.ended_at) if row.ended_at > 0 else "·", "dim" if row.ended_at > 0 else "faint"),)
    value = row.wait_s if title == "wait" else row.run_s
    return (Span(seconds(value), "text" if title == "run" else "dim") if value > 0 else Span("·", "faint"),)


def line_of(row: JobRow) -> str:
    """A job as a line of text without frames, for the clipboard."""
    parts = [f"#{row.seq}", row.state, clean(row.name), f"{row.attempts}x"]
    parts += [seconds(row.run_s)] if row.run_s else []
    parts += [clean(row.error)] if row.error else []
    return "  ".join(parts)
