"""Rows that a Python function gives: a list, a generator or an async generator, run in a thread of its own."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.imports import parts, resolve
from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.core.tables import Text
from qtui.errors import PresetError
from qtui.sources.base import FromElsewhere
from qtui.text import clean

Rows = Iterable[object] | AsyncIterable[object]


class PythonSource(FromElsewhere, frozen=True, kw_only=True):
    """[[source]] kind = "python": what a function gives, one row each; texts and numbers become {line}."""

    relative: ClassVar[tuple[str, ...]] = ("path",)

    kind: str = "python"
    function: Text
    """What is called once, as `module:function`; it returns an iterable or is a generator, async or not.

    It gives dicts, whose entries are the fields of the row, or texts and numbers, which become the field `line`.
    """
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    """Its arguments by name, handed over as they are."""
    path: str = ""
    """A folder to look for the module in, relative to the preset's, e.g. `.`; only what is installed when empty."""

    def __post_init__(self) -> None:
        parts(self.function)

    @property
    def title(self) -> str:
        return f"rows of {self.label}"

    @property
    def label(self) -> str:
        """How messages call it: module and function."""
        return clean(self.function, 60)

    def capabilities(self) -> Capabilities:
        return Capabilities(imports=(parts(self.function)[0],))

    def bind(self, run_fields: Mapping[str, Value]) -> PythonSource:
        """The source with its function imported, which runs the code of its module. Raises PresetError."""
        try:
            found = resolve(self.function, self.path)
            if not callable(found):
                raise ValueError(f"{self.label} is not a function but {clean(type(found).__name__, 60)}")
            _accepts(found, self.args)
        except ValueError as error:
            raise PresetError(f"source.function: {error}") from None
        told = {field.name: getattr(self, field.name) for field in msgspec.structs.fields(PythonSource)}
        return _Imported(**told, found=found)

    def check(self) -> str:
        if self.path and not os.path.isdir(self.path):
            return f"path is {clean(self.path)}, which is not a folder"
        return ""

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        raise AssertionError("bind() comes first")


class _Imported(PythonSource, frozen=True, kw_only=True):
    """The source and its function; made by `bind`, never by a preset."""

    found: Any

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        from qtui.sources.pump import Pump  # it needs asyncio, which whoever only checks presets should not load

        pump = Pump(lambda: self.found(**self.args), self.label)
        number = 0
        try:
            for given in pump.batches():
                rows = [_row(value, self.label, number + n) for n, value in enumerate(given, 1)]
                left = max(0, skip - number)
                number += len(rows)
                if not rows or left < len(rows):
                    yield rows[left:]
        finally:
            pump.close()


def _accepts(function: Callable[..., object], args: Mapping[str, object]) -> None:
    """Raises ValueError when the function cannot be called with the arguments."""
    try:
        inspect.signature(function).bind(**args)
    except TypeError as error:
        raise ValueError(f"it cannot be called with args: {clean(error)}") from None
    except ValueError:
        return  # some functions written in C do not tell what they take


def _row(given: object, label: str, number: int) -> Row:
    if isinstance(given, str | int | float) and not isinstance(given, bool):
        given = {"line": given}
    try:
        fields = msgspec.json.decode(msgspec.json.encode(given))  # dates become text, dataclasses tables
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        return Row({"line": clean(given, 200)}, f"{label} row {number} cannot be kept: {clean(error)}")
    if isinstance(fields, dict):
        return Row(fields)
    what = clean(type(given).__name__, 60)
    return Row({"line": clean(given, 200)}, f"{label} row {number} is of type {what}, not a dict, a text or a number")
