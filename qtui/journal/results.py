"""The results file: one JSON line per done job, never ahead of the disk and never behind the journal.

Lines are written at a known offset and synced before the commit that names the offset behind them, so that a
repeated write lands in the same place, and cutting the file at the committed offset leaves each done job once.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import final

from qtui.errors import CannotWrite
from qtui.journal.schema import reason, sync_folder
from qtui.text import clean


@final
class ResultsFile:
    """An open results file, held by a lock of its own so that two runs never write one file."""

    def __init__(self, path: Path, handle: int, offset: int, moved_to: Path | None = None) -> None:
        self.path = path
        self.moved_to = moved_to
        """Where an older file of that name was moved to, or None."""
        self.offset = offset
        """Everything before it is committed."""
        self._handle = handle

    @classmethod
    def fresh(cls, path: Path) -> ResultsFile:
        """A file for a new run. What stands there already is moved aside to the first free `NAME.1`, `NAME.2`, …

        Raises:
            CannotWrite: with one sentence that says why.
        """
        moved_to = None
        try:
            handle = _open(path)
            if os.fstat(handle).st_size:
                moved_to = _move_aside(path)
                os.close(handle)
                handle = _open(path)
            sync_folder(path.absolute().parent)
        except OSError as error:
            raise CannotWrite(f"cannot write results to {clean(path)}: {clean(reason(error))}") from error
        return cls(path, handle, 0, moved_to)

    @classmethod
    def resumed(cls, path: Path, offset: int) -> ResultsFile:
        """The file of a run that goes on, cut at the committed `offset`.

        Raises:
            CannotWrite: also when the file is shorter than that: then somebody else has changed it.
        """
        try:
            handle = _open(path)
            octets = os.fstat(handle).st_size
            if octets < offset:
                os.close(handle)
                raise CannotWrite(
                    f"{clean(path)} holds {octets} bytes, but {offset} were written: it was changed by somebody else"
                )
            os.ftruncate(handle, offset)
            os.fdatasync(handle)
        except OSError as error:
            raise CannotWrite(f"cannot write results to {clean(path)}: {clean(reason(error))}") from error
        return cls(path, handle, offset)

    def write(self, lines: Iterable[bytes]) -> int:
        """Put `lines` behind the committed ones, on the disk; the offset behind them is returned, not yet taken.

        Raises:
            OSError: what the system says; the call may be repeated.
        """
        at = self.offset
        rest = memoryview(b"".join(lines))
        try:
            while rest:
                written = os.pwrite(self._handle, rest, at)
                at += written
                rest = rest[written:]
            os.fdatasync(self._handle)
        except OSError as error:
            error.filename = str(self.path)  # a person must know which disk to look at
            raise
        return at

    def close(self) -> None:
        """Let go. What stands behind the committed offset stays: only the journal knows, and a resume asks it."""
        os.close(self._handle)


def _open(path: Path) -> int:
    if not path.absolute().parent.is_dir():
        raise CannotWrite(f"cannot write results to {clean(path)}: the folder {clean(path.parent)} does not exist")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise CannotWrite(f"cannot write results to {clean(path)}: it is not a file")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise CannotWrite(f"cannot write results to {clean(path)}: another run is writing it") from error
    except BaseException:
        os.close(handle)
        raise
    return handle


def _move_aside(path: Path) -> Path:
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.{number}")):
        number += 1
    return path.rename(aside)
