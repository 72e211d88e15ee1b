"""A preset that runs just the failed or held jobs of a run: written from what its journal says, never over a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import tomli_w

from qtui.core.preset import parse
from qtui.core.seams import Source
from qtui.core.units import PARSERS
from qtui.errors import CannotWrite, UsageError
from qtui.journal.encoding import decode
from qtui.journal.reader import Reader, open_reader
from qtui.journal.schema import reason, sync_folder
from qtui.text import clean, plural
from qtui.wiring.presets import vocabulary, written
from qtui.wiring.reports import run_folder
from qtui.wiring.toml_text import toml_text

BLOCK = 500
"""Rows that are written in one go."""


def write_preset(run: str, state: str, states: Sequence[str], file: str) -> str:
    """Write `file` and, beside it, the rows of the jobs of a run that are in `states`; tells what was done.

    Raises:
        UsageError: there is no such run, or `file` cannot be a preset's name. CannotWrite, also where a file stands
            already. JournalUnreadable.
    """
    path = Path(file).expanduser()
    rows_path = path.with_suffix(".jsonl")
    if path.suffix != ".toml":
        raise UsageError(f"{clean(file)} is no name for a preset; let it end in .toml")
    for taken in (path, rows_path):
        if os.path.lexists(taken):
            raise CannotWrite(f"{clean(taken)} exists already and is left as it is; choose another name")
    folder = run_folder(run, state)
    which = " or ".join(states)
    with open_reader(folder) as reader:
        if not reader.choose("submission", states):
            return f"run {folder.name} has no {which} jobs; nothing is written"
        text = _preset(reader, path, f"The {which} jobs of run {folder.name}")
        made: list[Path] = []
        try:
            rows = _Rows(reader)
            _write(rows_path, rows, made)
            if rows.written:
                _write(path, [text.encode()], made)
                sync_folder(path.absolute().parent)
            else:
                rows_path.unlink()
        except BaseException as error:
            for one in made:
                one.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise CannotWrite(f"cannot write {clean(path)}: {clean(reason(error))}") from error
            raise
    return _told(rows, path, f"{which} job", folder.name)


def _told(rows: _Rows, path: Path, noun: str, run: str) -> str:
    left_out = ""
    if rows.unusable:
        are = "its input cannot" if rows.unusable == 1 else "their input cannot"
        left_out = f"{plural(rows.unusable, 'job')} left out: {are} be used ({rows.example})"
    if not rows.written:
        return f"nothing is written; {left_out}"
    told = (
        f"wrote {clean(path)} and {clean(path.with_suffix('.jsonl').name)}: {plural(rows.written, noun)} of run {run}"
    )
    return "\n".join(filter(None, [told, left_out, f"run them with: qtui run {clean(path)}"]))


class _Rows:
    """The rows of the chosen jobs as JSON lines, in blocks; what its source could not read is no row, and counted."""

    def __init__(self, reader: Reader) -> None:
        self.written = 0
        self.unusable = 0
        self.example = ""
        self._reader = reader

    def __iter__(self) -> Iterator[bytes]:
        block = []
        for job in self._reader.inputs():
            problem = job.problem or _unfit(job.row)
            if problem:
                self.unusable += 1
                self.example = self.example or f"{clean(job.name)}: {clean(problem)}"
                continue
            self.written += 1
            block.append(job.row + "\n")
            if len(block) == BLOCK:
                yield "".join(block).encode()
                block = []
        yield "".join(block).encode()


def _unfit(row: str) -> str:
    """Why a row that a source gave could not be read again, or nothing."""
    try:
        msgspec.json.decode(row)
    except msgspec.DecodeError:
        return "it has text that JSON lines cannot hold"
    return ""


def _preset(reader: Reader, path: Path, description: str) -> str:
    """The preset of a run, its sources replaced by one that reads the rows beside `path`."""
    told = reader.fact("preset_text")
    kept = decode(told or "null")
    if not isinstance(kept, dict):
        raise UsageError("the journal of this run was written by an older qtui and has no preset in it")
    tables: dict[str, Any] = kept
    rows = path.with_suffix(".jsonl").name
    tables["preset"] |= {"name": clean(path.stem), "description": description}
    _find_nothing(tables["job"])
    place = _place(told)
    source = _source(tables["source"], rows if not rows.startswith("~") else f"./{rows}")
    if place:
        source["place"] = place
    tables["source"] = [source]
    results = tables.get("results", {})
    if results.get("path"):
        old = Path(results["path"])
        name = f"{path.stem}-results{old.suffix}"
        results["path"] = str(old.with_name(name if name != old.name else f"{path.stem}-again{old.suffix}"))
    if site := re.search(r":(\d+)$", reader.fact("site")):
        tables["demo"]["port"] = int(site[1])  # the rows have its address in them
    text = toml_text(tables)
    written(text, str(path))
    return text


def _find_nothing(job: dict[str, Any]) -> None:
    """Take out of a [job] table what makes jobs find new ones: the preset runs just those it has."""
    kind = job["kind"]
    for key in vocabulary().kinds[kind].finding:
        job.get(kind, {}).pop(key, None)


def _place(told: str) -> str:
    """The field of all of the old sources that was no part of what a job is."""
    preset, _ = parse(tomli_w.dumps(decode(told)), "", vocabulary())  # type: ignore[arg-type]  # it is a dict
    places = {cast(Source, table).place for table in preset.sources} if preset else set()
    place = places.pop() if len(places) == 1 else ""
    return place if isinstance(place, str) else ""


def _source(old: Sequence[dict[str, Any]], rows: str) -> dict[str, Any]:
    """The one source; it is called as the one before it, and is as fast as the slowest of those."""
    source: dict[str, Any] = {"kind": "jsonl", "path": rows}
    if len(old) == 1 and old[0].get("name"):
        source["name"] = old[0]["name"]
    if rates := [table["rate"] for table in old if table.get("rate") is not None]:
        source["rate"] = min(rates, key=PARSERS["rate"])
    return source


def _write(path: Path, blocks: Iterable[bytes], made: list[Path]) -> None:
    """A new file, durable; what was begun is in `made`."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    made.append(path)
    with open(handle, "wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
