"""Signals, heard by a thread of their own: they count even while the main thread is stuck in a job or in a write.

Python runs handlers, and asyncio its callbacks, in the main thread alone. The system's own handler writes the number of
every signal to the wake-up descriptor at once, whoever is stuck; the thread reads it there. Only C code that keeps the
interpreter's lock stops this thread too: then another process has to kill ours.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import FrameType
from typing import final

ONE_PRESS_S = 0.3
"""Signals of one kind within this time are one press: shells and supervisors send them twice."""

_log = logging.getLogger(__name__)


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Being a Python handler is enough: the wake-up descriptor has the number already."""


@final
class Signals:
    """Calls `hear` with each signal, in its own thread; the same thread does what was put off with `later`."""

    def __init__(self, numbers: Iterable[signal.Signals], hear: Callable[[signal.Signals], None]) -> None:
        self._numbers = tuple(numbers)
        self._hear = hear
        self._ours, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._last: dict[int, float] = {}
        self._coming: deque[tuple[float, int, Callable[[], None]]] = deque()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def start(self) -> None:
        """Listen from now on; for the main thread only, and no loop of this process may use `add_signal_handler`."""
        for number in self._numbers:
            signal.signal(number, _heard)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        """Do `action` in the thread after `delay_s`; may be called from any thread."""
        self._coming.append((time.monotonic() + delay_s, next(self._order), action))
        self._wake.send(b"\0")

    def end(self, then: signal.Handlers) -> None:
        """Hear nothing more; for the main thread.

        A process that is about to end had better ignore them: its interpreter would give them their power back.
        """
        for number in self._numbers:
            signal.signal(number, then)

    def _listen(self) -> None:
        while True:
            self._ours.settimeout(max(0.001, self._due[0][0] - time.monotonic()) if self._due else None)
            try:
                heard = self._ours.recv(64)
            except TimeoutError:
                heard = b""
            while self._coming:
                heapq.heappush(self._due, self._coming.popleft())
            for number in heard:
                self._take(number)
            while self._due and self._due[0][0] <= time.monotonic():
                self._safely(heapq.heappop(self._due)[2])

    def _take(self, number: int) -> None:
        now = time.monotonic()
        if number not in self._numbers or now - self._last.get(number, -ONE_PRESS_S) < ONE_PRESS_S:
            return
        self._last[number] = now
        self._safely(lambda: self._hear(signal.Signals(number)))

    def _safely(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # the fence of this thread: after a bug the next signal must still be heard
            _log.exception("a signal could not be dealt with")
