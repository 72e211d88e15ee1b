"""CSV: one row for each record, its fields named by the header."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qtui.core.seams import Row
from qtui.errors import InputError
from qtui.sources import formats, stream
from qtui.sources.base import FromPath
from qtui.sources.records import count_records
from qtui.text import clean


class CsvSource(FromPath, frozen=True, kw_only=True):
    """[[source]] kind = "csv": the fields that the header names; all values are text."""

    kind: str = "csv"
    delimiter: str = "auto"
    """`auto` takes what the header uses of comma, semicolon and tab; else `tab` or one character."""

    @property
    def title(self) -> str:
        return f"rows of {self.label}"

    def check(self) -> str:
        problem = not_a_delimiter(self.delimiter) or super().check()
        if problem or not stream.regular(self.path):
            return problem
        try:
            self._names()
        except InputError as error:
            return str(error)
        return ""

    def columns(self) -> Sequence[str] | None:
        return self._names() if stream.regular(self.path) else None

    def count(self, stop: Callable[[], bool]) -> int | None:
        """Raises InputError like `batches`."""
        if not stream.regular(self.path):
            return None
        total = count_records(stream.blocks(self.path), self.delimiter, stop)
        return None if total is None else max(0, total - 1)

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        return formats.table(stream.blocks(self.path), self.label, self.delimiter, skip)

    def _names(self) -> list[str]:
        return formats.header(stream.blocks(self.path), self.label, self.delimiter)[0]


def not_a_delimiter(wanted: str) -> str:
    """Why `wanted` cannot stand between values, as one sentence, or empty."""
    if wanted in ("auto", "tab") or (len(wanted) == 1 and wanted not in '"\n\r\0'):
        return ""
    return f'delimiter is "{clean(wanted, 20)}"; it can be "auto", "tab" or one character'
