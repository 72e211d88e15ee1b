"""Drawing of a preset's problems: each with its lines of the file, the spot underlined, and what would be valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from qtui.core.port import Checked, Problem
from qtui.text import clean, clean_block, plural
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.prose import wrap

_ALLOWED_LINES = 3


def spot(line: str, problem: Problem) -> tuple[int, int]:
    """Where in its line a problem is, as start and length in characters; the whole text when unknown."""
    found = clean(problem.found, 100)
    key = problem.path.rpartition(".")[2]
    indent = len(line) - len(line.lstrip())
    equals = line.find("=")
    if found and line.lstrip().startswith(found):
        return indent, len(found)
    for wanted in (found, found.strip("\"'")):
        at = line.find(wanted, equals + 1) if wanted else -1
        if at >= 0:
            return at, len(wanted)
    at = line.find(key) if key else -1
    if at >= 0 and not found:
        return at, len(key)
    return indent, max(1, len(line.strip()))


def _around(source: Sequence[str], at: int) -> list[int]:
    """The lines shown with line `at`: up to two before it, back to its table's header, and the one after it."""
    before: list[int] = []
    for number in range(at - 1, max(0, at - 3), -1):
        if source[number].lstrip().startswith("["):  # the line below is a header: what stands above is another table
            break
        if source[number - 1].strip():
            before.insert(0, number)
    after = [at + 1] if at < len(source) and source[at].strip() and not source[at].lstrip().startswith("[") else []
    return [*before, at, *after]


def problem_lines(problem: Problem, text: str, width: int) -> list[Line]:
    """The inside of a problem's box in lines of at most `width` cells."""
    source = clean_block(text).split("\n")
    lines: list[Line] = []
    at = problem.line
    if 0 < at <= len(source):
        digits = max(3, len(str(at + 1)))
        for number in _around(source, at):
            here = source[number - 1]
            mark = "failed_text" if number == at else "faint"
            ink = "text" if number == at else "dim"
            lines.append(
                (Span(f"{number:>{digits}}", mark), Span("  │ ", mark if number == at else "line"), Span(here, ink))
            )
            if number == at:
                start, long = spot(here, problem)
                under = " " * cell_len(here[:start]) + "━" * max(1, cell_len(here[start : start + long]))
                lines.append((Span(" " * digits), Span("  │ ", mark), Span(under, "failed_text")))
    margin = Span("       ")
    room = max(1, width - 7)
    if problem.suggestion:
        lines.append((margin, Span(f'Did you mean "{clean(problem.suggestion, 80)}"?', "pressure", True)))
    if problem.found and not 0 < at <= len(source):
        lines.append((margin, Span("found    ", "dim"), Span(clean(problem.found, 200))))
    if problem.allowed:
        allowed = wrap((Span("allowed  ", "dim"), Span(clean(problem.allowed, 600))), room)
        if len(allowed) > _ALLOWED_LINES:
            allowed = [*allowed[: _ALLOWED_LINES - 1], [*cut(allowed[_ALLOWED_LINES - 1], room - 2), Span(" …", "dim")]]
        lines += [(margin, *part) for part in allowed]
    return [cut(line, width) for line in lines]


@dataclass(frozen=True, slots=True)
class ProblemBox:
    """A problem as it is drawn at a certain width."""

    title: Line
    right: Line
    lines: Sequence[Line]

    @property
    def height(self) -> int:
        return len(self.lines) + 2


def problem_box(problem: Problem, number: int, text: str, width: int) -> ProblemBox:
    """The frame for a screen of `width`; a message too long for the title continues inside."""
    inner = width - 2
    lines = problem_lines(problem, text, inner - 4)
    right = (Span(f"line {problem.line}", "dim"),) if problem.line else ()
    title = [Span(f"{number} ", "failed_text", True)]
    title += [Span(f"{clean(problem.path, 100)}  ", bold=True)] if problem.path else []
    message = Span(clean(problem.message, 400), "failed_text")
    room = inner - 9 - length(right)
    if length(title) + length((message,)) > room:
        lines = [*wrap((message,), inner - 6), *lines]
    else:
        title.append(message)
    return ProblemBox(cut(title, room), right, lines)


def report_text(checked: Checked, source: str) -> str:
    """All problems as plain text, one a line."""
    lines = [f"{clean(checked.source or source, 400)}: {plural(len(checked.problems), 'problem')}"]
    for problem in checked.problems:
        where = f"line {problem.line}: " if problem.line else ""
        path = f"{clean(problem.path, 100)}: " if problem.path else ""
        found = f", found {clean(problem.found, 100)}" if problem.found else ""
        hint = f"; did you mean {clean(problem.suggestion, 80)}?" if problem.suggestion else ""
        lines.append(f"  {where}{path}{clean(problem.message, 400)}{found}{hint}")
    return "\n".join(lines)


def draw_problem(canvas: Canvas, y: int, box: ProblemBox, *, chosen: bool, fixes: bool = False) -> None:
    """The problem in its frame, across the canvas, from row `y` on; rows outside are clipped.

    `fixes` says that the suggestion can be carried out from here.
    """
    line = "accent" if chosen else "line"
    canvas.box(1, y, canvas.width - 2, box.height, title=box.title, right=box.right, line=line)
    for row, content in enumerate(box.lines, y + 1):
        canvas.spans(3, row, content)
    asks = next((row for row, content in enumerate(box.lines, y + 1) if _asks(content)), None)
    if chosen and fixes and asks is not None and length(box.lines[asks - y - 1]) + 24 < canvas.width:
        canvas.right(canvas.width - 4, asks, (Span("f", "accent", True), Span(" fix it for me", "dim")))


def _asks(content: Line) -> bool:
    return len(content) > 1 and content[1].text.startswith("Did you mean")
