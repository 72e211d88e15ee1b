"""The shop as a client meets it."""

from __future__ import annotations

import asyncio
from itertools import islice

import aiohttp
import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from qtui.demo.behaviour import Fate, fate, gone_paths, in_burst
from qtui.demo.catalogue import Catalogue
from qtui.demo.config import SiteConfig
from tests.demo.conftest import HandClock, Opener, Starter, read_raw, send_raw

CALM = SiteConfig.calm()


async def status_of(client: aiohttp.ClientSession, path: str) -> int:
    async with client.get(path) as response:
        return response.status


async def test_every_row_of_the_catalogue_is_on_its_page(client: aiohttp.ClientSession):
    async with client.get("/catalogue.json") as response:
        assert response.content_type == "application/json"
        rows = await response.json()
    queue = iter(rows)
    fetched = []

    async def fetch_rest() -> None:
        for row in queue:
            async with client.get(row["path"]) as response:
                page = LexborHTMLParser(await response.read())
            shown = {name: page.css_first(f".{name}").text() for name in ("price", "availability")}
            fetched.append({"path": row["path"], "title": page.css_first("h1").text(), **shown})

    async with asyncio.TaskGroup() as fetchers:
        for number in range(8):
            fetchers.create_task(fetch_rest(), name=f"fetcher {number}")
    assert len(rows) == 1920
    assert sorted(fetched, key=lambda row: row["path"]) == sorted(rows, key=lambda row: row["path"])


async def test_following_the_links_finds_every_page(client: aiohttp.ClientSession):
    seen, path = [], "/list/1"
    while path:
        async with client.get(path) as response:
            page = LexborHTMLParser(await response.read())
        seen += [path, *(a.attributes["href"] for a in page.css("li a"))]
        after = page.css_first("a[rel=next]")
        path = after.attributes["href"] if after else None
    assert seen == list(Catalogue().paths())


async def test_the_list_of_addresses_is_absolute_and_complete(client: aiohttp.ClientSession):
    async with client.get("/urls.txt") as response:
        lines = (await response.text()).splitlines()
        base = str(response.url.origin())
    assert lines == [base + path for path in Catalogue().paths()]


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/style.css", "text/css")])
async def test_index_and_style_are_served(client: aiohttp.ClientSession, path: str, kind: str):
    async with client.get(path) as response:
        assert (response.status, response.content_type, response.charset) == (200, kind, "utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/p/0",
        "/p/1921",
        "/p/007",
        "/p/+7",
        "/p/٧",
        "/p/",
        "/p/1/wrong",
        "/list/81",
        "/list/1/1",
        "/nothing",
        "/p/1" + "0" * 5000,
    ],
)
async def test_an_address_that_is_no_page_is_404(client: aiohttp.ClientSession, path: str):
    assert await status_of(client, path) == 404


async def test_the_canonical_address_serves_the_same_page(client: aiohttp.ClientSession):
    product = Catalogue().product(21)
    async with client.get(product.path) as short, client.get(product.canonical_path) as long:
        assert await short.read() == await long.read()


async def test_writing_to_the_shop_is_refused(client: aiohttp.ClientSession):
    async with client.post("/p/1", data=b"x") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")


async def test_head_tells_the_length_and_sends_no_body(client: aiohttp.ClientSession):
    async with client.head("/p/1") as head, client.get("/p/1") as get:
        assert await head.read() == b""
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


async def test_gone_pages_are_404_every_time(open_site: Opener):
    config = msgspec.structs.replace(CALM, gone_share=0.004)
    client = await open_site(config)
    for path in gone_paths(config, Catalogue()):
        assert [await status_of(client, path) for _ in range(3)] == [404] * 3


async def test_a_moved_page_leads_to_the_page_itself(open_site: Opener):
    config = msgspec.structs.replace(CALM, moved_share=0.02)
    client = await open_site(config)
    number = next(n for n in range(1, 1921) if fate(config, f"/p/{n}") is Fate.MOVED)
    product = Catalogue().product(number)
    async with client.get(product.path) as response:
        assert [step.status for step in response.history] == [302]
        assert response.url.path == product.canonical_path
        assert LexborHTMLParser(await response.read()).css_first("h1").text() == product.title


async def test_a_burst_fails_some_requests_and_passes(open_site: Opener):
    config = msgspec.structs.replace(CALM, burst_every=25.0)
    clock = HandClock()
    start = clock.now
    client = await open_site(config, clock)
    paths = list(islice(Catalogue().paths(), 60))
    clock.now = start + next(t / 10 for t in range(250) if in_burst(config, t / 10))
    during = [await status_of(client, path) for path in paths]
    clock.now += config.burst_length
    after = [await status_of(client, path) for path in paths]
    assert 10 < len(paths) - during.count(200) < 35
    assert set(during) == {200, 500, 503}
    assert set(after) == {200}


async def test_asking_too_fast_is_429_until_the_named_wait_is_over(open_site: Opener):
    clock = HandClock()
    client = await open_site(msgspec.structs.replace(CALM, rate_limit=2.0, rate_burst=3), clock)
    assert [await status_of(client, f"/p/{n}") for n in range(1, 4)] == [200] * 3
    async with client.get("/p/4") as refused:
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    clock.now += 1.0
    assert await status_of(client, "/p/4") == 200


async def test_the_rate_limit_does_not_hide_statistics_and_catalogue(open_site: Opener):
    client = await open_site(msgspec.structs.replace(CALM, rate_limit=0.001, rate_burst=1), HandClock())
    assert [await status_of(client, path) for path in ("/p/1", "/p/2")] == [200, 429]
    assert [await status_of(client, path) for path in ("/stats.json", "/catalogue.json")] == [200, 200]


async def test_a_dripping_page_arrives_whole(open_site: Opener):
    client = await open_site(msgspec.structs.replace(CALM, drip_share=1.0, drip_pieces=5, drip_pause=0.001))
    async with client.get("/p/1") as response:
        page = LexborHTMLParser(await response.read())
    assert page.css_first("h1").text() == Catalogue().product(1).title


async def test_a_reset_is_a_reset_and_the_third_try_wins(start_site: Starter):
    site = await start_site(msgspec.structs.replace(CALM, reset_share=1.0))
    # Raw connections, because aiohttp's client repeats a GET by itself after a reset.
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await read_raw(site, "/p/1")
    reader, writer = await send_raw(site, "/p/1")
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    writer.close()
    await writer.wait_closed()


async def test_a_delay_is_waited_for_without_holding_up_others(open_site: Opener):
    client = await open_site(msgspec.structs.replace(CALM, latency_median=0.1, latency_sigma=0.0))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    statuses = await asyncio.gather(*(status_of(client, f"/p/{n}") for n in range(1, 21)))
    assert statuses == [200] * 20
    assert 0.1 <= loop.time() - begun < 1.0
