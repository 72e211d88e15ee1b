"""Finding and reading presets: a path, or the name of a bundled one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from qtui.core.port import Problem
from qtui.core.preset import Vocabulary, document, misfit, parse
from qtui.core.seams import Source
from qtui.core.tables import Preset, SourceTable, Table
from qtui.core.walker import Reading, nearest, shown
from qtui.core.walker import locate as where_keys_stand
from qtui.demo.config import SiteConfig
from qtui.errors import QtuiError, UsageError
from qtui.kinds import KINDS
from qtui.sources import SOURCES, for_input
from qtui.text import clean
from qtui.wiring.columns import unknown_fields
from qtui.wiring.finding import locate

MAX_BYTES = 4 << 20
MOST_NEAR = 1000
"""Files that are looked at for a name that is nearly right."""
AnyTable = TypeVar("AnyTable", bound=Table)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A preset as it was found, and what is wrong with it, if anything."""

    source: str
    path: Path
    text: str
    preset: Preset | None
    problems: list[Problem]
    document: Mapping[str, object] = field(default_factory=dict)
    """The TOML tables as they are in force, with the changes of the command line; empty when there are problems."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line changes about a preset."""

    input: str = ""
    """A file whose rows replace the preset's sources; `-` is standard input."""
    changes: tuple[tuple[str, str], ...] = ()
    """`--set` pairs of key path and value."""


def vocabulary() -> Vocabulary:
    """Everything a preset may name."""
    return Vocabulary(SOURCES, {name: entry.table() for name, entry in KINDS.items()}, SiteConfig)


def load(source: str, options: Options = Options()) -> Loaded:
    """Read and check a preset, with the changes of the command line.

    Raises:
        UsageError: when there is no such file or it cannot be read.
    """
    path = locate(source)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{clean(path)} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem("", "this line is not UTF-8; save the preset as UTF-8", line)
        return Loaded(source, path, clean(raw, 1000), None, [problem])
    preset, problems = parse(text, source, vocabulary(), options.changes)
    if preset is not None:
        told = preset.sources
        preset = _placed(preset, path, options)
        problems = _unreadable(preset, [] if options.input else told)
        lines = Reading(text, lines=where_keys_stand(text))
        problems = [msgspec.structs.replace(each, line=lines.line_of(each.path)) for each in problems]
    if preset is None or problems:
        return Loaded(source, path, text, None, problems)
    tables = document(text, options.changes)
    if options.input:
        tables["source"] = [_document(source) for source in preset.sources]
    return Loaded(source, path, text, preset, [], tables)


def written(text: str, source: str = "") -> Preset:
    """The preset in TOML that was made from the tables of a run. Raises QtuiError when it does not read back."""
    preset, problems = parse(text, source, vocabulary())
    if preset is None:
        raise QtuiError(f"the preset of this run cannot be written as TOML: {clean(problems[0].message)}")
    return preset


def _placed(preset: Preset, path: Path, options: Options) -> Preset:
    """Input paths are relative to the preset; what the command line names is relative to where it was typed."""
    if options.input:
        given = options.input if options.input == "-" else str(Path(options.input).absolute())
        sources: Iterable[SourceTable] = [for_input(given)]
    else:
        sources = preset.sources
    placed = [absolute(source, path.parent) for source in sources]
    kind = absolute(preset.kind, path.parent)
    return msgspec.structs.replace(preset, sources=placed, kind=kind)


def _document(source: SourceTable) -> dict[str, object]:
    """A source as a TOML table, which knows no null."""
    return {key: value for key, value in msgspec.to_builtins(source).items() if value is not None}


def absolute(table: AnyTable, folder: Path) -> AnyTable:
    """With the paths that are relative to the preset's `folder` made whole."""
    told = {key: getattr(table, key) for key in table.relative}
    placed = {
        key: str((folder / Path(path).expanduser()).absolute()) for key, path in told.items() if path not in ("", "-")
    }
    return msgspec.structs.replace(table, **placed)


def _unreadable(preset: Preset, told: Sequence[SourceTable]) -> list[Problem]:
    """What cannot be read is said before anything starts; `told` are the sources with their paths as written."""
    problems = []
    for index, source in enumerate(preset.sources):
        if sentence := cast(Source, source).check():  # every table in the registry of sources is a source
            missing = _missing(source, told[index]) if index < len(told) else None
            key, written, near = missing or ("", "", "")
            problems.append(Problem(f"source[{index}]{key}", sentence, found=shown(written or None), suggestion=near))
    if problem := misfit(preset.sources, preset.job.kind, preset.kind):  # --input has taken the sources' place
        problems.append(Problem(*problem))
    return problems or unknown_fields(preset)


def _missing(source: SourceTable, told: SourceTable) -> tuple[str, str, str] | None:
    """The key of a file that is not there, its path as written, and what in that folder is most like it."""
    for key in source.relative:
        path, written = getattr(source, key), getattr(told, key)
        if path in ("", "-") or "\0" in path or Path(path).exists():
            continue
        folder, name = Path(path).parent, Path(path).name
        there = [each.name for each in islice(folder.glob("*"), MOST_NEAR) if each.is_file()]
        near = nearest(name, there)
        return f".{key}", written, f"{written.removesuffix(name)}{near}" if near and written.endswith(name) else ""
    return None


def identity_of(loaded: Loaded, options: Options) -> str:
    """What two starts must agree on to be one run: the preset's file and the input it was given."""
    given = options.input if options.input in ("", "-") else str(Path(options.input).resolve())
    return msgspec.json.encode([str(loaded.path.resolve()), given]).decode()


def uses_site(preset: Preset) -> bool:
    """Whether anything in the preset still names `{site}`, or its port is asked for; with `--input` nothing may."""
    if isinstance(preset.demo, SiteConfig) and preset.demo.port:
        return True
    told = msgspec.json.encode([preset.kind, preset.sources, preset.job])
    return b"{site}" in told


def reads_stdin(preset: Preset) -> bool:
    """Whether a source takes its rows from standard input."""
    return any(getattr(source, key) == "-" for source in preset.sources for key in source.relative)
