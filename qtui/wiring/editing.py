"""A preset and its run, compared: what a save of the values in force would write, what reading it again would change.

A run keeps the tables it was started with in its journal, so both work for a run that was started elsewhere.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qtui.core.commands import (
    Command,
    SetAdaptive,
    SetCapacity,
    SetConcurrency,
    SetPerHost,
    SetPerHostRate,
    SetRate,
)
from qtui.core.port import Change, Draft
from qtui.core.preset import document, parse
from qtui.core.snapshot import Snapshot
from qtui.core.tables import Preset, SourceTable, Table
from qtui.core.units import write_rate
from qtui.errors import CannotWrite, UsageError
from qtui.journal.encoding import decode
from qtui.journal.reader import open_reader
from qtui.journal.runs import read_record
from qtui.journal.schema import reason
from qtui.text import clean, plural
from qtui.wiring.presets import Options, load, vocabulary, written
from qtui.wiring.toml_text import toml_text
from qtui.wiring.whole import write_whole

MISSING = "—"
"""What a value that is not there is written as."""
_LONGEST = 60


def draft(folder: Path, snap: Snapshot, file: str) -> Draft:
    """What saving the preset of the run in `folder` with the values in force as `file` would write.

    Raises:
        UsageError: `file` is no name for a preset, or the run keeps none. JournalUnreadable.
    """
    path = _target(file)
    origin, kept, _ = _kept(folder)
    preset = written(toml_text(kept))
    tables = _moved(_in_force(kept, preset, snap), preset, origin.parent, path.parent)
    text = toml_text(tables)
    written(text)
    there = _read(path)
    before = _tables(_read(origin)) or kept
    comments = sum(1 for line in there.splitlines() if line.lstrip().startswith("#")) if there else 0
    changes = [Change(key, old, new) for key, old, new in differences(before, tables)]
    return Draft(str(path), text, changes, exists=os.path.lexists(path), comments=comments)


def save(path: str, text: str, *, replace: bool) -> str:
    """Write the draft, durably and whole or not at all; tells what was done.

    Raises:
        CannotWrite: also where a file stands already and `replace` does not say that it may go.
    """
    target = Path(path)
    if os.path.lexists(target) and not replace:
        raise CannotWrite(f"{clean(target)} exists already and is left as it is")
    try:
        write_whole(target, text)
    except OSError as error:
        raise CannotWrite(f"cannot write {clean(target)}: {clean(reason(error))}") from error
    return f"saved as {clean(target)}"


def reload(folder: Path, snap: Snapshot, changes: Sequence[tuple[str, str]]) -> list[Change]:
    """What differs between the run in `folder` and its preset's file now; the commands of what can change at once.

    `changes` are the `--set` pairs that the run was started with.

    Raises:
        UsageError: the file is gone or cannot run; says why, with the line. JournalUnreadable.
    """
    origin, kept, given = _kept(folder)
    loaded = load(str(origin), Options(given, tuple(changes)))
    if loaded.preset is None:
        first = loaded.problems[0]
        more = f" ({plural(len(loaded.problems) - 1, 'more problem')})" if len(loaded.problems) > 1 else ""
        where = f", line {first.line}" if first.line else ""
        path = f"{first.path}: " if first.path else ""
        raise UsageError(f"{clean(origin.name)}{where}: {path}{first.message}{more}; nothing was changed")
    live = [change for change in _live(loaded.preset, snap) if change.old != change.new]
    keys = {change.path for change in _live(loaded.preset, snap)}
    later = [Change(key, old, new) for key, old, new in differences(kept, loaded.document) if key not in keys]
    return live + later


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Key path, old and new value of everything that differs, in the order of `after`; shortened to be read."""
    old, new = dict(_flat(before)), dict(_flat(after))
    keys = [*new, *(key for key in old if key not in new)]
    return [
        (key, _shown(old.get(key, MISSING)), _shown(new.get(key, MISSING)))
        for key in keys
        if old.get(key, MISSING) != new.get(key, MISSING)
    ]


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            yield from _flat(item, f"{path}[{number}]")
    else:
        yield path, value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return clean(value if isinstance(value, str) else str(value), _LONGEST)


