"""The FAILURES panel: how many jobs failed of what and when, and how the last attempts ended."""

from __future__ import annotations

from collections.abc import Sequence

from qtui.core.snapshot import FailureGroup, Recent, Snapshot
from qtui.text import count, short_count
from qtui.tui.canvas import Canvas, Span, length
from qtui.tui.hints import hint
from qtui.tui.widgets.charts import fit, shorten

_MINUTES = 10

_ENDS: dict[str, tuple[str, str, str]] = {
    "done": ("✓", "done_text", "dim"),
    "retry": ("◆", "retry_text", "retry_text"),
    "failed": ("×", "failed_text", "failed_text"),
}
"""Glyph, its colour and the colour of the words for each way an attempt can end."""
_OTHER_END = ("·", "faint", "dim")


def end_colour(kind: str) -> str:
    """The colour of the glyph for one way an attempt can end."""
    return _ENDS.get(kind, _OTHER_END)[1]


def draw_failures(canvas: Canvas, snap: Snapshot) -> None:
    """Draw the groups, largest first, and under a dashed rule the last outcomes."""
    width, rows = canvas.width, canvas.height - 2
    title = [Span("FAILURES", bold=True)]
    if snap.counts.failed:
        title.append(Span(f" {count(snap.counts.failed)}", "failed_text", True))
    canvas.box(0, 0, width, canvas.height, title=title, right=hint("triage", "failures"))
    if rows < 1 or width < 8:
        return
    shown = snap.failures[: _group_rows(rows, len(snap.failures), len(snap.recent))]
    for y, group in enumerate(shown, 1):
        _draw_group(canvas, y, group)
    used = len(shown)
    if not snap.failures:
        canvas.put(2, 1, fit("✓ none yet", width - 4), "done_text")
        used = 1
    recents = rows - used - 1
    if recents >= 1 and snap.recent:
        hidden = max(snap.groups, len(snap.failures)) - len(shown) if shown else 0
        _draw_rule(canvas, used + 1, hidden)
        draw_recent(canvas, 2, used + 2, width - 4, snap.recent[:recents])


def _group_rows(rows: int, groups: int, recents: int) -> int:
    """Groups come first; where there are many, the last outcomes still get two rows and a rule."""
    if rows >= 8 and recents:
        return min(groups, rows - 1 - min(2, recents))
    return min(groups, rows)


def _draw_rule(canvas: Canvas, y: int, hidden: int) -> None:
    canvas.put(1, y, "╌" * (canvas.width - 2), "line")
    if hidden > 0:
        more = f" {hidden} more {'group' if hidden == 1 else 'groups'} "
        if len(more) <= canvas.width - 8:
            canvas.put(2, y, more, "dim")


def _draw_group(canvas: Canvas, y: int, group: FailureGroup) -> None:
    width = canvas.width
    number = short_count(group.jobs) if group.jobs > 999 else str(group.jobs)
    if len(number) > min(4, width - 3):
        return
    canvas.put(5 - max(3, len(number)), y, f"{number:>3}", "failed_text" if group.jobs else "dim", bold=group.jobs > 0)
    spark = width - 2 - _MINUTES
    end = spark - 1 if spark >= 14 else width - 2
    spans = [Span(group.title)]
    if width > 50 and group.message:
        spans.append(Span(f" · {group.message}"))
    if group.retrying:
        spans.append(Span(f"  ► {count(group.retrying)} retrying", "dim"))
    elif not group.jobs and group.attempts:
        spans.append(Span(f"  ◆ {count(group.attempts)} retried", "retry_text"))
    x = 6
    for span in spans:
        room = end - x
        # a remark that does not fit is left out; only the words of the error are cut
        if span.fg != "text" and length((span,)) > room:
            continue
        x = canvas.put(x, y, fit(span.text, room), span.fg)
    if spark >= 14:
        _draw_spark(canvas, spark, y, group.per_minute)


def _draw_spark(canvas: Canvas, x: int, y: int, per_minute: Sequence[int]) -> None:
    """The last ten minutes over a base line, each group on its own scale."""
    values = [0] * max(0, _MINUTES - len(per_minute)) + list(per_minute[-_MINUTES:])
    most = max(1, *values)
    canvas.put(x, y, "▁" * _MINUTES, "idle")
    for index, value in enumerate(values):
        if value > 0:
            canvas.put(x + index, y, canvas.eighths[max(1, round(value / most * 6))], "failed")


def draw_recent(canvas: Canvas, x: int, y: int, width: int, recents: Sequence[Recent]) -> None:
    """The last outcomes in `width` cells from `x` on, newest first: what it was, then how it ended."""
    if width < 4:
        return
    for row, recent in enumerate(recents, y):
        glyph, colour, tail_colour = _ENDS.get(recent.kind, _OTHER_END)
        tail = fit(recent.text, max(0, width // 2 - 2))
        tail_width = length((Span(tail),))
        canvas.put(x, row, glyph, colour, bold=True)
        name = shorten(recent.name or f"job {recent.seq}", width - 2 - tail_width - (2 if tail else 0))
        canvas.put(x + 2, row, name, "dim")
        canvas.put(x + width - tail_width, row, tail, tail_colour)
