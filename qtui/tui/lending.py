"""The terminal lent to another program, which has it alone until it ends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from qtui.text import clean
from qtui.tui.end_signals import answer_signal

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp


async def lend(app: QtuiApp, command: list[str]) -> str:
    """Run a command on the terminal; why that did not work, or empty.

    Nothing is painted meanwhile, as the terminal is not ours; the run goes on in its own process.
    """
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGINT)
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # ctrl+c is the other's: not inherited, not ours
    try:
        return _lend(app, command)
    finally:
        for _ in range(2):
            await asyncio.sleep(0)  # until the loop has read what came meanwhile, and found nobody to tell
        signal.signal(signal.SIGINT, before)
        answer_signal("SIGINT", app.called)


def _lend(app: QtuiApp, command: list[str]) -> str:
    try:
        with app.suspend():
            try:
                code = subprocess.run(command, check=False).returncode
            except OSError as error:  # leaving the block by it would leave the terminal as it is
                return f"{clean(command[0])} cannot be started: {clean(error.strerror or error)}"
    except SuspendNotSupported:
        return f"this terminal cannot be lent to {clean(command[0])}"
    return f"{clean(command[0])} ended with code {code}" if code not in (0, 130, -signal.SIGINT) else ""
