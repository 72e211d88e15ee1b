"""Ctrl-C, SIGTERM and a hang-up of a run without a screen, heard even while its output is stuck."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from typing import final

from qtui.errors import ExitCode
from qtui.wiring.signals import Signals

GRACE_S = 3.0
"""How long an engine has to end by itself after it was told to be killed; it saves what it can."""
KILL_AFTER_S = 5.0 + GRACE_S
"""How long after its time to drain a terminated engine is still given; it ends itself three seconds before that."""
LEAVE_S = 1.5
"""How long this process may take to say its last words once the engine is gone."""
KILL = 3


@final
class Presses:
    """The ladder of the face that started the engine: the first press drains, the second stops, the third kills."""

    def __init__(self, stop_timeout_s: float, press: Callable[[int], None], hang_up: Callable[[], None]) -> None:
        """Both are called on the loop; `press` is told which press of Ctrl-C it is, 0 for SIGTERM."""
        self.answered = False
        """The engine has been heard of: it knows what to do about a signal, and may have something to save."""
        self.ended_by_us: ExitCode | None = None
        """The exit code that goes with the end we have asked for by a signal."""
        self._stop_timeout_s = stop_timeout_s
        self._press, self._hang_up = press, hang_up
        self._presses = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signals = Signals((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), self._hear)

    def listen(self) -> None:
        """Hear signals from now on; on the loop, in the main thread."""
        self._loop = asyncio.get_running_loop()
        self._signals.start()

    def adopt(self, process: subprocess.Popen[bytes]) -> None:
        """This is the engine that signals are about."""
        self._process = process
        if self.ended_by_us is not None:
            self._send(signal.SIGTERM)

    def over(self, *, for_good: bool) -> None:
        """The run is no concern of signals any more; `for_good`: nor is this process, whose end is settled."""
        self._signals.end(signal.SIG_IGN if for_good else signal.SIG_DFL)

    def kill(self, code: ExitCode) -> None:
        """End the engine within three seconds, and this process soon after."""
        self.ended_by_us = code
        if self.answered:
            self._send(signal.SIGQUIT)
        self._signals.later(GRACE_S if self.answered else 0, self.kill_now)
        self._signals.later(GRACE_S + LEAVE_S, lambda: os._exit(code))

    def _hear(self, number: signal.Signals) -> None:
        """The loop is told first: the end of the engine, which it hears of as well, would be taken for the whole."""
        match number:
            case signal.SIGINT:
                self._presses = which = self._presses + 1
                self._tell(lambda: self._press(which))
                if which >= KILL:
                    self.kill(ExitCode.STOPPED)
            case signal.SIGTERM if self.ended_by_us is None:
                self.ended_by_us = ExitCode.TERMINATED
                self._tell(lambda: self._press(0))
                self._send(signal.SIGTERM)
                self._signals.later(self._stop_timeout_s + KILL_AFTER_S, self.kill_now)
                self._signals.later(
                    self._stop_timeout_s + KILL_AFTER_S + LEAVE_S, lambda: os._exit(ExitCode.TERMINATED)
                )
            case signal.SIGHUP:
                self._tell(self._hang_up)

    def _tell(self, hear: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: we are leaving anyway
                self._loop.call_soon_threadsafe(hear)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def kill_now(self) -> None:
        """End the engine and everything in its process group now."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
