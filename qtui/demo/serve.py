"""The demo site as a program of its own, for `qtui demo-site`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite


async def serve_forever(config: SiteConfig, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then end at once and in order.

    `announce` gets the base address when requests can come. Raises UsageError as `DemoSite.start` does.
    """
    loop = asyncio.get_running_loop()
    asked_to_end = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    # Before listening, so that a signal that answers the announcement is never lost.
    for number in signals:
        loop.add_signal_handler(number, asked_to_end.set)
    site = DemoSite(config)
    try:
        announce(await site.start(port))
        await asked_to_end.wait()
    finally:
        await site.stop()
        for number in signals:
            loop.remove_signal_handler(number)
