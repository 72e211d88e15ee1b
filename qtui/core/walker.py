"""A TOML table walked field by field into a Struct, collecting every problem with its key path and line."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from qtui.core.port import Problem
from qtui.core.units import PARSERS
from qtui.text import clean

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-\"'.]+)\s*=")


@dataclass(slots=True)
class Reading:
    """A preset on its way: the problems found so far and where keys stand in the text."""

    text: str
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def blame(self, path: str, message: str, *, found: str = "", allowed: str = "", suggestion: str = "") -> None:
        self.problems.append(Problem(path, message, self.line_of(path), found, allowed, suggestion))

    def line_of(self, path: str) -> int:
        """Where a key stands, or else the nearest table around it; 0 where none does."""
        line = 0
        while path and not line:
            line = self.lines.get(path, 0)
            path = path.rpartition("[" if path.endswith("]") else ".")[0]
        return line


def locate(text: str) -> dict[str, int]:
    """Key path → 1-based line; good enough to point at, not a second TOML parser."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = header[2].replace('"', "").replace(" ", "")
            if header[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                table = f"{table}[{index}]"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = key[1].replace('"', "").replace("'", "")
            lines.setdefault(f"{table}.{name}" if table else name, number)
            if "{" in line:
                for inner in re.finditer(r"[{,]\s*([A-Za-z0-9_-]+)\s*=", line):
                    lines.setdefault(f"{table}.{name}.{inner[1]}" if table else f"{name}.{inner[1]}", number)
    return lines


def walk(
    reading: Reading, cls: type[Any], found: object, path: str, *, extra: Iterable[str] = ()
) -> Any | None:  # the return type follows `cls`, which the type language cannot say for Structs of Structs
    """`found` as a Struct of `cls`, or None with every problem of every field noted."""
    if not isinstance(found, dict):
        reading.blame(path, "this table is missing" if found is None else "this must be a table", found=shown(found))
        return None
    before = len(reading.problems)
    hints = get_type_hints(cls, include_extras=True)
    fields = {info.encode_name: info for info in msgspec.structs.fields(cls)}
    values: dict[str, Any] = {}
    for key in found:
        if key not in fields and key not in extra:
            unknown(reading, f"{path}.{key}", key, [*fields, *extra])
    for key, info in fields.items():
        if key in found:
            values[info.name] = _value(reading, hints[info.name], found[key], f"{path}.{key}")
        elif info.required:
            reading.blame(f"{path}.{key}", f"{key} is missing", allowed=_allowed(hints[info.name]))
    if len(reading.problems) > before:
        return None
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        reading.blame(path, clean(error))
        return None


def _value(reading: Reading, hint: Any, found: object, path: str) -> Any:
    inner = [arg for arg in get_args(hint) if arg is not type(None)] if _is_union(hint) else [hint]
    for option in inner:
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            if isinstance(found, dict):
                return walk(reading, option, found, path)
        elif isinstance(found, list) and (each := _struct_of_list(option)):
            return [walk(reading, each, entry, f"{path}[{index}]") for index, entry in enumerate(found)]
        elif unit := unit_of(option):
            try:
                return PARSERS[unit](found)
            except ValueError as error:
                reading.blame(path, f"this must be {error}", found=shown(found), allowed=str(error))
                return None
    try:
        return msgspec.convert(found, hint)
    except msgspec.ValidationError as error:
        options = literals(hint)
        where, found = _spot(error, path, found)
        suggestion = nearest(found, options) if isinstance(found, str) else ""
        reading.blame(where, _said(error), found=shown(found), allowed=_allowed(hint), suggestion=suggestion)
        return None


def _struct_of_list(hint: Any) -> type[msgspec.Struct] | None:
    """The Struct that a list is of."""
    entries = get_args(hint) if get_origin(hint) is list else ()
    return next((each for each in entries if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)


def _spot(error: msgspec.ValidationError, path: str, found: Any) -> tuple[str, object]:
    """The entry of a list or table that is wrong: its key path and what it is."""
    inside = re.search(r" - at `\$([^`]*)`$", str(error))
    for key, index in re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]", inside[1] if inside else ""):
        if isinstance(found, dict) and key in found:
            path, found = f"{path}.{key}", found[key]
        elif isinstance(found, list) and index and int(index) < len(found):
            path, found = f"{path}[{index}]", found[int(index)]
    return path, found


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def unit_of(hint: Any) -> str:
    """duration, rate or size, or empty."""
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra and "unit" in meta.extra:
            return str(meta.extra["unit"])
    return ""


def literals(hint: Any) -> list[str]:
    """The choices of an enumeration, also of one in a list, beside other types or with remarks."""
    if get_origin(hint) is Literal:
        return [str(arg) for arg in get_args(hint)]
    return [choice for arg in get_args(hint) for choice in literals(arg)]


def _allowed(hint: Any) -> str:
    if choices := literals(hint):
        return ", ".join(f'"{choice}"' for choice in choices)
    if unit := unit_of(hint):
        try:
            PARSERS[unit](None)
        except ValueError as error:
            return str(error)
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.ge is not None:
            return f"{meta.ge:,} to {meta.le:,}" if meta.le is not None else f"{meta.ge:,} or more"
    return ""


def _said(error: msgspec.ValidationError) -> str:
    text = str(error).partition(" - at ")[0]
    text = re.sub(r"^Expected `([^`]+)`, got `([^`]+)`", r"this must be \1, not \2", text).replace(" | ", " or ")
    text = re.sub(r"^Expected `(\w+)` >= (-?[\d.]+)", r"this must be at least \2", text)
    text = re.sub(r"^Expected `(\w+)` <= (-?[\d.]+)", r"this must be at most \2", text)
    text = re.sub(r"^Expected `(\w+)` of length >= 1", "this must not be empty", text)
    text = re.sub(r"^Invalid enum value .*", "there is no such choice", text)
    for machine, plain in (
        ("object", "a table"),
        ("array", "a list"),
        ("int", "a whole number"),
        ("float", "a number"),
        ("str", "text"),
        ("bool", "true or false"),
    ):
        text = re.sub(rf"\b{machine}\b", plain, text)
    return clean(text)


def unknown(reading: Reading, path: str, name: str, known: Iterable[str]) -> None:
    known = list(known)
    reading.blame(
        path,
        "there is no such key",
        found=clean(name, 60),
        allowed=", ".join(known),
        suggestion=nearest(name, known),
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like `word`, whatever its case; empty when none is."""
    by_case = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word[:100].casefold(), list(by_case), 1, 0.5)
    return by_case[close[0]] if close else ""


def shown(found: object) -> str:
    if found is None:
        return ""
    return clean(f'"{found}"' if isinstance(found, str) else found, 80)
