"""The verdict line: the state as a badge, the sentence, and the key that helps."""

from __future__ import annotations

from qtui.core.verdict import Kind, Verdict
from qtui.tui.actions import shown
from qtui.tui.canvas import Canvas, Span, cut, length

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
    """One row; where room is short, clauses go first, then the key; what limits the run stays longest."""
    x = canvas.spans(1 if canvas.width >= 70 else 0, 0, [badge(verdict)]) + 1
    key = shown(verdict.key)
    hint = [Span(key, "accent", True), Span(f" {verdict.key_text} ", "dim")] if key else []
    lines = _sentences(verdict)
    for tail in ([Span("  "), *hint], []):
        for line in lines:
            if x + length(line) + length(tail) <= canvas.width:
                canvas.spans(x, 0, line)
                canvas.right(canvas.width, 0, tail)
                return
    canvas.spans(x, 0, cut(lines[-1], canvas.width - x))


def _sentences(verdict: Verdict) -> list[list[Span]]:
    """The sentence, the fullest form first."""
    if verdict.bottleneck:
        limit = Span(verdict.bottleneck, "text", True)
        why = [Span("bottleneck: ", "dim"), limit]
        return [[Span(verdict.what), Span(" · ", "dim"), *why], why, [limit]]
    clauses = verdict.what.split(" · ")
    return [_joined(clauses[:number]) for number in range(len(clauses), 0, -1)]


def _joined(clauses: list[str]) -> list[Span]:
    spans = [Span(clauses[0], "text", True)]
    for clause in clauses[1:]:
        spans += [Span(" · ", "dim"), Span(clause)]
    return spans
