"""The number of workers a person is dialling: presses are gathered and sent at most ten times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from qtui.core.commands import MAX_CONCURRENCY

PAUSE_S = 0.1


GRACE = 8
"""So many snapshots later the number in force is the truth, whatever was asked for."""


class Dial:
    """Holds the target until a snapshot shows it in force; the screen shows it beside that number."""

    def __init__(self, send: Callable[[int], Awaitable[bool]]) -> None:
        self.target: int | None = None
        self._send = send
        self._busy = False
        self._waited = 0

    def turn(self, change: Callable[[int], int], in_force: int) -> bool:
        """Change the target; returns whether `run` must be started."""
        start = in_force if self.target is None else self.target
        self.target = max(0, min(MAX_CONCURRENCY, change(start)))
        self._waited = 0
        return not self._busy

    async def run(self) -> None:
        """Send the target, and again as long as it is turned meanwhile; a refusal ends it."""
        self._busy = True
        try:
            sent = None
            while self.target is not None and self.target != sent:
                sent = self.target
                if not await self._send(sent):
                    self.target = None
                await asyncio.sleep(PAUSE_S)  # the rhythm of sending, not a wait for anything
        finally:
            self._busy = False

    def settle(self, in_force: int) -> None:
        """Take note of a snapshot."""
        self._waited += 1
        if not self._busy and (in_force == self.target or self._waited > GRACE):
            self.target = None
