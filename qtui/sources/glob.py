"""Paths that match a pattern, in an order that is the same each time; one folder is held at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import cache
from typing import ClassVar, Literal, NamedTuple

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.seams import Row
from qtui.core.tables import SourceTable, Text
from qtui.errors import InputError
from qtui.sources.formats import BATCH
from qtui.text import clean

_MAGIC = re.compile(r"[*?\[]")
LOOKED_AT = 20_000
"""How many entries a check looks at for a first match; a larger tree is taken as it is."""


class _Seen(NamedTuple):
    """An entry on the way: a match, or a folder that cannot be read, or neither."""

    path: str
    matches: bool
    problem: str = ""


class GlobSource(SourceTable, frozen=True, kw_only=True):
    """[[source]] kind = "glob": rows {path, name, stem, suffix, folder} for what matches."""

    harmless: ClassVar[bool] = True
    relative: ClassVar[tuple[str, ...]] = ("pattern",)

    kind: str = "glob"
    pattern: Text
    """With `*`, `?`, `[abc]`, and `**` for any number of folders; relative to the preset's folder."""
    only: Literal["files", "folders", "all"] = "files"
    """What is taken of what matches."""
    hidden: bool = False
    """Whether wildcards match names that begin with a dot."""

    @property
    def title(self) -> str:
        what = {"files": "files", "folders": "folders", "all": "files and folders"}[self.only]
        return f"{what} that match {clean(self.pattern, 80)}"

    @property
    def blocking(self) -> bool:
        return True

    @property
    def repeatable(self) -> bool:
        return True

    @property
    def place(self) -> str:
        return ""

    def capabilities(self) -> Capabilities:
        return Capabilities(reads=(f"the names that match {self.pattern}",))

    def bind(self, run_fields: Mapping[str, Value]) -> GlobSource:
        """The same source: patterns are taken as they are."""
        return self

    def check(self) -> str:
        base, parts = self._parts()
        if "\0" in self.pattern:
            return "pattern contains a NUL character"
        if ".." in parts:
            return "pattern has `..` behind a wildcard; write it before the first one"
        if not os.path.isdir(base):
            return f"{clean(base)} {'is not a folder' if os.path.exists(base) else 'does not exist'}"
        for number, seen in enumerate(self._walk()):
            if seen.matches or seen.problem or number > LOOKED_AT:
                return ""
        return f"nothing matches {clean(self.pattern)}"

    def fingerprint(self) -> str:
        return ""  # only walking tells whether it is as before

    def columns(self) -> Sequence[str]:
        return ("path", "name", "stem", "suffix", "folder")

    def total(self) -> int | None:
        return None

    def count(self, stop: Callable[[], bool]) -> int | None:
        number = 0
        for seen in self._walk():
            if stop():
                return None
            number += seen.matches or bool(seen.problem)
        return number

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        size, batch = 16, []  # the first ones are not kept waiting for a thousandth
        for seen in self._walk():
            if not (seen.matches or seen.problem):
                continue
            if skip:
                skip -= 1
                continue
            batch.append(_row(seen))
            if len(batch) >= size:
                yield batch
                size, batch = min(2 * size, BATCH), []
        if batch:
            yield batch

    def _parts(self) -> tuple[str, list[str]]:
        """The folder before the first wildcard, and the rest of the pattern."""
        parts = self.pattern.split("/")
        first = next((n for n, part in enumerate(parts[:-1]) if _MAGIC.search(part)), len(parts) - 1)
        rest = [part for part in parts[first:] if part not in ("", ".")] or ["*"]
        return "/".join(parts[:first]) or ("/" if self.pattern.startswith("/") else "."), [
            *rest,
            *(["*"] if rest[-1] == "**" else []),
        ]

    def _walk(self) -> Iterator[_Seen]:
        """Every entry of the folders that may hold matches, in order. Raises InputError."""
        base, parts = self._parts()
        yield from self._folder(base, parts, _opened(parts, frozenset({0})), top=True)

    def _folder(self, folder: str, parts: list[str], states: frozenset[int], *, top: bool = False) -> Iterator[_Seen]:
        """`states` are the parts of the pattern that names in this folder may match."""
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError as error:
            if top:
                raise InputError(f"{clean(folder)} does not exist") from error
            return  # it has gone since its name was read
        except OSError as error:
            if top:
                raise InputError(f"{clean(folder)} cannot be read: {clean(error.strerror)}") from error
            yield _Seen(folder, matches=False, problem=f"this folder cannot be read: {clean(error.strerror)}")
            return
        for entry in entries:
            then = self._next(entry, parts, states)
            yield _Seen(entry.path, len(parts) in then and self._wanted(entry))
            deeper = then - {len(parts)}
            if deeper and _is_folder(entry):
                yield from self._folder(entry.path, parts, _opened(parts, deeper))

    def _next(self, entry: os.DirEntry[str], parts: list[str], states: frozenset[int]) -> frozenset[int]:
        """What may be matched behind an entry; the number of parts is the end."""
        then = set()
        for state in states:
            part = parts[state]
            if entry.name.startswith(".") and not (self.hidden or part.startswith(".")):
                continue
            if part != "**":
                if _pattern(part).match(entry.name):
                    then.add(state + 1)
            elif _is_folder(entry, follow=False):  # a link may lead back to where it stands
                then.add(state)
        return frozenset(then)

    def _wanted(self, entry: os.DirEntry[str]) -> bool:
        if self.only == "all":
            return True
        return _is_folder(entry) if self.only == "folders" else _is_file(entry)


def _opened(parts: list[str], states: frozenset[int]) -> frozenset[int]:
    """With what follows a `**`, which may stand for no folder at all."""
    every = set(states)
    for at in range(len(parts)):
        if at in every and parts[at] == "**":
            every.add(at + 1)
    return frozenset(every)


def _is_folder(entry: os.DirEntry[str], *, follow: bool = True) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


@cache
def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))


def _row(seen: _Seen) -> Row:
    path, problem = seen.path, seen.problem
    try:
        path.encode()
    except UnicodeEncodeError:
        path = os.fsencode(path).decode(errors="backslashreplace")
        problem = problem or f"{clean(path)}: its name is not UTF-8"
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    return Row({"path": path, "name": name, "stem": stem, "suffix": suffix, "folder": folder}, problem)
