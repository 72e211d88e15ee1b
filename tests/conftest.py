"""Virtual time: a loop whose clock jumps to the next timer, so that hours pass in milliseconds.

Nothing ready and no timer is a deadlock, and fails the test at once instead of hanging. Used below `tests/engine`
only: no real socket or thread may be involved. And what hundreds of programs inherit from the suite is set right.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_configure() -> None:
    """Container images forbid Python to keep what it compiled; every program a test starts would compile qtui anew.

    And a suite in the background of a shell is deaf to ctrl+c, as would be every program it starts.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)


class Deadlock(RuntimeError):
    """Everything waits for something that nobody will do."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock("nothing is ready and no timer is set")
        self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; `jump` is a suspended machine: time passes and nothing runs."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def jump(self, seconds: float) -> None:
        self._jumping.now += seconds


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time below tests/engine, real time elsewhere."""
    virtual = (HERE / "engine") in item.path.parents
    return {"virtual": VirtualLoop} if virtual else {"real": asyncio.new_event_loop}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--redraw", action="store_true", help="keep the screens as they are drawn now")
