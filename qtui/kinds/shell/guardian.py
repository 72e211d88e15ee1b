"""A process beside the engine that ends what the engine's commands left running, however the engine ends.

It waits for the end of a pipe whose other end only the engine has, and for a moment each child between fork and exec:
when the pipe ends there is no command that does not carry the mark yet. It is run as a script and imports nothing of
ours, so that it is small and quick to start. It costs nothing per command.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PASSES = 50
"""How often it looks before it gives up on processes that cannot be killed."""


def marked(mark: bytes) -> list[int]:
    """The processes that carry the mark in their environment."""
    others = (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())
    return [pid for pid in others if mark in environment(pid)]


def environment(pid: int) -> bytes:
    """The environment a process began with; empty where it is gone, dead or not ours to read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


def end_all(mark: bytes) -> None:
    """Kill every marked process, and its group: a fork bomb too, as far as that can be done."""
    for _ in range(PASSES):
        found = marked(mark)
        if not found:
            return
        for pid in found:
            try:
                group = os.getpgid(pid)
                if group == pid:
                    os.killpg(group, signal.SIGKILL)
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        time.sleep(0.02)  # what was forking just now shows its children in a moment


def main() -> None:
    """Wait for the end of standard input, then end everything that carries the mark in the first argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    end_all(sys.argv[1].encode())


if __name__ == "__main__":
    main()
