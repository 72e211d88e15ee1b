"""Connections: one shared session, its name lookups, and a second one that refuses private machines."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from qtui.kinds.http.address import is_private
from qtui.kinds.http.options import HttpTable
from qtui.kinds.threads import Threads

_IDLE_S = 5.0
"""How long an unused connection is kept: enough for the next job of the same host, too short to pile up over many."""
_LOOKUP_THREADS = 16
_REMEMBERED = 10_000


class PrivateAddress(aiohttp.ClientError):
    """A redirect led from the public internet to a private machine."""


class Lookups(AbstractResolver):
    """Name lookups by the system, in threads of their own."""

    def __init__(self) -> None:
        self._threads = Threads("qtui-dns", _LOOKUP_THREADS)
        self._found: dict[str, tuple[str, ...]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._threads.call(partial(_look_up, host, port, family))
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        self._found[host] = tuple(result["host"] for result in found)
        return found

    def private(self, url: URL) -> bool:
        """True when all addresses of the URL's host, as last looked up, are private."""
        host = url.host or ""
        addresses = self._found.get(url.raw_host or "") or self._found.get(host) or (host,)
        return all(is_private(address) for address in addresses)

    async def close(self) -> None:
        self._threads.close()


def _look_up(host: str, port: int, family: int) -> list[ResolveResult]:
    infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    return [
        ResolveResult(
            hostname=host,
            host=socket.getnameinfo(address, numeric)[0],  # keeps the scope of link-local addresses
            port=int(address[1]),
            family=found_family,
            proto=proto,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for found_family, _, proto, _, address in infos
    ]


class _PublicOnly(aiohttp.TCPConnector):
    """Looks at the address that was really connected to, before the request is sent."""

    async def connect(self, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        connection = await super().connect(*args, **kwargs)
        transport = connection.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        if peer and is_private(str(peer[0])):
            connection.close()
            raise PrivateAddress
        return connection


class Sessions:
    """What requests go through; must be made on the running loop."""

    def __init__(self, table: HttpTable, headers: dict[str, str]) -> None:
        self.lookups = Lookups()
        self._table = table
        self._headers = headers
        self.any = self._session(aiohttp.TCPConnector)
        self._public: aiohttp.ClientSession | None = None

    @property
    def public(self) -> aiohttp.ClientSession:
        """Refuses private machines with `PrivateAddress`."""
        if self._public is None:
            self._public = self._session(_PublicOnly)
        return self._public

    def _session(self, connector: type[aiohttp.TCPConnector]) -> aiohttp.ClientSession:
        connect = self._table.timeout.connect or None
        return aiohttp.ClientSession(
            connector=connector(
                limit=0,  # the engine's slots are the limit
                resolver=self.lookups,
                keepalive_timeout=_IDLE_S,
                ssl=not self._table.insecure,
            ),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),  # jobs share nothing, whatever their order
            timeout=aiohttp.ClientTimeout(total=None, connect=connect, ceil_threshold=3600.0),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self.any.close()
        if self._public is not None:
            await self._public.close()
        await self.lookups.close()
        await asyncio.sleep(0)  # transports close on the loop's next turn
