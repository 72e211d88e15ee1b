"""Starting an engine in a process and a session of its own, so that it outlives whoever started it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from qtui.link.address import listen, socket_path


class Spawned(NamedTuple):
    """An engine that is starting; its socket already takes connections."""

    socket: Path
    process: subprocess.Popen[bytes]
    log: Path
    """What it said before it had a run's folder to say it in."""


class Listening(NamedTuple):
    """A socket that takes connections for an engine that does not exist yet: nobody has to poll for it."""

    path: Path
    sock: socket.socket


def listening() -> Listening:
    """Make the socket of an engine to come. Raises CannotWrite when there is no safe place for it."""
    path = socket_path(os.urandom(6).hex())
    return Listening(path, listen(path))


def spawn_engine(
    source: str, arguments: list[str], *, state: str = "", faces: int = 1, at: Listening | None = None
) -> Spawned:
    """Start an engine for the preset `source`.

    It inherits the socket `at`, or a new one. `faces` says how many faces it should wait for before it may end.

    Raises:
        CannotWrite: when there is no safe place for the socket.
    """
    path, sock = at or listening()
    log = path.with_suffix(".log")
    keyboard = sys.stdin is not None and sys.stdin.isatty()
    try:
        command = [sys.executable, "-m", "qtui", "_engine", source, "--fd", str(sock.fileno()), "--socket", str(path)]
        command += ["--faces", str(faces), *(["--state", state] if state else []), *arguments]
        command += ["--keyboard"] if keyboard else []
        with log.open("wb") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if sys.stdin is None or keyboard else None,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(sock.fileno(),),
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
    finally:
        sock.close()
    return Spawned(path, process, log)
