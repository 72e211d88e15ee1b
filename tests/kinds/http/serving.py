"""A small server for one test, and the kind talking to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from qtui.core.job import Done, Failed, Job, Value
from qtui.kinds.context import KindContext
from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.options import HttpTable
from tests.kinds.running import real

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """The base address of a server that answers everything with `handler`."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def speaking(answer: bytes, then_close: bool = True) -> AsyncIterator[str]:
    """The address of a server that answers every connection with the same bytes."""
    writers: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if then_close:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
            writer.transport.abort()


@asynccontextmanager
async def opened(table: HttpTable, context: KindContext | None = None) -> AsyncIterator[HttpKind]:
    kind = HttpKind(table, context or real())
    await kind.open(4)
    try:
        yield kind
    finally:
        await kind.close()


async def fetched(table: HttpTable, context: KindContext | None = None, **row: Value) -> Done | Failed:
    """The outcome of one attempt."""
    async with opened(table, context) as kind:
        return await kind.run(Job(1, "1", "1", row))


async def fields(table: HttpTable, context: KindContext | None = None, **row: Value) -> dict[str, Value]:
    """The result of one attempt that must succeed."""
    outcome = await fetched(table, context, **row)
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.value, dict)
    return outcome.value


async def echo(request: web.BaseRequest) -> web.Response:
    """What came, as JSON."""
    said = {
        "method": request.method,
        "path": request.path_qs,
        "headers": dict(request.headers),
        "body": (await request.read()).decode(),
    }
    return web.Response(body=msgspec.json.encode(said), content_type="application/json")


def page(html: str, **headers: str) -> Handler:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(body=html.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})

    return handler
