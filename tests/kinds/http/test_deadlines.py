"""Requests are not blamed for the time in which the process did not run."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import msgspec
import pytest
from aiohttp import web

from qtui.core.job import Done, Failed, Job
from qtui.kinds.http.options import HttpTable, Timeouts
from tests.kinds.http.serving import opened, serving
from tests.kinds.running import real


class Stopped:
    """A clock that can pass while nobody runs."""

    def __init__(self) -> None:
        self.gap = 0.0

    def clock(self) -> float:
        return time.monotonic() + self.gap


@pytest.mark.parametrize("limit", [{"first_byte": 1.0}, {"first_byte": 0.0, "total": 1.0}])
async def test_a_stop_is_not_taken_for_a_server_that_hangs(limit: dict[str, float]) -> None:
    clock = Stopped()

    async def handler(request: web.BaseRequest) -> web.Response:
        clock.gap = 3.0
        await asyncio.sleep(0.3)
        return web.Response(text="late")

    table = HttpTable(url="{base}", timeout=msgspec.structs.replace(Timeouts(), **limit))
    async with serving(handler) as base, opened(table, replace(real(), clock=clock.clock)) as kind:
        outcome = await kind.run(Job(1, "1", "1", {"base": base}))
    assert isinstance(outcome, Done), outcome


async def test_a_server_that_hangs_after_a_stop_is_given_up_as_ever() -> None:
    clock = Stopped()

    async def handler(request: web.BaseRequest) -> web.Response:
        clock.gap = 3.0
        await asyncio.sleep(30)
        return web.Response()

    table = HttpTable(url="{base}", timeout=Timeouts(first_byte=0.5))
    async with serving(handler) as base, opened(table, replace(real(), clock=clock.clock)) as kind:
        outcome = await kind.run(Job(1, "1", "1", {"base": base}))
    assert outcome == Failed("timeout", "no answer within 0.50s")
