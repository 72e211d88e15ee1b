"""Where jobs come from: the registry of sources. One file each; importing it costs nothing but the standard library."""

from __future__ import annotations

import os
from typing import TypeAlias

from qtui.sources.command import CommandSource
from qtui.sources.crawl import CrawlSource
from qtui.sources.csv import CsvSource
from qtui.sources.glob import GlobSource
from qtui.sources.jsonl import JsonlSource
from qtui.sources.lines import LinesSource
from qtui.sources.list import ListSource
from qtui.sources.python import PythonSource
from qtui.sources.range import RangeSource
from qtui.sources.tail import TailSource

AnySource: TypeAlias = (
    RangeSource
    | ListSource
    | LinesSource
    | CsvSource
    | JsonlSource
    | GlobSource
    | CommandSource
    | PythonSource
    | TailSource
    | CrawlSource
)

SOURCES: dict[str, type[AnySource]] = {
    "range": RangeSource,
    "list": ListSource,
    "lines": LinesSource,
    "csv": CsvSource,
    "jsonl": JsonlSource,
    "glob": GlobSource,
    "command": CommandSource,
    "python": PythonSource,
    "tail": TailSource,
    "crawl": CrawlSource,
}
"""By the preset's `kind`. Every one is a table and, once checked and bound, a `qtui.core.seams.Source`."""


def for_input(path: str) -> LinesSource | CsvSource | JsonlSource:
    """The source that suits a file named on the command line, by its suffix; lines when nothing else fits."""
    match os.path.splitext(path.removesuffix(".gz"))[1].lower():
        case ".csv":
            return CsvSource(path=path)
        case ".tsv":
            return CsvSource(path=path, delimiter="tab")
        case ".jsonl" | ".ndjson":
            return JsonlSource(path=path)
        case _:
            return LinesSource(path=path)


__all__ = [
    "SOURCES",
    "AnySource",
    "CommandSource",
    "CrawlSource",
    "CsvSource",
    "GlobSource",
    "JsonlSource",
    "LinesSource",
    "ListSource",
    "PythonSource",
    "RangeSource",
    "TailSource",
    "for_input",
]
