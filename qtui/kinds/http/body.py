"""Answers read within limits: unpacked bit by bit, counted unpacked, given up as soon as they are too large."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import aiohttp
from aiohttp import hdrs

from qtui.kinds.http.deadlines import Attempt
from qtui.text import size

_PIECE = 1 << 16
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.I)
_META_WITHIN = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw-unicode-escape", "undefined", "utf-7"})
"""Codecs that Python has besides character sets; some are slow or mean something else."""


class Unusable(Exception):
    """An answer that came, and cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        """The error class, and a sentence of our own words."""
        super().__init__(message)
        self.code = code


class Body(NamedTuple):
    content: bytes
    """Unpacked; empty when it was only counted."""
    size: int
    """In bytes, unpacked."""


async def read_body(response: aiohttp.ClientResponse, limit: int, attempt: Attempt, keep: bool) -> Body:
    """The whole answer, or only its size when it is not kept.

    Raises:
        Unusable: too-large, as soon as it is known to have more than `limit` bytes; protocol, when it is not
            compressed the way it says.
    """
    headers, content = response.headers, response.content
    encoding = headers.get(hdrs.CONTENT_ENCODING)
    unpacker = Unpacker(encoding) if encoding is not None else None
    declared = headers.get(hdrs.CONTENT_LENGTH)
    if declared is not None and len(declared) < 20 and declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    kept: list[bytes] = []
    total = 0
    while packed := await content.readany():
        attempt.arrived += len(packed)
        for piece in (packed,) if unpacker is None else unpacker.feed(packed):
            total += len(piece)
            if total > limit:
                raise too_large(limit)
            if keep:
                kept.append(piece)
    if unpacker is not None:
        unpacker.finish()
    return Body(kept[0] if len(kept) == 1 else b"".join(kept), total)


def too_large(limit: int) -> Unusable:
    return Unusable("too-large", f"the answer is larger than {size(limit)}")


async def read_start(response: aiohttp.ClientResponse, limit: int, attempt: Attempt) -> bytes:
    """The beginning of an answer that is not wanted, unpacked; afterwards its connection is free when it was short."""
    encoding = response.headers.get(hdrs.CONTENT_ENCODING)
    start, arrived = b"", 0
    try:
        unpacker = Unpacker(encoding) if encoding is not None else None
        while arrived < limit and (packed := await response.content.readany()):
            arrived += len(packed)
            attempt.arrived += len(packed)
            for piece in (packed,) if unpacker is None else unpacker.feed(packed):
                start += piece[: limit - len(start)]
                if len(start) >= limit:
                    return start
    except (aiohttp.ClientError, OSError, Unusable):
        return start
    return start


class Unpacker:
    """gzip and deflate, at most 64 KiB at a time, so that a small answer cannot become a large one unseen."""

    def __init__(self, encoding: str) -> None:
        """Raises Unusable for an encoding that was not asked for."""
        self._encoding = encoding.strip().lower()
        self._stream = self._fresh()
        self._begun = False

    def _fresh(self) -> zlib._Decompress | None:
        match self._encoding:
            case "gzip" | "x-gzip":
                return zlib.decompressobj(zlib.MAX_WBITS | 16)
            case "deflate":
                return zlib.decompressobj()
            case "identity" | "":
                return None
            case _:
                raise Unusable("protocol", "the answer cannot be read: compressed in a way that was not asked for")

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """The unpacked pieces. Raises Unusable."""
        if self._stream is None:
            yield packed
            return
        if not self._begun and self._encoding == "deflate" and packed[0] & 0x0F != 8:
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers leave zlib's header out
        self._begun = True
        rest, full = packed, False
        try:
            while rest or full:
                if self._stream.eof:
                    if not rest.startswith(b"\x1f\x8b"):
                        return  # what follows the end is ignored, as browsers do
                    self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
                piece = self._stream.decompress(rest, _PIECE)
                full = len(piece) == _PIECE and not self._stream.eof
                rest = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
                if piece:
                    yield piece
        except zlib.error:
            raise Unusable("protocol", "the answer cannot be read: its compressed content is damaged") from None

    def finish(self) -> None:
        """Raises Unusable when the end is missing."""
        if self._begun and self._stream is not None and not self._stream.eof:
            raise Unusable("protocol", "the answer cannot be read: its compressed content is cut short")


def decode(content: bytes, content_type: str) -> str:
    """The answer as text: by its byte order mark, the header, its own <meta>, or else UTF-8."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace")
    named = _charset(content_type)
    if not named and (match := _META.search(content, 0, _META_WITHIN)):
        named = match[1].decode()
    try:
        return content.decode(_usable(named), "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


@lru_cache(maxsize=256)
def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40]
    return ""


@lru_cache(maxsize=256)
def _usable(named: str) -> str:
    """The codec for a character set, as the web means its name. Raises LookupError, ValueError."""
    if not named:
        return "utf-8"
    name = codecs.lookup(named).name
    if name in _NO_CHARSETS:
        return "utf-8"
    return "cp1252" if name in ("iso8859-1", "ascii") else name
