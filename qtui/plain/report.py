"""Reports for the command line: what a preset will do or what is wrong with it, and which runs there are."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from qtui.core.eta import Eta
from qtui.core.past import Plan
from qtui.core.port import Checked, Problem
from qtui.core.snapshot import Control, Snapshot
from qtui.core.verdict import Verdict
from qtui.core.why import why_run
from qtui.plain.cells import cells
from qtui.plain.linear import standing
from qtui.text import clean, clock, count, plural, rate, rate_limit


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


def plan_report(plan: Plan, said: str) -> str:
    """What going on with an unfinished run would do, and how to agree to it."""
    lines = [f"{plan.run_id}: {plan.summary}", *(f"  {line}" for line in plan.lines[1:])]
    if plan.surprises:
        lines.append("nothing was started; --accept-plan goes on with it, --fresh starts anew and keeps it aside")
    else:
        lines.append(said)
    return "\n".join(clean(line, 2_000) for line in lines)


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
    """A live run in a few lines: how far it is, what is going on, the values in force, and why nothing starts."""
    control = snap.control
    limit = rate_limit(control.rate) if control.rate is not None else "none"
    held = " · held" if snap.throttle.held_by_person else " · halted" if snap.throttle.halted else ""
    return "\n".join(
        [
            f"{clean(snap.run_id, 80)}: {snap.state} for {clock(snap.elapsed_s)}",
            f"  {standing(snap, eta)}",
            f"  {verdict.word.capitalize()}: {clean(verdict.sentence)}",
            f"  {_bounds(control)}{_auto(snap)} · rate {limit}{held}",
            *([f"  nothing new starts: {why}"] if (why := why_run(snap)) else []),
        ]
    )


def _auto(snap: Snapshot) -> str:
    auto = snap.throttle.adaptive
    return f" ({'frozen' if auto.frozen else 'auto'} {auto.limit} of {auto.min}–{auto.max})" if auto is not None else ""


def _bounds(control: Control) -> str:
    if control.strategy == "pool":
        return f"concurrency {control.concurrency} · capacity {control.capacity}"
    permits = "no limit" if control.strategy == "unbounded" else f"concurrency {control.concurrency}"
    return f"{permits} · {control.strategy}, no bound"


class RunLine(msgspec.Struct, frozen=True):
    """A run as `qtui ls` tells it; what is not known is None."""

    run_id: str
    name: str
    preset: str
    state: str
    """starting, running, paused, draining, stopping, finished, stopped, crashed, or `not answering`."""
    started_at: float
    """Wall clock."""
    elapsed_s: float | None = None
    done: int = 0
    failed: int = 0
    total: int | None = None
    rate: float | None = None
    """Jobs done per second, of a live run."""
    left_s: float | None = None
    left: str = ""
    """The same for people: `7:10`, `paused`."""
    live: bool = False
    pid: int | None = None
    """Of its engine."""
    resume: str = ""
    """What to type to go on with it, or empty."""


COLUMNS = ("RUN", "STATE", "STARTED", "ELAPSED", "DONE", "FAILED", "OF", "RATE", "LEFT", "PRESET")
RIGHT = frozenset(range(3, 9))


def runs_report(runs: Sequence[RunLine]) -> str:
    """A table of runs and what can be gone on with, or a sentence when there are none."""
    if not runs:
        return "no runs yet; `qtui backpressure` starts one"
    rows = [COLUMNS, *map(_run_row, runs)]
    widths = [max(cells(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [
        "  ".join(
            " " * (width - cells(cell)) + cell if column in RIGHT else cell + " " * (width - cells(cell))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    again = [run for run in runs if run.resume]
    lines += ["", *(f"{clean(run.run_id, 80)} can go on: {clean(run.resume, 200)}" for run in again)] if again else []
    return "\n".join(lines)


def _run_row(run: RunLine) -> tuple[str, ...]:
    return (
        clean(run.run_id, 80),
        clean(run.state, 20),
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started_at)),
        clock(run.elapsed_s) if run.elapsed_s is not None else "?",
        count(run.done),
        count(run.failed),
        count(run.total) if run.total is not None else "?",
        rate(run.rate) if run.rate is not None else "",
        clean(run.left, 20),
        clean(run.preset, 60),
    )


def runs_json(runs: Sequence[RunLine]) -> str:
    """The same for programs: a list of objects."""
    return msgspec.json.format(msgspec.json.encode(runs), indent=2).decode()
