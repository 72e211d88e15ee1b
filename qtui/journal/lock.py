"""The lock of a run's folder: held for the engine's life, and dropped by the system however the engine dies."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path

import msgspec

from qtui.errors import AlreadyRunning
from qtui.text import clean

FILE = "lock"
PROBE_S = 1.0
"""How long a lock may be held by somebody who only looks whether the run is live."""


class _Holder(msgspec.Struct, frozen=True):
    """Who holds the lock."""

    pid: int
    host: str
    since: float


def take(folder: Path) -> int:
    """Hold `folder` as long as the handle is open.

    Raises:
        AlreadyRunning: naming the process that holds it.
        OSError: when the lock file cannot be made.
    """
    handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _wait(handle, folder)
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(_Holder(os.getpid(), socket.gethostname(), time.time())), 0)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _wait(handle: int, folder: Path) -> None:
    deadline = time.monotonic() + PROBE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            holder = _holder(handle)
            if (holder and _alive(holder)) or time.monotonic() > deadline:
                raise AlreadyRunning(f"{clean(folder.name)} is already running{_by(holder)}") from error
        time.sleep(0.01)  # somebody is only looking whether it is live: that takes a few microseconds


def _holder(handle: int) -> _Holder | None:
    try:
        return msgspec.json.decode(os.pread(handle, 4096, 0), type=_Holder)
    except msgspec.MsgspecError:
        return None


def _alive(holder: _Holder) -> bool:
    if holder.host != socket.gethostname():
        return True
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _by(holder: _Holder | None) -> str:
    if holder is None:
        return ""
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.since))
    return f": process {holder.pid} on {clean(holder.host)}, since {since}"


def is_held(folder: Path) -> bool:
    """Whether an engine holds the run in `folder`."""
    try:
        handle = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
