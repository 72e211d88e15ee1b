"""aiohttp's low-level server, counted, without banner, and able to cut every connection at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from qtui.demo.replies import SERVER
from qtui.demo.tally import Tally

_KEEPALIVE = 75.0
_FAREWELL = 1.0
"""Seconds that handlers have to notice a cut connection; they need a turn of the loop."""


class Connection(web.RequestHandler):
    """One client connection."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a bad request or a bug of ours; an ended connection gets neither answer nor log entry."""
        if isinstance(exc, ConnectionError):
            raise exc
        response = super().handle_error(request, status, exc, message)
        response.headers.update(SERVER)
        return response


class ConnectionServer(web.Server):
    """Makes a `Connection` for every client; handlers are cancelled when their client goes."""

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], tally: Tally
    ) -> None:
        super().__init__(handler, handler_cancellation=True)
        self._tally = tally

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # None is the documented way to have no access log
            keepalive_timeout=_KEEPALIVE,
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count a client that has come."""
        super().connection_made(handler, transport)
        self._tally.opened()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """Count a client that has gone."""
        super().connection_lost(handler, exc)
        self._tally.closed()

    async def cut_all(self) -> None:
        """End every connection now, whatever is being sent on it."""
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await self.shutdown(_FAREWELL)
