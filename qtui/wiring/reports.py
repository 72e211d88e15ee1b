"""What the verbs that only look need: reports of presets and runs, and the results of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from qtui.core.port import Checked
from qtui.core.sheet import Sheet
from qtui.errors import UsageError
from qtui.journal.place import state_dir
from qtui.journal.reader import open_reader
from qtui.journal.runs import find, list_runs
from qtui.plain.jsonlines import shown_cell, shown_lines
from qtui.plain.preview import Preview, check_json, preview_report
from qtui.plain.report import check_report
from qtui.wiring.checking import checked
from qtui.wiring.foresight import Tell, foresee
from qtui.wiring.presets import Options, load

BLOCK = 500
"""Results that are written in one go."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What is known of a preset before it runs."""

    checked: Checked
    preview: Preview | None

    @property
    def bad(self) -> bool:
        return bool(self.checked.problems)

    def text(self) -> str:
        """For people."""
        return check_report(self.checked) if self.preview is None else preview_report(self.checked, self.preview)

    def as_json(self, *, terminal: bool) -> str:
        """For programs; on a terminal with everything spelled out that could steer it."""
        told = check_json(self.checked, self.preview)
        return (shown_lines(told) if terminal else told).decode()


def check(preset: str, input_: str, changes: tuple[tuple[str, str], ...], *, plan: bool, tell: Tell) -> CheckReport:
    """The check of a preset; with `plan` its first jobs too, counted.

    `tell` is called with what is being counted and the seconds since that began; False ends the counting.

    Raises UsageError when there is no such file.
    """
    loaded = load(preset, Options(input_, changes))
    return CheckReport(checked(loaded), foresee(loaded.preset, tell) if plan and loaded.preset is not None else None)


class Block(NamedTuple):
    """A piece of output, and how far that is."""

    data: bytes
    rows: int
    """Results so far."""
    total: int
    doing: str = ""
    """What is being done while there is no output, or empty."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results of which run, and how."""

    run: str
    """Its id, its beginning or the run's name; the newest run when empty."""
    state: str
    """The state directory, or empty for the usual one."""
    states: tuple[str, ...] = ("done",)
    order: str = "completion"
    as_csv: bool = False
    terminal: bool = False
    """What could steer a terminal is spelled out."""


def results(wanted: Wanted) -> Iterator[Block]:
    """The results of a run as JSON lines or CSV; only a window of them is ever in memory.

    The columns of the CSV are those of all rows, so they are looked through once before.

    Raises:
        UsageError: when there is no such run. JournalUnreadable, when its journal cannot be read.
    """
    with open_reader(run_folder(wanted.run, wanted.state)) as reader:
        yield Block(b"", 0, 0, "sorting the results")
        total = reader.choose(wanted.order, wanted.states)
        if not wanted.as_csv:
            lines = (result.line for result in reader.results())
            yield from _blocks(lines, total, shown_lines if wanted.terminal else bytes)
        elif total:
            shown = shown_cell if wanted.terminal else str
            fields: dict[str, None] = {}
            for rows, result in enumerate(reader.results(), 1):
                fields.update(dict.fromkeys(result.fields))
                if rows % BLOCK == 0:
                    yield Block(b"", rows, total, "looking for the columns")
            sheet = Sheet.of(fields)
            yield Block(sheet.header(shown), 0, total)
            found = reader.results()
            records = (sheet.record(one.job.key, one.job.name, one.fields, shown) for one in found)
            yield from _blocks(records, total, bytes)


def _blocks(lines: Iterable[bytes], total: int, shown: Callable[[bytes], bytes]) -> Iterator[Block]:
    rows, block = 0, []
    for rows, line in enumerate(lines, 1):
        block.append(line)
        if rows % BLOCK == 0:
            yield Block(shown(b"".join(block)), rows, total)
            block = []
    if block:
        yield Block(shown(b"".join(block)), rows, total)


def run_folder(run: str, state: str) -> Path:
    """The folder of a run, or of the newest one. Raises UsageError when there is none."""
    where = _state(state)
    if run:
        return find(where, run)
    known = list_runs(where)
    if not known:
        raise UsageError("there are no runs yet; `qtui run PRESET` makes one")
    return where / known[0].run_id


def _state(state: str) -> Path:
    return state_dir(Path(state) if state else None)
