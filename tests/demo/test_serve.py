"""The site as a program of its own ends when it is asked to."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from qtui.demo.config import SiteConfig
from qtui.demo.serve import serve_forever
from qtui.demo.site import DemoSite
from qtui.errors import UsageError
from tests.patience import PATIENCE_S


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_site_cleanly(number: signal.Signals):
    before = signal.getsignal(signal.SIGTERM)
    announced = []

    def announce(address: str) -> None:
        announced.append(address)
        os.kill(os.getpid(), number)

    async with asyncio.timeout(PATIENCE_S):
        await serve_forever(SiteConfig.calm(), 0, announce)
    port = int(announced[0].rsplit(":", 1)[1])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert signal.getsignal(signal.SIGTERM) == before


async def test_a_taken_port_ends_it_before_the_announcement(site: DemoSite):
    announced: list[str] = []
    with pytest.raises(UsageError):
        await serve_forever(SiteConfig.calm(), int(site.address.rsplit(":", 1)[1]), announced.append)
    assert announced == []
