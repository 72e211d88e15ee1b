"""The bytes of an input as they arrive: a file, a pipe or standard input, unpacked on the way."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator

from qtui.errors import InputError
from qtui.text import clean

BLOCK = 1 << 16
STDIN = "-"
_GZIP = 31  # zlib's name for "expect a gzip header"
_FOREIGN_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b": "gzip"}


def problem(path: str) -> str:
    """Why `path` cannot be read, as one sentence, or empty; never waits for a pipe."""
    try:
        found = os.fstat(0) if path == STDIN else os.stat(path)
        if path == STDIN:
            return ""
        if stat.S_ISREG(found.st_mode):
            return _foreign(path)
        if stat.S_ISDIR(found.st_mode):
            return f"{clean(path)} is a directory; name a file in it"
        return "" if os.access(path, os.R_OK) else _refusal(path, PermissionError())
    except (OSError, ValueError) as error:
        return _refusal(path, error)


def _refusal(path: str, error: Exception) -> str:
    match error:
        case _ if path == STDIN:
            return "standard input is closed"
        case FileNotFoundError():
            return f"{clean(path)} does not exist"
        case PermissionError():
            return f"{clean(path)} may not be read by this user"
        case OSError():
            return f"{clean(path)} cannot be read: {_reason(error)}"
        case _:
            return f"{clean(path)} is not a path: it contains a NUL character"


def _foreign(path: str) -> str:
    """A sentence for a file that is plainly something else than text."""
    with open(path, "rb") as file:
        start = file.read(4)
    if path.endswith(".gz"):
        return (
            "" if not start or start.startswith(b"\x1f\x8b") else f"{clean(path)} is not gzip, whatever its name says"
        )
    for mark, what in _FOREIGN_MARKS.items():
        if start.startswith(mark):
            hint = "give it a name that ends in .gz" if what == "gzip" else "save it as UTF-8 text"
            return f"{clean(path)} is {what}; {hint}"
    return ""


def regular(path: str) -> bool:
    """True for a file that can be read twice."""
    if path == STDIN:
        return False
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def stamp(path: str) -> str:
    """Size, time of change and place of a file that can be read twice; empty for anything else."""
    if path == STDIN:
        return ""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}" if stat.S_ISREG(found.st_mode) else ""


def blocks(path: str) -> Iterator[bytes]:
    """The content in pieces of at most 64 KiB, each as soon as it is there.

    Raises:
        InputError: when it cannot be opened or reading fails in the middle.
    """
    raw = _read(path)
    return _unpack(raw, path) if path.endswith(".gz") else raw


def _read(path: str) -> Iterator[bytes]:
    try:
        fd = 0 if path == STDIN else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise InputError(_refusal(path, error)) from error
    try:
        while block := os.read(fd, BLOCK):
            yield block
    except OSError as error:
        raise InputError(f"{_shown(path)} cannot be read any further: {_reason(error)}") from error
    finally:
        if fd:
            os.close(fd)


def _unpack(raw: Iterator[bytes], path: str) -> Iterator[bytes]:
    unpacker, begun = zlib.decompressobj(_GZIP), False
    try:
        for packed in raw:
            rest, full = packed, False
            while rest or full:
                if unpacker.eof:
                    rest = rest.lstrip(b"\0")  # padding between members and at the end is allowed
                    if not rest:
                        break
                    unpacker = zlib.decompressobj(_GZIP)
                begun = True
                out = unpacker.decompress(rest, BLOCK)
                full = len(out) == BLOCK and not unpacker.eof
                rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                if out:
                    yield out
    except zlib.error as error:
        raise InputError(f"{clean(path)} is damaged: its compressed content cannot be unpacked") from error
    if begun and not unpacker.eof:
        raise InputError(f"{clean(path)} ends in the middle of its compressed content")


def _shown(path: str) -> str:
    return "standard input" if path == STDIN else clean(path)


def _reason(error: OSError) -> str:
    return clean(error.strerror or type(error).__name__)
