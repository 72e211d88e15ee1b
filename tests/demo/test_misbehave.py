"""Each misbehaviour does what its path says."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser

from qtui.demo.site import DemoSite
from tests.demo.conftest import read_raw, send_raw

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_a_status_has_its_own_path(client: aiohttp.ClientSession, status: int):
    async with client.get(f"/misbehave/{status}") as response:
        assert response.status == status
        assert "Retry-After" not in response.headers


@pytest.mark.parametrize("code", [200, 204, 304, 418, 451, 599])
async def test_any_status_can_be_asked_for(client: aiohttp.ClientSession, code: int):
    async with client.get("/misbehave/status", params={"code": code}) as response:
        assert response.status == code
        await response.read()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("words", ["2", "-1", "999999999", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "1e3"])
async def test_retry_after_is_sent_as_it_was_asked_for(
    client: aiohttp.ClientSession, status: int, words: str
):
    async with client.get(f"/misbehave/{status}", params={"retry_after": words}) as response:
        assert response.headers["Retry-After"] == words


@pytest.mark.parametrize(
    "to", ["/p/1", "http://10.0.0.1/secret", "file:///etc/passwd", "http://[broken", "//"]
)
async def test_a_redirect_names_any_address(client: aiohttp.ClientSession, to: str):
    async with client.get("/misbehave/redirect", params={"to": to}, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, to)


async def test_a_redirect_can_keep_the_method(client: aiohttp.ClientSession):
    async with client.post("/misbehave/redirect?code=307&to=/misbehave/echo", data=b"kept") as response:
        said = await response.json()
    assert (said["method"], said["body"]) == ("POST", "kept")


async def test_a_redirect_loop_never_arrives(client: aiohttp.ClientSession):
    with pytest.raises(aiohttp.TooManyRedirects):
        await client.get("/misbehave/redirect-loop")


async def test_echo_tells_method_headers_and_body(client: aiohttp.ClientSession):
    async with client.put("/misbehave/echo?a=b", data="grüße", headers={"X-Api-Key": "s3cret"}) as response:
        said = await response.json()
    assert (said["method"], said["path"], said["body"]) == ("PUT", "/misbehave/echo?a=b", "grüße")
    assert said["headers"]["X-Api-Key"] == "s3cret"


async def test_a_flaky_key_fails_as_often_as_asked_and_then_works(client: aiohttp.ClientSession):
    async def ask(key: str) -> int:
        async with client.get("/misbehave/flaky", params={"fail": 2, "key": key}) as response:
            return response.status

    assert [await ask("abc") for _ in range(4)] == [503, 503, 200, 200]
    assert await ask("other") == 503


async def test_a_latin1_page_is_right_when_its_header_is_believed(client: aiohttp.ClientSession):
    async with client.get("/misbehave/latin1") as response:
        body = await response.read()
        assert response.charset == "iso-8859-1"
        assert "<h1>Café crème £3.50</h1>" in await response.text()
    with pytest.raises(UnicodeDecodeError):
        body.decode()


@pytest.mark.parametrize(
    "title", ["plain", "\x1b]0;owned\x07\x1b[2J", "<b>&amp;</b>", "\u202ereversed", "🧺" * 500]
)
async def test_a_page_can_have_any_title(client: aiohttp.ClientSession, title: str):
    async with client.get("/misbehave/html", params={"title": title}) as response:
        page = LexborHTMLParser(await response.read())
    assert page.css_first("title").text() == page.css_first("h1").text() == title


async def test_drip_sends_one_byte_at_a_time(site: DemoSite):
    reader, writer = await send_raw(site, "/misbehave/drip?bytes=8&delay=0.01")
    await reader.readuntil(b"\r\n\r\n")
    pieces = []
    while sum(map(len, pieces)) < 8:
        pieces.append(await reader.read(100))
    writer.close()
    await writer.wait_closed()
    assert pieces == [b"."] * 8


async def test_slow_headers_come_line_by_line_and_end_in_a_page(site: DemoSite):
    loop = asyncio.get_running_loop()
    begun = loop.time()
    received = await read_raw(site, "/misbehave/slow-headers?lines=4&delay=0.01")
    assert loop.time() - begun >= 0.05
    assert received.count(b"X-Slow-") == 4
    assert b"<h1>Here at last</h1>" in received


async def test_reset_ends_the_connection_without_an_answer(site: DemoSite):
    with pytest.raises(ConnectionResetError):
        await read_raw(site, "/misbehave/reset")


async def test_reset_can_come_in_the_middle_of_the_body(site: DemoSite):
    reader, writer = await send_raw(site, "/misbehave/reset?after=10")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Content-Length: 1010" in head
    assert await reader.readexactly(10) == b"." * 10
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_a_short_body_breaks_its_promise(client: aiohttp.ClientSession):
    async with client.get("/misbehave/short?bytes=10&missing=5") as response:
        assert response.headers["Content-Length"] == "15"
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_garbage_is_no_http(site: DemoSite, client: aiohttp.ClientSession):
    assert not (await read_raw(site, "/misbehave/garbage")).startswith(b"HTTP/")
    with pytest.raises(aiohttp.ClientResponseError):
        await client.get("/misbehave/garbage")


async def test_one_header_can_be_huge(site: DemoSite):
    received = await read_raw_until_body(site, "/misbehave/big-headers?kb=100")
    assert b"X-Big: " + b"x" * 102_400 + b"\r\n" in received


async def test_headers_can_be_many(site: DemoSite):
    received = await read_raw_until_body(site, "/misbehave/big-headers?count=20000")
    assert received.count(b"\r\nX-Many-") == 20_000
    assert b"X-Big" not in received


async def test_hang_answers_nothing(site: DemoSite):
    reader, writer = await send_raw(site, "/misbehave/hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await reader.read(1)
    writer.close()
    await writer.wait_closed()


async def test_a_gzip_bomb_is_small_on_the_wire_and_exact_when_decoded(client: aiohttp.ClientSession):
    async with client.get("/misbehave/gzip-bomb?mb=16") as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < 20_000
        size = 0
        async for block in response.content.iter_chunked(MEBIBYTE):
            assert block.count(b" ") == len(block)
            size += len(block)
    assert size == 16 * MEBIBYTE


async def test_endless_goes_on_while_others_are_served(client: aiohttp.ClientSession):
    async with client.get("/misbehave/endless") as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        for _ in range(50):
            assert len(await response.content.readexactly(100_000)) == 100_000
            async with client.get("/p/1") as other:
                assert other.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "drip?bytes=none",
        "drip?bytes=0",
        "drip?delay=nan",
        "drip?delay=-1",
        "status?code=99",
        "status?code=600",
        "gzip-bomb?mb=-1",
        "redirect?to=%0d%0aX:%201",
        "redirect?code=200",
        "429?retry_after=%1b",
    ],
)
async def test_a_query_without_meaning_is_refused_in_words(client: aiohttp.ClientSession, path: str):
    async with client.get(f"/misbehave/{path}") as response:
        assert response.status == 400
        assert "must be" in (said := await response.text()) or "control characters" in said


async def test_an_unknown_misbehaviour_is_404(client: aiohttp.ClientSession):
    async with client.get("/misbehave/kindly") as response:
        assert response.status == 404


async def read_raw_until_body(site: DemoSite, path: str) -> bytes:
    reader, writer = await send_raw(site, path)
    received = b""
    while b"\r\n\r\n" not in received:
        received += await reader.read(MEBIBYTE)
    writer.close()
    await writer.wait_closed()
    return received
