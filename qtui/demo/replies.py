"""Responses in the house style: no server banner, little work per request, and ways to end a connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

from qtui.demo.pages import plain_page

SERVER = {"Server": "shop"}
HTML = {**SERVER, "Content-Type": "text/html; charset=utf-8"}
JSON = {**SERVER, "Content-Type": "application/json"}

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]
"""Answers one request; None says that the handler has taken the connection over and ended it."""


def html(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An HTML page."""
    return web.Response(body=body, status=status, headers={**HTML, **headers} if headers else HTML)


def plain(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    """A short page that says what the status means."""
    try:
        title = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        title = str(status)
    return html(plain_page(title, text).encode(), status, headers)


def json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """`value` as JSON."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers={**JSON, **headers} if headers else JSON
    )


def redirect(to: str, status: int = 302) -> web.Response:
    """Send the client to the address `to`, exactly as written."""
    return web.Response(status=status, headers={**SERVER, "Location": to})


def transport_of(request: web.BaseRequest) -> asyncio.Transport:
    """The connection under a request; raises ConnectionResetError when the client has gone."""
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client has gone")
    assert isinstance(transport, asyncio.Transport)
    return transport


def reset(request: web.BaseRequest) -> None:
    """End the connection with a TCP reset, whatever has been sent."""
    transport = transport_of(request)
    # Without lingering at zero, closing sends an orderly end of stream and the client sees no reset.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def drip(request: web.BaseRequest, body: bytes, pieces: int, pause: float) -> web.StreamResponse:
    """Send an HTML page in `pieces` pieces, `pause` seconds apart."""
    response = web.StreamResponse(headers=HTML)
    response.content_length = len(body)
    await response.prepare(request)
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        await asyncio.sleep(pause)
        await response.write(body[start : start + size])
    return response
