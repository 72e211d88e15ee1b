"""What becomes of an answer: statuses, text, compression, limits."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from aiohttp import web

from qtui.core.job import Done, Failed
from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.kinds.http.asked import Expect
from qtui.kinds.http.options import HttpTable
from tests.kinds.http.serving import Handler, fetched, fields, opened, page, serving, speaking
from tests.kinds.running import job


def answering(status: int = 200, body: bytes = b"", **headers: str) -> Handler:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


async def test_a_done_job_has_its_status_and_a_short_note() -> None:
    async with serving(answering(201, b"x" * 4100)) as site:
        assert await fetched(HttpTable(url=site)) == Done({"url": site, "status": 201}, "201 · 4.1 kB")


@pytest.mark.parametrize(
    ("status", "phrase"), [(404, "Not Found"), (503, "Service Unavailable"), (599, "unknown status")]
)
async def test_an_unwanted_status_is_a_failure_with_the_standards_words(status: int, phrase: str) -> None:
    async with serving(answering(status, b"<h1>Sorry</h1>\n\x1b[31mred")) as site:
        outcome = await fetched(HttpTable(url=site))
    assert outcome == Failed(f"http:{status}", phrase, "<h1>Sorry</h1>\nred")


async def test_the_expected_statuses_can_be_chosen() -> None:
    async with serving(answering(404)) as site:
        assert isinstance(await fetched(HttpTable(url=site, expect=Expect(status=[404]))), Done)
        assert isinstance(await fetched(HttpTable(url=site, expect=Expect(status=["3xx"]))), Failed)


async def test_an_expected_redirect_is_not_followed() -> None:
    async with serving(answering(302, Location="/elsewhere")) as site:
        assert (await fields(HttpTable(url=site, expect=Expect(status=[302]))))["status"] == 302


async def test_the_answer_must_contain_what_is_expected() -> None:
    async with serving(page("<p>déjà vu</p>")) as site:
        assert isinstance(await fetched(HttpTable(url=site, expect=Expect(contains="déjà"))), Done)
        assert await fetched(HttpTable(url=site, expect=Expect(contains="jamais"))) == Failed(
            "extract", 'the answer does not contain "jamais"'
        )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("é".encode("iso-8859-1"), "text/html; charset=ISO-8859-1"),
        ("é".encode("iso-8859-1"), 'text/html; charset="latin1"'),
        (b"<meta charset=windows-1252>" + "é".encode("cp1252"), "text/html"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=iso-8859-15">' + "é".encode("iso-8859-15"), ""),
        ("é".encode(), "text/html"),
        ("é".encode(), "text/html; charset=no-such-thing"),
        ("é".encode(), "text/html; charset=rot13"),
        ("é".encode(), "text/html; charset=punycode"),
        (b"\xef\xbb\xbf" + "é".encode(), "text/html; charset=iso-8859-1"),
        ("\ufeffé".encode("utf-16-le"), "text/html"),
        ("é".encode("shift_jisx0213"), "text/html; charset=shift_jisx0213"),
    ],
)
async def test_text_is_decoded_as_the_answer_says(body: bytes, content_type: str) -> None:
    async with serving(answering(200, body, Content_Type=content_type)) as site:
        assert isinstance(await fetched(HttpTable(url=site, expect=Expect(contains="é"))), Done)


async def test_bytes_that_fit_no_charset_are_replaced() -> None:
    async with serving(answering(200, b"<h1>caf\xe9</h1>", Content_Type="text/html; charset=utf-8")) as site:
        assert (await fields(HttpTable(url=site, extract={"t": "h1"})))["t"] == "caf�"


_RAW = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"<h1>hello</h1>" * 10_000, mtime=0)),
        ("GZIP", gzip.compress(b"<h1>hello</h1>", mtime=0) + gzip.compress(b"<p>more", mtime=0)),
        ("deflate", zlib.compress(b"<h1>hello</h1>")),
        ("deflate", _RAW.compress(b"<h1>hello</h1>") + _RAW.flush()),
        ("identity", b"<h1>hello</h1>"),
    ],
)
async def test_compressed_answers_are_unpacked(encoding: str, packed: bytes) -> None:
    async with serving(answering(200, packed, Content_Encoding=encoding)) as site:
        assert (await fields(HttpTable(url=site, extract={"t": "h1"})))["t"] == "hello"


@pytest.mark.parametrize(
    ("encoding", "packed", "says"),
    [
        ("gzip", b"not gzip at all", "its compressed content is damaged"),
        ("gzip", gzip.compress(b"x" * 10_000, mtime=0)[:-12], "its compressed content is cut short"),
        ("br", b"\x0b\x02\x80", "compressed in a way that was not asked for"),
        (
            "gzip, gzip",
            gzip.compress(gzip.compress(b"x", mtime=0), mtime=0),
            "compressed in a way that was not asked for",
        ),
    ],
)
async def test_an_answer_that_cannot_be_unpacked_is_a_protocol_failure(encoding: str, packed: bytes, says: str) -> None:
    async with serving(answering(200, packed, Content_Encoding=encoding)) as site:
        assert await fetched(HttpTable(url=site)) == Failed("protocol", f"the answer cannot be read: {says}")


async def test_an_empty_answer_may_say_it_is_compressed() -> None:
    async with serving(answering(200, Content_Encoding="gzip")) as site:
        assert isinstance(await fetched(HttpTable(url=site, method="HEAD")), Done)


@pytest.mark.parametrize("path", ["/misbehave/gzip-bomb?mb=512", "/misbehave/endless"])
async def test_reading_stops_at_the_limit_counted_unpacked(path: str) -> None:
    site = DemoSite(SiteConfig.calm())
    address = await site.start()
    tracemalloc.start()
    outcome = await fetched(HttpTable(url=address + path, max_body=1_000_000, expect=Expect(contains="x")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    await site.stop()
    assert outcome == Failed("too-large", "the answer is larger than 1.0 MB")
    assert peak < 8_000_000


async def test_an_answer_that_announces_too_much_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
    async with speaking(head, then_close=False) as site:
        assert await fetched(HttpTable(url=site)) == Failed("too-large", "the answer is larger than 10 MB")


async def test_an_answer_of_exactly_the_limit_is_fine() -> None:
    async with serving(answering(200, b"x" * 1000)) as site:
        assert isinstance(await fetched(HttpTable(url=site, max_body=1000)), Done)
        assert isinstance(await fetched(HttpTable(url=site, max_body=999)), Failed)


async def test_connections_are_used_again_also_after_failures_and_redirects() -> None:
    peers = set()

    async def handler(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        if request.path == "/moved":
            return web.Response(status=302, text="over there", headers={"Location": "/404"})
        return web.Response(status=404 if request.path == "/404" else 200, text="x" * 5_000)

    async with serving(handler) as site, opened(HttpTable(url=site + "{line}")) as kind:
        for path in ("/", "/404", "/moved", "/"):
            await kind.run(job(line=path))
            await asyncio.sleep(0)
    assert len(peers) == 1
