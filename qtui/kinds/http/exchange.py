"""A request and what follows from it: redirects by hand, cookies, deadlines; every failure in our own words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import aiohttp
import msgspec
from aiohttp import hdrs
from yarl import URL

from qtui.core.job import Failed
from qtui.kinds.http.body import Unusable, read_start
from qtui.kinds.http.connect import Sessions
from qtui.kinds.http.cookies import Jar
from qtui.kinds.http.deadlines import Attempt, Deadlines
from qtui.kinds.http.failures import from_exception
from qtui.kinds.http.headers import BadRequest
from qtui.kinds.http.options import HttpTable
from qtui.kinds.http.request import Request, Requests, target

START = 1 << 14
"""How much of an unwanted answer is read, for the inspector and to keep its connection."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
T = TypeVar("T")


class Answer(NamedTuple):
    """Its headers are there, its body is not."""

    first: URL
    """What was asked for."""
    url: URL
    """What answers, after redirects."""
    response: aiohttp.ClientResponse
    attempt: Attempt


class Jars(NamedTuple):
    """The cookies of one request."""

    sent: tuple[Jar, ...] = ()
    """Of two cookies with the same name that of the later jar is sent."""
    learns: Jar | None = None
    """Which one keeps what answers set."""


class Exchange:
    """Asks, and hands over the answer that is to be judged."""

    def __init__(self, table: HttpTable, deadlines: Deadlines, line: Callable[[str], str]) -> None:
        """`line` cleans foreign text and masks the secrets in it."""
        self._table, self._deadlines, self._line = table, deadlines, line
        self.sessions: Sessions | None = None

    async def ask(
        self,
        requests: Requests,
        request: Request,
        jars: Jars,
        judge: Callable[[Answer], Awaitable[T]],
        wanted: Callable[[Answer], bool],
    ) -> T | Failed:
        """What `judge` makes of the first answer that is no redirect, or that is `wanted` nevertheless.

        Raises:
            OSError: EMFILE or ENFILE when this machine has no file descriptors left.
        """
        attempt = self._deadlines.begin()
        try:
            return await self._follow(requests, request, jars, judge, wanted, attempt)
        except asyncio.CancelledError:
            if attempt.ended_by_us():
                return attempt.verdict or Failed("timeout", attempt.expired)
            raise
        except Unusable as error:
            return Failed(error.code, str(error))
        except (aiohttp.ClientError, OSError) as error:
            failed = from_exception(error, self._table.timeout.connect)
            return msgspec.structs.replace(failed, message=self._line(failed.message))
        finally:
            self._deadlines.end(attempt)

    async def _follow(
        self,
        requests: Requests,
        request: Request,
        jars: Jars,
        judge: Callable[[Answer], Awaitable[T]],
        wanted: Callable[[Answer], bool],
        attempt: Attempt,
    ) -> T | Failed:
        assert self.sessions is not None, "the kind's open() comes first"
        session = self.sessions.any
        first = request.url
        for _ in range(self._table.max_redirects + 1):
            headers = request.headers
            for jar in jars.sent:
                headers = jar.join(headers, request.url)
            response = await session.request(
                request.method, request.url, headers=headers, data=request.body, allow_redirects=False
            )
            try:
                self._deadlines.answered(attempt)
                if jars.learns is not None:
                    jars.learns.learn(response)
                answer = Answer(first, request.url, response, attempt)
                location = response.headers.get(hdrs.LOCATION) if response.status in REDIRECTS else None
                if location is None or wanted(answer):
                    return await judge(answer)
                await read_start(response, START, attempt)
            finally:
                response.close()  # does nothing to a connection whose answer was read to its end
            try:
                url = target(request.url, location)
            except BadRequest as error:
                return Failed("protocol", self._line(str(error)))
            if not self.sessions.lookups.private(request.url):
                session = self.sessions.public
            request = requests.redirected(request, response.status, url)
            self._deadlines.asked_again(attempt)
        return Failed("protocol", f"more than {self._table.max_redirects} redirects")
