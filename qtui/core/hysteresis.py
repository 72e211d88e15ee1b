"""Judgements that need time: latches that do not blink."""

from __future__ import annotations


class Latch:
    """True from `enter` on, false after `calm_s` seconds below `leave`: what hovers at a threshold does not blink."""

    def __init__(self, enter: float, leave: float, calm_s: float = 0.0, dwell_s: float = 0.0) -> None:
        self.enter = enter
        self.leave = leave
        self.calm_s = calm_s
        self.dwell_s = dwell_s
        """How long the value must stay at `enter` before the latch closes."""
        self.on = False
        self._since: float | None = None

    def step(self, now: float, value: float) -> bool:
        wants_change = value < self.leave if self.on else value >= self.enter
        if not wants_change:
            self._since = None
            return self.on
        if self._since is None:
            self._since = now
        if now - self._since >= (self.calm_s if self.on else self.dwell_s):
            self.on = not self.on
            self._since = None
        return self.on
