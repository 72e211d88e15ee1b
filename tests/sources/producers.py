"""Functions that give rows, well and badly, for the tests of the source `python`."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

NO_FUNCTION = 3


@dataclass
class Parcel:
    number: int


def listed(upto: int = 3) -> list[int]:
    return list(range(upto))


def mixed() -> Iterator[object]:
    yield {"day": date(2024, 2, 29)}
    yield "text"
    yield 1.5
    yield Parcel(7)
    yield None
    yield [1]
    yield {"x": object()}


async def awaited() -> list[str]:
    await asyncio.sleep(0)
    return ["a", "b"]


async def streamed(upto: int, note: str = "") -> AsyncIterator[int]:
    try:
        for n in range(upto):
            await asyncio.sleep(0)
            yield n
    finally:
        if note:
            Path(note).write_text("closed")


def endless(note: str) -> Iterator[int]:
    try:
        yield from itertools.count()
    finally:
        Path(note).write_text("closed")


def breaks() -> Iterator[str]:
    yield "good"
    raise LookupError("no\x1b[31m luck")


async def breaks_too() -> AsyncIterator[str]:
    yield "good"
    raise SystemExit(3)


async def gives_up() -> AsyncIterator[str]:
    yield "good"
    raise asyncio.CancelledError


def number() -> int:
    return 3


def silent() -> Iterator[int]:
    time.sleep(3600)
    yield 1


async def silent_too(note: str) -> AsyncIterator[int]:
    try:
        await asyncio.sleep(3600)
        yield 1
    finally:
        Path(note).write_text("closed")
