"""Where presets are; light, because the launcher asks before anything else is loaded."""

from __future__ import annotations

import os
from pathlib import Path

from qtui.errors import UsageError
from qtui.text import clean

FIRST = "backpressure"
"""The bundled preset that a newcomer should see first."""


def bundled_dir() -> Path:
    """Where the bundled presets are: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent.parent / "presets"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "presets"


def bundled() -> list[Path]:
    """The bundled presets, the one to see first at the head."""
    found = sorted(bundled_dir().glob("*.toml"))
    return sorted(found, key=lambda path: path.stem != FIRST)


def own_dir() -> Path:
    """Where a person keeps presets that are found by name."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "qtui" / "presets"


def locate(source: str) -> Path:
    """The file of a preset: a path, or the name of one that comes with qtui or lies in the person's own folder.

    Raises:
        UsageError: when there is none, naming what there is.
    """
    path = Path(source).expanduser()
    if path.is_file():
        return path
    for folder in (bundled_dir(), own_dir()):
        inside = folder / f"{source}.toml"
        if "/" not in source and inside.is_file():
            return inside
    if path.is_dir():
        raise UsageError(f"{clean(source)} is a directory; name a preset file in it")
    names = ", ".join(path.stem for path in bundled())
    raise UsageError(f"there is no preset {clean(source)}; give a path to a TOML file or one of: {names}")
