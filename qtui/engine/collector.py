"""Keeps Python's collector from walking through a crowd of tasks again and again: one such walk freezes everything."""

from __future__ import annotations

import gc
from typing import final

CROWD = 5_000
"""From so many tasks on a walk through all of them would be felt."""


@final
class Collector:
    """What has come to stay is taken out of the collector's sight, and given back when the crowd has gone."""

    __slots__ = ("_new", "_sparing")

    def __init__(self) -> None:
        self._new = 0
        self._sparing = False

    def grown(self, tasks: int) -> None:
        """Something was added; there are so many tasks now."""
        self._new += 1
        if self._new >= CROWD and tasks >= CROWD:
            self._new, self._sparing = 0, True
            gc.collect(1)  # rubbish that nobody has looked at yet is not to stay
            gc.freeze()

    def shrunk(self, tasks: int) -> None:
        """Something went."""
        if self._sparing and tasks < CROWD // 2:
            self.close()

    def close(self) -> None:
        """Everything is the collector's again."""
        self._new = 0
        if self._sparing:
            self._sparing = False
            gc.unfreeze()
