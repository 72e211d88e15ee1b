"""Failure groups: errors that differ only in numbers, addresses and quoted text share one signature."""

from __future__ import annotations

import re
from http import HTTPStatus

from qtui.core.job import Failed

MAX_SIGNATURE = 160
_FRAME = re.compile(r"(?:^| )at \S+\.py:\d+ in [^\s\d]\S*$")
"""At the end of a message: where in the author's code it happened. Two places are two groups, so it stays as it is."""

_PARTICULARS = (
    (re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.I), "…"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I), "#"),
    (re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\""), "'…'"),
    (re.compile(r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.I), "#"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "#"),
)


def signature(failed: Failed) -> str:
    """The name of the failure group: the error class, and the message without its particulars."""
    message, frame = failed.message, ""
    if found := _FRAME.search(message[-200:]):
        frame = found[0].rstrip()
        message = message[: len(message) - len(found[0])]
    message = message[:500]
    for pattern, instead in _PARTICULARS:
        message = pattern.sub(instead, message)
    return f"{failed.code} {message}".strip()[: MAX_SIGNATURE - len(frame)] + (frame and f" {frame.strip()}")


def title(code: str) -> str:
    """An error class in words: `http:503` → `HTTP 503`, `exception:KeyError` → `KeyError`."""
    family, _, rest = code.partition(":")
    if family == "http":
        return f"HTTP {rest}"
    if family == "exception" and rest:
        return rest
    if family == "exit":
        return f"Exit {rest}"
    return f"{code[:1].upper()}{code[1:].replace('-', ' ')}"


def describe(failed: Failed) -> str:
    """What a person reads beside the title: the message, or the reason phrase of an HTTP status."""
    if failed.message:
        return failed.message
    family, _, rest = failed.code.partition(":")
    if family == "http" and rest.isdigit() and int(rest) in HTTPStatus._value2member_map_:
        return HTTPStatus(int(rest)).phrase
    return ""


def line(failed: Failed) -> str:
    """Title and message in one line."""
    said = describe(failed)
    return f"{title(failed.code)}: {said}" if said else title(failed.code)
