"""Durations, rates and sizes as people write them: "1.5s", "100/min", "10MiB"."""

from __future__ import annotations

import math
import re
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


def size(value: object) -> int:
    """Bytes from `"10MiB"`, `"500kB"`, or a plain number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if match and (match[2] or "B") in _SIZE:
            return round(float(match[1]) * _SIZE[match[2] or "B"])
    raise ValueError('a size such as "500kB" or "10MiB"')


PARSERS = {"duration": duration, "rate": rate, "size": size}
"""By the name that a preset field carries in its metadata."""

Duration = Annotated[float, msgspec.Meta(extra={"unit": "duration"})]
"""A preset field in seconds."""
Rate = Annotated[float, msgspec.Meta(extra={"unit": "rate"})]
"""A preset field in events per second."""
Size = Annotated[int, msgspec.Meta(extra={"unit": "size"})]
"""A preset field in bytes."""
