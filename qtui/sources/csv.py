"""CSV: one row for each record, its fields named by the header."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.errors import InputError
from qtui.sources import stream
from qtui.sources.base import FromPath, in_batches
from qtui.sources.records import Record, count_records, records
from qtui.text import clean, plural


class CsvSource(FromPath, frozen=True, kw_only=True):
    """[[source]] kind = "csv": the fields that the header names; all values are text."""

    kind: str = "csv"
    delimiter: str = "auto"
    """`auto` takes what the header uses of comma, semicolon and tab; else `tab` or one character."""

    @property
    def title(self) -> str:
        return f"rows of {self.label}"

    def check(self) -> str:
        if self.delimiter not in ("auto", "tab") and (len(self.delimiter) != 1 or self.delimiter in '"\n\r\0'):
            return f'delimiter is "{clean(self.delimiter, 20)}"; it can be "auto", "tab" or one character'
        problem = super().check()
        if problem or not stream.regular(self.path):
            return problem
        try:
            self._open()
        except InputError as error:
            return str(error)
        return ""

    def columns(self) -> Sequence[str] | None:
        return self._open()[0] if stream.regular(self.path) else None

    def count(self, stop: Callable[[], bool]) -> int | None:
        """Raises InputError like `batches`."""
        if not stream.regular(self.path):
            return None
        total = count_records(self.path, self.delimiter, stop)
        return None if total is None else max(0, total - 1)

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        header, batches = self._open()
        for found in batches:
            if skip >= len(found):
                skip -= len(found)
                continue
            yield from in_batches([self._row(header, record) for record in found[skip:]])
            skip = 0

    def _row(self, header: list[str], record: Record) -> Row:
        number, values, problem = record
        if not problem and len(values) != len(header):
            problem = f"{plural(len(values), 'value')} where the header names {plural(len(header), 'column')}"
        fields: dict[str, Value] = dict(zip(header, values, strict=False))
        return Row(fields, f"{self.label} line {number}: {problem}" if problem else "")

    def _open(self) -> tuple[list[str], Iterator[list[Record]]]:
        """The header, and the records after it. Raises InputError."""
        batches = records(self.path, self.delimiter)
        first = next(batches, None)
        if not first:
            raise InputError(f"{self.label} is empty; its first line must name the columns")
        return self._header(first[0]), chain([first[1:]], batches)

    def _header(self, record: Record) -> list[str]:
        if record.problem:
            raise InputError(f"{self.label} line {record.number}: {record.problem}")
        names = [name.strip() for name in record.values]
        if "" in names:
            raise InputError(f"{self.label}: column {names.index('') + 1} has no name in the header")
        for name in names:
            if names.count(name) > 1:
                raise InputError(f'{self.label}: the header names the column "{clean(name, 60)}" twice')
        return names
