"""How long a test waits for what must happen, and how where nobody tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 30.0
"""Seconds. Nothing that comes is ever this late, however busy the machine is, and only what fails costs them."""
LOOK_S = 0.01


async def until(holds: Callable[[], bool], what: str = "it") -> None:
    """Wait until something holds of which nobody tells: what a screen shows, what another process has done."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 there is no event to wait for
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE_S:g} s in vain for {what}") from None


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """The same without a loop."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s in vain for {what}"
        time.sleep(LOOK_S)
