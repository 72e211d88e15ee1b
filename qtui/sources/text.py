"""Lines of text out of blocks of bytes: split, decoded and numbered, bad ones named instead of fatal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from qtui.text import clean

MAX_LINE = 1 << 20
"""The longest line in bytes; a longer one is a problem of its own, never held in memory."""
BLANK = " \t\r\f\v"
_BLANK_BYTES = BLANK.encode()
_SHOWN = 200


class Line(NamedTuple):
    """One line that is a row."""

    number: int
    """Its number in the file, counted from 1."""
    text: str
    problem: str
    """Why it cannot be used, with file and line, or empty; `text` is then its cleaned beginning."""


def pieces(blocks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The blocks as pieces that hold whole lines, as they become available; the newline at the end is left off.

    Of a line longer than `MAX_LINE` a part is left out, so that it is still too long. An empty block says that there is
    nothing for now; it becomes None, so that whoever reads gets a turn.
    """
    carry: list[bytes] = []
    size, first = 0, True
    for block in chain(blocks, [None]):
        if block == b"":
            yield None
            continue
        end = block.rfind(b"\n") if block else -1
        if block and end < 0:
            if size <= MAX_LINE:
                carry.append(block)
                size += len(block)
            continue
        if not block and not size:
            return
        piece = b"".join((*carry, block[: max(end, 0)] if block else b""))
        carry = [block[end + 1 :]] if block else []
        size = len(carry[0]) if carry else 0
        yield piece.removeprefix(b"\xef\xbb\xbf") if first else piece
        first = False


def text_lines(blocks: Iterable[bytes], label: str, comments: str = "", skip: int = 0) -> Iterator[list[Line]]:
    """The lines that are neither blank nor comments, after the first `skip` of them, as they become available."""
    number = 1
    mark = comments.encode()
    for piece in pieces(blocks):
        if piece is None:
            yield []
            continue
        here = 0
        if not skip or (here := rows_in(piece, mark)) > skip:
            texts, problems = decoded(piece, number)
            rows = [
                Line(at, text, "") if at not in problems else _bad_line(at, text, label, problems[at])
                for at, text in enumerate(texts, number)
                if (bare := text.strip(BLANK)) and not (comments and bare.startswith(comments))
            ]
            if len(rows) > skip:
                yield rows[skip:]
        skip = max(0, skip - here)
        number += piece.count(b"\n") + 1


def _bad_line(number: int, text: str, label: str, problem: str) -> Line:
    return Line(number, clean(text, _SHOWN), f"{label} line {number}: {problem}")


def count_lines(blocks: Iterable[bytes], comments: str, stop: Callable[[], bool]) -> int | None:
    """How many lines are neither blank nor comments, without decoding; None when `stop()` says so."""
    total, mark = 0, comments.encode()
    for piece in pieces(blocks):
        if stop():
            return None
        total += rows_in(piece, mark) if piece is not None else 0
    return total


def rows_in(piece: bytes, comments: bytes) -> int:
    """How many lines of a piece are rows."""
    framed = b"\n%b\n" % piece
    odd = any(b"\n%c" % first in framed for first in b"\n" + _BLANK_BYTES)
    if not odd and not (comments and b"\n" + comments in framed):
        return piece.count(b"\n") + 1
    bare = (line.strip(_BLANK_BYTES) for line in piece.split(b"\n"))
    return sum(1 for line in bare if line and not (comments and line.startswith(comments)))


def decoded(piece: bytes, first: int) -> tuple[list[str], dict[int, str]]:
    """The lines of a piece as text, and why some cannot be used, by line number; `first` is the number of its first."""
    if len(piece) <= MAX_LINE and b"\0" not in piece:
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            pass
        else:
            lines = text.split("\n")
            return ([line.removesuffix("\r") for line in lines] if "\r" in text else lines), {}
    raw = piece.split(b"\n")
    problems = {number: problem for number, line in enumerate(raw, first) if (problem := _problem(line))}
    return [line.decode(errors="replace").removesuffix("\r") for line in raw], problems


def _problem(line: bytes) -> str:
    if len(line) > MAX_LINE:
        return "longer than 1 MiB"
    if b"\0" in line:
        return f"contains a NUL character at byte {line.index(0) + 1}"
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte 0x{line[error.start]:02x} at position {error.start + 1})"
    return ""
