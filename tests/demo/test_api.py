"""The API: every item on exactly one page, orders that never change, and a limit that is felt."""

from __future__ import annotations

import time

import aiohttp
import msgspec
import pytest

from qtui.demo.catalogue import Catalogue
from qtui.demo.config import SiteConfig
from tests.demo.conftest import HandClock, Opener


async def test_following_next_comes_across_every_item_once(client: aiohttp.ClientSession) -> None:
    seen: list[int] = []
    address: str | None = "/api/items"
    while address:
        async with client.get(address) as response:
            page = await response.json()
        linked = response.links.get("next")
        assert (str(linked["url"]) if linked else None) == page["next"]
        seen += [item["id"] for item in page["items"]]
        address = page["next"]
    assert seen == list(range(1, Catalogue().products + 1))


async def test_an_item_is_what_its_page_shows(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/items?page=3") as response:
        item = (await response.json())["items"][0]
    product = Catalogue().listing(3)[0]
    shown = {"id": product.number, "title": product.title, "price": float(product.price[1:]), "url": product.path}
    assert item == shown


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/items?page=81", 404),
        ("/api/items?page=0", 400),
        ("/api/items?page=x", 400),
        ("/api/orders/0", 404),
        ("/api/orders/10001", 404),
        ("/api/orders/x", 404),
        ("/api/orders/", 404),
        ("/api/nothing", 404),
    ],
)
async def test_what_is_not_there_is_refused(client: aiohttp.ClientSession, path: str, status: int) -> None:
    async with client.get(path) as response:
        assert response.status == status


async def test_an_order_is_the_same_for_ever_and_adds_up(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/orders/17") as first, client.get("/api/orders/17") as second:
        order = await first.json()
        assert order == await second.json()
    prices = {product.number: float(product.price[1:]) for product in map(Catalogue().product, range(1, 1921))}
    total = sum(prices[line["item"]] * line["quantity"] for line in order["lines"])
    assert order["id"] == 17
    assert order["total"] == {"amount": round(total, 2), "currency": "GBP"}


async def test_orders_above_the_limit_are_refused_until_there_is_a_token(open_site: Opener) -> None:
    clock = HandClock()
    config = msgspec.structs.replace(SiteConfig.calm(), api_rate=40.0, api_burst=8)
    client = await open_site(config, clock)

    async def statuses(count: int) -> list[int]:
        found = []
        for number in range(1, count + 1):
            async with client.get(f"/api/orders/{number}") as response:
                found.append(response.status)
                assert response.headers.get("Retry-After") == ("1" if response.status == 429 else None)
        return found

    assert await statuses(10) == [200] * 8 + [429] * 2
    clock.now += 0.06
    assert await statuses(3) == [200, 200, 429]


async def test_answers_take_from_half_to_one_and_a_half_times_the_latency(open_site: Opener) -> None:
    client = await open_site(msgspec.structs.replace(SiteConfig.calm(), api_latency=0.1))
    for number in range(1, 6):
        began = time.monotonic()
        async with client.get(f"/api/orders/{number}"):
            assert 0.05 <= time.monotonic() - began < 1.0
