"""Pages are well-formed HTML and say what the catalogue says."""

from __future__ import annotations

from html.parser import HTMLParser

from selectolax.lexbor import LexborHTMLParser

from qtui.demo.catalogue import Catalogue
from qtui.demo.pages import index_page, listing_page, plain_page, product_page

VOID = {"meta", "link"}


class StrictReader(HTMLParser):
    """Refuses what a browser would silently repair: unbalanced tags, doubled attributes, a bare ampersand."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert "&" not in data


def read_strictly(page: str) -> StrictReader:
    assert page.startswith("<!DOCTYPE html>\n")
    reader = StrictReader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    for once in ("html", "head", "title", "body", "h1"):
        assert reader.seen.count(once) == 1
    return reader


def text(page: bytes, selector: str) -> str:
    found = LexborHTMLParser(page).css(selector)
    assert len(found) == 1
    return found[0].text()


def test_every_page_is_well_formed():
    catalogue = Catalogue()
    read_strictly(index_page(catalogue).decode())
    for number in range(1, catalogue.listings + 1):
        read_strictly(listing_page(number, catalogue.listings, catalogue.listing(number)).decode())
        for product in catalogue.listing(number):
            read_strictly(product_page(product, catalogue.blurb(product), number).decode())


def test_a_product_page_carries_the_values_of_the_catalogue():
    product = Catalogue().product(21)
    page = product_page(product, "Rake & roll.", 1)
    assert text(page, "h1") == product.title == "Folding copper hand fork & rake"
    assert text(page, "span.price") == product.price
    assert text(page, "span.availability") == product.availability
    assert text(page, "span.category") == product.category


def test_a_listing_links_to_its_products_and_its_neighbours():
    catalogue = Catalogue()
    page = LexborHTMLParser(listing_page(2, 80, catalogue.listing(2)))
    assert [a.attributes["href"] for a in page.css("li a")] == [f"/p/{n}" for n in range(25, 49)]
    assert [a.attributes["href"] for a in page.css("a[rel=prev]")] == ["/list/1"]
    assert [a.attributes["href"] for a in page.css("a[rel=next]")] == ["/list/3"]


def test_the_first_listing_has_no_previous_and_the_last_no_next():
    catalogue = Catalogue()
    first = LexborHTMLParser(listing_page(1, 80, catalogue.listing(1)))
    last = LexborHTMLParser(listing_page(80, 80, catalogue.listing(80)))
    assert not first.css("a[rel=prev]")
    assert not last.css("a[rel=next]")


def test_a_listing_has_no_price_that_an_extractor_could_take_for_its_own():
    catalogue = Catalogue()
    assert not LexborHTMLParser(listing_page(1, 80, catalogue.listing(1))).css(".price")


def test_the_index_links_to_every_listing():
    page = LexborHTMLParser(index_page(Catalogue()))
    assert [a.attributes["href"] for a in page.css("li a")] == [f"/list/{n}" for n in range(1, 81)]


def test_hostile_text_stays_text():
    hostile = "</title><script>alert('&')</script>"
    page = plain_page(hostile, hostile)
    read_strictly(page)
    parsed = LexborHTMLParser(page)
    assert [parsed.css_first(tag).text() for tag in ("title", "h1", "p")] == [hostile] * 3
    assert not parsed.css("script")
