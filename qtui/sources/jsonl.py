"""JSON lines: one row for each object."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qtui.core.seams import Row
from qtui.sources import formats, stream
from qtui.sources.base import FromPath
from qtui.sources.text import count_lines


class JsonlSource(FromPath, frozen=True, kw_only=True):
    """[[source]] kind = "jsonl": the fields of each object; a bare text or number becomes {line}."""

    kind: str = "jsonl"
    place: str = ""
    """A field that only says where a row stood, and is no part of what the job is."""

    @property
    def title(self) -> str:
        return f"objects of {self.label}"

    def count(self, stop: Callable[[], bool]) -> int | None:
        return count_lines(stream.blocks(self.path), "", stop) if stream.regular(self.path) else None

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        return formats.objects(stream.blocks(self.path), self.label, skip)
