"""Where jobs run: the registry of executors, by the preset's `workers.executor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qtui.core.seams import Executor, Kind
from qtui.executors.frames import Recipe
from qtui.executors.local import LocalExecutor


class Order(NamedTuple):
    """What an executor may need to run a kind somewhere."""

    kind: Kind
    """Not opened."""
    recipe: Recipe
    """How to make it once more elsewhere."""
    recycle: int = 0
    """After how many jobs a worker process is replaced; 0 for never."""
    told: Callable[[int, float | None, str], None] = lambda seq, share, text: None
    """Hears of the progress of jobs: number, share, text."""
    mask: Callable[[str], str] = str
    """Takes the secrets of the preset out of foreign text."""


def _local(order: Order) -> Executor:
    return LocalExecutor(order.kind)


def _process(order: Order) -> Executor:
    from qtui.executors.process import ProcessExecutor

    return ProcessExecutor(order.recipe, order.recycle, order.told, order.mask)


EXECUTORS: dict[str, Callable[[Order], Executor]] = {"local": _local, "process": _process}

__all__ = ["EXECUTORS", "LocalExecutor", "Order", "Recipe"]
