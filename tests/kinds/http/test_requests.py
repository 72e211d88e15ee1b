"""What a request is made of, and what is refused before anything is sent."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp import web

from qtui.core.job import Failed
from qtui.core.seams import Kind
from qtui.core.template import TemplateError
from qtui.errors import PresetError
from qtui.kinds import KINDS
from qtui.kinds.http.asked import Expect
from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.options import HttpTable
from tests.kinds.http.serving import echo, fetched, fields, opened, serving
from tests.kinds.running import job, real

TOKEN = "s3cret-t0ken-value"


class Recorder:
    """A server's handler that keeps what came."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.requests.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        return web.Response(text="ok")

    @property
    def headers(self) -> dict[str, str]:
        return self.requests[-1][2]


async def test_the_address_is_filled_from_the_row_and_the_run() -> None:
    recorder = Recorder()
    async with serving(recorder) as site:
        outcome = await fields(HttpTable(url="{site}/p/{n}?q={q}"), real(fields={"site": site}), n=7, q="a b&c")
    assert recorder.requests[0][:2] == ("GET", "/p/7?q=a+b&c") or recorder.requests[0][1] == "/p/7?q=a%20b&c"
    assert outcome == {"url": outcome["url"], "status": 200}


async def test_headers_are_templates() -> None:
    recorder = Recorder()
    table = HttpTable(
        url="{line}", headers={"X-Row": "row {n}", "X-Env": "{env:WHO}", "Authorization": "Bearer {secret:env:TOKEN}"}
    )
    async with serving(recorder) as site:
        await fields(table, real(environ={"WHO": "me", "TOKEN": TOKEN}), line=site, n=3)
    assert recorder.headers["X-Row"] == "row 3"
    assert recorder.headers["X-Env"] == "me"
    assert recorder.headers["Authorization"] == f"Bearer {TOKEN}"


async def test_we_say_who_we_are_unless_told_otherwise() -> None:
    recorder = Recorder()
    async with serving(recorder) as site:
        await fields(HttpTable(url=site))
        assert recorder.headers["User-Agent"] == "qtui"
        assert recorder.headers["Accept-Encoding"] == "gzip, deflate"
        await fields(HttpTable(url=site, headers={"user-agent": "mine/1"}))
        assert [value for name, value in recorder.headers.items() if name.lower() == "user-agent"] == ["mine/1"]


async def test_a_body_is_a_template() -> None:
    recorder = Recorder()
    async with serving(recorder) as site:
        await fields(HttpTable(url=site, method="POST", body="n={n}&é"), n=3)
    method, _, headers, body = recorder.requests[0]
    assert (method, body) == ("POST", "n=3&é".encode())
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_json_keeps_the_type_of_a_lone_field() -> None:
    recorder = Recorder()
    table = HttpTable(url="{site}", method="PUT", json={"id": "{n}", "text": "no. {n}", "deep": [{"x": "{tags}"}, 1.5]})
    async with serving(recorder) as site:
        await fields(table, real(fields={"site": site}), n=3, tags=["a", None])
    _, _, headers, body = recorder.requests[0]
    assert msgspec.json.decode(body) == {"id": 3, "text": "no. 3", "deep": [{"x": ["a", None]}, 1.5]}
    assert headers["Content-Type"] == "application/json"


async def test_an_own_content_type_wins() -> None:
    recorder = Recorder()
    table = HttpTable(
        url="{site}", method="POST", body="a=1", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    async with serving(recorder) as site:
        await fields(table, real(fields={"site": site}))
    assert recorder.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_cookies_are_not_shared_between_jobs() -> None:
    seen = []

    async def handler(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(text="ok", headers={"Set-Cookie": "a=1"})

    async with serving(handler) as site, opened(HttpTable(url=site)) as kind:
        await kind.run(job(1))
        await kind.run(job(2))
    assert seen == [None, None]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://x.example/", '"ftp://x.example/" begins with ftp:; only http and https are fetched'),
        ("file:///etc/passwd", '"file:///etc/passwd" begins with file:; only http and https are fetched'),
        ("shop.example/p", '"shop.example/p" has no http:// or https:// in front; only http and https are fetched'),
        ("", '"" has no http:// or https:// in front; only http and https are fetched'),
        ("http://", '"http://" has no usable host name'),
        ("http://a b/", '"http://a b/" has no usable host name'),
        ("http://[::1/", '"http://[::1/" is not an address'),
        ("http://h:99999/", '"http://h:99999/" is not an address'),
        ("http://u:pw@[/", '"http://u:***@[/" is not an address'),
        ("http://\x1b[31m/", '"http:///" is not an address'),
    ],
)
async def test_a_text_that_is_no_address_fails_for_good(address: str, says: str) -> None:
    assert await fetched(HttpTable(url="{line}"), line=address) == Failed("input", says, permanent=True)


