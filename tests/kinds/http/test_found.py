"""New jobs out of answers: links and the next page, absolute, each once, and nowhere they should not lead."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from aiohttp import web
from yarl import URL

from qtui.core.job import Done, Failed
from qtui.kinds.http.found import addresses
from qtui.kinds.http.options import HttpTable
from tests.kinds.http.serving import fetched, page, serving
from tests.kinds.running import real

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def found(handler: Handler, environ: dict[str, str] | None = None, **table: object) -> list[str]:
    """The addresses that one answer gives, the site's own written as {site}."""
    async with serving(handler) as site:
        told = {key: value for key, value in table.items() if key != "path"}
        outcome = await fetched(HttpTable(url=f"{site}{table.get('path', '/list/1')}", **told), real(environ=environ))  # type: ignore[arg-type]
    assert isinstance(outcome, Done), outcome
    assert all(row.keys() == {"url"} for row in outcome.found)
    return [str(row["url"]).replace(site, "{site}") for row in outcome.found]


def answering(content: object, **headers: str) -> Handler:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(body=msgspec.json.encode(content), headers={"Content-Type": "application/json", **headers})

    return handler


LINKS = """<a href="a#top">a</a><a href="a">again</a><a href="/b?x=1">b</a><a href="//other.example/c">c</a>
<a href="mailto:me@x.example">mail</a><a href="javascript:go()">go</a><a href="http://[broken">broken</a><a>none</a>
<link rel=next href=2><img src=i.png>"""


async def test_links_are_absolute_and_each_is_there_once() -> None:
    assert await found(page(LINKS), links="a::link") == ["{site}/list/a", "{site}/b?x=1", "http://other.example/c"]


async def test_links_of_several_selectors_and_the_next_page_come_together() -> None:
    told = await found(page(LINKS), links=["img::link", "a[href^='/b']::link"], next="link[rel=next]::link")
    assert told == ["{site}/list/i.png", "{site}/b?x=1", "{site}/list/2"]


async def test_the_next_page_is_the_first_that_fits() -> None:
    assert await found(page("<a class=n href=1></a><a class=n href=2></a>"), next="a.n::link") == ["{site}/list/1"]


async def test_an_attribute_is_an_address_too() -> None:
    assert await found(page('<div data-to="x"></div>'), links="div::attr(data-to)") == ["{site}/list/x"]


async def test_links_are_relative_to_the_pages_own_base() -> None:
    assert await found(page('<base href="/deep/er/"><a href=x>'), links="a::link") == ["{site}/deep/er/x"]


async def test_a_page_without_links_finds_nothing() -> None:
    assert await found(page("<p>"), links="a::link", next="a.next::link") == []


async def test_json_leads_on_by_its_paths() -> None:
    told = {"paging": {"next": "?page=2"}, "items": [{"url": "/i/1"}, {"url": None}, {"url": 7}, {"url": "/i/2"}]}
    links = await found(answering(told), links="json:items[*].url", next="json:paging.next")
    assert links == ["{site}/i/1", "{site}/i/2", "{site}/list/1?page=2"]


async def test_the_end_of_pages_of_json_is_no_page() -> None:
    for last in ({"next": None}, {"next": ""}, {}):
        assert await found(answering(last), next="json:next") == []


@pytest.mark.parametrize(
    ("header", "leads"),
    [
        ('</list/2>; rel="next", </list/9>; rel="last"', ["{site}/list/2"]),
        ('<3>; rel="Next last"', ["{site}/list/3"]),
        ('</list/0>; rel="prev"', []),
        ("nonsense", []),
    ],
)
async def test_the_link_header_names_the_next_page(header: str, leads: list[str]) -> None:
    assert await found(answering([], Link=header), next="header:link") == leads


