"""Declared secrets leave the kind in no form."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from itertools import pairwise
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from qtui.kinds.http.options import HttpTable
from qtui.kinds.secrets import MASK, Redactor
from tests.kinds.http.serving import fetched, opened, serving
from tests.kinds.running import job, real

SECRET = 'c4nary/+"s3cr&t" é~'
FORMS = {
    "raw": SECRET,
    "percent": quote(SECRET),
    "percent, all": quote(SECRET, safe=""),
    "percent, plus": quote_plus(SECRET),
    "percent, lower": re.sub("%..", lambda match: match[0].lower(), quote(SECRET)),
    "json": json.dumps(SECRET)[1:-1],
    "json, utf-8": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "html": html.escape(SECRET),
    "hex": SECRET.encode().hex(),
    "base64": b64encode(SECRET.encode()).decode(),
    "base64, shifted": b64encode(b"u:" + SECRET.encode() + b":tail").decode(),
    "base64, shifted twice": b64encode(b"x" + SECRET.encode() + b"y").decode(),
    "base64, for addresses": urlsafe_b64encode(b"user:" + SECRET.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    redactor = Redactor([SECRET])
    said = redactor.text(f"before {FORMS[form]} after")
    assert MASK in said
    assert said.startswith("before ")
    assert said.endswith(" after")
    middle = said.removeprefix("before ").removesuffix(" after")
    assert len(middle.replace(MASK, "")) <= 12, "only what stands around a secret in base64 may stay"


@given(st.data())
def test_a_stream_is_masked_alike_wherever_its_parts_are_cut(data: st.DataObject) -> None:
    redactor = Redactor(["s3cret-t0ken", "an0ther-one"])
    pieces = st.sampled_from(
        ["s3cret-t0ken", "an0ther-one", "s3cret-", "t0ken", "x", "czNjcmV0LXQwa2Vu", "\n", "s", "é"]
    )
    whole = "".join(data.draw(st.lists(pieces, max_size=12)))
    content, mask = whole.encode(), redactor.stream()
    assert mask is not None
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    parts = [content[start:end] for start, end in pairwise([0, *cuts, len(content)])]

    assert b"".join([*map(mask.feed, parts), mask.rest()]).decode() == redactor.text(whole)


def test_a_stream_is_left_alone_where_there_is_no_secret() -> None:
    assert Redactor([]).stream() is None


def test_invisible_characters_do_not_hide_a_secret() -> None:
    redactor = Redactor(["s3cret-t0ken"])
    assert redactor.line("x s3cret\u200b-t0\x1b[31mken y") == f"x {MASK} y"


def test_a_secret_is_masked_before_text_is_cut() -> None:
    assert (
        Redactor(["s3cret-t0ken"]).line("x" * 290 + "s3cret-t0ken" + "y" * 50, 300) == "x" * 290 + MASK + "y" * 6 + "…"
    )


def test_secrets_are_masked_deep_in_values() -> None:
    redactor = Redactor(["s3cret-t0ken"])
    assert redactor.value({"a": ["s3cret-t0ken", {"s3cret-t0ken": 1}], "n": 2, "x": None}) == {
        "a": [MASK, {MASK: 1}],
        "n": 2,
        "x": None,
    }


def test_text_without_secrets_is_left_alone() -> None:
    assert Redactor(["s3cret-t0ken"]).text("nothing here") == "nothing here"
    assert Redactor([]).value({"a": "b"}) == {"a": "b"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [200, 500])
async def test_a_server_that_echoes_a_secret_gives_nothing_away(form: str, status: int) -> None:
    echoed = FORMS[form]

    async def handler(request: web.BaseRequest) -> web.Response:
        quoted = html.escape(quote(echoed))
        body = f"<h1>{html.escape(echoed)}</h1><a href='/?t={quoted}'>x</a>" if status == 200 else echoed
        return web.Response(status=status, text=body, content_type="text/html")

    table = HttpTable(
        url="{site}", headers={"X-T": "{secret:env:TOKEN}"}, extract={"t": "h1", "a": "a::attr(href)", "l": "a::link"}
    )
    async with serving(handler) as site:
        outcome = await fetched(table, real(environ={"TOKEN": SECRET}, fields={"site": site}))
    said = msgspec.json.encode(outcome).decode()
    for leak in FORMS.values():
        assert leak not in said
        assert json.dumps(leak)[1:-1] not in said
    assert MASK in said


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://nope.invalid/", "gopher://x", "http://[::1"])
async def test_failures_before_an_answer_give_nothing_away(address: str) -> None:
    table = HttpTable(url="{line}?t={env:TOKEN}", headers={"X-T": "{secret:env:TOKEN}"})
    async with opened(table, real(environ={"TOKEN": "s3cret-t0ken"})) as kind:
        outcome = await kind.run(job(line=address))
        assert "s3cret-t0ken" not in repr(outcome)
        assert "s3cret-t0ken" not in repr(kind.fields({"line": address}))
