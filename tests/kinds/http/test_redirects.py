"""Redirects are followed by hand: how far, with what, and never into somebody's private network."""

from __future__ import annotations

import pytest
from aiohttp import web

from qtui.core.job import Failed
from qtui.kinds.http import connect
from qtui.kinds.http.address import is_private, without_password
from qtui.kinds.http.options import HttpTable
from tests.kinds.http.serving import Handler, fetched, fields, opened, serving, speaking
from tests.kinds.running import job, real

TOKEN = "s3cret-t0ken-value"
HEADERS = {
    "Authorization": "Bearer {secret:env:TOKEN}",
    "X-Custom": "{secret:env:TOKEN}",
    "X-Api-Key": "plain-key",
    "Cookie": "session=1",
    "X-Plain": "kept",
    "X-Row": "{n}",
}


class Trail:
    """Redirects `/a` to what it is told, and keeps what came."""

    def __init__(self, to: str = "/b", status: int = 302) -> None:
        self.to, self.status = to, status
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.requests.append((request.method, request.path, dict(request.headers), await request.read()))
        if request.path == "/a":
            return web.Response(status=self.status, headers={"Location": self.to})
        return web.Response(text="there")


def hops(count: int) -> Handler:
    async def handler(request: web.BaseRequest) -> web.Response:
        n = int(request.path.strip("/") or 0)
        if n == count:
            return web.Response(text="there")
        return web.Response(status=307, headers={"Location": f"{n + 1}"})

    return handler


async def test_the_result_names_where_the_redirects_led() -> None:
    async with serving(Trail("b?x=1#part")) as site:
        outcome = await fields(HttpTable(url=f"{site}/a"))
    assert outcome == {"url": f"{site}/a", "status": 200, "final_url": f"{site}/b?x=1"}


async def test_five_redirects_are_followed_and_no_more() -> None:
    async with serving(hops(5)) as site:
        assert (await fields(HttpTable(url=f"{site}/0")))["final_url"] == f"{site}/5"
    async with serving(hops(6)) as site:
        assert await fetched(HttpTable(url=f"{site}/0")) == Failed("protocol", "more than 5 redirects")
        assert (await fields(HttpTable(url=f"{site}/0", max_redirects=6)))["status"] == 200


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (302, "PUT", "PUT"), (307, "POST", "POST")],
)
async def test_a_redirect_changes_the_method_as_browsers_do(status: int, method: str, then: str) -> None:
    trail = Trail(status=status)
    async with serving(trail) as site:
        table = HttpTable(url=f"{site}/a", method=method, json={"a": 1})  # type: ignore[arg-type]
        await fields(table)
    followed, _, headers, body = trail.requests[1]
    assert followed == then
    assert (body == b'{"a":1}') is ("Content-Type" in headers) is (then == method)


async def test_secret_headers_stay_with_their_origin() -> None:
    trail, stranger = Trail(), Trail()
    table = HttpTable(url="{line}/a", headers=HEADERS)
    async with serving(trail) as site, serving(stranger) as elsewhere:
        trail.to = f"{elsewhere}/b"
        await fields(table, real(environ={"TOKEN": TOKEN}), line=site, n=3)
    first, foreign = trail.requests[0][2], stranger.requests[0][2]
    assert first["Authorization"] == f"Bearer {TOKEN}"
    assert first["X-Custom"] == TOKEN
    assert TOKEN not in str(foreign)
    assert not foreign.keys() & {"Authorization", "X-Custom", "X-Api-Key", "Cookie"}
    assert (foreign["X-Plain"], foreign["X-Row"]) == ("kept", "3")


async def test_secret_headers_do_not_come_back_with_a_second_redirect() -> None:
    trail, stranger = Trail(), Trail()
    async with serving(trail) as site, serving(stranger) as elsewhere:
        trail.to, stranger.to = f"{elsewhere}/a", f"{site}/b"
        await fields(HttpTable(url=f"{site}/a", headers={"X-Api-Key": "k"}))
    assert [request[2].get("X-Api-Key") for request in trail.requests] == ["k", None]


async def test_all_headers_are_kept_within_an_origin() -> None:
    trail = Trail()
    async with serving(trail) as site:
        await fields(HttpTable(url=f"{site}/a", headers=HEADERS), real(environ={"TOKEN": TOKEN}), n=3)
    assert {name: trail.requests[1][2][name] for name in HEADERS} == {
        name: trail.requests[0][2][name] for name in HEADERS
    }


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("file:///etc/passwd", "redirected to file:, which is not http"),
        ("javascript:alert(1)", "redirected to javascript:, which is not http"),
        ("http://[broken/", 'redirected to "http://[broken/", which is not an address'),
    ],
)
async def test_a_redirect_to_nowhere_is_a_protocol_failure(location: str, says: str) -> None:
    async with serving(Trail(location)) as site:
        assert await fetched(HttpTable(url=f"{site}/a")) == Failed("protocol", says)


async def test_a_hostile_location_is_cleaned() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: gopher\x1b[31m://\xff\xe2\x80\xae/\r\nContent-Length: 0\r\n\r\n"
    async with speaking(answer) as site:
        outcome = await fetched(HttpTable(url=site))
    assert isinstance(outcome, Failed)
    assert outcome.code == "protocol"
    assert outcome.message.isprintable()


async def test_nobody_is_logged_in_by_a_redirect() -> None:
    trail = Trail()
    async with serving(trail) as site:
        trail.to = f"{site.replace('//', '//user:pw@')}/b"
        await fields(HttpTable(url=f"{site}/a", headers={"Authorization": "mine"}))
    assert trail.requests[1][2]["Authorization"] == "mine"


async def test_a_redirect_without_a_location_is_a_failure_of_its_status() -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=302)

    async with serving(handler) as site:
        assert await fetched(HttpTable(url=site)) == Failed("http:302", "Found")


async def test_the_internet_cannot_redirect_into_a_private_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "is_private", lambda host: host == "127.0.0.2")
    public, private = Trail(), Trail()
    async with serving(public) as site, serving(private, "127.0.0.2") as inside:
        public.to = f"{inside}/b"
        async with opened(HttpTable(url="{line}/a")) as kind:
            refused = Failed("protocol", "redirected from the internet to a private address; not followed")
            assert await kind.run(job(1, line=site)) == refused
            assert private.requests == []
            public.to = f"{site}/b"
            assert (await kind.run(job(2, line=site))).note == "200 · 5 B"  # type: ignore[union-attr]


async def test_what_starts_in_a_private_network_may_stay_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "is_private", lambda host: host.startswith("127.0.0."))
    there, here = Trail(), Trail()
    async with serving(here) as site, serving(there, "127.0.0.2") as other:
        here.to = f"{other}/b"
        assert (await fields(HttpTable(url=f"{site}/a")))["final_url"] == f"{other}/b"


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("169.254.169.254", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("2002:0a00:0001::", True),
        ("64:ff9b::a00:1", True),
        ("64:ff9b::808:808", False),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("::ffff:8.8.8.8", False),
        ("shop.example", False),
    ],
)
def test_private_addresses_are_told_from_public_ones(host: str, private: bool) -> None:
    assert is_private(host) is private


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://h/a@b:c", "http://h/a@b:c"),
        ("http://user@h/", "http://user@h/"),
        ("http://user:pw@h/a?b=c@d", "http://user:***@h/a?b=c@d"),
        ("http://u:p@w@h", "http://u:***@h"),
        ("u:p@h", "u:p@h"),
    ],
)
def test_passwords_are_left_out_of_addresses(address: str, shown: str) -> None:
    assert without_password(address) == shown
