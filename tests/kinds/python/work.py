"""Functions as authors write them, good and bad, for the tests of the kind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

LIMIT = 3


def add(a: int, b: int = 10) -> int:
    return a + b


def whole(job: dict[str, object]) -> dict[str, object]:
    return job


def rest(a: int, **others: object) -> dict[str, object]:
    return {"a": a, **others}


def ordered(a: int, /, b: int) -> list[int]:
    return [a, b]


class Mill:
    @staticmethod
    def grind(grain: str) -> str:
        return f"{grain} ground"


async def waits(a: int) -> int:
    await asyncio.sleep(0)
    return a


def promises(a: int) -> object:
    return waits(a)


async def hangs(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def stubborn() -> str:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    return "done all the same"


async def task_name() -> str:
    task = asyncio.current_task()
    assert task is not None
    return task.get_name()


class Sulky(Exception):
    def __str__(self) -> str:
        raise SystemExit


class Later(Exception):
    retry_after = 7


class Never(Exception):
    permanent = True


def raises(what: str) -> None:
    fails(what)


def fails(what: str) -> None:
    match what:
        case "exit":
            raise SystemExit(4)
        case "interrupt":
            raise KeyboardInterrupt
        case "generator":
            raise GeneratorExit
        case "sulky":
            raise Sulky
        case "later":
            raise Later("wait")
        case "never":
            raise Never
        case "stop":
            raise StopIteration
        case "hostile":
            raise ValueError("two\nlines \x1b[31mred")
        case _:
            raise ValueError(what)


def parses(text: str) -> object:
    return json.loads(text)


async def raises_later(what: str) -> None:
    await asyncio.sleep(0)
    raises(what)


@dataclass
class Point:
    x: int
    y: int


def gives(what: str) -> object:
    def forever() -> Iterator[int]:
        yield 1

    loop: list[object] = []
    loop.append(loop)
    return {
        "point": Point(1, 2),
        "set": {1},
        "nan": float("nan"),
        "big": 2**70,
        "surrogate": "caf\udce9",
        "bytes": b"ab",
        "complex": 1j,
        "generator": forever(),
        "function": add,
        "loop": loop,
    }[what]


def tells(progress: Callable[..., None], n: int) -> int:
    progress(0.5, "half\x1b[31m")
    progress(0.7)
    return n


async def tells_from_a_thread(progress: Callable[..., None]) -> None:
    thread = threading.Thread(target=progress, args=(2,))
    thread.start()
    thread.join()
    await asyncio.sleep(0)


leaked: list[Callable[..., None]] = []


def leaks(progress: Callable[..., None]) -> None:
    leaked.append(progress)


def shows(token: str) -> str:
    if token.endswith("!"):
        raise ValueError(f"bad {token}")
    return f"got {token}"


async def counts() -> AsyncIterator[int]:
    yield 1


async def speaks(name: str) -> int:
    print(f"{name} begins")
    await asyncio.sleep(0.01)
    logging.getLogger("author").warning("%s is \x1b[31mcareful", name)
    await asyncio.to_thread(print, f"{name} in a thread")
    if name == "bad":
        raise ValueError("no")
    if name == "waits":
        await asyncio.Event().wait()
    return 1


async def floods(lines: int) -> int:
    for number in range(lines):
        print(f"line {number}")
    return lines
