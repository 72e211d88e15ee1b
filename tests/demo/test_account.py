"""The customers' area of the shop: nobody gets in without a login, and a session may end."""

from __future__ import annotations

import re

import aiohttp
import msgspec
import pytest

from qtui.demo.account import PASSWORD, USER
from qtui.demo.api import Api
from qtui.demo.config import SiteConfig
from tests.demo.conftest import HandClock, Opener


async def by_form(client: aiohttp.ClientSession, **other: str) -> int:
    async with client.get("/account/login") as response:
        ticket = re.search(r'name="ticket" value="(\w+)"', await response.text())
    assert ticket is not None
    told = {"user": USER, "password": PASSWORD, "ticket": ticket[1], **other}
    async with client.post("/account/login", data=told, allow_redirects=False) as response:
        for name, morsel in response.cookies.items():
            client.headers["Cookie"] = f"{name}={morsel.value}"  # jars keep none for hosts written as numbers
        return response.status


async def order(client: aiohttp.ClientSession, number: int = 7, **headers: str) -> int:
    async with client.get(f"/account/orders/{number}", headers=headers) as response:
        await response.read()
        return response.status


async def test_without_a_login_there_is_only_the_form(open_site: Opener) -> None:
    client = await open_site(SiteConfig.calm())
    assert await order(client) == 401
    async with client.get("/account", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/account/login")


async def test_the_form_opens_a_session(open_site: Opener) -> None:
    client = await open_site(SiteConfig.calm())
    assert await by_form(client) == 303
    async with client.get("/account/orders/7") as response:
        assert await response.json() == Api(SiteConfig.calm(), lambda: 0.0).order(7)
    async with client.get("/account") as response:
        assert "Welcome back" in await response.text()
    assert await order(client, 999_999) == 404


@pytest.mark.parametrize(("other", "status"), [({"password": "wrong"}, 403), ({"ticket": "made up"}, 400)])
async def test_a_wrong_form_opens_none(open_site: Opener, other: dict[str, str], status: int) -> None:
    client = await open_site(SiteConfig.calm())
    assert await by_form(client, **other) == status
    assert await order(client) == 401


async def test_a_token_is_as_good_as_a_cookie(open_site: Opener) -> None:
    client = await open_site(SiteConfig.calm())
    async with client.post("/account/token", json={"user": USER, "password": PASSWORD}) as response:
        token = (await response.json())["token"]
    assert await order(client, Authorization=f"Bearer {token}") == 200
    assert await order(client, Authorization="Bearer made-up") == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"user": "demo"}'])
async def test_rubbish_gets_no_token(open_site: Opener, body: bytes) -> None:
    client = await open_site(SiteConfig.calm())
    async with client.post("/account/token", data=body) as response:
        assert response.status == 403


async def test_a_session_ends_after_its_answers_or_its_time(open_site: Opener) -> None:
    clock = HandClock()
    config = msgspec.structs.replace(SiteConfig.calm(), session_lasts=60.0, session_answers=3)
    client = await open_site(config, clock)
    await by_form(client)
    assert [await order(client) for _ in range(4)] == [200, 200, 200, 401]
    await by_form(client)
    clock.now += 61
    assert await order(client) == 401
