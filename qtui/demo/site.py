"""The demo site as a server on the loopback address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from qtui.demo.account import PREFIX as ACCOUNT
from qtui.demo.account import Account
from qtui.demo.api import PREFIX as API
from qtui.demo.api import Api
from qtui.demo.config import SiteConfig
from qtui.demo.connections import ConnectionServer
from qtui.demo.misbehave import Misbehaviours
from qtui.demo.query import BadQuery
from qtui.demo.replies import json, plain
from qtui.demo.shop import Shop
from qtui.demo.tally import Tally
from qtui.errors import UsageError

HOST = "127.0.0.1"
_BACKLOG = 1024


class DemoSite:
    """The shop, its API, its customers' area and the misbehaviours, served between `start` and `stop`."""

    def __init__(self, config: SiteConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds and moves bursts and the rate limit; delays are waited for on the loop."""
        shop = Shop(config, clock)
        self._misbehaviours = Misbehaviours().routes
        self._shop = shop.routes
        self._page = shop.page
        self._api = Api(config, clock)
        self._account = Account(config, self._api, clock)
        self._tally = Tally()
        self._server: ConnectionServer | None = None
        self._listener: asyncio.Server | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """The base address, such as "http://127.0.0.1:43817"; empty before `start`."""
        return self._address

    async def start(self, port: int = 0) -> str:
        """Listen on `port` (0 takes a free one) and return the base address.

        Raises UsageError when the port cannot be had, RuntimeError when already started.
        """
        if self._server is not None:
            raise RuntimeError(f"the demo site already listens at {self._address}")
        server = ConnectionServer(self._handle, self._tally)
        try:
            self._listener = await asyncio.get_running_loop().create_server(server, HOST, port, backlog=_BACKLOG)
        except (OSError, OverflowError) as problem:
            raise UsageError(f"the demo site cannot listen on {HOST}:{port}: {problem}") from problem
        self._server = server
        self._address = f"http://{HOST}:{self._listener.sockets[0].getsockname()[1]}"
        return self._address

    async def stop(self) -> None:
        """Stop listening and cut every connection, whatever is being sent; harmless when not started."""
        server, listener = self._server, self._listener
        self._server = self._listener = None
        if server is None or listener is None:
            return
        listener.close()
        await server.cut_all()
        await listener.wait_closed()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/stats.json":
            return json(self._tally.stats())
        self._tally.arrived()
        try:
            response = await self._answer(request)
        except (asyncio.CancelledError, ConnectionError):
            self._tally.abandoned()
            raise
        except Exception:
            self._tally.answered(500)
            raise
        if response is None:
            self._tally.cut()
            raise ConnectionAbortedError("ended on purpose")
        self._tally.answered(response.status)
        return response

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        try:
            if misbehave := self._misbehaviours.get(request.path):
                return await misbehave(request)
            if f"{request.path}/".startswith(f"{ACCOUNT}/"):
                return await self._account.answer(request)
            if request.method not in {"GET", "HEAD"}:
                return plain(405, headers={"Allow": "GET, HEAD"})
            get = self._api.answer if request.path.startswith(API) else self._shop.get(request.path, self._page)
            return await get(request)
        except BadQuery as problem:
            return plain(400, str(problem))
        except web.HTTPException as refusal:
            return plain(refusal.status)
