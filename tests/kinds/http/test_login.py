"""A login opens one session for all jobs, again when it has ended; one that fails says so and is not hurried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from aiohttp import web

from qtui.core.job import Done, Failed, Value
from qtui.demo.account import PASSWORD, USER
from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.errors import PresetError, QtuiError
from qtui.kinds.context import KindContext
from qtui.kinds.http import signin
from qtui.kinds.http.asked import Expect
from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.login import Login, Step
from qtui.kinds.http.options import HttpTable
from qtui.kinds.secrets import MASK
from tests.kinds.http.serving import opened, serving
from tests.kinds.http.test_redirects import Trail
from tests.kinds.running import FakeTime, job, real

ENVIRON = {"PASSWORD": PASSWORD}
FORM = Login(
    url="{site}/account/login",
    form={"user": USER, "password": "{secret:env:PASSWORD}", "ticket": "{ticket}"},
    before=[Step(url="{site}/account/login", take={"ticket": "input[name=ticket]::attr(value)"})],
)
TOKEN = Login(
    url="{site}/account/token",
    json={"user": USER, "password": "{secret:env:PASSWORD}"},
    take={"token": "json:token"},
    send={"Authorization": "Bearer {token}"},
)
PATTERN = msgspec.structs.replace(TOKEN, take={"token": r're:"token":"(\w+)"'})


@asynccontextmanager
async def shop(**options: Any) -> AsyncIterator[KindContext]:
    site = DemoSite(msgspec.structs.replace(SiteConfig.calm(), **options))
    await site.start()
    try:
        yield real(environ=ENVIRON, fields={"site": site.address})
    finally:
        await site.stop()


def orders(login: Login, **options: Any) -> HttpTable:
    return HttpTable(url="{site}/account/orders/{n}", login=login, extract={"id": "json:id"}, **options)


def ids(outcomes: Sequence[object]) -> list[Value]:
    return [outcome.value["id"] if isinstance(outcome, Done) else outcome for outcome in outcomes]  # type: ignore[index,call-overload,misc]


class Gatehouse:
    """Counts logins at `/login`, and answers `/page` to whoever brings the cookie of the last one."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        """Of the login."""
        self.logins = 0
        self.pages = 0
        self.secret = ""
        self.moves = False
        """Whether strangers are sent to the login, as pages for people do; otherwise they get 401."""
        self.refuses: frozenset[str] = frozenset()
        self.wait: asyncio.Event | None = None
        """What a login waits for."""
        self._asked = asyncio.Condition()

    async def crowd(self, pages: int) -> None:
        """So many pages were asked for, and the second login."""
        async with self._asked:
            await self._asked.wait_for(lambda: self.pages >= pages and self.logins > 1)

    async def _tell(self) -> None:
        async with self._asked:
            self._asked.notify_all()

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/login":
            return await self._login()
        self.pages += 1
        await self._tell()
        if request.path in self.refuses or request.cookies.get("id") != self.secret:
            return (
                web.Response(status=302, headers={"Location": "/login?from=/page"})
                if self.moves
                else web.Response(status=401)
            )
        return web.Response(text=f"you are {self.secret}")

    async def _login(self) -> web.Response:
        self.logins += 1
        await self._tell()
        if self.wait is not None:
            await self.wait.wait()
        self.secret = f"secret-session-number-{self.logins}"
        headers = {"Set-Cookie": f"id={self.secret}; Path=/", "Retry-After": "7"}
        return web.Response(status=self.status, text="in" if self.status == 200 else "no", headers=headers)

    def end(self) -> None:
        """The session of today ends."""
        self.secret = "nobody has this one"


def behind(site: str, **options: Any) -> HttpTable:
    return HttpTable(url=site + "/page", login=Login(url=f"{site}/login", **options.pop("login", {})), **options)


@pytest.fixture(autouse=True)
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "APART_S", 0.0)


@pytest.mark.parametrize("login", [FORM, TOKEN, PATTERN], ids=["form", "token", "pattern"])
async def test_jobs_get_what_only_a_customer_may_see(login: Login) -> None:
    async with shop() as context, opened(orders(login), context) as kind:
        outcomes = [await kind.run(job(n, n=n)) for n in (1, 2, 3)]
    assert ids(outcomes) == [1, 2, 3]


@pytest.mark.parametrize("login", [FORM, TOKEN], ids=["form", "token"])
async def test_a_session_that_ends_is_opened_again_and_no_job_is_lost(login: Login) -> None:
    async with shop(session_answers=4) as context, opened(orders(login), context) as kind:
        outcomes = [await kind.run(job(n, n=n)) for n in range(1, 11)]
    assert ids(outcomes) == list(range(1, 11))


async def test_it_is_one_login_however_many_jobs_need_it() -> None:
    gate = Gatehouse()
    async with serving(gate) as site, opened(behind(site)) as kind:
        assert gate.logins == 1, "before the first job"
        gate.end()
        gate.wait = asyncio.Event()
        tasks = [asyncio.create_task(kind.run(job(n))) for n in range(8)]
        await gate.crowd(8)
        gate.wait.set()
        outcomes = await asyncio.gather(*tasks)
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert gate.logins == 2


async def test_a_job_that_is_cancelled_takes_no_login_from_the_others() -> None:
    gate = Gatehouse()
    async with serving(gate) as site, opened(behind(site)) as kind:
        gate.end()
        gate.wait = asyncio.Event()
        first, second = (asyncio.create_task(kind.run(job(n))) for n in (1, 2))
        await gate.crowd(2)
        first.cancel()
        gate.wait.set()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert isinstance(await second, Done)
    assert gate.logins == 2


async def test_a_redirect_to_the_login_says_that_the_session_has_ended() -> None:
    gate = Gatehouse()
    gate.moves = True
    async with serving(gate) as site, opened(behind(site)) as kind:
        gate.end()
        outcome = await kind.run(job())
    assert isinstance(outcome, Done)
    assert gate.logins == 2


async def test_what_says_so_is_for_the_preset_to_name() -> None:
    gate = Gatehouse()
    async with serving(gate) as site, opened(behind(site, login={"ended": [403]})) as kind:
        gate.end()
        outcome = await kind.run(job())
    assert outcome == Failed("http:401", "Unauthorized")
    assert gate.logins == 1


async def test_a_page_that_refuses_a_fresh_session_fails_by_itself() -> None:
    gate = Gatehouse()
    gate.refuses = frozenset({"/page"})
    async with serving(gate) as site, opened(behind(site)) as kind:
        outcome = await kind.run(job())
    assert outcome == Failed("http:401", "Unauthorized, although just logged in")
    assert (gate.logins, gate.pages) == (2, 2)


async def test_pages_that_refuse_make_us_log_in_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "APART_S", 1.0)
    gate, fake = Gatehouse(), FakeTime()
    gate.refuses = frozenset({"/page"})
    async with serving(gate) as site, opened(behind(site), replace(real(), clock=fake.clock, sleep=fake.sleep)) as kind:
        for n in range(1, 6):
            await kind.run(job(n))
    assert gate.logins == 6
    assert fake.now - 100.0 == pytest.approx(5.0)


@pytest.mark.parametrize("status", [403, 503])
async def test_a_login_that_fails_before_the_first_job_is_one_sentence(status: int) -> None:
    gate = Gatehouse(status)
    async with serving(gate) as site:
        kind = HttpKind(behind(site), real())
        with pytest.raises(QtuiError) as refused:
            await kind.open(4)
        phrase = {403: "Forbidden", 503: "Service Unavailable"}[status]
        assert str(refused.value) == f"cannot log in at {site}/login: {status} {phrase}"
    assert gate.logins == 1


async def test_a_login_that_fails_later_is_not_tried_again_for_every_job() -> None:
    gate, fake = Gatehouse(), FakeTime()
    context = replace(real(), clock=fake.clock, sleep=fake.sleep)
    async with serving(gate) as site, opened(behind(site), context) as kind:
        gate.end()
        gate.status = 503
        outcomes = [await kind.run(job(n)) for n in range(20)]
        assert gate.logins == 2
        assert {(o.code, o.retry_after) for o in outcomes if isinstance(o, Failed)} == {("http:503", 7.0)}
        assert gate.pages == 1, "nor is a page asked for without a session"
        fake.now += 8
        await kind.run(job(21))
        assert gate.logins == 3
        fake.now += 8
        again = await kind.run(job(22))
        assert isinstance(again, Failed)
        assert again.retry_after == pytest.approx(2.0), "the pause is longer each time"
        gate.status = 200
        fake.now += 3
        assert isinstance(await kind.run(job(23)), Done)


async def test_a_server_that_is_down_is_told_like_any_connection_that_fails() -> None:
    async with serving(Gatehouse()) as site:
        pass
    kind = HttpKind(behind(site), real())
    with pytest.raises(QtuiError, match=r"cannot log in at .*/login: connection refused"):
        await kind.open(4)


async def test_an_answer_without_the_token_is_no_login() -> None:
    gate = Gatehouse()
    login = {"take": {"token": "json:access"}, "send": {"X-Token": "{token}"}}
    async with serving(gate) as site:
        for take, says in (
            ("json:access", "the answer is not JSON"),
            ("re:tok=(.+)", "there is no token in the answer"),
        ):
            login["take"] = {"token": take}
            with pytest.raises(QtuiError, match=says):
                await HttpKind(behind(site, login=login), real()).open(4)


async def test_a_login_may_be_known_by_what_its_answer_says() -> None:
    gate = Gatehouse()
    async with serving(gate) as site:
        with pytest.raises(QtuiError, match='the answer does not contain "Welcome"'):
            await HttpKind(behind(site, login={"expect": Expect(contains="Welcome")}), real()).open(4)


async def test_nothing_of_the_session_is_shown() -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        if request.path == "/login":
            told = {"Set-Cookie": "id=0123456789abcdef0123; Path=/"}
            return web.Response(text='{"token": "t0ken-t0ken"}', headers=told, content_type="application/json")
        said = f"{request.headers['Authorization']} {request.cookies['id']}"
        return web.Response(status=200 if request.path == "/good" else 500, text=f"<p>{said}")

    login = {"take": {"token": "json:token"}, "send": {"Authorization": "Bearer {token}"}}
    async with serving(handler) as site:
        table = HttpTable(url=site + "/{page}", login=Login(url=f"{site}/login", **login), extract={"p": "p::text"})  # type: ignore[arg-type]
        async with opened(table) as kind:
            good, bad = [await kind.run(job(1, page=page)) for page in ("good", "bad")]
            masked = kind.mask("t0ken-t0ken")
    assert isinstance(good, Done)
    assert good.value == {"url": f"{site}/good", "status": 200, "p": f"Bearer {MASK} {MASK}"}
    assert isinstance(bad, Failed)
    assert bad.detail == f"<p>Bearer {MASK} {MASK}"
    assert masked == MASK


async def test_a_stranger_gets_neither_cookie_nor_token() -> None:
    trail, stranger = Trail(), Trail()

    async def handler(request: web.BaseRequest) -> web.Response:
        if request.path == "/login":
            return web.Response(text="tok=t0ken-t0ken", headers={"Set-Cookie": "id=1; Path=/"})
        return await trail(request)

    login = {"take": {"token": "re:tok=(.+)"}, "send": {"X-Own": "{token}"}}
    async with serving(handler) as site, serving(stranger, "localhost") as elsewhere:
        trail.to = f"{elsewhere}/b"
        table = HttpTable(url=f"{site}/a", login=Login(url=f"{site}/login", **login))  # type: ignore[arg-type]
        async with opened(table) as kind:
            await kind.run(job())
    ours, theirs = trail.requests[0][2], stranger.requests[0][2]
    assert (ours["X-Own"], ours["Cookie"]) == ("t0ken-t0ken", "id=1")
    assert "X-Own" not in theirs
    assert "Cookie" not in theirs


@pytest.mark.parametrize(("jar", "seen"), [("off", ["id=1", "id=1"]), ("run", ["id=1", "id=2"])])
async def test_a_cookie_that_a_page_renews_is_kept_where_the_preset_says_so(jar: Any, seen: list[str]) -> None:
    came: list[str] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        if request.path != "/login":
            came.append(request.headers["Cookie"])
        return web.Response(headers={"Set-Cookie": f"id={len(came) + 1}; Path=/"})

    async with serving(handler) as site, opened(behind(site, cookie_jar=jar)) as kind:
        await kind.run(job(1))
        await kind.run(job(2))
    assert came == seen


def test_a_secret_of_the_login_that_is_not_set_is_said_at_once() -> None:
    with pytest.raises(PresetError, match="the environment variable PASSWORD is not set"):
        HttpKind(orders(TOKEN), real(fields={"site": "http://h.example"}))


def test_the_plan_says_where_it_logs_in_and_nothing_secret() -> None:
    table = orders(TOKEN)
    assert table.identity() == ["logs in at {site}/account/token before the first job, and again after 401"]
    assert table.capabilities().contacts[:2] == (
        "the hosts that {site}/account/orders/{n} names",
        "the hosts that {site}/account/token names",
    )
    assert table.capabilities().insecure == ()


def test_a_password_in_the_preset_itself_is_pointed_out() -> None:
    table = HttpTable(url="u", login=Login(url="l", form={"user": "me", "password": "hunter2"}))
    assert table.capabilities().insecure == ("login.form.password stands in the preset for all to read",)


@pytest.mark.parametrize(
    ("login", "says"),
    [
        (
            {"form": {"user": "{line}"}},
            "form has {line}: a login is made once for all jobs and knows no row; there are {site}",
        ),
        ({"send": {"X": "{token}"}}, "send.X has {token}: a login is made once"),
        ({"take": {"t": "json:"}}, "take.t: "),
        ({"take": {"t": "re:("}}, 'take.t: "re:(" is no pattern'),
        (
            {"url": "{secret:env:X}"},
            "url uses a secret; secrets may be used in headers, auth, cookies, body, json and form only",
        ),
        ({"form": {}, "json": {}}, "there is a json and a form; a request has one of them"),
        ({"take": {"a": "json:a", "b": "b::text"}}, "take: some read HTML and some JSON"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(login: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"url": "u", "login": {"url": "l", **login}}, HttpTable)
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize(
    ("options", "header"),
    [({"headers": {"cookie": "a"}}, "Cookie"), ({"headers": {"x-token": "a"}}, "X-Token")],
)
def test_a_header_that_the_login_makes_is_refused_besides_it(options: dict[str, object], header: str) -> None:
    login = {"url": "l", "take": {"t": "re:."}, "send": {"X-Token": "{t}"}}
    with pytest.raises(msgspec.ValidationError, match=f"headers has {header}, and login"):
        msgspec.convert({"url": "u", "login": login, **options}, HttpTable)
