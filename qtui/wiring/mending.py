"""The suggestion of a problem carried out in a preset's file: one word changes, and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from qtui.core.mend import Spot, find
from qtui.core.port import Correction, Problem
from qtui.core.preset import parse
from qtui.errors import CannotWrite, UsageError
from qtui.journal.schema import reason
from qtui.text import clean
from qtui.wiring.finding import bundled, locate
from qtui.wiring.presets import load, vocabulary
from qtui.wiring.whole import write_whole

BY_HAND = "correct it in an editor"


def correct(source: str, problem: Problem) -> Correction:
    """How the suggestion of a problem would be carried out.

    Raises:
        UsageError: there is no suggestion, or it is not certain where it belongs, or it would not help.
    """
    path = locate(source).resolve()
    if path in {each.resolve() for each in bundled()}:
        raise UsageError(f"{clean(source)} comes with qtui and is not changed in place")
    if not problem.suggestion:
        raise UsageError(f"there is no suggestion for {clean(problem.path) or 'this'}; {BY_HAND}")
    loaded = load(str(path))
    spot = find(loaded.text, problem)
    if spot is None or not _helps(loaded.text, spot, problem):
        raise UsageError(f"it is not certain where {clean(problem.suggestion)} belongs; {BY_HAND}")
    line = loaded.text.split("\n")[spot.line - 1]
    return Correction(str(path), spot.line, spot.column, spot.old, spot.new, line)


def _helps(text: str, spot: Spot, problem: Problem) -> bool:
    """The problem goes away, and the file does not become something that cannot be read at all."""
    _, problems = parse(spot.in_place(text), "", vocabulary())
    left = {(each.path, each.message, each.found) for each in problems}
    return not any(path == "" for path, _, _ in left) and (problem.path, problem.message, problem.found) not in left


def write_correction(correction: Correction) -> None:
    """Carry it out, whole or not at all; the file keeps its rights, its line ends and its mark of UTF-8.

    Raises:
        CannotWrite: also where the line is no longer what it was.
    """
    path = correction.path
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
            rights = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        lines = text.split("\n")
        at = correction.line - 1
        mark = len(lines[0]) - len(lines[0].removeprefix("\ufeff")) if at == 0 else 0
        if at >= len(lines) or lines[at][mark:].removesuffix("\r") != correction.text.removesuffix("\r"):
            raise CannotWrite(f"{clean(path)} has changed meanwhile and is left as it is")
        spot = Spot(correction.line, correction.column + mark, correction.old, correction.new)
        write_whole(Path(path), spot.in_place(text), rights)
    except (OSError, UnicodeDecodeError) as error:
        told = reason(error) if isinstance(error, OSError) else "it is not UTF-8"
        raise CannotWrite(f"cannot write {clean(path)}: {clean(told)}") from error
