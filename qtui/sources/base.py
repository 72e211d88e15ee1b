"""What all sources share: the tables of a preset that are sources themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.tables import SourceTable, Text
from qtui.sources import stream
from qtui.text import clean


class BuiltIn(SourceTable, frozen=True, kw_only=True):
    """A source whose table is all it needs; it reads nothing and never blocks."""

    harmless: ClassVar[bool] = True

    @property
    def blocking(self) -> bool:
        return False

    @property
    def repeatable(self) -> bool:
        return True

    def bind(self, run_fields: Mapping[str, Value]) -> BuiltIn:
        """The source with the run's own fields (`site`) filled into its templates; called once, before reading."""
        return self

    def check(self) -> str:
        return ""

    @property
    def place(self) -> str:
        return ""

    def fingerprint(self) -> str:
        return what(self)

    def columns(self) -> Sequence[str] | None:
        return None

    def total(self) -> int | None:
        return None

    def count(self, stop: Callable[[], bool]) -> int | None:
        return self.total()


class FromElsewhere(SourceTable, frozen=True, kw_only=True):
    """A source whose rows a program or a function makes anew each time: only running it tells what they are."""

    @property
    def blocking(self) -> bool:
        return True

    @property
    def repeatable(self) -> bool:
        return False  # looking must not run it

    @property
    def place(self) -> str:
        return ""

    def fingerprint(self) -> str:
        return ""  # it may give something else each time

    def columns(self) -> Sequence[str] | None:
        return None

    def total(self) -> int | None:
        return None

    def count(self, stop: Callable[[], bool]) -> int | None:
        return None


class FromPath(SourceTable, frozen=True, kw_only=True):
    """A source that reads a file, a named pipe or standard input; it holds one block of it at a time."""

    harmless: ClassVar[bool] = True
    relative: ClassVar[tuple[str, ...]] = ("path",)

    path: Text
    """The file to read; `-` is standard input, a name that ends in .gz is unpacked on the way."""

    @property
    def blocking(self) -> bool:
        return True

    def capabilities(self) -> Capabilities:
        return Capabilities(reads=("standard input" if self.path == stream.STDIN else self.path,))

    @property
    def repeatable(self) -> bool:
        return stream.regular(self.path)

    @property
    def label(self) -> str:
        """How messages and titles call it: the file's name."""
        return "standard input" if self.path == "-" else clean(os.path.basename(self.path), 60)

    def bind(self, run_fields: Mapping[str, Value]) -> FromPath:
        """The same source: paths and lines are taken as they are."""
        return self

    def check(self) -> str:
        return stream.problem(self.path)

    @property
    def place(self) -> str:
        return ""

    def fingerprint(self) -> str:
        stamp = stream.stamp(self.path)
        return f"{what(self)} {stamp}" if stamp else ""

    def columns(self) -> Sequence[str] | None:
        return None

    def total(self) -> int | None:
        return None


def what(source: SourceTable) -> str:
    """The table as text, without what changes no row."""
    return msgspec.json.encode(msgspec.structs.replace(source, name="", rate=None), order="deterministic").decode()
