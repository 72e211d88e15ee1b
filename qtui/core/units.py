"""Durations, rates and sizes as people write them: "1.5s", "100/min", "10MiB"."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated

import msgspec

_DURATION = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PER = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SIZE = {"B": 1, "kB": 10**3, "KB": 10**3, "KiB": 2**10, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30}
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)")


def duration(value: object) -> float:
    """Seconds from `"1.5s"`, `"1m30s"`, or a plain number of seconds. Raises ValueError with what is allowed."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    if isinstance(value, str):
        total, rest = 0.0, value.strip()
        while rest and (match := _NUMBER.match(rest)) and match[2] in _DURATION:
            total += float(match[1]) * _DURATION[match[2]]
            rest = rest[match.end() :].strip()
        if value.strip() and not rest and math.isfinite(total):
            return total
    raise ValueError('a duration such as "500ms", "1.5s", "2m" or "1h"')


def rate(value: object) -> float:
    """Events per second from `"50/s"`, `"100/min"`, or a plain number per second; more than zero."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return float(value)
    if isinstance(value, str):
        number, slash, unit = value.partition("/")
        match = _NUMBER.fullmatch(number)
        if slash and match and not match[2] and unit.strip() in _PER and float(match[1]) > 0:
            return float(match[1]) / _PER[unit.strip()]
    raise ValueError('a rate above zero such as "50/s" or "100/min"')


def share(value: object) -> float:
    """A share of 1 from `"90%"`, above nothing and at most the whole; 0 from `"off"`."""
    if isinstance(value, str):
        found = _part(value)
        if found or value.strip() == "off":
            return found
    raise ValueError('a share such as "90%", or "off"')


def tolerance(value: object) -> float:
    """A share of 1 as a float from `"20%"`, or a number from 1 on as an int."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, str) and (found := _part(value)):
        return found
    raise ValueError('a share such as "20%", or a number from 1 on')


def _part(text: str) -> float:
    """0 for what is no share between nothing and the whole."""
    match = _NUMBER.fullmatch(text.strip().removesuffix("%")) if text.strip().endswith("%") else None
    found = float(match[1]) / 100 if match and not match[2] else 0.0
    return found if found <= 1 else 0.0


def size(value: object) -> int:
    """Bytes from `"10MiB"`, `"500kB"`, or a plain number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if match and (match[2] or "B") in _SIZE:
            return round(float(match[1]) * _SIZE[match[2] or "B"])
    raise ValueError('a size such as "500kB" or "10MiB"')


def write_duration(seconds: float) -> str:
    """`1m30s` is written `90s`, a minute `1m`; the shortest way that reads back the same."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _DURATION[unit] == 0:
            return f"{_digits(seconds / _DURATION[unit])}{unit}"
    small = round(seconds * 1000, 6)
    return f"{_digits(small)}ms" if 0 < seconds < 1 and small / 1000 == seconds else f"{_digits(seconds)}s"


def write_rate(per_second: float) -> str:
    return f"{_digits(per_second)}/s"


def write_size(octets: float) -> str:
    for unit in ("GiB", "MiB", "KiB", "GB", "MB", "kB"):
        if octets and octets % _SIZE[unit] == 0:
            return f"{_digits(octets / _SIZE[unit])}{unit}"
    return f"{_digits(octets)}B"


def write_share(share: float) -> str:
    return f"{_digits(round(share * 100, 6))}%" if share else "off"


def write_tolerance(number: float) -> object:
    return number if isinstance(number, int) else write_share(number)


def _digits(number: float) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if number != int(number) else str(int(number))


PARSERS = {"duration": duration, "rate": rate, "size": size, "share": share, "tolerance": tolerance}
"""By the name that a preset field carries in its metadata."""
WRITERS: dict[str, Callable[[float], object]] = {
    "duration": write_duration,
    "rate": write_rate,
    "size": write_size,
    "share": write_share,
    "tolerance": write_tolerance,
}
"""The other way round, for people to read and edit."""

_DECIMAL = r"\s*[0-9]+(\.[0-9]+)?\s*"
_SHARE = r"(?=[^%]*[1-9])\s*(100(\.0+)?|[0-9]?[0-9](\.[0-9]+)?)\s*%\s*"


def _either(units: dict[str, int] | dict[str, float]) -> str:
    return "|".join(units)


# A pattern beside a number: texts must match it, numbers must be in the limits; `qtui schema` says so to editors.

Duration = Annotated[
    float,
    msgspec.Meta(
        extra={"unit": "duration"},
        extra_json_schema={"pattern": rf"^({_DECIMAL}({_either(_DURATION)}))+\s*$", "minimum": 0},
    ),
]
"""A preset field in seconds."""
Rate = Annotated[
    float,
    msgspec.Meta(
        extra={"unit": "rate"},
        extra_json_schema={"pattern": rf"^(?=[^/]*[1-9]){_DECIMAL}/\s*({_either(_PER)})\s*$", "exclusiveMinimum": 0},
    ),
]
"""A preset field in events per second."""
Size = Annotated[
    int,
    msgspec.Meta(
        extra={"unit": "size"},
        extra_json_schema={"pattern": rf"^{_DECIMAL}({_either(_SIZE)})?\s*$", "minimum": 0},
    ),
]
"""A preset field in bytes."""
Share = Annotated[
    float,
    msgspec.Meta(
        extra={"unit": "share"},
        extra_json_schema={"pattern": rf"^({_SHARE}|\s*off\s*)$", "not": {"type": "number"}},
    ),
]
"""A preset field that is a share of 1; 0 is off."""
Tolerance = Annotated[
    float,
    msgspec.Meta(
        extra={"unit": "tolerance"},
        extra_json_schema={"pattern": rf"^{_SHARE}$", "minimum": 1, "multipleOf": 1},
    ),
]
"""A preset field that is a share of 1, as a float, or a number, as an int."""
