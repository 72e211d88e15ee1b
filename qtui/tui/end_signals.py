"""Signals that end the screen, answered with the terminal restored where Textual would leave it in disorder."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

Answer = Callable[[str, int], None]


def answer_signals(answer: Answer) -> None:
    """Call `answer` with the name and the number of a signal that asks to end, from the running loop."""
    if not all(answer_signal(name, answer) for name in ("SIGTERM", "SIGHUP", "SIGINT")):
        return  # not the main thread, or a platform without it: the launcher restores the terminal
    loop = asyncio.get_running_loop()
    resized = signal.getsignal(signal.SIGWINCH)
    if callable(resized):
        # Textual's handler can be interrupted by itself: it would then tell the sizes in the wrong order
        loop.add_signal_handler(signal.SIGWINCH, resized, signal.SIGWINCH, None)


def answer_signal(name: str, answer: Answer) -> bool:
    """Answer this one; False where that cannot be arranged."""
    number = getattr(signal, name, None)
    if number is None:
        return True
    try:
        asyncio.get_running_loop().add_signal_handler(number, answer, name, int(number))
    except (NotImplementedError, RuntimeError, ValueError):  # asyncio says it by any of these
        return False
    return True
