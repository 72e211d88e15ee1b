"""Fields that templates of a job name and a source does not have: known before any job has failed for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from qtui.core.port import Problem
from qtui.core.seams import Source
from qtui.core.tables import Preset
from qtui.core.template import Template, TemplateError
from qtui.core.walker import nearest
from qtui.errors import QtuiError
from qtui.text import clean

RUN_FIELDS = frozenset({"site"})
_SHOWN = 12


def unknown_fields(preset: Preset) -> list[Problem]:
    """A problem for every field that the rows of a source lack, where its columns are known without running it."""
    problems = []
    for index, source in enumerate(preset.sources):
        try:
            columns = cast(Source, source).columns()  # every table in the registry of sources is a source
        except (QtuiError, OSError):
            continue  # the run says why it cannot be read
        if columns is None:
            continue
        for path, field in _unknown(preset, set(columns)):
            have = ", ".join(clean(name, 40) for name in columns[:_SHOWN])
            more = f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
            said = f"there is no field {{{clean(field, 60)}}} in the rows of source[{index}], which have {have}{more}"
            problems.append(Problem(path, said, suggestion=nearest(field, columns)))
    return problems


def _unknown(preset: Preset, known: set[str]) -> Iterator[tuple[str, str]]:
    """Where a field is named that is not known, and which one."""
    asked: set[str] = set()

    def fill(text: str) -> str:
        asked.update(Template(text).fields)
        return "0"

    try:
        own = set(preset.kind.own_fields(fill))
        preset.kind.describe(fill)
    except (TemplateError, ValueError):
        return
    used = [
        (f"job.{preset.job.kind}", asked, known),
        ("job.name", Template(preset.job.name).fields, known | own),
        ("job.key", Template(preset.job.key).fields, known | own),
    ]
    for path, fields, there in used:
        for field in sorted(fields - there - RUN_FIELDS):
            if field.partition(".")[0] not in there:
                yield path, field
