"""Who hears of facts: at once, or only when what they hear of is on disk."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from qtui.core.events import Event
from qtui.core.snapshot import AlertView

log = logging.getLogger(__name__)

Subscriber = Callable[[Event], None]


class Audience:
    """Every subscriber hears every event from its subscription on, in order. One that fails is dropped."""

    __slots__ = ("_later", "_now", "_untold", "alerts", "alone_from", "anybody")

    def __init__(self) -> None:
        self._now: tuple[Subscriber, ...] = ()
        self._later: tuple[Subscriber, ...] = ()
        self._untold: deque[tuple[int, Event]] = deque()
        """With their positions: what waits for the disk, and what came after it."""
        self.anybody = False
        """Somebody listens."""
        self.alerts: list[AlertView] = []
        """What a person who does not look should be told, as long as it holds."""
        self.alone_from: float | None = None
        """When nobody looked any more, seconds since the start of the run."""

    def add(self, subscriber: Subscriber, *, durable: bool) -> None:
        """A `durable` one tells others: it hears of an outcome, and of what came after it, once that is on disk."""
        if durable:
            self._later = (*self._later, subscriber)
        else:
            self._now = (*self._now, subscriber)
        self.anybody = True

    def remove(self, subscriber: Subscriber) -> None:
        self._now = tuple(known for known in self._now if known != subscriber)
        self._later = tuple(known for known in self._later if known != subscriber)
        self.anybody = bool(self._now or self._later)

    def tell(self, event: Event, position: int, *, unsettled: bool) -> None:
        """An event that stands at `position`; `unsettled`: some outcome is not on disk yet."""
        if self._now:
            self._call(self._now, event)
        if not self._later:
            return
        if unsettled:
            self._untold.append((position, event))
        else:
            self._call(self._later, event)

    def committed(self, position: int, *, unsettled: bool) -> None:
        """Everything up to `position` is on disk."""
        while self._untold and (self._untold[0][0] <= position or not unsettled):
            self._call(self._later, self._untold.popleft()[1])

    def _call(self, subscribers: tuple[Subscriber, ...], event: Event) -> None:
        for subscriber in subscribers:
            try:
                subscriber(event)
            except Exception:  # a listener's fault must never reach the run
                log.exception("a subscriber failed and was dropped")
                self.remove(subscriber)
