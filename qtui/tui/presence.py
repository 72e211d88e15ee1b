"""How attentive the person is, by focus and keys, and the rhythm of painting that follows from it."""

from __future__ import annotations

EAGER_S = 0.5
"""So long after a key every snapshot is painted as it comes,"""
LIVELY_S = 2.0
"""and so long eight times a second."""
CALM_S = 300.0
AWAY_S = 600.0
"""Who was gone for longer is told what has happened."""
IDLE_S = 1800.0
"""After so long without a key the picture is dimmed."""


class Presence:
    """Times are of the app's clock; a terminal that does not tell its focus is looked at."""

    def __init__(self, now: float = 0.0) -> None:
        self.blurred = False
        self.key_at = float("-inf")
        self._seen_at = now
        """The last sign of a person."""
        self._left_at = now

    def key(self, now: float) -> None:
        self.key_at = self._seen_at = now
        self.blurred = False  # keys come only from where the focus is

    def blur(self, now: float) -> None:
        if not self.blurred:
            self.blurred, self._left_at = True, now

    def focus(self, now: float) -> float:
        """The person is back; returns for how long the screen was not looked at."""
        away = now - self._left_at if self.blurred else 0.0
        self.blurred, self._seen_at = False, now
        return away

    def rest_s(self, now: float) -> float:
        """How long a picture stays before the next is painted."""
        since = now - self.key_at
        if since < EAGER_S:
            return 0.0
        if self.blurred:
            return 2.0
        if since < LIVELY_S:
            return 0.125
        return 0.5 if now - self._seen_at > CALM_S else 0.25

    def snapshots_hz(self, now: float) -> float:
        """How many snapshots a second are worth being sent."""
        rest = self.rest_s(now)
        return 10.0 if rest < 0.2 else 5.0 if rest < 0.4 else 2.0

    def idle(self, now: float) -> bool:
        return now - self._seen_at > IDLE_S
