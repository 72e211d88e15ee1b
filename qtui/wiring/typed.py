"""What is typed while a run is told line by line: the same commands as `qtui ctl`, and enter for how far it is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import sys
from collections.abc import Callable

from qtui.core.commands import Command
from qtui.core.forms import FORMS
from qtui.core.snapshot import Snapshot
from qtui.errors import UsageError
from qtui.text import clean
from qtui.wiring.steering import understood

HINT = "Type status, pause, workers 12, retry 503 or help, then enter; enter alone says how far it is"
_FOREGROUND_S = 0.5
_LONGEST = 4096
"""A line that is longer is no command."""


class Typed:
    """Lines of the keyboard as they come, without a thread and without ever being stopped for reading."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._begun = b""
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._listen()

    def _listen(self) -> None:
        self._later = None
        if _in_foreground():
            self._loop.add_reader(0, self._read)
        else:  # who reads in the background is stopped by the system
            self._later = self._loop.call_later(_FOREGROUND_S, self._listen)

    def _read(self) -> None:
        if not _in_foreground():
            self.close()
            self._listen()
            return
        try:
            come = os.read(0, 4096)
        except OSError:
            come = b""
        if not come:
            self.close()
            return
        *lines, self._begun = (self._begun + come).split(b"\n")
        self._begun = self._begun[-_LONGEST:]
        for line in lines:
            self._take(line.decode("utf-8", "replace").strip())

    def close(self) -> None:
        """Nothing more is read."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        with contextlib.suppress(OSError, ValueError):
            self._loop.remove_reader(0)


def has_keyboard() -> bool:
    """Whether somebody can type to us and would see the answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def meant(line: str, snap: Snapshot) -> Command:
    """The command of a line: as `qtui ctl` spells it, and as people say it.

    Raises UsageError for what is none, with what there is.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"that cannot be read: {error}") from None
    if words[0] == "workers":
        words[0] = "concurrency"
    if words[0] == "retry" and len(words) == 2 and not words[1].startswith(("-", "#")):
        wanted = words[1].casefold()
        if any(wanted in f"{group.title} {group.message}".casefold() for group in snap.failures):
            words.insert(1, "--group")
    return understood(words, snap)


def helped() -> list[str]:
    """What can be typed, a line each."""
    lines = [f"{form.usage}: {form.help}" for form in FORMS]
    return [*lines, "workers N: the same as concurrency N", "status: how far the run is", "help: these lines"]


def is_asking(line: str) -> bool:
    """Whether a line only asks how far the run is."""
    return clean(line).casefold() in ("", "status")
