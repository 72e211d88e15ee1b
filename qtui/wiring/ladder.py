"""The engine's ladder: drain, stop, kill; each step is taken in time even while a job blocks the loop.

SIGINT    drain, then stop, then kill          SIGTERM   drain, stop after a time, kill 5 s later; once only
SIGQUIT   stacks to the log, then kill         SIGUSR1   stacks to the log
SIGHUP    the run goes on without its terminal
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, final

from qtui.errors import ExitCode
from qtui.wiring import stacks
from qtui.wiring.signals import Signals

KILL_AFTER_S = 5.0
"""How long a terminated engine may take to end after it was told to stop."""
STUCK_S = 6.0
"""A loop that has been told to stop and answers nothing for so long is held up by a job: longer than its grace."""
KILL_S = 2.7
"""How long the kill takes at the most."""
ANSWER_S = 0.5
"""How much of it the loop has for an answer, with which it writes down what it interrupts …"""
LAST_COMMIT_S = 1.0
"""… and how much is kept for the journal's last commit; when the loop does not answer, all that is left."""
EXIT_S = 1.0
"""How long tasks and threads that a job has left behind may hold up the exit."""

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
_log = logging.getLogger(__name__)


class Step(StrEnum):
    """What the loop is asked for."""

    DRAIN = "drain"
    STOP = "stop"
    GIVE_UP = "give up"
    """Stop, without waiting for any attempt."""


class Climber(Protocol):
    """What the ladder stands on. All of it is called in the ladder's thread."""

    def climb(self, step: Step, by: str, done: Callable[[], None]) -> None:
        """Have the loop take a step when it can, and call `done` then."""
        ...

    def show_tasks(self) -> None:
        """Write the stacks of the loop's tasks to the log."""
        ...

    def last_words(self) -> None:
        """Save what can be saved without the loop; it may not be given the time to end."""
        ...


@final
class Ladder:
    """One for the life of the process; `listen` comes first of all."""

    def __init__(self, stop_timeout_s: float, climber: Climber) -> None:
        self.terminated = False
        """SIGTERM has come."""
        self._stop_timeout_s = stop_timeout_s
        self._climber = climber
        self._presses = 0
        self._signals = Signals(_NUMBERS, self._hear)

    def listen(self) -> None:
        """Hear signals from now on; for the main thread."""
        self._signals.start()
        stacks.dump_by_the_system(signal.SIGQUIT, signal.SIGUSR1)

    @property
    def exit_code(self) -> ExitCode:
        """Of a run that was ended before its end."""
        return ExitCode.TERMINATED if self.terminated else ExitCode.STOPPED

    def stopping(self) -> None:
        """Somebody has asked the loop to stop: it must not hang on that."""
        self._signals.later(STUCK_S, self._kill_if_stuck)

    def leave_within(self, code: int) -> None:
        """Everything is over and saved: end with `code`, whatever a job has left behind; for the main thread."""
        self._signals.end(signal.SIG_IGN)
        self._signals.later(EXIT_S, lambda: os._exit(code))

    # -- in the thread

    def _hear(self, number: signal.Signals) -> None:
        match number:
            case signal.SIGHUP:
                _log.info("hang-up: the run goes on without its terminal")
            case signal.SIGUSR1:
                self._climber.show_tasks()
            case signal.SIGQUIT:
                try:
                    self._climber.show_tasks()
                finally:
                    self._kill("quit")
            case signal.SIGTERM:
                self._terminate()
            case _:
                self._press()

    def _press(self) -> None:
        self._presses += 1
        match self._presses:
            case 1:
                _log.info("interrupt: draining; another one stops what runs")
                self._climb(Step.DRAIN)
            case 2:
                _log.info("interrupt: stopping; another one kills the engine")
                self._stop()
            case _:
                self._kill("third interrupt")

    def _terminate(self) -> None:
        """Once: supervisors send several."""
        if self.terminated:
            return
        self.terminated = True
        _log.info("terminated: draining for %s s, then stopping", self._stop_timeout_s)
        self._climb(Step.DRAIN)
        self._signals.later(self._stop_timeout_s, self._stop)
        self._signals.later(self._stop_timeout_s + KILL_AFTER_S, lambda: self._kill("too slow to stop"))

    def _stop(self) -> None:
        self._climb(Step.STOP)

    def _climb(self, step: Step) -> threading.Event:
        done = threading.Event()
        self._climber.climb(step, "signal" if self.terminated else "ctrl-c", done.set)
        return done

    def _kill_if_stuck(self) -> None:
        if not self._climb(Step.GIVE_UP).wait(ANSWER_S):
            self._end("a job blocks the loop although everything was told to stop", time.monotonic() + KILL_S)

    def _kill(self, why: str) -> None:
        _log.warning("kill: %s", why)
        deadline = time.monotonic() + KILL_S
        if self._climb(Step.GIVE_UP).wait(ANSWER_S):
            time.sleep(deadline - LAST_COMMIT_S - time.monotonic())  # the process ends meanwhile, unless it is stuck
        self._end(f"{why}; it did not end by itself", deadline)

    def _end(self, why: str, deadline: float) -> None:
        _log.error("ending the process: %s", why)
        stacks.dump_threads()
        words = threading.Thread(target=self._climber.last_words, name="last words", daemon=True)
        words.start()
        words.join(deadline - time.monotonic())
        os._exit(self.exit_code)
