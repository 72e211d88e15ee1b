"""Starting, counting and ending the site."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys

import aiohttp
import msgspec
import pytest

from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.demo.tally import Stats
from qtui.errors import UsageError
from tests.demo.conftest import send_raw
from tests.patience import PATIENCE_S


async def stats_of(client: aiohttp.ClientSession) -> Stats:
    async with client.get("/stats.json") as response:
        return msgspec.json.decode(await response.read(), type=Stats)


async def stats_when_in_flight(client: aiohttp.ClientSession, count: int) -> Stats:
    """The counts as soon as `count` requests are being answered; each look is a round trip, not a sleep."""
    async with asyncio.timeout(PATIENCE_S):
        while (stats := await stats_of(client)).in_flight != count:
            pass
    return stats


async def test_start_returns_the_address_of_a_free_port():
    site = DemoSite(SiteConfig.calm())
    assert site.address == ""
    address = await site.start()
    assert address == site.address
    assert address.startswith("http://127.0.0.1:")
    await site.stop()


async def test_two_sites_run_side_by_side():
    first, second = DemoSite(SiteConfig.calm()), DemoSite(SiteConfig.calm())
    assert await first.start() != await second.start()
    await first.stop()
    await second.stop()


async def test_a_taken_port_is_refused_in_one_sentence(site: DemoSite):
    port = int(site.address.rsplit(":", 1)[1])
    with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
        await DemoSite(SiteConfig.calm()).start(port)


async def test_an_impossible_port_is_refused_in_one_sentence():
    with pytest.raises(UsageError, match="cannot listen"):
        await DemoSite(SiteConfig.calm()).start(70_000)


async def test_starting_twice_is_a_mistake(site: DemoSite):
    with pytest.raises(RuntimeError, match="already listens"):
        await site.start()


async def test_stop_is_harmless_before_start_and_after_stop():
    site = DemoSite(SiteConfig.calm())
    await site.stop()
    await site.start()
    await site.stop()
    await site.stop()


async def test_a_stopped_site_can_start_again():
    site = DemoSite(SiteConfig.calm())
    await site.start()
    await site.stop()
    async with aiohttp.ClientSession(await site.start()) as client, client.get("/p/1") as response:
        assert response.status == 200
    await site.stop()


async def test_stop_cuts_whatever_is_being_sent(site: DemoSite, client: aiohttp.ClientSession):
    paths = [
        "hang",
        "endless",
        "drip?delay=60",
        "slow-headers?delay=60",
        "gzip-bomb?mb=100000",
        "reset?after=1",
    ]
    open_ones = [await send_raw(site, f"/misbehave/{path}") for path in paths[:5]]
    idle = await asyncio.open_connection("127.0.0.1", int(site.address.rsplit(":", 1)[1]))
    await stats_when_in_flight(client, 5)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await site.stop()
    assert loop.time() - begun < 15, "it waited for those that never end"
    for reader, writer in [*open_ones, idle]:
        async with asyncio.timeout(PATIENCE_S):
            while not reader.at_eof():
                try:
                    await reader.read(1 << 20)
                except ConnectionResetError:
                    break
        writer.close()


async def test_stop_leaves_no_task_behind(site: DemoSite, client: aiohttp.ClientSession):
    _, writer = await send_raw(site, "/misbehave/hang")
    await stats_when_in_flight(client, 1)
    await site.stop()
    writer.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_requests_are_counted_by_what_became_of_them(site: DemoSite, client: aiohttp.ClientSession):
    for path in ("/p/1", "/p/2", "/p/9999", "/misbehave/503"):
        async with client.get(path):
            pass
    with pytest.raises(aiohttp.ClientError):
        await client.get("/misbehave/reset")
    stats = await stats_of(client)
    assert stats.by_status == {"200": 2, "404": 1, "503": 1}
    assert stats.requests == 4 + stats.cut
    assert stats.cut >= 1


async def test_a_client_that_goes_away_ends_its_request(site: DemoSite, client: aiohttp.ClientSession):
    _, writer = await send_raw(site, "/misbehave/hang")
    await stats_when_in_flight(client, 1)
    writer.close()
    await writer.wait_closed()
    stats = await stats_when_in_flight(client, 0)
    assert (stats.requests, stats.abandoned, stats.most_in_flight) == (1, 1, 1)


async def test_the_most_connections_at_one_time_are_remembered(site: DemoSite, client: aiohttp.ClientSession):
    hanging = [await send_raw(site, "/misbehave/hang") for _ in range(5)]
    assert (await stats_when_in_flight(client, 5)).connections == 6
    for _, writer in hanging:
        writer.close()
        await writer.wait_closed()
    stats = await stats_when_in_flight(client, 0)
    assert stats.most_connections == 6


@pytest.mark.parametrize("path", ["/", "/p/1", "/nothing", "/misbehave/500", "/misbehave/echo", "/stats.json"])
async def test_no_answer_names_the_software(client: aiohttp.ClientSession, path: str):
    async with client.get(path) as response:
        assert response.headers["Server"] == "shop"


async def test_a_request_that_is_no_http_gets_400_without_a_banner(site: DemoSite):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.address.rsplit(":", 1)[1]))
    writer.write(b"EHLO there\r\n\r\n")
    received = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert received.startswith(b"HTTP/1.0 400")
    assert b"Python" not in received
    assert b"aiohttp" not in received


async def test_a_body_that_is_too_large_is_413_without_a_banner(client: aiohttp.ClientSession):
    async with client.post("/misbehave/echo", data=io.BytesIO(b"x" * (2 * 1024 * 1024))) as response:
        assert (response.status, response.headers["Server"]) == (413, "shop")


@pytest.mark.parametrize("module", ["qtui.demo", "qtui.demo.config", "qtui.demo.catalogue", "qtui.demo.behaviour"])
def test_the_pure_modules_do_not_import_aiohttp(module: str):
    code = f"import sys, {module}; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
