"""CSV records out of pieces of bytes: quoted newlines joined, broken records named instead of fatal."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from qtui.sources.text import BLANK, decoded, pieces, rows_in
from qtui.text import clean

GUESSES = (",", ";", "\t")
_END = "\0end of piece"


class Record(NamedTuple):
    """One record that is not blank."""

    number: int
    """The line it begins on, counted from 1."""
    values: list[str]
    problem: str
    """Why it cannot be read, or empty."""


def records(blocks: Iterable[bytes], delimiter: str) -> Iterator[list[Record]]:
    """All records, the header too, as they become available; `delimiter` is `auto`, `tab` or one character.

    Raises:
        InputError: when reading fails.
    """
    parser: RecordParser | None = None
    for piece in pieces(blocks):
        if piece is None:
            yield []
            continue
        parser = parser or RecordParser(_delimiter(delimiter, piece))
        if found := parser.feed(piece):
            yield found
    if parser and parser.open:
        yield [parser.rest()]


def count_records(blocks: Iterable[bytes], delimiter: str, stop: Callable[[], bool]) -> int | None:
    """How many records there are, the header too; None when `stop()` says so."""
    total = 0
    parser: RecordParser | None = None
    for piece in pieces(blocks):
        if stop():
            return None
        if piece is None:
            continue
        parser = parser or RecordParser(_delimiter(delimiter, piece))
        total += len(parser.feed(piece)) if parser.open or b'"' in piece else rows_in(piece, b"")
    return total + (1 if parser and parser.open else 0)


class RecordParser:
    """Keeps the lines of a record that is not complete yet; every other record leaves at once."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._number = 1
        self._kept: list[str] = []
        """The lines from `_number` on that wait for a closing quote."""
        self._problems: dict[int, str] = {}

    @property
    def open(self) -> bool:
        """True in the middle of a record."""
        return bool(self._kept)

    def rest(self) -> Record:
        """The record that the end of the input left open."""
        return Record(self._number, [], "a quoted value is never closed")

    def feed(self, piece: bytes) -> list[Record]:
        """The records that are complete now.

        A line of our own goes behind the piece: when the reader gives it back as a record, the piece ended with one;
        when it became part of a quoted value, that record is not complete and its lines are kept.
        """
        texts, problems = decoded(piece, self._number + len(self._kept))
        self._problems.update(problems)
        lines = [*self._kept, *texts]
        reader = csv.reader(chain((f"{line}\n" for line in lines), (_END,)), delimiter=self._delimiter)
        found: list[Record] = []
        start = 0
        while True:
            values, problem = _next(reader)
            if values is None or values == [_END]:
                break
            if not problem and values and values[-1].endswith(_END):
                break
            if problem or len(values) > 1 or (values and values[0].strip(BLANK)):
                found.append(self._record(start, reader.line_num, values, problem))
            start = reader.line_num
        self._kept = lines[start:]
        self._number += start
        return found

    def _record(self, start: int, end: int, values: list[str], problem: str) -> Record:
        if self._problems:
            bad = [
                self._problems.pop(self._number + at) for at in range(start, end) if self._number + at in self._problems
            ]
            problem = bad[0] if bad else problem
        return Record(self._number + start, values, problem)


def _next(reader: Iterator[list[str]]) -> tuple[list[str] | None, str]:
    """The reader's next record, or None at the end, and why it cannot be used."""
    try:
        return next(reader, None), ""
    except csv.Error as error:
        if "field limit" in str(error):
            return [], "a value is longer than 128 KiB; is a quote never closed?"
        return [], clean(error)


def _delimiter(wanted: str, piece: bytes) -> str:
    """`wanted`, or what the first line uses most outside of quotes."""
    if wanted == "tab":
        return "\t"
    if wanted != "auto":
        return wanted
    header = next((line for line in piece.decode(errors="replace").split("\n") if line.strip(BLANK)), "")
    bare = "".join(header.split('"')[::2])
    return max(GUESSES, key=bare.count)
