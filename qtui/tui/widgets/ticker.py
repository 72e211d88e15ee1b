"""The row of the last control actions and notices, and of the answer to the last key."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import NamedTuple

from qtui.core.snapshot import AlertView, LogLine, Snapshot
from qtui.tui.actions import action_shown_as
from qtui.tui.canvas import Canvas, Span, cut, length
from qtui.tui.hints import hint, side_by_side

INKS = {"info": "text", "warning": "pressure", "error": "failed_text"}


class Answer(NamedTuple):
    """What a key press came to; shown in place of the newest notices for a few seconds."""

    text: str
    ok: bool = True
    undo: bool = False
    """Whether `undo` takes it back."""


def draw_ticker(
    canvas: Canvas,
    snap: Snapshot,
    *,
    answer: Answer | None = None,
    alert: AlertView | None = None,
    acknowledges: bool = True,
    zone: tzinfo | None = None,
) -> None:
    """Newest first, as many as there is room for, after an alert that holds; `zone` is local time where it is None.

    `acknowledges` says whether the key that takes note of the alert works where the eyes are.
    """
    x = 1
    if answer is not None:
        x = _draw_answer(canvas, answer) + 3
    elif alert is not None:
        x = _draw_alert(canvas, alert, acknowledges=acknowledges) + 3
    for index, line in enumerate(snap.log):
        spans = _spans(line, zone)
        if x + length(spans) <= canvas.width - 1:
            x = canvas.spans(x, 0, spans) + 3
            continue
        if index == 0 and answer is None and alert is None:
            canvas.spans(x, 0, cut(spans, canvas.width - 1 - x))
        return


def _draw_answer(canvas: Canvas, answer: Answer) -> int:
    glyph, ink = ("✓", "done_text") if answer.ok else ("×", "failed_text")
    spans = [Span(f"{glyph} ", ink, True), Span(answer.text, "text" if answer.ok else ink, True)]
    if answer.undo:
        spans += [Span("  "), *hint("undo", "undo")]
    return canvas.spans(1, 0, cut(spans, canvas.width - 2))


def _draw_alert(canvas: Canvas, alert: AlertView, *, acknowledges: bool) -> int:
    ink = "failed_text" if alert.severity == "critical" else "pressure"
    helps = action_shown_as(alert.key)
    offered = (
        hint(alert.key_text, helps) if helps else (),
        hint("acknowledge", "acknowledge") if acknowledges else (),
    )
    keys = [Span("  "), *side_by_side(*offered)]
    said = [Span("▲ ", ink, True), Span(alert.text, ink, True)]
    room = canvas.width - 2 - length(keys)
    return canvas.spans(1, 0, [*cut(said, room), *keys] if room >= 20 else cut(said, canvas.width - 2))


def _spans(line: LogLine, zone: tzinfo | None) -> list[Span]:
    at = datetime.fromtimestamp(line.at, zone)
    return [
        Span(f"{at:%H:%M:%S} ", "dim"),
        Span(line.actor, "dim" if line.actor in ("qtui", "auto") else "accent", True),
        Span(f" {line.text}", INKS.get(line.level, "text")),
    ]
