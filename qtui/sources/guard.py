"""A small process between the engine and one command: it ends the command's whole group when the engine is gone.

Run as a script: arguments are the command; standard input is a pipe that the engine holds. A byte in it says that all
output has been read; its end says that nobody wants the command any more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

GRACE_S = 0.4
"""Between TERM and KILL; a process that ends has a second for everything."""
NOT_FOUND = 127


def _end(child: subprocess.Popen[bytes], finished: threading.Event) -> None:
    if not os.read(0, 1):
        _signal(child, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
        _signal(child, signal.SIGKILL)
    finished.set()


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def main(command: list[str]) -> int:
    """Run the command; its exit code, or 128 and the number of the signal that ended it."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    null = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(null, number)  # or the engine would never see the end of the output
    finished = threading.Event()
    threading.Thread(target=_end, args=(child, finished), daemon=True).start()
    code = child.wait()
    finished.wait()
    _signal(child, signal.SIGKILL)  # whatever the command has left behind
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
