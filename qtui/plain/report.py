"""Reports for the command line: what a preset will do or what is wrong with it, and which runs there are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from qtui.core.eta import Eta
from qtui.core.port import Checked, Problem, RunEntry
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Verdict
from qtui.plain.cells import cells
from qtui.plain.linear import standing
from qtui.text import clean, clock, count, plural


def check_report(checked: Checked) -> str:
    """Plain words; for a bad preset every problem with its line, what was found and what would be right."""
    if checked.problems:
        return problem_report(checked)
    lines = [f"{checked.name}: {checked.description}".rstrip(": ")]
    lines += [f"  reads {producer}" for producer in checked.producers]
    lines += [f"  {sentence}" for sentence in checked.plan]
    total = plural(checked.total, "job") if checked.total is not None else "an unknown number of jobs"
    lines.append(f"  {total} in all; nothing was started")
    return "\n".join(lines)


def problem_report(checked: Checked) -> str:
    """Every problem of a bad preset at once."""
    text = checked.text.split("\n")
    head = f"{checked.source} cannot run: {plural(len(checked.problems), 'problem')}; nothing was started"
    return "\n\n".join([head, *(_problem(checked.source, problem, text) for problem in checked.problems)])


def _problem(source: str, problem: Problem, text: Sequence[str]) -> str:
    where = f"{source}:{problem.line}" if problem.line else source
    key = f"{clean(problem.path)}: " if problem.path else ""
    lines = [f"{where}: {key}{clean(problem.message)}"]
    if 0 < problem.line <= len(text):
        source_line = clean(text[problem.line - 1])
        lines.append(f"    {problem.line:>4} | {source_line}")
        if spot := _spot(problem, source_line):
            lines.append(f"         | {spot}")
    if problem.found and problem.found not in problem.message:
        lines.append(f"         found {clean(problem.found)}")
    if problem.allowed and problem.allowed not in problem.message:
        lines.append(f"         allowed: {clean(problem.allowed)}")
    if problem.suggestion:
        lines.append(f"         did you mean {clean(problem.suggestion)}?")
    return "\n".join(lines)


def _spot(problem: Problem, line: str) -> str:
    """Carets under what was found in the source line, or else under its key; empty when neither is there."""
    key = problem.path.rpartition(".")[2].partition("[")[0]
    code = line.partition("#")[0] or line
    after = code.find("=") + 1  # 0 in a line without a value
    for word, since in ((problem.found, after), (key, 0)):
        start = code.find(word, since) if word else -1
        if start >= 0:
            return " " * cells(line[:start]) + "^" * cells(word)
    return ""


def status_report(snap: Snapshot, verdict: Verdict, eta: Eta) -> str:
    """A live run in four lines: how far it is, what is going on, and the values in force."""
    control = snap.control
    limit = f"{control.rate:g}/s" if control.rate is not None else "none"
    held = " · held" if snap.throttle.held_by_person else ""
    return "\n".join(
        [
            f"{clean(snap.run_id, 80)}: {snap.state} for {clock(snap.elapsed_s)}",
            f"  {standing(snap, eta)}",
            f"  {verdict.word.capitalize()}: {clean(verdict.sentence)}",
            f"  concurrency {control.concurrency} · capacity {control.capacity} · rate {limit}{held}",
        ]
    )


def runs_report(runs: Iterable[RunEntry]) -> str:
    """A table of runs, or a sentence when there are none."""
    rows = [("RUN", "STATE", "STARTED", "DONE", "FAILED", "OF", "PRESET")]
    rows += [
        (
            clean(run.run_id, 80),
            clean(run.state, 20),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started_at)),
            count(run.done),
            count(run.failed),
            count(run.total) if run.total is not None else "?",
            clean(run.preset, 60),
        )
        for run in runs
    ]
    if len(rows) == 1:
        return "no runs yet; `qtui backpressure` starts one"
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = {3, 4, 5}
    return "\n".join(
        "  ".join(
            " " * (width - cells(cell)) + cell if column in right else cell + " " * (width - cells(cell))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
