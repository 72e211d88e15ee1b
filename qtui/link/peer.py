"""The process at the engine's end of a link: sure to be the engine, and ended from here when it answers no more."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
from typing import final

_CREDENTIALS = "3i"


@final
class Peer:
    """A process that is known by a handle, so that its number can never mean another one."""

    def __init__(self, pid: int, handle: int) -> None:
        self._pid = pid
        self._handle = handle

    @classmethod
    def find(cls, sock: socket.socket, pid: int) -> Peer | None:
        """The process `pid` that has just spoken on `sock`; None where it cannot be told for sure.

        The system names who listens: the engine itself or, for the face that started it, the one who made the socket.
        """
        if pid <= 1 or not hasattr(socket, "SO_PEERCRED") or not hasattr(os, "pidfd_open"):
            return None
        told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_CREDENTIALS))
        listener, uid, _ = struct.unpack(_CREDENTIALS, told)
        if uid != os.getuid() or listener not in (pid, os.getpid(), os.getppid()):
            return None
        try:
            return cls(pid, os.pidfd_open(pid))
        except OSError:
            return None

    def end(self, *, hard: bool) -> bool:
        """Ask the process to save what it can and end at once or, if `hard`, kill it with its group."""
        if self._handle < 0 or select.select([self._handle], [], [], 0)[0]:
            return False  # it has ended
        with contextlib.suppress(OSError):
            if not hard:
                signal.pidfd_send_signal(self._handle, signal.SIGQUIT)
            elif os.getpgid(self._pid) == self._pid:
                os.killpg(self._pid, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            return True
        return False

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
