"""Results as a table: which columns it has, and each result as one CSV record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from qtui.core.job import Value

_SPECIAL = re.compile('[,"\r\n]')


def free(name: str, taken: Iterable[str]) -> str:
    """`name`, with as many underscores before it as it takes to be none of `taken`."""
    while name in taken:
        name = "_" + name
    return name


class Sheet(msgspec.Struct, frozen=True):
    """Two columns that say what the job is, and one for each field.

    A job always stands in the first two, whatever its fields are called: where one has the name of ours, ours gets
    an underscore.
    """

    key: str
    name: str
    fields: tuple[str, ...]
    more: str = ""
    """The last column, JSON of the fields that have none of their own; without a name there is no such column."""

    @classmethod
    def of(cls, fields: Iterable[str], *, more: bool = False) -> Sheet:
        """A table with these fields; `more`: others may come."""
        told = tuple(fields)
        return cls(free("key", told), free("name", told), told, free("more", told) if more else "")

    @classmethod
    def titled(cls, columns: Sequence[str]) -> Sheet:
        """The table, `more` included, whose `columns` these are."""
        return cls(columns[0], columns[1], tuple(columns[2:-1]), columns[-1])

    @property
    def columns(self) -> tuple[str, ...]:
        more = (self.more,) if self.more else ()
        return (self.key, self.name, *self.fields, *more)

    def header(self, shown: Callable[[str], str] = str) -> bytes:
        """The first record; `shown` is what becomes of every text."""
        return _record(self.columns, shown)

    def record(self, key: str, name: str, fields: Mapping[str, Value], shown: Callable[[str], str] = str) -> bytes:
        """One result; lists and tables inside a cell are JSON, and nothing is an empty cell."""
        texts = [key, name, *[cell(fields.get(field)) for field in self.fields]]
        if self.more:
            rest = {field: value for field, value in fields.items() if field not in self.fields}
            texts.append(cell(rest or None))
        return _record(texts, shown)


def cell(value: Value) -> str:
    """A value as the text of a cell."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _record(texts: Sequence[str], shown: Callable[[str], str]) -> bytes:
    # Half a character cannot be written as UTF-8; spelled out it is not lost.
    return (",".join([_quoted(shown(text)) for text in texts]) + "\n").encode("utf-8", "backslashreplace")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text
