"""The catalogue of the demo shop as plain values: the same seed always gives the same products.

A product has the same number for ever: asking for a larger catalogue adds products and changes none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from qtui.demo.chance import draw
from qtui.demo.wares import DEPARTMENTS, Department

_AVAILABILITY = (
    (0.72, "In stock"),
    (0.86, "Only {left} left"),
    (0.93, "Back in {weeks} weeks"),
    (1.0, "Out of stock"),
)
_PENCE = ("00", "40", "50", "95")


@dataclass(frozen=True, slots=True)
class Product:
    """One thing the shop sells, exactly as its page shows it."""

    number: int
    title: str
    price: str
    availability: str
    category: str
    path: str

    @property
    def canonical_path(self) -> str:
        """The long address of the same page, with the title in it."""
        return f"{self.path}/{slug(self.title)}"


@dataclass(frozen=True, slots=True)
class _Ware:
    department: Department
    manner: str
    material: str
    thing: str
    pounds: int


class Catalogue:
    """Every product and every listing page of a shop."""

    def __init__(self, seed: int = 7, products: int = 1920, per_listing: int = 24) -> None:
        """Raises ValueError when there would be nothing to sell or to list."""
        if products < 1 or per_listing < 1:
            raise ValueError(
                f"a shop needs products and listings: {products} products, {per_listing} per listing"
            )
        self.seed = seed
        self.products = products
        self.per_listing = per_listing
        self._wares = _shuffled_wares(seed)

    @property
    def listings(self) -> int:
        """How many listing pages there are; the last one may be shorter."""
        return -(-self.products // self.per_listing)

    @property
    def pages(self) -> int:
        """Listing pages and product pages together."""
        return self.listings + self.products

    def product(self, number: int) -> Product:
        """Product `number`, counted from 1; raises IndexError when the shop has no such product."""
        if not 1 <= number <= self.products:
            raise IndexError(f"no product {number}, the shop has 1 to {self.products}")
        edition, place = divmod(number - 1, len(self._wares))
        ware = self._wares[place]
        title = f"{ware.manner} {ware.material} {ware.thing}"
        return Product(
            number=number,
            title=f"{title} No. {edition + 1}" if edition else title,
            price=self._price(number, ware.pounds),
            availability=self._availability(number),
            category=ware.department.name,
            path=f"/p/{number}",
        )

    def listing(self, number: int) -> tuple[Product, ...]:
        """The products on listing page `number`, counted from 1; raises IndexError when there is none."""
        if not 1 <= number <= self.listings:
            raise IndexError(f"no listing {number}, the shop has 1 to {self.listings}")
        first = (number - 1) * self.per_listing + 1
        last = min(first + self.per_listing - 1, self.products)
        return tuple(self.product(n) for n in range(first, last + 1))

    def listing_of(self, product: int) -> int:
        """The number of the listing page that links to product `product`."""
        return (product - 1) // self.per_listing + 1

    def firsts(self) -> Iterator[tuple[int, Product]]:
        """The number of every listing page and the first product on it."""
        for number in range(1, self.listings + 1):
            yield number, self.product((number - 1) * self.per_listing + 1)

    def paths(self) -> Iterator[str]:
        """Every page of the shop, each listing followed by the products it links to."""
        for number in range(1, self.listings + 1):
            yield f"/list/{number}"
            for product in self.listing(number):
                yield product.path

    def blurb(self, product: Product) -> str:
        """Two sentences about the product, as its page says them."""
        return next(d.blurb for d in DEPARTMENTS if d.name == product.category)

    def _price(self, number: int, usual: int) -> str:
        pounds = max(1, round(usual * (0.7 + 0.7 * draw(self.seed, "price", number))))
        return f"£{pounds}.{_PENCE[int(draw(self.seed, 'pence', number) * len(_PENCE))]}"

    def _availability(self, number: int) -> str:
        drawn = draw(self.seed, "availability", number)
        words = next(words for share, words in _AVAILABILITY if drawn < share)
        few = 2 + int(draw(self.seed, "few", number) * 5)
        return words.format(left=few, weeks=few)


def slug(title: str) -> str:
    """The title as part of an address: plain lower-case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


@lru_cache(maxsize=8)
def _shuffled_wares(seed: int) -> tuple[_Ware, ...]:
    wares = [
        _Ware(department, manner, material, thing, pounds)
        for department in DEPARTMENTS
        for thing, pounds in department.things
        for material in department.materials
        for manner in department.manners
    ]
    # Sorting by drawn numbers gives the same order on every Python; random.shuffle does not promise that.
    order = sorted(range(len(wares)), key=lambda place: draw(seed, "shelf", place))
    return tuple(wares[place] for place in order)
