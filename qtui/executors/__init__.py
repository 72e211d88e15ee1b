"""Where jobs run: the registry of executors, by the preset's `workers.executor`."""

from __future__ import annotations

from collections.abc import Callable

from qtui.core.seams import Executor, Kind
from qtui.executors.local import LocalExecutor

EXECUTORS: dict[str, Callable[[Kind], Executor]] = {"local": LocalExecutor}

__all__ = ["EXECUTORS", "LocalExecutor"]
