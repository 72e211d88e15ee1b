"""What the verbs that only look need: reports of presets and runs, and the results of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qtui.core.job import Value
from qtui.core.port import Checked
from qtui.errors import UsageError
from qtui.journal.place import state_dir
from qtui.journal.reader import open_reader
from qtui.journal.runs import find, list_runs
from qtui.plain.jsonlines import columns, csv_lines, result_lines
from qtui.plain.report import check_report
from qtui.wiring.checking import checked
from qtui.wiring.presets import Options, load


def check(preset: str, input_: str, changes: tuple[tuple[str, str], ...]) -> tuple[Checked, str]:
    """The check of a preset and its report. Raises UsageError when there is no such file."""
    told = checked(load(preset, Options(input_, changes)))
    return told, check_report(told)


def results(run: str, state: str, *, order: str, failed: bool, as_csv: bool, terminal: bool) -> Iterator[bytes]:
    """The results of a run, or of the newest one, as JSON lines or CSV; only a window of them is ever in memory.

    The columns of the CSV are those of all rows, so they are looked through once before. `terminal`: what could
    steer a terminal is spelled out.

    Raises:
        UsageError: when there is no such run. JournalUnreadable, when its journal cannot be read.
    """
    folder = _folder(run, _state(state))
    if not as_csv:
        yield from result_lines(_rows(folder, order, failed), terminal=terminal)
    elif header := columns(_rows(folder, "submission", failed)):
        yield from csv_lines(header, _rows(folder, order, failed), terminal=terminal)


def _rows(folder: Path, order: str, failed: bool) -> Iterator[dict[str, Value]]:
    with open_reader(folder) as reader:
        yield from reader.results(order, failed=failed)


def _folder(run: str, where: Path) -> Path:
    if run:
        return find(where, run)
    known = list_runs(where)
    if not known:
        raise UsageError("there are no runs yet; `qtui run PRESET` makes one")
    return where / known[0].run_id


def _state(state: str) -> Path:
    return state_dir(Path(state) if state else None)
