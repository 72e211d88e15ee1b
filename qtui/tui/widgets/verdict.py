"""The verdict line: the state as a badge, the sentence, and the key that helps."""

from __future__ import annotations

from qtui.core.verdict import Kind, Verdict
from qtui.tui.actions import shown
from qtui.tui.canvas import Canvas, Line, Span, cut, length

LEAST = 20
"""Cells of a cut sentence that still say something."""

GROUNDS = {
    Kind.STARTING: "dim",
    Kind.LOST: "badge",
    Kind.SILENT: "badge",
    Kind.STALLED: "badge",
    Kind.DISK_FULL: "failed",
    Kind.JOURNAL_BLOCKED: "failed",
    Kind.JOURNAL_SLOW: "badge",
    Kind.LAGGING: "badge",
    Kind.HALTED: "failed",
    Kind.FAILING: "failed",
    Kind.PAUSED: "badge",
    Kind.HELD: "badge",
    Kind.PRESSURE: "badge",
    Kind.STARVING: "queued",
    Kind.DRAINING: "badge",
    Kind.FLOWING: "done",
    Kind.STOPPING: "badge",
    Kind.FINISHED: "queued",
    Kind.STOPPED: "failed",
}


def badge(verdict: Verdict) -> Span:
    """` ▲ BACKPRESSURE ` on its colour."""
    ground = GROUNDS[verdict.kind]
    return Span(f" {verdict.glyph} {verdict.word} ", "badge_text" if ground == "badge" else "inverse", True, ground)


def draw_verdict(canvas: Canvas, verdict: Verdict) -> None:
    """One row; where room is short the sentence gives way, a clause after the other, and the key that helps stays."""
    x = canvas.spans(1 if canvas.width >= 70 else 0, 0, [badge(verdict)]) + 1
    forms = _sentences(verdict)
    key = shown(verdict.key)
    if key:
        tail = [Span("  "), Span(key, "accent", True), Span(f" {verdict.key_text} ", "dim")]
        room = canvas.width - x - length(tail)
        if (line := _within(room, [*forms, *_beginnings(forms[-1])])) is not None:
            canvas.spans(x, 0, line)
            canvas.right(canvas.width, 0, tail)
            return
    fitting = (line for line in forms if length(line) <= canvas.width - x)
    canvas.spans(x, 0, next(fitting, cut(forms[-1], canvas.width - x)))


def _within(room: int, forms: list[list[Span]]) -> Line | None:
    """The fullest form for the room beside a key; a sentence may be cut there, but no command that is to be typed."""
    for line in forms:
        if length(line) <= room:
            return line
    typed = any("`" in span.text for span in forms[-1])
    return cut(forms[-1], room) if room >= LEAST and not typed else None


def _beginnings(line: list[Span]) -> list[list[Span]]:
    """A sentence without its last parts: `2 slots leaving, slowest up to 9s` without the slowest."""
    whole = line[-1]
    parts = whole.text.split(", ")
    return [[*line[:-1], whole._replace(text=", ".join(parts[:number]))] for number in range(len(parts) - 1, 0, -1)]


def _sentences(verdict: Verdict) -> list[list[Span]]:
    """The sentence, the fullest form first."""
    if verdict.bottleneck:
        limit = Span(verdict.bottleneck, "text", True)
        why = [Span("bottleneck: ", "dim"), limit]
        return [[Span(verdict.what), Span(" · ", "dim"), *why], why, [limit]]
    clauses = verdict.what.split(" · ")
    forms = [_joined(clauses[:number]) for number in range(len(clauses), 0, -1)]
    if verdict.kind is Kind.HALTED:  # that nothing starts is in the badge; why it is so, is not
        forms.append([Span(verdict.what.partition(": ")[2], "text", True)])
    return forms


def _joined(clauses: list[str]) -> list[Span]:
    spans = [Span(clauses[0], "text", True)]
    for clause in clauses[1:]:
        spans += [Span(" · ", "dim"), Span(clause)]
    return spans
