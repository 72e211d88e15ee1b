"""Numbers that look random and are the same in every run, on every machine and in every order of asking."""

from __future__ import annotations

from hashlib import blake2b
from statistics import NormalDist

_STANDARD = NormalDist()
_SCALE = 2.0**-64


def draw(seed: int, *about: str | int) -> float:
    """Draw evenly from [0, 1); the same seed and subject always give the same number."""
    subject = "|".join((str(seed), *map(str, about)))
    return int.from_bytes(blake2b(subject.encode(), digest_size=8).digest(), "big") * _SCALE


def bend(even: float) -> float:
    """Turn an even draw from [0, 1) into a standard normal one; the ends are kept finite."""
    return _STANDARD.inv_cdf(min(max(even, 1e-9), 1.0 - 1e-9))
