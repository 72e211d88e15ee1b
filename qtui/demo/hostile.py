"""Answers that are too large, too slow or no HTTP at all."""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import web

from qtui.demo import replies
from qtui.demo.pages import plain_page
from qtui.demo.query import seconds, whole
from qtui.demo.replies import SERVER, transport_of

_MEBIBYTE = 1024 * 1024
_MOMENT = 0.05
_TEXT = {**SERVER, "Content-Type": "text/plain; charset=utf-8"}
_RAW_HEAD = b"HTTP/1.1 200 OK\r\nServer: shop\r\nContent-Type: text/html; charset=utf-8\r\n"


async def gzip_bomb(request: web.BaseRequest) -> web.StreamResponse:
    """Send about 1 KiB of gzip for every MiB of `mb`: blanks, so the text is valid."""
    size = whole(request, "mb", 64, 0, 1_000_000)
    blanks = b" " * _MEBIBYTE
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # After a full flush nothing refers back, so the same compressed block can be sent again and again.
    block = squeeze.compress(blanks) + squeeze.flush(zlib.Z_FULL_FLUSH)
    head, last = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", b"\x03\x00"
    response = web.StreamResponse(headers={**_TEXT, "Content-Encoding": "gzip"})
    response.content_length = len(head) + size * len(block) + len(last) + 8
    await response.prepare(request)
    await response.write(head)
    checksum = 0
    for _ in range(size):
        checksum = zlib.crc32(blanks, checksum)
        await response.write(block)
        # A fast client never fills the socket, so `write` alone would keep the loop from everybody else.
        await asyncio.sleep(0)
    length = size * _MEBIBYTE & 0xFFFFFFFF
    await response.write(last + checksum.to_bytes(4, "little") + length.to_bytes(4, "little"))
    return response


async def endless(request: web.BaseRequest) -> web.StreamResponse:
    """Send chunks for ever, `delay` seconds apart."""
    delay = seconds(request, "delay", 0.0)
    response = web.StreamResponse(headers=_TEXT)
    response.enable_chunked_encoding()
    await response.prepare(request)
    chunk = b"and so on, " * 1024
    while True:
        await response.write(chunk)
        await asyncio.sleep(delay)


async def drip(request: web.BaseRequest) -> web.StreamResponse:
    """Send `bytes` bytes one by one, `delay` seconds apart."""
    count = whole(request, "bytes", 100, 1, 10_000_000)
    return await replies.drip(request, b"." * count, count, seconds(request, "delay", 0.05))


async def slow_headers(request: web.BaseRequest) -> None:
    """Send `lines` header lines, `delay` seconds apart, then a short page."""
    delay = seconds(request, "delay", 0.5)
    transport_of(request).write(_RAW_HEAD)
    for number in range(whole(request, "lines", 10, 0, 100_000)):
        await asyncio.sleep(delay)
        transport_of(request).write(b"X-Slow-%d: yes\r\n" % number)
    await asyncio.sleep(delay)
    body = plain_page("Here at last").encode()
    _finish(request, b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


async def hang(request: web.BaseRequest) -> None:
    """Answer nothing, until the client goes or the site stops."""
    await asyncio.Event().wait()


async def reset(request: web.BaseRequest) -> None:
    """Reset the connection: before the first byte, or a moment after the head and `after` bytes of body."""
    after = whole(request, "after", -1, -1, _MEBIBYTE)
    if after >= 0:
        transport_of(request).write(_RAW_HEAD + b"Content-Length: %d\r\n\r\n" % (after + 1000) + b"." * after)
        # A reset throws away what the client has not read yet; the moment is for reading.
        await asyncio.sleep(_MOMENT)
    replies.reset(request)


async def short(request: web.BaseRequest) -> None:
    """Promise `missing` bytes more than the `bytes` that come."""
    sent, missing = whole(request, "bytes", 100), whole(request, "missing", 900, 1)
    _finish(request, _RAW_HEAD + b"Content-Length: %d\r\n\r\n" % (sent + missing) + b"." * sent)


async def garbage(request: web.BaseRequest) -> None:
    """Send bytes that no HTTP parser can take, terminal escapes among them."""
    _finish(request, b"\x16\x03\x01\x00\xff\xfe this was never HTTP\x00\r\n\x1b[31m\r\n\r\n")


def _finish(request: web.BaseRequest, data: bytes) -> None:
    transport = transport_of(request)
    transport.write(data)
    transport.close()
