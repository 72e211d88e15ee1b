"""How much may move on the screen."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Motion(StrEnum):
    """Only data moves, ever; this says how often, and whether arrows advance with it."""

    FULL = "full"
    CALM = "calm"
    NONE = "none"

    @property
    def rest_s(self) -> float:
        """Seconds from one picture to the next that nobody has asked for."""
        return {Motion.FULL: 0.0, Motion.CALM: 0.5, Motion.NONE: 1.0}[self]

    @property
    def animations(self) -> Literal["full", "basic", "none"]:
        """The same for Textual's own widgets."""
        return {Motion.FULL: "full", Motion.CALM: "basic", Motion.NONE: "none"}[self]  # type: ignore[return-value]
