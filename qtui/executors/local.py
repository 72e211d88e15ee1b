"""Attempts on the engine's own loop: for jobs that wait more than they compute."""

from __future__ import annotations

from typing import final

from qtui.core.seams import Kind, Speaking


@final
class LocalExecutor:
    """Implements `qtui.core.seams.Executor` by the kind itself; nothing stands between slot and job."""

    def __init__(self, kind: Kind) -> None:
        self.open = kind.open
        self.resize = kind.resize
        self.run = kind.run
        self.close = kind.close
        self._kind = kind

    def said(self, seq: int) -> str:
        """What a running attempt has written, where the kind knows."""
        return self._kind.said(seq) if isinstance(self._kind, Speaking) else ""