async def test_fields_and_links_are_read_from_the_same_answer() -> None:
    async with serving(page("<h1>x</h1><a href=2>")) as site:
        outcome = await fetched(HttpTable(url=site, extract={"title": "h1"}, links="a::link"))
    assert isinstance(outcome, Done)
    assert isinstance(outcome.value, dict)
    assert outcome.value["title"] == "x"
    assert outcome.found == ({"url": f"{site}/2"},)


async def test_a_page_that_lacks_what_is_required_finds_nothing() -> None:
    async with serving(page("<a href=2>")) as site:
        outcome = await fetched(HttpTable(url=site, extract={"t": "h1"}, require=["t"], links="a::link"))
    assert isinstance(outcome, Failed)


async def test_at_most_ten_thousand_addresses_come_of_a_page() -> None:
    many = "".join(f"<a href=/{n}>" for n in range(11_000))
    assert len(await found(page(many), links="a::link")) == 10_000
    many_more = {"items": [f"/{n}" for n in range(11_000)]}
    assert len(await found(answering(many_more), links="json:items[*]")) == 10_000


async def test_what_a_request_confides_stays_with_its_origin() -> None:
    secret = {"links": "a::link", "headers": {"X-Key": "{secret:env:KEY}"}}
    told = await found(page(LINKS), {"KEY": "12345678"}, **secret)
    assert told == ["{site}/list/a", "{site}/b?x=1"]
    assert await found(page(LINKS), links="a::link", headers={"Authorization": "Bearer x"}) == told


async def test_what_a_stranger_to_whom_we_were_redirected_finds_stays_out_too() -> None:
    async with serving(page("<a href=here><a href='{other}/x'>")) as other:

        async def away(request: web.BaseRequest) -> web.Response:
            return web.Response(status=302, headers={"Location": f"{other}/"})

        assert await found(away, {"K": "12345678"}, links="a::link", headers={"X": "{secret:env:K}"}) == []
        assert await found(away, links="a::link") != []


async def test_an_address_with_a_secret_in_it_is_left_out() -> None:
    async def echoes(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"<a href=/?k={request.headers['X-Key']}><a href=/b>", content_type="text/html")

    headers = {"X-Key": "{secret:env:KEY}"}
    assert await found(echoes, {"KEY": "12345678"}, links="a::link", headers=headers) == ["{site}/b"]


def test_nobody_is_logged_in_by_a_page() -> None:
    assert addresses(["http://me:word@x.example/a"], origin=None, public=True) == ["http://x.example/a"]


def test_a_public_page_does_not_lead_to_a_private_machine() -> None:
    private = [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://a.localhost/",
    ]

    assert addresses([*private, "http://x.example/"], origin=None, public=True) == ["http://x.example/"]
    assert len(addresses(private, origin=None, public=False)) == len(private)


def test_the_origin_is_the_whole_of_it() -> None:
    links = ["https://x.example/a", "http://x.example/a", "https://x.example:8443/a", "https://x.example.evil/a"]

    assert addresses(links, origin=URL("https://x.example"), public=True) == ["https://x.example/a"]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"links": "a"}, 'links: "a" gives a text, not an address; write a::link'),
        ({"next": "a.next::text"}, 'next: "a.next::text" gives a text, not an address; write a.next::link'),
        ({"links": ["a::link", "a["]}, "links: "),
        ({"next": "json:"}, "next: "),
        ({"links": "a::link", "next": "json:next"}, "some of extract, links and next read HTML and some JSON"),
        ({"links": "json:urls", "extract": {"t": "h1"}}, "some of extract, links and next read HTML and some JSON"),
    ],
)
def test_what_is_no_place_of_an_address_is_refused(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        HttpTable(url="http://x/", **table)  # type: ignore[arg-type]


def test_the_next_page_in_the_header_fits_to_any_answer() -> None:
    assert HttpTable(url="http://x/", next="header:link", extract={"t": "json:t"}).finds
    assert HttpTable(url="http://x/", next="header:link", extract={"t": "h1"}).finds
    assert not HttpTable(url="http://x/").finds
