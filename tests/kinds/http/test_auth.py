"""Who we say we are: to whom, and to nobody else."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest
from aiohttp import web

from qtui.core.job import Failed
from qtui.errors import PresetError
from qtui.kinds.http.auth import Auth
from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.options import HttpTable
from qtui.kinds.secrets import MASK
from tests.kinds.http.serving import fetched, fields, serving
from tests.kinds.http.test_redirects import Trail
from tests.kinds.http.test_requests import Recorder
from tests.kinds.running import real

SECRET = "s3cret-p:ssw0rd-é"
BASIC = Auth(user="me", password="{secret:env:PASSWORD}")
BEARER = Auth(bearer="{secret:env:PASSWORD}")
ENVIRON = {"PASSWORD": SECRET}


async def test_user_and_password_are_sent_as_basic() -> None:
    recorder = Recorder()
    async with serving(recorder) as site:
        await fields(HttpTable(url=site, auth=BASIC), real(environ=ENVIRON))
    assert recorder.headers["Authorization"] == "Basic " + b64encode(f"me:{SECRET}".encode()).decode()


async def test_a_bearer_token_may_come_from_the_row() -> None:
    recorder = Recorder()
    async with serving(recorder) as site:
        await fields(HttpTable(url=site, auth=Auth(bearer="{token}")), token="abc")
    assert recorder.headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("auth", [BASIC, BEARER, Auth(user="{name}", password="plain")])
async def test_a_redirect_to_another_origin_goes_without_it(auth: Auth) -> None:
    trail, stranger = Trail(), Trail()
    async with serving(trail) as site, serving(stranger) as elsewhere:
        trail.to = f"{elsewhere}/b"
        await fields(HttpTable(url=f"{site}/a", auth=auth), real(environ=ENVIRON), name="row")
    assert "Authorization" in trail.requests[0][2]
    assert "Authorization" not in stranger.requests[0][2]


async def test_a_redirect_on_the_same_origin_keeps_it() -> None:
    trail = Trail()
    async with serving(trail) as site:
        await fields(HttpTable(url=f"{site}/a", auth=BEARER), real(environ=ENVIRON))
    assert [headers["Authorization"] for _, _, headers, _ in trail.requests] == [f"Bearer {SECRET}"] * 2


@pytest.mark.parametrize("auth", [BASIC, BEARER])
async def test_a_server_that_echoes_it_gives_nothing_away(auth: Auth) -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=500, text=f"{request.headers['Authorization']} {SECRET}")

    async with serving(handler) as site:
        outcome = await fetched(HttpTable(url=site, auth=auth), real(environ=ENVIRON))
    said = repr(outcome)
    assert MASK in said
    assert SECRET not in said
    assert b64encode(f"me:{SECRET}".encode()).decode() not in said


def test_the_kind_masks_what_others_say() -> None:
    kind = HttpKind(HttpTable(url="http://h.example/", auth=BEARER), real(environ=ENVIRON))
    assert kind.mask(f"a trace with {SECRET} in it") == f"a trace with {MASK} in it"


def test_a_secret_that_is_not_set_is_said_at_once() -> None:
    with pytest.raises(PresetError, match="the environment variable PASSWORD is not set"):
        HttpKind(HttpTable(url="http://h.example/", auth=BASIC), real())


async def test_an_address_with_a_user_of_its_own_is_refused() -> None:
    outcome = await fetched(HttpTable(url="{line}", auth=BEARER), real(environ=ENVIRON), line="http://u:pw@127.0.0.1/")
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.permanent) == ("input", True)


@pytest.mark.parametrize(
    ("auth", "row", "says"),
    [
        (Auth(user="{name}", password="p"), "a:b", "auth.user would contain a colon"),
        (Auth(bearer="{name}"), "a\r\nX-Evil: 1", "the header Authorization would contain a line break"),
    ],
)
async def test_a_row_cannot_pretend_to_be_somebody_else(auth: Auth, row: str, says: str) -> None:
    outcome = await fetched(HttpTable(url="http://h.example/", auth=auth), name=row)
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith(says)
    assert outcome.permanent


def test_the_plan_says_who_we_are_and_nothing_secret() -> None:
    assert HttpTable(url="u", auth=BASIC).identity() == ["signs in as me"]
    assert HttpTable(url="u", auth=Auth(bearer="plain-token")).identity() == ["sends a bearer token"]


def test_a_password_in_the_preset_itself_is_pointed_out() -> None:
    written = HttpTable(url="u", auth=Auth(user="me", password="hunter2"))
    assert written.capabilities().insecure == ("auth.password stands in the preset for all to read",)
    assert HttpTable(url="u", auth=BASIC).capabilities().insecure == ()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"auth": {}}, "write user and password, or bearer"),
        ({"auth": {"user": "me", "bearer": "t"}}, "write user and password, or bearer"),
        ({"auth": {"password": "p"}}, "there is a password and no user"),
        (
            {"auth": {"bearer": "t"}, "headers": {"authorization": "x"}},
            "headers has Authorization, and auth makes the same header; leave one of them out",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(options: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"url": "u", **options}, HttpTable)
    assert str(refused.value).startswith(says)
