"""The shop's API: items page by page, and orders behind a rate limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from qtui.demo.behaviour import TokenBucket
from qtui.demo.catalogue import Catalogue, Product
from qtui.demo.chance import draw
from qtui.demo.config import SiteConfig
from qtui.demo.query import whole
from qtui.demo.replies import json

PREFIX = "/api/"
ORDERS = 10_000
"""Orders have the numbers from 1 to this one."""
_STATES = ((0.7, "delivered"), (0.85, "shipped"), (0.95, "paid"), (1.0, "cancelled"))
_LINES = 4
_RETRY_AFTER = {"Retry-After": "1"}


class Api:
    """Answers everything below `/api/`, in JSON."""

    def __init__(self, config: SiteConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._catalogue = Catalogue(config.seed, config.products, config.per_listing)
        self._bucket = TokenBucket(config.api_rate, config.api_burst, clock()) if config.api_rate else None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer for any path below `/api/`; raises BadQuery."""
        match request.path.split("/"):
            case ["", "api", "items"]:
                return await self._items(request)
            case ["", "api", "orders", number]:
                return await self._order(request, number)
        return _error(404, "there is no such resource")

    async def _items(self, request: web.BaseRequest) -> web.StreamResponse:
        page, pages = whole(request, "page", 1, low=1), self._catalogue.listings
        await self._think(f"items {page}")
        if page > pages:
            return _error(404, f"there are {pages} pages")
        items = [
            {"id": p.number, "title": p.title, "price": _pounds(p.price), "url": p.path}
            for p in self._catalogue.listing(page)
        ]
        following = f"{request.scheme}://{request.host}{PREFIX}items?page={page + 1}" if page < pages else None
        link = {"Link": f'<{following}>; rel="next"'} if following else None
        return json({"page": page, "pages": pages, "items": items, "next": following}, headers=link)

    async def _order(self, request: web.BaseRequest, number: str) -> web.StreamResponse:
        if self._bucket is not None and self._bucket.take(self._clock()):
            return _error(429, f"no more than {self._config.api_rate:g} requests a second", _RETRY_AFTER)
        await self._think(f"order {number}")
        order = self.find(number)
        return _error(404, "there is no such order") if order is None else json(order)

    def find(self, number: str) -> dict[str, object] | None:
        """The order that a path names, or None."""
        known = number.isascii() and number.isdecimal() and number[0] != "0" and len(number) < 10
        return self.order(int(number)) if known and int(number) <= ORDERS else None

    def order(self, number: int) -> dict[str, object]:
        """Order `number`, counted from 1: who ordered what, for how much, and how far it is."""
        seed = self._config.seed
        count = 1 + int(draw(seed, "lines", number) * _LINES)
        lines = [self._line(number, place) for place in range(count)]
        drawn = draw(seed, "state", number)
        total = sum(quantity * _pounds(product.price) for product, quantity in lines)
        return {
            "id": number,
            "state": next(state for share, state in _STATES if drawn < share),
            "customer": {"id": 1 + int(draw(seed, "customer", number) * 400)},
            "lines": [{"item": p.number, "title": p.title, "quantity": quantity} for p, quantity in lines],
            "total": {"amount": round(total, 2), "currency": "GBP"},
        }

    def _line(self, order: int, place: int) -> tuple[Product, int]:
        seed = self._config.seed
        product = 1 + int(draw(seed, "item", order, place) * self._catalogue.products)
        return self._catalogue.product(product), 1 + int(draw(seed, "quantity", order, place) * 3)

    async def _think(self, about: str) -> None:
        if self._config.api_latency:
            await asyncio.sleep(self._config.api_latency * (0.5 + draw(self._config.seed, "api", about)))


def _pounds(price: str) -> float:
    return float(price.removeprefix("£"))


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return json({"error": text}, status, headers)
