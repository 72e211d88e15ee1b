"""What running attempts tell of themselves, passed on at a pace for eyes, however often it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import final

from qtui.core.events import AttemptProgressed
from qtui.core.ledger import Ledger
from qtui.text import clean

PACE_S = 0.1
_MAX_TEXT = 120


@final
class Gauges:
    """Keeps the newest word of each attempt until it is time; then one look at the slots serves all of them."""

    def __init__(self, ledger: Ledger, now: Callable[[], float], emit: Callable[[AttemptProgressed], None]) -> None:
        self._ledger, self._now, self._emit = ledger, now, emit
        self._newest: dict[int, tuple[float | None, str]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, seq: int, share: float | None, text: str) -> None:
        """Job `seq` is so far; for the engine's loop."""
        self._newest[seq] = (share, text)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PACE_S, self._pass_on)

    def close(self) -> None:
        """Nothing is passed on any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _pass_on(self) -> None:
        self._timer = None
        newest, self._newest = self._newest, {}
        slots = list(self._ledger.slots.items())
        for number, track in slots:
            if track.job is not None and (told := newest.get(track.job.seq)) is not None:
                share = None if told[0] is None or told[0] != told[0] else min(1.0, max(0.0, told[0]))
                self._emit(AttemptProgressed(self._now(), track.job.seq, number, share, clean(told[1], _MAX_TEXT)))
