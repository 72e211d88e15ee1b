"""What the commands of a run have in common: a mark, a guardian, and a sweep of children that were left to us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

from qtui.kinds.shell import guardian

SWEEP_S = 0.2
"""How long orphans of a command may outlive it: looking for them takes a while."""
SHARE = 50
"""Looking takes at most one part in so many of the time."""
_PR_SET_CHILD_SUBREAPER = 36


class Family:
    """All processes of one kind's commands, orphans of commands included."""

    def __init__(self) -> None:
        self.mark = f"QTUI_MARK={os.urandom(12).hex()}"
        self._leaders: dict[int, bytes] = {}
        """Commands that run, and the marks of their attempts; whoever started them waits for them."""
        self._dying: set[int] = set()
        """Orphans that were killed and not yet buried."""
        self._guardian: subprocess.Popen[bytes] | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._pause = SWEEP_S

    @property
    def token(self) -> str:
        """The value of the variable that all of them carry."""
        return self.mark.partition("=")[2]

    def open(self) -> None:
        """Adopt orphans of our commands from now on, and have them ended should we die."""
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__, self.mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def close(self) -> None:
        """End whatever is left; the guardian ends as well."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for pid in self._leaders:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        self._leaders.clear()
        self._look()
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None

    def joined(self, pid: int, mark: str) -> None:
        """A command runs; `mark` is the value of its variable."""
        self._leaders[pid] = f"QTUI_MARK={mark}\0".encode()

    def left(self, pid: int) -> None:
        """A command is over; what was left to us by it is ended in a moment, that of many at once."""
        self._leaders.pop(pid, None)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._pause, self._sweep)

    def has(self, pid: int) -> bool:
        """Whether the command runs or was not buried yet: its number cannot mean another process then."""
        return pid in self._leaders

    def _sweep(self) -> None:
        self._sweeping = None
        begun = time.monotonic()
        self._look()
        self._pause = max(SWEEP_S, SHARE * (time.monotonic() - begun))
        if self._dying:
            self._sweeping = asyncio.get_running_loop().call_later(self._pause, self._sweep)

    def _look(self) -> None:
        """Kill the orphans of attempts that are over, and bury those that are dead."""
        running = set(self._leaders.values())
        for pid in _children() - self._leaders.keys():
            environment = guardian.environment(pid)
            if self.mark.encode() in environment:
                if not any(mark in environment for mark in running):
                    self._dying.add(pid)
                    os.kill(pid, signal.SIGKILL)
            elif not environment and self._was_ours(pid):
                self._dying.add(pid)
        for pid in list(self._dying):
            self._bury(pid)

    def _was_ours(self, pid: int) -> bool:
        """Whether a dead child was in a command's session: others are in ours, or in one of their own."""
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                session = int(file.read().rpartition(b")")[2].split()[3])
        except OSError:
            return False
        return session not in (pid, os.getsid(0))

    def _bury(self, pid: int) -> None:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                self._dying.discard(pid)
        except ChildProcessError:
            self._dying.discard(pid)


def _children() -> set[int]:
    """The processes whose parent we are; the system hands us those whose own parent has ended."""
    found = set()
    us = str(os.getpid()).encode()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = file.read().rpartition(b")")[2].split(None, 2)[1]
            except OSError:
                continue
            if parent == us:
                found.add(int(name))
    return found
