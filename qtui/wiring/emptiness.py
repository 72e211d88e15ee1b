"""Why a run had no jobs: what its sources found when they were asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from qtui.core.seams import Source
from qtui.core.tables import SourceTable
from qtui.sources import stream
from qtui.sources.base import FromPath
from qtui.text import clean, plural
from qtui.wiring.editing import started_from
from qtui.wiring.finding import bundled
from qtui.wiring.presets import Options, load

_LOOKED_AT = 1 << 22
"""Bytes of a file whose lines are counted; a larger one would not be without jobs for want of lines."""


def preset_file(folder: Path) -> Path | None:
    """The file that the run in `folder` was started from; None where it came with qtui. Raises UsageError."""
    origin, _, _ = started_from(folder)
    return None if origin in {path.resolve() for path in bundled()} else origin


def why_no_jobs(folder: Path) -> str:
    """One sentence about every source of the run in `folder`, as it is now. Raises UsageError."""
    origin, _, given = started_from(folder)
    preset = load(str(origin), Options(given)).preset
    return "; ".join(_said(source) for source in preset.sources) if preset is not None else ""


def _said(source: SourceTable) -> str:
    if not isinstance(source, FromPath) or not stream.regular(source.path):
        return f"{clean(cast(Source, source).title)} gave nothing"
    if not os.path.getsize(source.path):
        return f"{source.label} is empty (0 lines)"
    with open(source.path, "rb") as file:
        lines = file.read(_LOOKED_AT).count(b"\n")
    return f"{source.label} has {plural(max(lines, 1), 'line')}, and none of them is a job"
