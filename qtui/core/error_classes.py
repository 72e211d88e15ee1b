"""Error classes as a preset names them: which there are, which entry covers which failure, how near a wrong one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from qtui.core.walker import Reading, nearest, shown

PLAIN = ("timeout", "connection", "killed", "any", "protocol", "too-large", "extract", "file")
"""Classes that are one word."""
FAMILIES = {
    "http": "(?:[1-5][0-9]{2}|[1-5]xx)",
    "exit": "[0-9]{1,3}",
    "exception": r"[A-Za-z_][\w.]*",
    "simulate": r"\S+",
}
"""What comes before a colon, and the pattern of what may follow it."""

PATTERN = "^(?:{}|{})$".format("|".join(PLAIN), "|".join(f"{family}:{follows}" for family, follows in FAMILIES.items()))
"""The same for a JSON Schema."""
ALLOWED = ", ".join(PLAIN) + ", http:NNN, http:5xx, exit:N, exception:Name"
_STATUS = re.compile(r"[1-5](?:\d\d|xx)")
_NAME = re.compile(r"[A-Z][A-Za-z]*(?:Error|Exception|Warning|Timeout)")
_SOME = {"http": ("http:5xx", "http:429"), "exit": ("exit:1",), "exception": ("exception:ValueError",)}


def known(entry: str) -> bool:
    """Whether it is the name of a class of errors."""
    return re.fullmatch(PATTERN[1:-1], entry) is not None


def meant(entry: str) -> str:
    """The class that a wrong spelling most likely means, or empty."""
    bare = entry.strip()
    if _STATUS.fullmatch(bare.lower()):
        return f"http:{bare.lower()}"
    if _NAME.fullmatch(bare):
        return f"exception:{bare}"
    family, colon, rest = bare.partition(":")
    if not colon:
        return nearest(bare, [*PLAIN, "http:5xx", "http:429"])
    right = nearest(family.strip(), FAMILIES)
    if not right:
        return ""
    told = rest.strip() if right == "exception" else rest.strip().lower()
    if known(f"{right}:{told}"):
        return f"{right}:{told}"
    return nearest(f"{right}:{told}", _SOME.get(right, ())) or next(iter(_SOME.get(right, ())), "")


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
            path, "there is no such error class", found=shown(entry), allowed=ALLOWED, suggestion=meant(entry)
        )
