"""Drawing of one preset or live run in the picker: what it is, what it will do, and its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qtui.core.port import Checked, PresetEntry, RunEntry
from qtui.text import clean, clean_block, count, percent, plural
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.prose import bar, wall, wrap

_PROSE = 96
"""Running text is not set wider than this, however wide the screen."""

_COMMENT = re.compile(r"""((?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'#])*)(\#.*)""")
"""A value and the comment behind it; a # in quotes is none."""
_ATTACHING = "Attaching shows it here; leaving again does not stop it."
_GOING_ON = "Going on keeps what was done; what was interrupted runs again. You are asked before anything starts."


def preset_lines(entry: PresetEntry, checked: Checked, width: int) -> list[Line]:
    """Everything the picker says about a preset, in lines of at most `width` cells."""
    prose = min(width, _PROSE)
    lines: list[Line] = [*wrap((Span(clean(checked.description or entry.description, 2_000)),), prose), ()]
    if checked.problems:
        lines.append(
            (
                Span(f"× {plural(len(checked.problems), 'problem')}", "failed_text", True),
                Span(", it cannot run yet", "dim"),
            )
        )
        for problem in checked.problems[:5]:
            where = f"line {problem.line}  " if problem.line else ""
            lines += wrap(
                (Span(f"  {where}", "dim"), Span(clean(problem.path), bold=True), Span(f"  {clean(problem.message)}")),
                prose,
            )
        lines.append((Span("  enter shows all of them", "dim"),))
    else:
        lines.append((Span("WHAT IT WILL DO", "dim"),))
        lines += pipeline(checked, width)
        lines += [(), *_facts(checked, prose)]
        lines += [(), *_plan(checked.plan, prose)] if checked.plan else []
    lines += [(), cut((Span("PRESET  ", "dim"), Span(clean(checked.source), "faint")), width)]
    lines += [(Span("│ ", "line"), *toml_line(text)) for text in clean_block(checked.text).split("\n")]
    return [cut(line, width) for line in lines]


def pipeline(checked: Checked, width: int) -> list[Line]:
    """Producers, queue and workers as three boxes, or in words where there is no room for boxes."""
    total = count(checked.total) if checked.total is not None else "…"
    producers = plural(len(checked.producers), "producer")
    queue, workers = (
        f"queue ≤ {count(checked.capacity)}" if checked.capacity else "no bound",
        plural(checked.concurrency, "worker"),
    )
    inner = min(13, (width - 6 - 2 * 3 - 8) // 3)
    if inner < max(len(producers), len(queue), len(workers)) + 2:
        arrow = Span(" → ", "dim")
        said = (Span(producers), arrow, Span(queue), arrow, Span(workers), Span(f" → {total}", "done_text"))
        return list[Line](wrap(said, width))
    room = inner - 2
    cells = (
        (producers, _repeat("►", len(checked.producers), room, "done")),
        (queue, _repeat("▊", checked.capacity, room, "queued")),
        (workers, _repeat("●", checked.concurrency, room, "running")),
    )
    edge = [("╭", "╮"), ("╰", "╯")]
    rows: list[list[Span]] = [[], [], [], []]
    for number, (words, marks) in enumerate(cells):
        arrow = Span("─►─" if number < 2 else f"─► {total}", "queued" if number < 2 else "done_text", number == 2)
        gap = Span("   ")
        rows[0] += [Span(edge[0][0] + "─" * inner + edge[0][1], "line"), gap]
        rows[1] += [Span("│ ", "line"), Span(f"{words:<{room}}", bold=True), Span(" │", "line"), arrow]
        rows[2] += [Span("│ ", "line"), *marks, Span(" │", "line"), gap]
        rows[3] += [Span(edge[1][0] + "─" * inner + edge[1][1], "line"), gap]
    return list(rows)


def _repeat(glyph: str, number: int, room: int, fg: str) -> list[Span]:
    shown = max(0, min(number, room))
    more = number > room > 1
    marks = [Span(glyph * (shown - more), fg), Span("+" if more else "", "dim")]
    return [*marks, Span(" " * (room - length(marks)))]


def _facts(checked: Checked, width: int) -> list[Line]:
    total = count(checked.total) if checked.total is not None else "as many as the sources give"
    what = f"{total}, {'simulated' if checked.simulated else clean(checked.kind)}"
    facts = [("jobs", what)]
    if checked.takes:
        facts.append(("time", clean(checked.takes)))
    facts.append(("network", "yes" if checked.network else "none"))
    facts += [("from" if number == 0 else "", clean(line)) for number, line in enumerate(checked.producers[:6])]
    return [cut((Span(f"{label:<9}", "dim"), Span(value)), width) for label, value in facts]


def _plan(plan: Sequence[str], width: int) -> list[Line]:
    lines: list[Line] = []
    for sentence in plan:
        for number, part in enumerate(wrap((Span(clean(sentence, 1_000)),), width - 2)):
            lines.append((Span("· " if number == 0 else "  ", "dim"), *part))
    return lines


def toml_line(text: str) -> list[Span]:
    """A line of a preset with its table headers, keys and values told apart."""
    bare = text.lstrip()
    if bare.startswith("["):
        return [Span(text, "retry_text")]
    if bare.startswith("#"):
        return [Span(text, "faint")]
    key, equals, value = text.partition("=")
    if not equals or '"' in key:
        return [Span(text, "accent")]
    comment = _COMMENT.fullmatch(value)
    said = [Span(comment[1], "accent"), Span(comment[2], "faint")] if comment else [Span(value, "accent")]
    return [Span(key, "dim"), Span("=", "dim"), *said]


def run_lines(run: RunEntry, width: int) -> list[Line]:
    """What the picker says about a run that is live, or that did not come to its end."""
    live = run.state == "running"
    total = f" of {count(run.total)}" if run.total is not None else ", total unknown"
    lines: list[Line] = [
        (
            Span("This run is live. " if live else "This run has not come to its end. ", bold=True),
            Span(_ATTACHING if live else _GOING_ON, "dim"),
        ),
        (),
        (
            Span("done     ", "dim"),
            Span(f"{count(run.done)}{total}"),
            Span(f"   {percent(share(run))}" if run.total else "", "dim"),
        ),
    ]
    if run.total:
        lines.append((Span(" " * 9), *bar(min(40, width - 10), share(run), "done")))
    if run.failed:
        lines.append((Span("failed   ", "dim"), Span(count(run.failed), "failed_text", True)))
    lines += [
        (Span("preset   ", "dim"), Span(clean(run.preset))),
        (Span("started  ", "dim"), Span(wall(run.started_at))),
        (Span("run      ", "dim"), Span(clean(run.run_id)), Span(f"   process {run.pid}" if run.pid else "", "dim")),
    ]
    return [part for line in lines for part in wrap(line, width)]


def share(run: RunEntry) -> float:
    """How far a run is, 0 to 1."""
    return min(1.0, (run.done + run.failed) / run.total) if run.total else 0.0


@dataclass(frozen=True, slots=True)
class Card:
    """What stands beside the list: everything about the chosen entry, and what enter does."""

    name: str
    right: str
    lines: Sequence[Line]
    action: str
    hints: Sequence[tuple[str, str]] = ()
    """Other keys for the chosen entry, and what they do."""


def draw_card(canvas: Canvas, box: tuple[int, int, int, int], card: Card, scroll: int) -> tuple[int, int]:
    """The card in the given box from line `scroll` on; returns the scroll it came to, and the most possible."""
    x, y, width, height = box
    title = (Span(clean(card.name, 60), bold=True),)
    canvas.box(x, y, width, height, title=title, right=(Span(clean(card.right, 40), "dim"),))
    roomy = height >= 24
    top = 2 if roomy else 1
    room = max(0, height - 1 - top - (3 if roomy else 0))
    most = max(0, len(card.lines) - room)
    scroll = min(scroll, most)
    for row, line in enumerate(card.lines[scroll : scroll + room]):
        canvas.spans(x + (3 if width >= 60 else 2), y + top + row, line)
    if roomy:
        button = f" enter {card.action} "
        canvas.put(x + 3, y + height - 3, button[: max(0, width - 5)], "inverse", bold=True, bg="accent")
        hints = [
            part for key, words in card.hints for part in (Span(f"  {key}", "accent", True), Span(f" {words}", "dim"))
        ]
        canvas.spans(x + 3 + len(button), y + height - 3, cut(hints, max(0, width - 5 - len(button))))
    if most:
        more = f" ▼ {most - scroll} more  pgdn " if scroll < most else " end  pgup "
        canvas.right(x + width - 2, y + height - 1, (Span(more, "faint"),))
    return scroll, most
