"""The embedded shop as a program of its own."""

from __future__ import annotations

from collections.abc import Callable

from qtui.demo.config import SiteConfig
from qtui.demo.serve import serve_forever


async def serve(port: int, calm: bool, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` gets the address. Raises UsageError when the port cannot be had."""
    await serve_forever(SiteConfig.calm() if calm else SiteConfig(), port, announce)
