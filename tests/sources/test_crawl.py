"""The rows of a crawl: what it begins with, what it takes of all that jobs find, and what of it a later life gives."""

from __future__ import annotations

import msgspec
import pytest

from qtui.core.job import Found
from qtui.core.seams import Adopting
from qtui.sources.crawl import CrawlSource, normal
from tests.sources.reading import fields

SITE = "http://127.0.0.1:808"


def crawl(*start: str, **more: object) -> CrawlSource:
    table = msgspec.convert({"start": list(start or ["{site}/"]), **more}, CrawlSource)
    assert not table.check()
    return table.bind({"site": SITE})


def page(url: str, depth: int = 0) -> dict[str, object]:
    return {"url": url, "depth": depth, "parent": ""}


def adopted(source: CrawlSource, url: object, above: str = f"{SITE}/", depth: int = 0) -> str:
    """The address that is kept for a link, or empty."""
    found = source.adopt({"url": above, "depth": depth, "parent": ""}, {"url": url})  # type: ignore[dict-item]
    return found.key if found else ""


def test_it_adopts() -> None:
    assert isinstance(crawl(), Adopting)


def test_it_begins_with_its_start_pages_each_once() -> None:
    source = crawl("{site}/", "{site}/a#top", "HTTP://127.0.0.1:808", "{site}/a")

    assert fields(source) == [page(f"{SITE}/"), page(f"{SITE}/a")]
    assert fields(source, skip=1) == [page(f"{SITE}/a")]
    assert source.own == 2


def test_depth_and_parent_are_no_part_of_what_a_page_is() -> None:
    assert crawl().place == ("depth", "parent")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://Shop.Example", "http://shop.example/"),
        ("http://shop.example:80/a#b", "http://shop.example/a"),
        ("https://shop.example:443/", "https://shop.example/"),
        ("https://shop.example:80/", "https://shop.example:80/"),
        (" https://shop.example/a?b=c&d ", "https://shop.example/a?b=c&d"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("mailto:me@shop.example", ""),
        ("javascript:alert(1)", ""),
        ("/relative", ""),
        ("http://", ""),
        ("http://[broken/", ""),
        ("http://shop.example:99999/", ""),
        ("http://shop.example/" + "x" * 5000, ""),
    ],
)
def test_an_address_has_one_spelling(written: str, meant: str) -> None:
    assert normal(written) == meant


def test_a_link_is_kept_with_how_it_was_found_and_without_the_address_of_the_site() -> None:
    found = crawl().adopt({"url": f"{SITE}/list/1", "depth": 1, "parent": f"{SITE}/"}, {"url": f"{SITE}/p/1#price"})

    assert found == Found("{site}/p/1", {"url": "{site}/p/1", "depth": 2, "parent": "{site}/list/1"})


def test_another_machine_whose_address_begins_alike_is_not_the_site() -> None:
    source = crawl(same_host=False)

    assert adopted(source, f"{SITE}0/") == f"{SITE}0/"
    assert adopted(source, f"{SITE}?a") == "{site}/?a"


def test_it_goes_no_deeper_than_its_depth() -> None:
    source = crawl(depth=2)

    assert adopted(source, f"{SITE}/a", depth=1)
    assert not adopted(source, f"{SITE}/a", depth=2)
    assert not adopted(crawl(depth=0), f"{SITE}/a")


@pytest.mark.parametrize(
    ("link", "follows"),
    [
        ("http://shop.example/a", True),
        ("https://www.shop.example/a", True),
        ("http://shop.example:8080/a", False),
        ("http://other.example/a", False),
        ("http://shop.example.evil/a", False),
        ("http://shop.example@evil.example/a", False),
    ],
)
def test_it_stays_on_the_host_of_the_page(link: str, follows: bool) -> None:
    above = "http://shop.example/"

    assert bool(adopted(crawl(above), link, above)) is follows
    assert adopted(crawl(above, same_host=False), link, above)


def test_patterns_choose() -> None:
    source = crawl(include=["/p/", "/list/"], exclude=[r"\?sort="])

    assert adopted(source, f"{SITE}/p/1")
    assert not adopted(source, f"{SITE}/about")
    assert not adopted(source, f"{SITE}/list/1?sort=price")


def test_a_start_page_is_not_found_again() -> None:
    assert not adopted(crawl("{site}/", "{site}/a"), f"{SITE}/a#b", f"{SITE}/a")


@pytest.mark.parametrize("url", [None, 7, ["http://x/"], "", "nonsense"])
def test_what_is_no_address_is_left_out(url: object) -> None:
    assert not adopted(crawl(), url)


def test_what_jobs_of_strange_rows_find_is_left_out() -> None:
    assert crawl().adopt({"n": 1}, {"url": f"{SITE}/a"}) is None


def test_what_was_kept_has_the_present_address_of_the_site() -> None:
    kept = {"url": "{site}/a", "depth": 1, "parent": "{site}/"}

    assert [row.fields for row in crawl().restore([kept])] == [{"url": f"{SITE}/a", "depth": 1, "parent": f"{SITE}/"}]


@pytest.mark.parametrize(
    "changed",
    [{"start": ["{site}/", "{site}/a"]}, {"depth": 0}, {"exclude": ["a$"]}, {"include": ["b$"]}],
    ids=["start", "depth", "exclude", "include"],
)
def test_what_is_no_longer_wanted_is_not_given(changed: dict[str, object]) -> None:
    kept = {"url": "{site}/a", "depth": 1, "parent": "{site}/"}
    start = changed.pop("start", ["{site}/"])

    assert crawl(*start, **changed).restore([kept]) == []  # type: ignore[misc]


def test_it_gives_no_more_than_wanted() -> None:
    assert (crawl(max_jobs=5).own, crawl(max_jobs=5).most) == (1, 5)
    assert fields(crawl("{site}/a", "{site}/b", "{site}/c", max_jobs=2)) == [page(f"{SITE}/a"), page(f"{SITE}/b")]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"start": ["ftp://x/"]}, 'start has "ftp://x/"; an address begins with http:// or https://'),
        ({"start": ["{site}/{n}"]}, "start has the field {n}; a crawl has only {site}"),
        ({"start": ["{site"]}, "start: "),
        ({"start": ["http://x/"], "include": ["("]}, '"(" is no regular expression'),
        ({"start": ["http://x/"], "site": "http://y"}, "site is not for presets to set"),
    ],
)
def test_what_cannot_be_meant_is_refused(table: dict[str, object], sentence: str) -> None:
    assert msgspec.convert(table, CrawlSource).check().startswith(sentence)


def test_its_rule_is_a_sentence() -> None:
    assert crawl().rule == "follows links up to 3 deep on the same host"
    told = crawl(same_host=False, include=["x"], max_jobs=2000).rule
    assert told == "follows links up to 3 deep on any host, of a chosen pattern, at most 2,000 pages"
