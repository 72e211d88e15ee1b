"""What workers are made to do in the tests of the executor."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def double(n: int) -> int:
    return n * 2


def pid(n: int) -> int:
    return os.getpid()


def spin(mark: str) -> None:
    """Never awaits, never ends; cleans up when it may."""
    Path(mark).write_text(str(os.getpid()))
    try:
        while True:
            pass
    finally:
        Path(mark + ".cleaned").touch()


def spin_for_ever(mark: str) -> None:
    """Lets nobody in."""
    Path(mark).write_text(str(os.getpid()))
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


def with_a_child(mark: str) -> None:
    """Starts a process and waits for it."""
    child = subprocess.Popen(["sleep", "600"])
    Path(mark).write_text(str(child.pid))
    child.wait()


def segfault(n: int) -> None:
    print("just before", flush=True)
    ctypes.string_at(0)


def leave(n: int) -> None:
    print("said without an end of line", end="")
    os._exit(3)


def floods(n: int) -> int:
    line = "x" * 99_999 + "\n"
    for _ in range(1000):
        sys.stdout.write(line)
    print("the last line")
    raise ValueError("after the flood")


def prints(n: int) -> int:
    print(f"line of {n}")
    if n == 2:
        raise ValueError("two")
    return n


def sleeps(n: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def big(n: int) -> str:
    return "x" * n


def length(text: str) -> int:
    return len(text)


def echo(text: str) -> str:
    return text


def tells(n: int, progress: Callable[..., None]) -> int:
    progress(0.25, "a quarter")
    time.sleep(0.06)
    progress(0.5)
    return n


async def waits(n: int) -> int:
    await asyncio.sleep(0.01)
    return n


def forks(n: int) -> None:
    """Leaves a child that holds everything open, and dies."""
    if os.fork() == 0:
        time.sleep(600)
    os._exit(9)


def shows_secret(token: str) -> None:
    print(f"the token is {token}")
    os._exit(1)