async def test_spaces_around_an_address_do_not_matter() -> None:
    async with serving(echo) as site:
        assert (await fields(HttpTable(url="{line}"), line=f"  {site}\t"))["status"] == 200


async def test_a_missing_field_fails_for_good() -> None:
    outcome = await fetched(HttpTable(url="http://h.example/{id}"), line="x")
    assert outcome == Failed("input", "there is no field {id}; this row has line", permanent=True)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
async def test_a_row_cannot_add_headers(value: str) -> None:
    outcome = await fetched(HttpTable(url="http://h.example/", headers={"X-Row": "{line}"}), line=value)
    assert outcome == Failed("input", "the header X-Row would contain a line break or a NUL character", permanent=True)


async def test_two_ways_to_log_in_are_refused() -> None:
    table = HttpTable(url="{line}", headers={"Authorization": "Basic abc"})
    outcome = await fetched(table, line="http://user:pw@127.0.0.1/")
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.permanent) == ("input", True)
    assert "pw" not in outcome.message


async def test_the_url_is_a_field_for_names_and_keys() -> None:
    async with opened(HttpTable(url="{site}/p/{n}"), real(fields={"site": "http://u:hunter2@h.example"})) as kind:
        assert kind.fields({"n": 3}) == {"url": "http://u:***@h.example/p/3", "page": "h.example/p/3"}
        with pytest.raises(TemplateError, match="no field"):
            kind.fields({"m": 3})


def test_what_the_environment_lacks_is_said_at_once() -> None:
    table = HttpTable(
        url="http://{env:HOST}/", headers={"X-Api-Key": "{secret:env:KEY}", "X-Short": "{secret:env:PIN}"}
    )
    with pytest.raises(PresetError) as refused:
        HttpKind(table, real(environ={"PIN": "1234"}))
    assert str(refused.value) == (
        "the environment variable HOST is not set; the environment variable KEY is not set; "
        "secret:env:PIN has fewer than 8 characters; it could not be kept off the screen"
    )


def test_a_fixed_address_is_checked_at_once() -> None:
    with pytest.raises(PresetError, match="only http and https"):
        HttpKind(HttpTable(url="gopher://h.example"), real())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "{line"}, "url: "),
        ({"url": "{secret:env:T}"}, "url uses a secret; secrets may be used in headers, auth and cookies only"),
        ({"url": "u", "body": "{secret:env:T}"}, "body uses a secret"),
        ({"url": "u", "json": {"a": ["{secret:env:T}"]}}, "json uses a secret"),
        ({"url": "u", "save": "{secret:env:T}"}, "save uses a secret"),
        ({"url": "u", "body": "x", "json": {}}, "there is a body and a json"),
        ({"url": "u", "expect": {"status": ["2x"]}}, "status has 2x"),
        ({"url": "u", "expect": {"status": [700]}}, "status has 700"),
        ({"url": "u", "save": "{n}/page.html"}, "save: only the last part"),
        ({"url": "u", "save": "pages/page.html"}, "save: every job would write the same file"),
        ({"url": "u", "extract": {"status": "h1"}}, "extract: every result has status already"),
        ({"url": "u", "extract": {"t": "h1::html"}}, 'extract.t: "h1::html" is no selector'),
        ({"url": "u", "extract": {"t": "h1["}}, 'extract.t: "h1[" is not a CSS selector'),
        ({"url": "u", "require": ["t"]}, "require: t is not extracted"),
        ({"url": "u", "headers": {"Bad Name": "x"}}, "Expected `str` matching regex"),
        ({"url": ""}, "Expected `str` of length >= 1"),
    ],
)
def test_options_that_cannot_work_are_refused_in_one_sentence(options: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(options, HttpTable)
    assert str(refused.value).startswith(says)


def test_statuses_are_written_as_numbers_or_families() -> None:
    assert Expect().statuses() == frozenset(range(200, 300))
    assert Expect(status=[404, "3xx"]).statuses() == frozenset([404, *range(300, 400)])


def test_the_registry_makes_it() -> None:
    kind: Kind = KINDS["http"].make(HttpTable(url="{line}"), real())
    assert isinstance(kind, HttpKind)
    assert KINDS["http"].table() is HttpTable
