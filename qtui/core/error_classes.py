"""Error classes as a preset names them: which there are, which entry covers which failure, how near a wrong one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from qtui.core.walker import Reading, nearest, shown

PLAIN = ("timeout", "connection", "killed", "any", "protocol", "too-large", "extract", "file")
"""Classes that are one word."""
FAMILIES = {
    "http": re.compile(r"[1-5]\d\d|[1-5]xx"),
    "exit": re.compile(r"\d{1,3}"),
    "exception": re.compile(r"[^\W\d][\w.]*"),
    "simulate": re.compile(r"\S+"),
}
"""Classes of the form `family:rest`, and what the rest may be."""
ALLOWED = ", ".join((*PLAIN, "http:NNN", "http:5xx", "exit:N", "exception:Name"))


def known(entry: str) -> bool:
    """Whether there is such a class."""
    family, colon, rest = entry.partition(":")
    return entry in PLAIN or bool(colon and family in FAMILIES and FAMILIES[family].fullmatch(rest))


def covers(entry: str, code: str) -> bool:
    """Whether an entry such as `http:5xx` covers the error class of a failure."""
    return closeness(entry, code) > 0


def closeness(entry: str, code: str) -> int:
    """How exactly an entry names an error class: 0 not at all, 1 any, 2 its family, 3 its range, 4 itself."""
    if entry == code:
        return 4
    if entry == "any":
        return 1
    family, _, rest = entry.partition(":")
    code_family, _, code_rest = code.partition(":")
    if family != code_family or not code_rest:
        return 0
    if not rest:
        return 2
    return 3 if rest.endswith("xx") and len(code_rest) == len(rest) and code_rest[0] == rest[0] else 0


def blame_unknown(reading: Reading, entries: Iterable[str], path: str) -> None:
    """Note a problem for every entry of the list at `path` that is no error class."""
    for index, entry in enumerate(entries):
        _blame(reading, entry, f"{path}[{index}]")


def blame_unknown_keys(reading: Reading, table: Mapping[str, object], path: str) -> None:
    """Note a problem for every key of the table at `path` that is no error class."""
    for entry in table:
        _blame(reading, entry, f"{path}.{entry}")


def _blame(reading: Reading, entry: str, path: str) -> None:
    if not known(entry):
        reading.blame(
            path, "there is no such error class", found=shown(entry), allowed=ALLOWED, suggestion=_nearest(entry)
        )


def _nearest(entry: str) -> str:
    """`exeption:KeyError` is meant to be `exception:KeyError`, `http:5x` to be `http:5xx`."""
    family, colon, rest = entry.partition(":")
    meant = family if family in FAMILIES else nearest(family, FAMILIES)
    if colon and meant and FAMILIES[meant].fullmatch(rest):
        return f"{meant}:{rest}"
    return nearest(entry, [*PLAIN, "http:5xx", "http:4xx", "http:429", "http:503", "exit:1"])