def _live(preset: Preset, snap: Snapshot) -> list[Change]:
    """What a person can change while it runs: in force, and in the preset, with the command that brings it there."""
    control, throttle = snap.control, snap.throttle
    wanted = preset.throttle
    found = [_change("throttle.rate", _rate(control.rate), _rate(wanted.rate), SetRate(wanted.rate))]
    if control.strategy != "unbounded":
        set_workers = SetConcurrency(preset.workers.concurrency)
        workers = str(preset.workers.concurrency)
        found.insert(0, _change("workers.concurrency", str(control.concurrency), workers, set_workers))
    if control.strategy == "pool":
        capacity = preset.queue.capacity
        found.append(_change("queue.capacity", str(control.capacity), str(capacity), SetCapacity(capacity)))
    per_host, per_host_rate = SetPerHost(wanted.per_host), SetPerHostRate(wanted.per_host_rate)
    found += [
        _change("throttle.per_host", _number(throttle.per_host), _number(wanted.per_host), per_host),
        _change("throttle.per_host_rate", _rate(throttle.per_host_rate), _rate(wanted.per_host_rate), per_host_rate),
        _change("throttle.adaptive", *_adaptive(preset, snap)),
    ]
    return found


def _change(path: str, old: str, new: str, command: Command) -> Change:
    return Change(path, old, new, command)


def _adaptive(preset: Preset, snap: Snapshot) -> tuple[str, str, Command]:
    """Whether it adapts, and up to how much; how it does so can only change with a new start."""
    auto, wanted = snap.throttle.adaptive, preset.throttle.adapts
    most = min(wanted.max or preset.workers.concurrency, preset.workers.concurrency) if wanted else 0
    now = "off" if auto is None else f"on, up to {auto.max}"
    then = "off" if wanted is None else f"on, up to {most}"
    return now, then, SetAdaptive("on" if wanted else "off", most if wanted else None)


def _number(value: int | None) -> str:
    return MISSING if value is None else str(value)


def _rate(value: float | None) -> str:
    return MISSING if value is None else write_rate(value)


def _in_force(kept: Mapping[str, object], preset: Preset, snap: Snapshot) -> dict[str, Any]:
    """The tables with what a person has changed since; what was not changed stays as it was written."""
    tables: dict[str, Any] = copy.deepcopy(dict(kept))
    control, throttle, auto = snap.control, snap.throttle, snap.throttle.adaptive
    values: dict[str, tuple[object, object]] = {
        "throttle.rate": (control.rate, preset.throttle.rate),
        "throttle.per_host": (throttle.per_host, preset.throttle.per_host),
        "throttle.per_host_rate": (throttle.per_host_rate, preset.throttle.per_host_rate),
        "throttle.adaptive": (auto is not None, preset.throttle.adapts is not None),
    }
    if control.strategy != "unbounded":
        values["workers.concurrency"] = (control.concurrency, preset.workers.concurrency)
    if control.strategy == "pool":
        values["queue.capacity"] = (control.capacity, preset.queue.capacity)
    for path, (now, then) in values.items():
        name, _, key = path.partition(".")
        table = tables.setdefault(name, {})
        if now is None:
            table.pop(key, None)
        elif now != then:
            table[key] = write_rate(now) if isinstance(now, float) else now
        if not table:
            del tables[name]
    return tables


def _moved(tables: dict[str, Any], preset: Preset, before: Path, after: Path) -> dict[str, Any]:
    """Paths in a preset are relative to its folder: in another folder they are written anew."""
    if before.resolve() == after.resolve():
        return tables
    pairs: list[tuple[dict[str, Any], Table | SourceTable]] = list(zip(tables["source"], preset.sources, strict=True))
    pairs.append((tables["job"].get(preset.job.kind, {}), preset.kind))
    for told, table in pairs:
        for key in table.relative:
            path = told.get(key, "")
            if path not in ("", "-") and not Path(path).expanduser().is_absolute():
                told[key] = os.path.relpath(before.resolve() / path, after.resolve())
    return tables


def _kept(folder: Path) -> tuple[Path, dict[str, Any], str]:
    """The file a run was started from, its tables as they were then, and the input it was given instead of theirs."""
    record = read_record(folder)
    with open_reader(folder) as reader:
        kept = decode(reader.fact("preset_text") or "null")
    if not isinstance(kept, dict) or not record.identity:
        raise UsageError("this run was started by an older qtui and keeps no preset")
    path, given = msgspec.json.decode(record.identity, type=tuple[str, str])
    return Path(path), dict(kept), given


def _target(file: str) -> Path:
    path = Path(file.strip()).expanduser().absolute()
    if path.suffix != ".toml" or not path.stem:
        raise UsageError(f"{clean(file) or 'nothing'} is no name for a preset; let it end in .toml")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {clean(path.parent)}")
    if path.is_dir():
        raise UsageError(f"{clean(file)} is a folder")
    return path


def _read(path: Path) -> str:
    """The text of a file, or nothing where it cannot be had."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _tables(text: str) -> dict[str, Any]:
    """The tables of a file that is a preset, or nothing."""
    return document(text) if text and parse(text, "", vocabulary())[0] is not None else {}
