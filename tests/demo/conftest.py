"""A running calm site, a client for it, and a clock that tests move by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite

Starter = Callable[..., Awaitable[DemoSite]]
Opener = Callable[..., Awaitable[aiohttp.ClientSession]]


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def start_site() -> AsyncIterator[Starter]:
    """Start a site with a config (and a clock); it ends with the test."""
    started: list[DemoSite] = []

    async def start(config: SiteConfig, clock: HandClock | None = None) -> DemoSite:
        site = DemoSite(config) if clock is None else DemoSite(config, clock=clock)
        await site.start()
        started.append(site)
        return site

    yield start
    for site in started:
        await site.stop()


@pytest.fixture
async def open_site(start_site: Starter) -> AsyncIterator[Opener]:
    """Start a site with a config (and a clock) and return a client for it; both end with the test."""
    opened: list[aiohttp.ClientSession] = []

    async def start(config: SiteConfig, clock: HandClock | None = None) -> aiohttp.ClientSession:
        site = await start_site(config, clock)
        opened.append(aiohttp.ClientSession(site.address))
        return opened[-1]

    yield start
    for client in opened:
        await client.close()


@pytest.fixture
async def site() -> AsyncIterator[DemoSite]:
    """A calm site."""
    site = DemoSite(SiteConfig.calm())
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def client(site: DemoSite) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the calm site."""
    async with aiohttp.ClientSession(site.address) as session:
        yield session


async def send_raw(site: DemoSite, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Ask for a path on a connection of its own and leave the reading to the test."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.address.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n".encode())
    return reader, writer


async def read_raw(site: DemoSite, path: str) -> bytes:
    """Everything the site sends for a path until it ends the connection."""
    reader, writer = await send_raw(site, path)
    received = await reader.read()
    writer.close()
    await writer.wait_closed()
    return received
