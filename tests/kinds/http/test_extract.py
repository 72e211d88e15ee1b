"""Fields out of pages, however strange the pages are."""

from __future__ import annotations

import time

import msgspec
import pytest

from qtui.core.job import Failed
from qtui.kinds.http.options import HttpTable
from qtui.kinds.http.selectors import Selector
from tests.kinds.http.serving import fetched, fields, page, serving

PAGE = """<!doctype html><title>t</title>
<h1> A  <b>large</b>
 title </h1><ul><li>one<li>two</ul>
<a class=next href=" ../p/2?x=1#y ">next</a><a href="//other.example/z">other</a><img src=i.png data-id=7>
<a href="http://[broken">broken</a>"""


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("h1", "A large title"),
        ("h1::text", "A large title"),
        ("li::text::all", ["one", "two"]),
        ("li", "one"),
        ("a.next::attr(href)", "../p/2?x=1#y"),
        ("a.next::link", "{site}/p/2?x=1#y"),
        ("img::attr( data-id )", "7"),
        ("img::link", "{site}/list/i.png"),
        ("a::link::all", ["{site}/p/2?x=1#y", "http://other.example/z"]),
        ("h2", None),
        ("h2::all", []),
        ("h1::attr(id)", None),
        ("h1::link", None),
    ],
)
async def test_a_field_is_what_its_selector_finds(selector: str, found: str | list[str] | None) -> None:
    async with serving(page(PAGE)) as site:
        outcome = await fields(HttpTable(url=f"{site}/list/1", extract={"x": selector}))
    assert outcome["x"] == msgspec.json.decode(msgspec.json.encode(found).replace(b"{site}", site.encode()))


async def test_links_are_relative_to_the_pages_own_base() -> None:
    async with serving(page('<base href="/deep/er/"><a href=x>x</a>')) as site:
        outcome = await fields(HttpTable(url=f"{site}/1", extract={"x": "a::link"}))
    assert outcome["x"] == f"{site}/deep/er/x"


async def test_required_fields_must_be_there_and_not_empty() -> None:
    extract = {"a": "h1", "b": "h2", "c": "p::all", "d": "h3"}
    async with serving(page("<h1>x</h1><h2> </h2><h3>y</h3>")) as site:
        outcome = await fetched(HttpTable(url=site, extract=extract, require=["a", "b", "c"]))
    assert outcome == Failed("extract", "no b and no c in the answer")


async def test_hostile_titles_are_harmless() -> None:
    hostile = "\x1b]52;c;aGFjaw==\x07Pay \u202eload\x1b[2J \x9b31m[@click=app.quit]\u200b"
    async with serving(page(f"<h1 title='{hostile}'>{hostile}</h1>")) as site:
        outcome = await fields(HttpTable(url=site, extract={"t": "h1", "a": "h1::attr(title)"}))
    assert outcome["t"] == outcome["a"] == "Pay load [@click=app.quit]"


async def test_long_texts_and_long_lists_are_cut() -> None:
    async with serving(page("<h1>" + "x" * 50_000 + "</h1>" + "<i>y</i>" * 5_000)) as site:
        outcome = await fields(HttpTable(url=site, extract={"t": "h1", "all": "i::all"}))
    assert isinstance(outcome["t"], str)
    assert isinstance(outcome["all"], list)
    assert (len(outcome["t"]), len(outcome["all"])) == (10_000, 1_000)


@pytest.mark.parametrize("html", ["", "\0\0", "<" * 20_000, "<div>" * 2_000, "]]><!--", "\ud7ff\uffff"])
async def test_pages_that_are_no_html_have_no_fields(html: str) -> None:
    async with serving(page(html)) as site:
        assert (await fields(HttpTable(url=site, extract={"t": "h1", "l": "a::link"})))["t"] is None


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li>" * 100_000,
        "<div>" * 400_000,
        "<x>" * 50_000 + "</y>" * 50_000,
        "<a " + " ".join(f"x{n}" for n in range(100_000)) + ">",
        "<a " + "".join(f"x{n}=''" for n in range(100_000)) + ">",
        '<title><a x="</title>' + "<div>" * 100_000 + '">',
        ('<title><a x="</title>' + "<div>" * 1_500 + '">') * 60,
        '<a ="' * 400_000,
    ],
)
async def test_pages_made_to_keep_a_parser_busy_are_refused(html: str) -> None:
    async with serving(page(html)) as site:
        began = time.process_time()
        outcome = await fetched(HttpTable(url=site, extract={"t": "h1"}))
    assert outcome == Failed("extract", "the page is nested too deep, or its tags have too many attributes, to be read")
    assert time.process_time() - began < 2


async def test_large_and_ordinary_pages_are_read() -> None:
    card = "<div class='card'><h2><a href='/p/1'>Name</a></h2><ul><li>one<li>two</ul><p>a<p>b<img src=x><br></div>\n"
    async with serving(page(card * 30_000 + "<h1>end</h1>")) as site:
        assert (await fields(HttpTable(url=site, extract={"t": "h1"})))["t"] == "end"


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("h1", Selector("h1")),
        ("a:not(.x)::attr(data-y)::all", Selector("a:not(.x)", "attr", "data-y", True)),
        (" a::link ", Selector("a", "link")),
    ],
)
def test_selectors_say_what_is_wanted(text: str, selector: Selector) -> None:
    assert Selector.parse(text) == selector


@pytest.mark.parametrize("text", ["", "::text", "h1::html", "h1::attr()", "h1::all::text", "::all"])
def test_selectors_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no selector; write"):
        Selector.parse(text)
