"""Where presets lie that a person may choose from: with qtui, in the person's own folder, and here."""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qtui.core.port import PresetEntry
from qtui.text import clean
from qtui.wiring.finding import bundled, bundled_dir, own_dir

MOST = 200
"""Presets that are listed of one folder."""
_BYTES = 1 << 17
"""A larger file is no preset that a person wrote."""
_HEADER = re.compile(rb"^[ \t]*\[[ \t]*preset[ \t]*\]", re.MULTILINE)


def own_presets() -> list[PresetEntry]:
    """Those that do not come with qtui: of the person's own folder, of this one, and of `presets` in it."""
    seen = {path.resolve() for path in bundled()}
    entries = []
    for folder, shown in ((own_dir(), _short(own_dir())), (Path(), "./"), (Path("presets"), "./presets")):
        if folder.resolve() == bundled_dir().resolve():
            continue
        for path in _presets(folder):
            if path.resolve() not in seen:
                seen.add(path.resolve())
                entries.append(own_entry(path, shown))
    return entries


def bundled_presets() -> list[PresetEntry]:
    """Those that come with qtui, the one to see first at the head."""
    return [_entry(path.stem, path, "") for path in bundled()]


def own_entry(path: Path, folder: str = "") -> PresetEntry:
    """A preset that does not come with qtui."""
    return _entry(str(path), path, folder or _short(path.parent))


def _entry(source: str, path: Path, folder: str) -> PresetEntry:
    """What its file says of itself; whether it can run is another question, and a slower one."""
    told: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError, RecursionError):  # the check says what is wrong with it
        told = tomllib.loads(path.read_bytes()[:_BYTES].decode("utf-8-sig"))
    about = told.get("preset")
    name, description = (_text(about, key) for key in ("name", "description"))
    group = "own" if folder else "learn" if _text(told.get("job"), "kind") == "simulate" else "real"
    return PresetEntry(source, name or clean(path.stem), description, group, folder, str(path.resolve()))


def _text(table: object, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return clean(value) if isinstance(value, str) else ""


def _presets(folder: Path) -> Iterator[Path]:
    """The files that are presets, by name; a folder may hold much other TOML."""
    try:
        found = sorted(folder.glob("*.toml"))
    except OSError:
        return
    listed = 0
    for path in found:
        if listed < MOST and _is_preset(path):
            listed += 1
            yield path


def _is_preset(path: Path) -> bool:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # it may be a pipe
            return _HEADER.search(file.read(_BYTES) or b"") is not None
    except OSError:
        return False


def _short(folder: Path) -> str:
    """As a person would type it."""
    if folder == Path():
        return "./"
    home = Path.home()
    return f"~/{folder.relative_to(home)}".removesuffix(".") if folder.is_relative_to(home) else str(folder)
