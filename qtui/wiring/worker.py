"""A worker process: makes the kind once more, and does one job after another until the engine hangs up."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import io
import os
import select
import signal
import socket
import sys
import threading
import time

import msgspec

from qtui.core.job import Done, Failed, Job
from qtui.core.seams import Kind
from qtui.errors import QtuiError
from qtui.executors.frames import HEAD, Ready, Recipe, Refused, Told, framed, job_of, recipe_of
from qtui.kinds import KINDS
from qtui.kinds.context import KindContext
from qtui.kinds.python.failures import from_exception, said
from qtui.text import clean
from qtui.wiring.searching import forget_the_current_folder

LEAVE_S = 1.0
"""How long the engine's end may find us at work before we end too."""
_PR_SET_PDEATHSIG = 1


class _Ended(BaseException):
    """The engine has told us to end: whatever runs gets the chance to clean up."""


_ending = threading.Event()
"""It has; a job may have taken `_Ended` for something of its own."""


class _Line:
    """The engine's end of the socket; jobs may tell of their progress from any thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()

    def receive(self) -> bytes:
        """The next message, or nothing when the engine has hung up."""
        head = self._exactly(HEAD.size)
        return self._exactly(HEAD.unpack(head)[0]) if head else b""

    def _exactly(self, number: int) -> bytes:
        arrived = self._sock.recv(number)
        if len(arrived) == number:
            return arrived
        whole = bytearray(arrived)
        while arrived and len(whole) < number:
            arrived = self._sock.recv(number - len(whole))
            whole += arrived
        return bytes(whole) if len(whole) == number else b""

    def send(self, message: msgspec.Struct) -> None:
        try:
            frame = framed(message)
        except OverflowError as error:
            frame = framed(Failed("too-large", f"the result is too large for a worker: {error}", permanent=True))
        with self._lock:
            self._sock.sendall(frame)


def main(words: list[str]) -> int:
    """Serve the socket that `--fd N` names; returns the exit code."""
    handle = int(words[words.index("--fd") + 1])
    _end_with_the_engine()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    faulthandler.enable()  # a crash tells where
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
    forget_the_current_folder()
    sock = socket.socket(fileno=handle)
    threading.Thread(target=_watch, args=(handle,), name="engine watch", daemon=True).start()
    try:
        asyncio.run(_serve(_Line(sock)))
    except (_Ended, OSError):
        return 0
    return 0


def _end(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _ending.set()
    raise _Ended


async def _serve(line: _Line) -> None:
    try:
        kind = await _open(recipe_of(line.receive()), line)
    except QtuiError as error:
        line.send(Refused(str(error)))
        return
    except Exception as error:
        line.send(Refused(f"the kind cannot begin: {type(error).__name__}: {said(error)}"))
        return
    line.send(Ready())
    while body := line.receive():  # in between nothing else needs the loop: waiting may block it
        outcome = await _attempt(kind, job_of(body))
        _flush()
        if _ending.is_set():
            return
        line.send(outcome)
    await kind.close()


async def _open(recipe: Recipe, line: _Line) -> Kind:
    """The kind as the engine has it. Raises QtuiError."""
    loop = asyncio.get_running_loop()
    entry = KINDS[recipe.kind]
    context = KindContext(
        loop.time,
        asyncio.sleep,
        recipe.seed,
        dict(os.environ),
        recipe.directory,
        recipe.timeout_s,
        recipe.fields,
        alone=True,
    )
    context.progress.listener = lambda seq, share, text: line.send(Told(seq, share, clean(text, 200)))
    kind = entry.make(msgspec.convert(recipe.table, entry.table()), context)
    await kind.open(1)
    return kind


async def _attempt(kind: Kind, job: Job) -> Done | Failed:
    try:
        return await kind.run(job)
    except asyncio.CancelledError:
        return Failed("exception:CancelledError", "the job cancelled itself")
    except _Ended:
        raise
    except BaseException as error:
        return from_exception(error)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a job may have closed them, or put others in their place
            stream.flush()


def _end_with_the_engine() -> None:
    """Be killed when the engine is, even in the middle of C code. Only Linux can do that; the watch does the rest."""
    if sys.platform != "linux":
        return
    import ctypes

    engine = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != engine:
        os._exit(0)


def _watch(handle: int) -> None:
    """End with everything we have started, once the engine is gone and we are still at work."""
    poll = select.poll()
    poll.register(handle, 0)  # hang-ups are always told
    poll.poll()
    time.sleep(LEAVE_S)  # nothing tells when the main thread has left by itself, which ends this one too
    os.killpg(os.getpgrp(), signal.SIGKILL)
