"""Rows out of blocks of bytes, whatever they come from: lines, JSON lines or CSV.

An empty batch says that there is nothing for now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.errors import InputError
from qtui.sources.records import Record, records
from qtui.sources.text import Line, text_lines
from qtui.text import clean, plural

BATCH = 1000
"""The most rows in one batch."""

_decode = msgspec.json.Decoder().decode


def in_batches(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows in lists of at most `BATCH`; one empty list when there are none."""
    for start in range(0, len(rows) or 1, BATCH):
        yield rows[start : start + BATCH]


def lines(blocks: Iterable[bytes], label: str, comments: str = "", skip: int = 0) -> Iterator[list[Row]]:
    """Rows {line, n} of the lines that are neither blank nor comments; `label` is what messages call their origin."""
    for found in text_lines(blocks, label, comments, skip):
        yield from in_batches([Row({"line": text, "n": number}, problem) for number, text, problem in found])


def objects(blocks: Iterable[bytes], label: str, skip: int = 0) -> Iterator[list[Row]]:
    """One row for each JSON text on a line of its own."""
    for found in text_lines(blocks, label, skip=skip):
        yield from in_batches([_object(line, label) for line in found])


def _object(line: Line, label: str) -> Row:
    if line.problem:
        return Row({"line": line.text}, line.problem)
    fields, problem = parsed(line.text)
    return Row(fields, f"{label} line {line.number}: {problem}" if problem else "")


def parsed(text: str) -> tuple[dict[str, Value], str]:
    """The fields that a JSON text says, and why it cannot be used, or nothing; a bare text or number becomes {line}."""
    try:
        found = _decode(text)
        if isinstance(found, dict):
            msgspec.json.encode(found)  # half a surrogate pair decodes, and could never be written again
            return found, ""
        if isinstance(found, str | int | float) and not isinstance(found, bool):
            return {"line": found}, ""
        problem = f"is {_name(found)}, not an object"
    except msgspec.DecodeError as error:
        problem = f"is not JSON: {error}"
    except (RecursionError, UnicodeEncodeError):
        problem = "is not JSON that can be kept: nested too deep, or with half a character"
    return {"line": clean(text, 200)}, clean(problem)


def _name(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else "true or false"


def table(blocks: Iterable[bytes], label: str, delimiter: str, skip: int = 0) -> Iterator[list[Row]]:
    """One row for each CSV record after the header, which names its fields. Raises InputError."""
    names, batches = header(blocks, label, delimiter)
    for found in batches:
        if found and skip >= len(found):
            skip -= len(found)
            continue
        yield from in_batches([_record(names, record, label) for record in found[skip:]])
        skip = 0 if found else skip


def header(blocks: Iterable[bytes], label: str, delimiter: str) -> tuple[list[str], Iterator[list[Record]]]:
    """The names of the columns, and the records after them. Raises InputError."""
    batches = records(blocks, delimiter)
    first = next((found for found in batches if found), None)
    if first is None:
        raise InputError(f"{label} is empty; its first line must name the columns")
    return _names(first[0], label), chain([first[1:]], batches)


def _record(names: list[str], record: Record, label: str) -> Row:
    number, values, problem = record
    if not problem and len(values) != len(names):
        problem = f"{plural(len(values), 'value')} where the header names {plural(len(names), 'column')}"
    fields: dict[str, Value] = dict(zip(names, values, strict=False))
    return Row(fields, f"{label} line {number}: {problem}" if problem else "")


def _names(record: Record, label: str) -> list[str]:
    if record.problem:
        raise InputError(f"{label} line {record.number}: {record.problem}")
    names = [name.strip() for name in record.values]
    if "" in names:
        raise InputError(f"{label}: column {names.index('') + 1} has no name in the header")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'{label}: the header names the column "{clean(name, 60)}" twice')
    return names
