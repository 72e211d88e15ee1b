"""The classes of errors that `retry.on` may name, and the nearest right spelling of one that is wrong."""

from __future__ import annotations

import re

from qtui.core.walker import nearest

PLAIN = ("timeout", "connection", "any", "protocol", "too-large", "extract", "file", "killed")
FAMILIES = {"http": r"(?:[0-9]{3}|[1-5]xx)", "exit": ".+", "exception": ".+", "simulate": ".+"}
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
