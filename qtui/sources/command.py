"""The output of a command: rows as its lines arrive, held back by a full pipe while nobody takes them."""

from __future__ import annotations

import difflib
import os
import selectors
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Annotated, ClassVar, Literal

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.core.tables import Text
from qtui.errors import InputError
from qtui.sources import formats, guard
from qtui.sources.base import FromElsewhere
from qtui.sources.csv import not_a_delimiter
from qtui.sources.stream import BLOCK
from qtui.text import clean

TURN_S = 0.25
"""A silent command gives its reader a turn so often."""
KEPT = 4096
"""Bytes of what it says on standard error that are kept; the last ones."""


class CommandSource(FromElsewhere, frozen=True, kw_only=True):
    """[[source]] kind = "command": what a command writes to its standard output, one row a line."""

    relative: ClassVar[tuple[str, ...]] = ("cwd",)

    kind: str = "command"
    command: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """The program and its arguments, e.g. `["find", "data", "-name", "*.txt"]`; no shell reads them."""
    cwd: str = "."
    """Where it runs, relative to the preset's folder."""
    format: Literal["lines", "jsonl", "csv"] = "lines"
    """How its output is read: as a file of that kind would be."""
    comments: str = ""
    """For lines: those that begin with this are left out."""
    delimiter: str = "auto"
    """For csv: what stands between values; `auto`, `tab` or one character."""

    @property
    def title(self) -> str:
        return f"{_WHAT[self.format]} of {self.label}"

    @property
    def label(self) -> str:
        """The command as people write it, shortened."""
        return f"`{clean(' '.join(self.command), 60)}`"

    @property
    def place(self) -> str:
        return "n" if self.format == "lines" else ""

    def capabilities(self) -> Capabilities:
        return Capabilities(runs=(self.command[0],))

    def bind(self, run_fields: Mapping[str, Value]) -> CommandSource:
        """The same source: arguments are taken as they are."""
        return self

    def check(self) -> str:
        if any("\0" in word for word in self.command):
            return "command has a NUL character in it"
        if not os.path.isdir(self.cwd):
            return f"cwd is {clean(self.cwd)}, which is not a folder"
        return not_a_delimiter(self.delimiter) or self._missing()

    def _missing(self) -> str:
        name = self.command[0]
        if "/" in name:
            path = os.path.join(self.cwd, name)
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                return ""
            return f"{clean(path)} {'may not be executed' if os.path.exists(path) else 'does not exist'}"
        if shutil.which(name):
            return ""
        near = difflib.get_close_matches(name[:100], _programs(), 1, 0.7)
        return f"there is no command {clean(name, 60)}" + (f"; did you mean {clean(near[0], 60)}?" if near else "")

    def columns(self) -> Sequence[str] | None:
        return ("line", "n") if self.format == "lines" else None

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        blocks = self._blocks()
        match self.format:
            case "jsonl":
                return formats.objects(blocks, self.label, skip)
            case "csv":
                return formats.table(blocks, self.label, self.delimiter, skip)
            case _:
                return formats.lines(blocks, self.label, self.comments, skip)

    def _blocks(self) -> Iterator[bytes]:
        """Its output as it arrives, and an empty block now and then while it is silent. Raises InputError."""
        said = b""
        with ExitStack() as cleanup:
            process, alive = _started(self.command, self.cwd, cleanup)
            assert process.stdout is not None, "it was asked for"
            assert process.stderr is not None, "it was asked for"
            watch = cleanup.enter_context(selectors.DefaultSelector())
            out, err = process.stdout.fileno(), process.stderr.fileno()
            for fd in (out, err):
                watch.register(fd, selectors.EVENT_READ)
            while watch.get_map():
                ready = watch.select(TURN_S)
                if not ready:
                    yield b""
                for key, _ in ready:
                    block = os.read(key.fd, BLOCK)
                    if not block:
                        watch.unregister(key.fd)
                    elif key.fd == err:
                        said = (said + block)[-KEPT:]
                    else:
                        yield block
            with suppress(BrokenPipeError):  # it never began
                os.write(alive, b".")
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(TURN_S)
                yield b""
        if process.returncode:
            raise InputError(f"{self.label} {_ended(process.returncode)}{_told(said)}")


_WHAT = {"lines": "lines", "jsonl": "objects", "csv": "rows"}


def _started(command: list[str], cwd: str, cleanup: ExitStack) -> tuple[subprocess.Popen[bytes], int]:
    """The guard of the command, and the pipe whose closing ends it."""
    reads, alive = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, *command],
            stdin=reads,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, "TERM": "dumb"},
            start_new_session=True,
        )
    except OSError as error:
        os.close(alive)
        raise InputError(f"`{clean(command[0], 60)}` cannot be run: {clean(error.strerror)}") from error
    finally:
        os.close(reads)
    cleanup.callback(process.__exit__, None, None, None)  # closes the pipes and waits
    cleanup.callback(os.close, alive)
    return process, alive


def _ended(code: int) -> str:
    return f"was ended by signal {code - 128}" if code > 128 else f"ended with exit code {code}"


def _told(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return f": {clean(' / '.join(lines[-3:]), 200)}" if lines else ""


def _programs() -> list[str]:
    """The names of everything on the PATH."""
    names: set[str] = set()
    for folder in os.get_exec_path():
        with suppress(OSError):
            names.update(os.listdir(folder))
    return sorted(names)
