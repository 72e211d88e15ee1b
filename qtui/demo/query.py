"""Reading the query of a misbehaviour: every value has a meaning, a range and a clear refusal."""

from __future__ import annotations

import math

from aiohttp import web


class BadQuery(Exception):
    """The query of a misbehaviour makes no sense; the message says why."""


def header_text(request: web.BaseRequest, name: str) -> str | None:
    """The words to send in a header, exactly as they came, or None when absent."""
    value = request.query.get(name)
    if value is not None and not value.isprintable():
        raise BadQuery(f"{name} goes into a header and cannot contain control characters")
    return value


def whole(request: web.BaseRequest, name: str, default: int, low: int = 0, high: int = 10_000_000) -> int:
    """A whole number from `low` to `high`."""
    text = request.query.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise BadQuery(f"{name} must be a whole number, not {text[:80]!r}") from None
    if not low <= value <= high:
        raise BadQuery(f"{name} must be from {low} to {high}, not {value}")
    return value


def seconds(request: web.BaseRequest, name: str, default: float) -> float:
    """A number of seconds up to a day."""
    text = request.query.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 86_400.0:
        raise BadQuery(f"{name} must be a number of seconds, not {text[:80]!r}")
    return value
