"""Where every thread and every task of this process is now, for the log: what holds a stuck engine up is in it."""

from __future__ import annotations

import asyncio
import faulthandler
import signal
import sys
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType

from qtui.text import clean

DEEPEST = 40
"""Frames shown of one task."""
MOST = 300
"""Tasks shown."""


def dump_by_the_system(*numbers: signal.Signals) -> None:
    """Write the stacks of all threads at these signals before anybody else hears of them.

    That works even while C code keeps the interpreter's lock. Call it after Python's own handlers were set.
    """
    for number in numbers:
        faulthandler.register(number, all_threads=True, chain=True)


def dump_threads() -> None:
    """The stacks of all threads, on stderr."""
    faulthandler.dump_traceback(all_threads=True)


def dump_tasks(loop: asyncio.AbstractEventLoop | None) -> None:
    """The stacks of all tasks of a loop, on stderr; from any thread."""
    if loop is None:
        return
    tasks = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
    lines = [f"{len(tasks)} tasks:"]
    for task in tasks[:MOST]:
        lines.append(f"Task {clean(task.get_name(), 100)}:")
        lines += [f"  {line}" for line in _stack(task.get_coro())]
    print("\n".join(lines), file=sys.stderr, flush=True)


def _stack(awaited: object) -> list[str]:
    """From the outermost coroutine to what it waits for in the end."""
    lines: list[str] = []
    while awaited is not None and len(lines) < DEEPEST:
        frame: FrameType | None = None
        inner: object = None
        match awaited:
            case CoroutineType():
                frame, inner = awaited.cr_frame, awaited.cr_await
            case GeneratorType():
                frame, inner = awaited.gi_frame, awaited.gi_yieldfrom
            case AsyncGeneratorType():
                frame, inner = awaited.ag_frame, awaited.ag_await
        if frame is None:
            lines.append(f"waits for {type(awaited).__name__}")
            break
        code = frame.f_code
        lines.append(f'File "{clean(code.co_filename, 200)}", line {frame.f_lineno} in {clean(code.co_qualname, 100)}')
        awaited = inner
    return lines
