"""The pages of the shop, served as `Behaviour` decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec
from aiohttp import web

from qtui.demo.behaviour import Behaviour, Manner
from qtui.demo.catalogue import Catalogue
from qtui.demo.config import SiteConfig
from qtui.demo.pages import STYLE, index_page, listing_page, product_page
from qtui.demo.replies import JSON, SERVER, Handler, drip, html, plain, redirect, reset


class Shop:
    """Serves listing and product pages, and the whole catalogue as JSON."""

    def __init__(self, config: SiteConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._catalogue = Catalogue(config.seed, config.products, config.per_listing)
        self._behaviour = Behaviour(config, clock())
        # Pages repeat within a run (attempts) and between runs; a larger shop keeps only the latest ones.
        self._listing = lru_cache(maxsize=512)(self._render_listing)
        self._product = lru_cache(maxsize=4096)(self._render_product)
        self._index = lru_cache(maxsize=1)(lambda: index_page(self._catalogue))
        self._rows = lru_cache(maxsize=1)(self._render_rows)
        self.routes: Mapping[str, Handler] = {
            "/": self._get_index,
            "/style.css": self._get_style,
            "/catalogue.json": self._get_catalogue,
            "/urls.txt": self._get_urls,
        }

    async def page(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """Answer for any path that is not a route: a page of the shop, or 404."""
        match request.path.split("/"):
            case ["", "list", number] if 1 <= _counted(number) <= self._catalogue.listings:
                return await self._serve(request, f"/list/{number}", lambda: self._listing(int(number)))
            case ["", "p", number] if 1 <= _counted(number) <= self._catalogue.products:
                return await self._serve(request, f"/p/{number}", lambda: self._product(int(number)))
            case ["", "p", number, slug] if 1 <= _counted(number) <= self._catalogue.products:
                product = self._catalogue.product(int(number))
                if product.canonical_path == f"/p/{number}/{slug}":
                    return await self._serve(
                        request, product.path, lambda: self._product(product.number), canonical=True
                    )
        return plain(404, "There is nothing on this shelf.")

    async def _serve(
        self, request: web.BaseRequest, path: str, body: Callable[[], bytes], *, canonical: bool = False
    ) -> web.StreamResponse | None:
        answer = self._behaviour.answer(path, self._clock(), canonical=canonical)
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.manner is Manner.RESET:
            reset(request)
            return None
        if answer.manner is Manner.DRIP and request.method == "GET":
            return await drip(request, body(), self._config.drip_pieces, self._config.drip_pause)
        match answer.status:
            case 200:
                return html(body())
            case 302:
                return redirect(self._catalogue.product(int(path.rsplit("/", 1)[1])).canonical_path)
            case 429:
                return plain(429, "One at a time, please.", {"Retry-After": str(answer.retry_after)})
            case status:
                return plain(status)

    def _render_listing(self, number: int) -> bytes:
        return listing_page(number, self._catalogue.listings, self._catalogue.listing(number))

    def _render_product(self, number: int) -> bytes:
        product = self._catalogue.product(number)
        return product_page(product, self._catalogue.blurb(product), self._catalogue.listing_of(number))

    def _render_rows(self) -> bytes:
        products = map(self._catalogue.product, range(1, self._catalogue.products + 1))
        return msgspec.json.encode(
            [
                {"path": p.path, "title": p.title, "price": p.price, "availability": p.availability}
                for p in products
            ]
        )

    async def _get_index(self, request: web.BaseRequest) -> web.Response:
        return html(self._index())

    async def _get_style(self, request: web.BaseRequest) -> web.Response:
        return web.Response(body=STYLE, headers={**SERVER, "Content-Type": "text/css; charset=utf-8"})

    async def _get_catalogue(self, request: web.BaseRequest) -> web.Response:
        return web.Response(body=self._rows(), headers=JSON)

    async def _get_urls(self, request: web.BaseRequest) -> web.Response:
        base = f"{request.scheme}://{request.host}"
        text = "".join(f"{base}{path}\n" for path in self._catalogue.paths())
        return web.Response(
            body=text.encode(), headers={**SERVER, "Content-Type": "text/plain; charset=utf-8"}
        )


def _counted(text: str) -> int:
    """The number a path names, or 0: one page has one address, so `007` and `+7` name none."""
    return int(text) if text.isascii() and text.isdecimal() and text[0] != "0" and len(text) < 10 else 0
