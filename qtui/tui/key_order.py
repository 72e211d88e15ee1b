"""One key at a time: what is typed ahead waits until the key before it has had its whole effect.

Textual hands every key at once to whatever has the focus now. Keys that come in one go, typed ahead on a slow line or
pasted, would then act on the view although the first of them opened a prompt: `/shop` would pause the producers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

PATIENCE_S = 0.3
"""A key that has not been dealt with after this long holds up the next one no longer."""


class KeyOrder:
    """Passes keys on through `hand_over`, each after the one before it has gone through every queue."""

    def __init__(self, app: App[Any], hand_over: Callable[[events.Key], Awaitable[None]]) -> None:
        self._app = app
        self._hand_over = hand_over
        self._waiting: deque[events.Key] = deque()
        self._turn = 0
        """Which key is on its way; a patience that runs out for another one means nothing."""
        self._busy = False

    async def take(self, event: events.Key) -> None:
        """A key was pressed."""
        if self._busy:
            self._waiting.append(event)
        else:
            await self._start(event)

    async def _start(self, event: events.Key) -> None:
        self._busy = True
        self._turn += 1
        target: MessagePump = self._app.focused or self._app.screen
        await self._hand_over(event)
        self._app.set_timer(PATIENCE_S, lambda turn=self._turn: self._done(turn))
        self._follow(target, self._turn)

    def _follow(self, node: MessagePump | None, turn: int) -> None:
        """The key bubbles from queue to queue up to the app; this goes the same way behind it."""
        while node is not None and node is not self._app:
            if node.call_later(self._follow, node._parent, turn):
                return
            node = node._parent
        self._app.call_later(self._done, turn)

    async def _done(self, turn: int) -> None:
        if turn != self._turn:
            return
        self._busy = False
        if self._waiting:
            await self._start(self._waiting.popleft())
