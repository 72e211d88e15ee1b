"""A job's story as lines: state, where the time went, the last error, its fields and its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtui.core.job import Value
from qtui.core.queries import AttemptRow, JobStory
from qtui.text import clean, clean_block, plural, seconds
from qtui.tui.canvas import Line, Span, cut, length
from qtui.tui.clipboard import as_json
from qtui.tui.prose import compact, wall, wrap
from qtui.tui.screens.job_table import GLYPHS
from qtui.tui.screens.waterfall import steps, totals, waterfall

_LOG = 12
"""Lines of the log at most, the newest."""
_SO_FAR = 20
"""Lines of what a running attempt writes."""
_MAX_LINES = 400
"""Lines of one section; a result may be megabytes."""


def story_lines(
    story: JobStory, now: float, width: int, *, attempts_allowed: int = 0, textured: bool = False, why: str = ""
) -> list[Line]:
    """Everything known about a job, in lines of at most `width` cells."""
    found = steps(story, now)
    lines: list[Line] = [*_state(story, found_totals=totals(found), allowed=attempts_allowed, width=width), ()]
    lines[-1:] = [*_why(why, width), ()]
    total = seconds(found[-1].end) if found else ""
    lines.append((Span("ATTEMPTS", bold=True), Span(f"   total {total}" if total else "", "dim")))
    lines += [cut((Span(" "), *line), width) for line in waterfall(found, width - 2, textured=textured)]
    lines += _so_far(story.said, width) if story.said else _last_words(story.attempts, width)
    lines += _error(story.attempts, width)
    lines += _log(story, width)
    lines += _section("PAYLOAD", _fields(story.fields), width)
    if story.row.state == "done" and story.value is not None:
        lines += _section("RESULT", _value(story.value), width)
    return [cut(line, width) for line in lines]


def _state(story: JobStory, *, found_totals: Mapping[str, float], allowed: int, width: int) -> list[Line]:
    row = story.row
    glyph, ink = GLYPHS.get(row.state, ("·", "dim"))
    slot = story.attempts[-1].slot if story.attempts and row.state == "running" else 0
    tries = f"{row.attempts} of {allowed}" if allowed else plural(row.attempts, "attempt")
    state = [Span(f"{glyph} {clean(row.state)}", ink, True), Span(f"   slot {slot}" if slot else "", "dim")]
    state += [
        Span("   attempt " if allowed else "   ", "dim"),
        Span(tries, "retry_text" if row.attempts > 1 else "text"),
    ]
    if story.next_try_s is not None and row.state == "waiting":
        state += [Span("   next in ", "dim"), Span(seconds(story.next_try_s), "retry_text", True)]
    timing: list[Span] = []
    for name, spent in found_totals.items():
        if spent >= 0.005:
            timing += [Span(f"{name} ", "dim"), Span(f"{seconds(spent)}   ")]
    accepted = [Span(clean(row.producer)), Span("   accepted ", "dim"), Span(wall(story.accepted_at))]
    if row.ended_at > 0:
        accepted += [Span("   ended ", "dim"), Span(wall(row.ended_at))]
    facts: list[tuple[str, Sequence[Span]]] = [("state", state), ("producer", accepted), ("timing", timing)]
    if story.key and story.key != row.name:
        facts.append(("key", [Span(clean(story.key))]))
    return [cut((Span(f" {label:<11}", "dim"), *value), width) for label, value in facts if value]


def _why(why: str, width: int) -> list[Line]:
    """What it waits for, under the facts."""
    parts = wrap((Span(why),), width - 12) if why else []
    return [(Span(f" {'why' if not number else '':<11}", "dim"), *part) for number, part in enumerate(parts)]


def _last_words(attempts: Sequence[AttemptRow], width: int) -> list[Line]:
    """What the last attempt had written when it was done, cancelled or interrupted; a failure tells it itself."""
    last = attempts[-1] if attempts else None
    if last is None or last.outcome not in ("done", "cancelled", "interrupted") or not last.detail:
        return []
    when = f"   attempt {last.number}, {clean(last.outcome)} {wall(last.started_at + last.run_s)}"
    return [(), (Span("LAST OUTPUT", bold=True), Span(when, "dim")), *_block(last.detail, width)]


def _so_far(said: str, width: int) -> list[Line]:
    """What the running attempt writes, the newest of it."""
    return [(), (Span("OUTPUT", bold=True), Span("   so far", "dim")), *_block(said, width)[-_SO_FAR:]]


def _block(text: str, width: int) -> list[Line]:
    lines: list[Line] = []
    for part in clean_block(text).split("\n")[:_MAX_LINES]:
        lines += [(Span("   "), *line) for line in wrap((Span(part, "dim"),), width - 3)]
    return lines


def _error(attempts: Sequence[AttemptRow], width: int) -> list[Line]:
    failed = next((attempt for attempt in reversed(attempts) if attempt.outcome in ("retry", "failed")), None)
    if failed is None:
        return []
    when = f"   attempt {failed.number}, {wall(failed.started_at + failed.run_s)}"
    lines: list[Line] = [(), (Span("LAST ERROR", bold=True), Span(when, "dim"))]
    message = ": ".join(part for part in (clean(failed.code), clean(failed.message)) if part)
    lines += [(Span(" "), *line) for line in wrap((Span(message, "failed_text"),), width - 1)]
    return lines + (_block(failed.detail, width) if failed.detail else [])


def _log(story: JobStory, width: int) -> list[Line]:
    """What happened to it, message first and time last."""
    told: list[tuple[str, str, float]] = [("accepted", "dim", story.accepted_at)]
    for attempt in story.attempts:
        told.append((f"attempt {attempt.number} in slot {attempt.slot}", "dim", attempt.started_at))
        said = ": ".join(part for part in (clean(attempt.code), clean(attempt.message, 200)) if part)
        ended = attempt.started_at + attempt.run_s
        if attempt.outcome == "retry":
            told.append((f"{said}; another attempt follows", "retry_text", ended))
        elif attempt.outcome != "running":
            ink = {"done": "done_text", "failed": "failed_text"}.get(attempt.outcome, "text")
            told.append((f"{attempt.outcome}{f': {said}' if said else ''}", ink, ended))
    lines: list[Line] = [(), (Span("LOG", bold=True),)]
    for said, ink, at in told[-_LOG:]:
        shown = cut((Span(said, ink),), width - 11)
        gap = " " * max(1, width - 9 - length(shown))
        lines.append((Span(" "), *shown, Span(gap + wall(at), "faint")))
    return lines


def whole(story: JobStory) -> str:
    """Everything known about a job as plain text, for a pager."""
    row = story.row
    parts = [f"job #{row.seq}  {clean(row.name)}\nkey       {clean(story.key)}\nstate     {clean(row.state)}"]
    parts.append(f"producer  {clean(row.producer)}\naccepted  {wall(story.accepted_at)}")
    for attempt in story.attempts:
        said = ": ".join(part for part in (clean(attempt.code), clean(attempt.message)) if part)
        head = (
            f"attempt {attempt.number}  {wall(attempt.started_at)}  {seconds(attempt.run_s)}  {clean(attempt.outcome)}"
        )
        parts.append(f"{head}\n{said}\n{clean_block(attempt.detail)}".rstrip())
    if story.said:
        parts.append(f"output so far\n{clean_block(story.said)}")
    parts.append(f"payload\n{clean_block(as_json(story.fields))}")
    if story.value is not None:
        text = story.value if isinstance(story.value, str) else as_json(story.value)
        parts.append(f"result\n{clean_block(text, 200_000)}")
    return "\n\n".join(parts) + "\n"


def _section(title: str, content: Sequence[Line], width: int) -> list[Line]:
    lines: list[Line] = [(), (Span(title, bold=True),)]
    for line in content[:_MAX_LINES]:
        lines += [(Span(" "), *part) for part in wrap(line, width - 1)]
    if len(content) > _MAX_LINES:
        lines.append((Span(f" … {len(content) - _MAX_LINES} lines more", "faint"),))
    return lines


def _fields(fields: Mapping[str, Value]) -> list[Line]:
    if not fields:
        return [(Span("none", "faint"),)]
    names = {name: clean(name, 40) for name in fields}
    column = min(24, max(len(shown) for shown in names.values()))
    return [(Span(f"{names[name]:<{column}}  ", "dim"), Span(compact(value))) for name, value in fields.items()]


def _value(value: Value) -> list[Line]:
    if isinstance(value, dict):
        return _fields(value)
    if isinstance(value, str):
        return [(Span(line),) for line in clean_block(value).split("\n")]
    return [(Span(compact(value)),)]
