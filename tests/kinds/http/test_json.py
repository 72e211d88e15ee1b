"""Fields out of JSON, by paths."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp import web

from qtui.core.job import Failed
from qtui.kinds.http.options import HttpTable
from qtui.kinds.http.selectors import JsonPath
from tests.kinds.http.serving import Handler, fetched, fields, serving

DOCUMENT = {
    "items": [{"id": 1, "tags": ["a", "b"]}, {"id": 2}, {"name": "no id"}, "odd"],
    "paging": {"next": None, "so-and so": 2.5},
    "@type": "List",
}


def answering(body: bytes, content_type: str = "application/json") -> Handler:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type=content_type)

    return handler


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("json:items[0].id", 1),
        ("json:items[-3].id", 2),
        ("json:items[9].id", None),
        ("json:items[*].id", [1, 2]),
        ("json:items[*].tags[*]", ["a", "b"]),
        ("json:items[0]", {"id": 1, "tags": ["a", "b"]}),
        ('json:paging["so-and so"]', 2.5),
        ("json:paging.next", None),
        ("json:paging.next.more", None),
        ("json:nothing[*]", []),
        ("json:@type", "List"),
    ],
)
async def test_a_field_is_where_its_path_leads(path: str, found: object) -> None:
    async with serving(answering(msgspec.json.encode(DOCUMENT))) as site:
        assert (await fields(HttpTable(url=site, extract={"x": path})))["x"] == found


@pytest.mark.parametrize("body", [b"", b"<h1>Sorry</h1>", b"{", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1e999}'])
async def test_an_answer_that_is_no_json_fails(body: bytes) -> None:
    async with serving(answering(body)) as site:
        outcome = await fetched(HttpTable(url=site, extract={"x": "json:a"}))
    assert outcome == Failed("extract", "the answer is not JSON that can be read")


async def test_a_required_path_must_lead_somewhere() -> None:
    async with serving(answering(b'{"a": 0}')) as site:
        table = HttpTable(url=site, extract={"a": "json:a", "b": "json:b"}, require=["a", "b"])
        assert await fetched(table) == Failed("extract", "no b in the answer")


async def test_hostile_json_is_harmless_and_bounded() -> None:
    body = msgspec.json.encode({"x": {"\x1b[2Jk": "\u202ev" + "y" * 50_000, "l": [0] * 5_000}})
    async with serving(answering(body)) as site:
        found = (await fields(HttpTable(url=site, extract={"x": "json:x"})))["x"]
    assert isinstance(found, dict)
    assert list(found) == ["k", "l"]
    text, numbers = found.values()
    assert isinstance(text, str)
    assert isinstance(numbers, list)
    assert (text[:2], len(text), len(numbers)) == ("vy", 10_000, 1_000)


@pytest.mark.parametrize("text", ["json:", "json:.a", "json:a..b", "json:a b", "json:a[", "json:a[x]", "json:a[0]b"])
def test_paths_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no path; write"):
        JsonPath.parse(text)


def test_html_and_json_in_one_table_are_refused() -> None:
    with pytest.raises(ValueError, match="some fields read HTML and some JSON"):
        HttpTable(url="u", extract={"a": "json:a", "b": "h1"})
