"""Cookies of the preset and of answers: how long they are kept, and who gets them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import pytest
from aiohttp import web
from multidict import CIMultiDict

from qtui.core.job import Failed
from qtui.kinds.http.options import HttpTable
from tests.kinds.http.serving import fetched, fields, opened, serving
from tests.kinds.http.test_redirects import Trail
from tests.kinds.running import job, real

SESSION = "s3cret-session"


class Shop:
    """Sets cookies at `/set` and sends on to `/see`; keeps what came."""

    def __init__(self, *cookies: str, to: str = "/see") -> None:
        self.cookies: Sequence[str] = cookies
        self.to = to
        self.seen: list[str | None] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.seen.append(request.headers.get("Cookie"))
        if request.path == "/see":
            return web.Response(text="there")
        headers = CIMultiDict([("Location", self.to), *(("Set-Cookie", cookie) for cookie in self.cookies)])
        return web.Response(status=302, headers=headers)


@pytest.mark.parametrize(
    ("jar", "seen"),
    [
        ("off", [None, None, None, None]),
        ("attempt", [None, "a=1", None, "a=1"]),
        ("run", [None, "a=1", "a=1", "a=1"]),
    ],
)
async def test_cookies_are_kept_as_long_as_the_preset_says(
    jar: Literal["off", "attempt", "run"], seen: list[str | None]
) -> None:
    shop = Shop("a=1; Path=/")
    async with serving(shop) as site, opened(HttpTable(url=f"{site}/set", cookie_jar=jar)) as kind:
        await kind.run(job(1))
        await kind.run(job(2))
    assert shop.seen == seen


async def test_cookies_of_the_preset_come_with_every_request() -> None:
    shop = Shop()
    table = HttpTable(url="{site}/set", cookies={"session": "{secret:env:SESSION}", "row": "{n}"})
    async with serving(shop) as site:
        await fields(table, real(environ={"SESSION": SESSION}, fields={"site": site}), n=3)
    assert shop.seen == [f"session={SESSION}; row=3"] * 2


async def test_what_the_server_sets_takes_the_place_of_the_cookie_of_the_preset() -> None:
    shop = Shop("session=new; Path=/", "b=2; Path=/")
    async with serving(shop) as site:
        await fields(HttpTable(url=f"{site}/set", cookies={"session": "old", "mine": "1"}, cookie_jar="attempt"))
    first, second = shop.seen
    assert first == "session=old; mine=1"
    assert sorted((second or "").split("; ")) == ["b=2", "mine=1", "session=new"]


async def test_another_host_gets_none_of_them() -> None:
    shop, stranger = Shop("a=1; Path=/"), Trail()
    async with serving(shop) as site, serving(stranger, "localhost") as elsewhere:
        shop.to = f"{elsewhere}/b"
        await fields(HttpTable(url=f"{site}/set", cookies={"session": "mine"}, cookie_jar="run"))
    assert "Cookie" not in stranger.requests[0][2]


async def test_a_quoted_value_goes_back_as_it_came() -> None:
    shop = Shop('a="x y,z"; Path=/')
    async with serving(shop) as site:
        await fields(HttpTable(url=f"{site}/set", cookie_jar="attempt"))
    assert shop.seen == [None, 'a="x y,z"']


async def test_a_server_cannot_fill_the_jar_without_end() -> None:
    cookies = [f"c{n}=1; Path=/" for n in range(80)]
    shop = Shop("long=" + "x" * 5000, *cookies)
    async with serving(shop) as site:
        await fields(HttpTable(url=f"{site}/set", cookie_jar="attempt"))
    sent = (shop.seen[1] or "").split("; ")
    assert 0 < len(sent) <= 50
    assert not any(cookie.startswith("long=") for cookie in sent)


@pytest.mark.parametrize("value", ["1; admin=1", "a\r\nX-Evil: 1"])
async def test_a_row_cannot_add_cookies(value: str) -> None:
    outcome = await fetched(HttpTable(url="http://h.example/", cookies={"row": "{line}"}), line=value)
    assert outcome == Failed("input", "the cookie row would contain a semicolon or a control character", permanent=True)


def test_the_plan_says_which_cookies_and_no_value() -> None:
    table = HttpTable(url="u", cookies={"session": "hunter2", "b": "x"}, cookie_jar="run")
    assert table.identity() == ["sends the cookies session, b", "keeps the cookies of answers for the whole run"]


@pytest.mark.parametrize("options", [{"cookies": {"a": "1"}}, {"cookie_jar": "run"}])
def test_a_cookie_header_besides_them_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"headers has Cookie, and \w+ makes the same header"):
        msgspec.convert({"url": "u", "headers": {"Cookie": "x"}, **options}, HttpTable)
