"""What the tests of sources share: writing inputs and reading them whole."""

from __future__ import annotations

import gzip
from pathlib import Path

from qtui.core.job import Value
from qtui.core.seams import Row, Source


def written(tmp_path: Path, name: str, content: str | bytes) -> str:
    """The path of a new file; content for a name in .gz is packed."""
    octets = content.encode() if isinstance(content, str) else content
    path = tmp_path / name
    path.write_bytes(gzip.compress(octets, mtime=0) if name.endswith(".gz") else octets)
    return str(path)


def rows(source: Source, skip: int = 0) -> list[Row]:
    return [row for batch in source.batches(skip) for row in batch]


def fields(source: Source, skip: int = 0) -> list[dict[str, Value]]:
    return [row.fields for row in rows(source, skip)]


def problems(source: Source) -> list[str]:
    return [row.problem for row in rows(source) if row.problem]


def counted(source: Source) -> int | None:
    return source.count(lambda: False)
