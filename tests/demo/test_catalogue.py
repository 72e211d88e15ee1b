"""The catalogue is plain values that never change for a seed."""

from __future__ import annotations

import re

import pytest

from qtui.demo.catalogue import Catalogue, Product, slug


def every_product(catalogue: Catalogue) -> list[Product]:
    return [catalogue.product(number) for number in range(1, catalogue.products + 1)]


def test_the_default_shop_has_two_thousand_pages():
    catalogue = Catalogue()
    assert (catalogue.products, catalogue.listings, catalogue.pages) == (1920, 80, 2000)
    assert len(set(catalogue.paths())) == 2000


def test_the_same_seed_gives_the_same_products():
    assert every_product(Catalogue(seed=3)) == every_product(Catalogue(seed=3))


def test_another_seed_gives_other_products():
    assert every_product(Catalogue(seed=3)) != every_product(Catalogue(seed=4))


def test_the_first_product_is_the_same_on_every_machine():
    assert Catalogue().product(1) == Product(
        number=1,
        title="White bone china café au lait cup",
        price="£10.50",
        availability="In stock",
        category="Table",
        path="/p/1",
    )


def test_titles_are_unique_even_in_a_shop_larger_than_its_words():
    titles = {product.title for product in every_product(Catalogue(products=5000))}
    assert len(titles) == 5000


def test_a_larger_shop_changes_no_product():
    assert every_product(Catalogue(products=5000))[:1920] == every_product(Catalogue())


def test_prices_are_pounds_and_pence():
    assert all(re.fullmatch(r"£[1-9]\d{0,2}\.(00|40|50|95)", p.price) for p in every_product(Catalogue()))


def test_availability_varies_but_most_products_are_in_stock():
    words = [product.availability for product in every_product(Catalogue())]
    assert 0.65 < words.count("In stock") / len(words) < 0.8
    assert {"Out of stock", "Only 2 left", "Back in 3 weeks"} < set(words)


def test_some_titles_need_escaping_and_some_need_unicode():
    titles = "".join(product.title for product in every_product(Catalogue()))
    assert set("&'\"éû") < set(titles)


def test_listings_hold_every_product_once_and_in_order():
    catalogue = Catalogue(products=50, per_listing=24)
    listed = [p.number for n in range(1, catalogue.listings + 1) for p in catalogue.listing(n)]
    assert listed == list(range(1, 51))
    assert [len(catalogue.listing(n)) for n in (1, 2, 3)] == [24, 24, 2]
    assert [catalogue.listing_of(product) for product in (1, 24, 25, 48, 49, 50)] == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("number", [0, -1, 1921])
def test_a_product_that_does_not_exist_is_refused(number: int):
    with pytest.raises(IndexError, match=f"no product {number}"):
        Catalogue().product(number)


@pytest.mark.parametrize("number", [0, 81])
def test_a_listing_that_does_not_exist_is_refused(number: int):
    with pytest.raises(IndexError, match=f"no listing {number}"):
        Catalogue().listing(number)


@pytest.mark.parametrize("shape", [{"products": 0}, {"per_listing": 0}])
def test_an_empty_shop_is_refused(shape: dict[str, int]):
    with pytest.raises(ValueError, match="a shop needs"):
        Catalogue(**shape)


def test_a_slug_is_plain_ascii():
    assert slug('White café 12" "ruler" & co. No. 2') == "white-cafe-12-ruler-co-no-2"
