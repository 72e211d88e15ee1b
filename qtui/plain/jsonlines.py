"""Events and results as JSON lines, and results as CSV: what programs read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from qtui.core.events import Event
from qtui.core.job import Value
from qtui.text import clean

BLOCK = 500
"""Rows that are written in one go."""

_encoder = msgspec.json.Encoder()
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


class Missed(msgspec.Struct, frozen=True, tag="missed"):
    """Events that could not be shown, because they were not read fast enough."""

    number: int


def event_lines(events: Iterable[Event], missed: int = 0, *, terminal: bool = False) -> bytes:
    """One line each with its `type`; before them a line when events were missed."""
    lines: list[Event | Missed] = [Missed(missed), *events] if missed else [*events]
    return _lines(lines, terminal)


def result_lines(rows: Iterable[dict[str, Value]], *, terminal: bool = False) -> Iterator[bytes]:
    """Results as JSON lines, some hundred at a time."""
    for block in _blocks(rows):
        yield _lines(block, terminal)


def columns(rows: Iterable[dict[str, Value]]) -> list[str]:
    """Every column of a table of these rows, in the order in which they come up."""
    found: dict[str, None] = {}
    for row in rows:
        found.update(dict.fromkeys(row))
    return list(found)


def csv_lines(header: Sequence[str], rows: Iterable[dict[str, Value]], *, terminal: bool = False) -> Iterator[bytes]:
    """Results as CSV, some hundred at a time; lists and tables inside a cell are JSON, and nothing is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(name, terminal) for name in header])
    for block in _blocks(rows):
        writer.writerows([_cell(row.get(name), terminal) for name in header] for row in block)
        yield _taken(text)
    if rest := _taken(text):
        yield rest


def _cell(value: Value, terminal: bool) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return clean(text, len(text) + 1) if terminal else text


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue()
    text.seek(0)
    text.truncate()
    return taken.encode("utf-8", "replace")


def _blocks(rows: Iterable[dict[str, Value]]) -> Iterator[list[dict[str, Value]]]:
    block = []
    for row in rows:
        block.append(row)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _lines(values: Sequence[object], terminal: bool) -> bytes:
    lines = b"".join([_encoder.encode(value) + b"\n" for value in values])
    return _visible(lines) if terminal else lines


def _visible(lines: bytes) -> bytes:
    """The same JSON, with everything that could steer a terminal or mislead a reader spelled out."""
    return _UNSEEN.sub(_spelled, lines.decode()).encode()


def _spelled(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if ord(match[0]) > 0x7F else "\\u007f"
