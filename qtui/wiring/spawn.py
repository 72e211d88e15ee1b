"""Starting an engine in a process and a session of its own, so that it outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from qtui.link.address import listen, socket_path


@dataclass(frozen=True, slots=True)
class Spawned:
    """An engine that is starting; its socket already takes connections."""

    socket: Path
    process: subprocess.Popen[bytes]
    log: Path
    """What it said before it had a run's folder to say it in."""


def spawn_engine(source: str, arguments: list[str], *, state: str = "", faces: int = 1) -> Spawned:
    """Start an engine for the preset `source`.

    The socket is made here and inherited, so that a face can connect at once and nobody has to poll. `faces` says
    how many faces the engine should wait for before it may end.

    Raises:
        CannotWrite: when there is no safe place for the socket.
    """
    path = socket_path(os.urandom(6).hex())
    log = path.with_suffix(".log")
    sock = listen(path)
    try:
        command = [sys.executable, "-m", "qtui", "_engine", source, "--fd", str(sock.fileno()), "--socket", str(path)]
        command += ["--faces", str(faces), *(["--state", state] if state else []), *arguments]
        with log.open("wb") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(sock.fileno(),),
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
    finally:
        sock.close()
    return Spawned(path, process, log)
