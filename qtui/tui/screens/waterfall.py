"""Where the time of a job went: waiting, attempts and back-offs one under the other on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtui.core.queries import JobStory
from qtui.text import seconds
from qtui.tui.canvas import Line, Span

LABEL = 11
"""Columns of the label of a step."""
MAX_STEPS = 9
_FINAL = ("done", "failed", "cancelled", "held")
_ENDS = {
    "done": ("done", "✓", "done_text"),
    "retry": ("retry_body", "◆", "retry_text"),
    "failed": ("failed_body", "×", "failed_text"),
    "cancelled": ("idle", "·", "dim"),
    "interrupted": ("idle", "·", "dim"),
    "running": ("running", "", "running"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of a job's life, in seconds after its acceptance."""

    label: str
    start: float
    end: float
    glyph: str
    fg: str
    sign: str = ""
    sign_fg: str = "text"


def is_final(story: JobStory) -> bool:
    return story.row.state in _FINAL


def steps(story: JobStory, now: float) -> list[Step]:
    """The stretches in order; `now` is the wall clock of the engine, for what is still going on."""
    found: list[Step] = []
    at = 0.0
    for attempt in story.attempts:
        start = max(at, attempt.started_at - story.accepted_at)
        took = max(0.0, attempt.run_s)
        if attempt.outcome == "running":
            took = max(took, now - attempt.started_at)
        if start > at:
            found.append(_pause(at, start, first=not found))
        body, sign, ink = _ENDS.get(attempt.outcome, ("idle", "", "dim"))
        found.append(Step(f"attempt {attempt.number}", start, start + took, "▆", body, sign, ink))
        at = start + took
    if not is_final(story) and not (story.attempts and story.attempts[-1].outcome == "running"):
        until = max(at, now - story.accepted_at) + (story.next_try_s or 0.0)
        found.append(_pause(at, until, first=not story.attempts or story.row.state == "pending"))
    return found


def _pause(start: float, end: float, *, first: bool) -> Step:
    return Step("in queue", start, end, "▆", "queued") if first else Step("back-off", start, end, "╌", "retry")


def totals(found: Sequence[Step]) -> dict[str, float]:
    """Seconds spent in the queue, in back-offs and running."""
    sums = {"queued": 0.0, "back-off": 0.0, "running": 0.0}
    for step in found:
        kind = {"in queue": "queued", "back-off": "back-off"}.get(step.label, "running")
        sums[kind] += step.end - step.start
    return sums


def waterfall(found: Sequence[Step], width: int, *, textured: bool = False) -> list[Line]:
    """One line per step, at most `width` cells wide; of many steps the middle ones are counted only."""
    shown = list(found)
    hidden = 0
    if len(shown) > MAX_STEPS:
        hidden = len(shown) - MAX_STEPS
        shown = [*shown[:2], *shown[2 + hidden :]]
    room = max(4, width - LABEL)
    first, last = (shown[0].start if shown else 0.0), max((step.end for step in shown), default=1.0)
    scale = room / max(1e-9, last - first)
    lines = [_line(step, room, first, scale, textured) for step in shown]
    if hidden:
        lines.insert(2, (Span(f"… {hidden} steps more …", "faint"),))
    return lines


def _line(step: Step, room: int, first: float, scale: float, textured: bool) -> Line:
    start = min(room - 1, int((step.start - first) * scale + 0.5))
    end = min(room, max(start + 1, int((step.end - first) * scale + 0.5)))
    cells = end - start
    took = seconds(step.end - step.start)
    glyph = step.glyph
    if textured and glyph == "▆" and step.fg != "running":
        glyph = {"queued": "░", "retry_body": "▒", "failed_body": "▓"}.get(step.fg, "▆")
    body = [Span(glyph * (cells - (1 if step.sign and cells > 1 else 0)), step.fg)]
    if step.sign:
        body = [*body, Span(step.sign, step.sign_fg, True)] if cells > 1 else [Span(step.sign, step.sign_fg, True)]
    label = Span(f"{step.label:<{LABEL}}"[:LABEL], "dim")
    if end + 1 + len(took) <= room:
        return (label, Span(" " * start), *body, Span(f" {took}", "dim"))
    if start >= len(took) + 1:
        return (label, Span(" " * (start - len(took) - 1)), Span(f"{took} ", "dim"), *body)
    return (label, Span(" " * start), *body)
