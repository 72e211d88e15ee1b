"""Logging in: once for all jobs that run at once, again when the session has ended, and never in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple, final

import msgspec
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from qtui.core.job import Failed, Value
from qtui.core.template import Template, TemplateError, as_text
from qtui.kinds.context import KindContext
from qtui.kinds.http.address import shown
from qtui.kinds.http.body import decode, read_body
from qtui.kinds.http.cookies import Jar
from qtui.kinds.http.exchange import REDIRECTS, Answer, Exchange, Jars
from qtui.kinds.http.extract import Extractor
from qtui.kinds.http.failures import from_status
from qtui.kinds.http.headers import BadRequest, checked_header
from qtui.kinds.http.login import PATTERN, Login, Step, first_group
from qtui.kinds.http.request import Request, Requests, target
from qtui.kinds.secrets import MIN_LENGTH
from qtui.text import clean

APART_S = 1.0
"""Between the beginnings of two logins: pages that refuse even a fresh session must not make us log in for each."""
PAUSE_S = 5.0
"""How long nobody tries again after a login that failed; twice as long each time it fails again."""
MOST_PAUSE_S = 120.0
_MOST_BODY = 1 << 20
_COOKIE_SECRET = 16
"""Values of cookies from so many characters on are masked; shorter ones, such as a language, are no secrets."""


class Pass(NamedTuple):
    """What a login gave."""

    jar: Jar
    headers: Mapping[str, str]

    def on(self, request: Request) -> Request:
        """The request with the headers of the session."""
        if not self.headers:
            return request
        headers: CIMultiDict[str] = CIMultiDict(request.headers or {})
        headers.update(self.headers)
        return request._replace(headers=headers)


class Ended(NamedTuple):
    """An answer that says that the session has ended."""

    failed: Failed
    """What it is where it says so straight after a login."""


@final
class SignIn:
    """Holds the session that all jobs use; a pass is never changed, only replaced."""

    def __init__(
        self, table: Login, context: KindContext, exchange: Exchange, learned: Callable[[tuple[str, ...]], None]
    ) -> None:
        """`learned` is told what must not be shown: the tokens and cookies of every new session.

        Raises:
            ValueError: when the environment lacks a variable, or the table cannot work.
        """
        self._table, self._context, self._exchange, self._learned = table, context, exchange, learned
        self._steps = [_Request(step, context) for step in table.steps]
        self._send = {name: Template(text) for name, text in table.send.items()}
        self._ended = frozenset(table.ended)
        self._addresses: set[URL] = set()
        self._pass: Pass | None = None
        self._renewing: asyncio.Task[Pass | Failed] | None = None
        self._begun = float("-inf")
        self._failed: Failed | None = None
        self._failures = 0
        self._again_at = 0.0

    async def enter(self, lost: Pass | None = None) -> Pass | Failed:
        """The session; a new one where there is none, or where `lost`, which has ended, is still the present one.

        However many ask at once, one login is made. After one that failed all are told so until it is time for another.
        """
        if self._pass is not None and self._pass is not lost:
            return self._pass
        self._pass = None
        if self._renewing is None:
            left = self._again_at - self._context.clock()
            if self._failed is not None and left > 0:
                return msgspec.structs.replace(self._failed, retry_after=left)
            self._renewing = asyncio.get_running_loop().create_task(self._renew(), name="login")
            self._renewing.add_done_callback(self._renewed)
        return await asyncio.shield(self._renewing)  # who waits may be cancelled; the others wait on

    async def close(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    def says_ended(self, answer: Answer) -> bool:
        """Whether an answer to a job says that the session has ended."""
        response = answer.response
        if response.status in self._ended:
            return True
        location = response.headers.get(hdrs.LOCATION) if response.status in REDIRECTS else None
        if location is None or _place(answer.first) in self._addresses:
            return False
        try:
            return _place(target(answer.url, location)) in self._addresses
        except BadRequest:
            return False

    async def _renew(self) -> Pass | Failed:
        wait = self._begun + APART_S - self._context.clock()
        if wait > 0:
            await self._context.sleep(wait)
        self._begun = self._context.clock()
        made = await self._log_in()
        if isinstance(made, Failed):
            pause = min(PAUSE_S * 2**self._failures, MOST_PAUSE_S)
            pause = max(pause, min(made.retry_after or 0.0, MOST_PAUSE_S))
            self._failures = min(self._failures + 1, 10)
            self._again_at = self._context.clock() + pause
            made = self._failed = msgspec.structs.replace(made, retry_after=pause)
        else:
            self._pass, self._failed, self._failures = made, None, 0
        return made

    def _renewed(self, task: asyncio.Task[Pass | Failed]) -> None:
        self._renewing = None
        if not task.cancelled():
            task.exception()  # seen by those who wait, if there still are any

    async def _log_in(self) -> Pass | Failed:
        taken: dict[str, Value] = {}
        jar = Jar()
        for step in self._steps:
            try:
                request = step.requests.make(taken, "")
            except (TemplateError, BadRequest) as error:
                return Failed("input", f"cannot log in: {clean(error)}", permanent=True)
            self._addresses.add(_place(request.url))
            headers: CIMultiDict[str] = CIMultiDict(step.requests.session_headers)
            headers.update(request.headers or {})
            found = await self._exchange.ask(
                step.requests, request._replace(headers=headers), Jars((jar,), jar), step.judge, step.wanted
            )
            if isinstance(found, Failed):
                return _explained(found, request.url)
            taken |= found
        secret = [text for value in taken.values() if len(text := as_text(value)) >= MIN_LENGTH]
        secret += [text for text in jar.values() if len(text) >= _COOKIE_SECRET]
        self._learned(tuple(secret))
        try:
            return Pass(jar, self._headers(taken))
        except (TemplateError, BadRequest) as error:
            return Failed("input", f"cannot log in: {clean(error)}", permanent=True)

    def _headers(self, taken: Mapping[str, Value]) -> dict[str, str]:
        run, look_up = self._context.fields, self._context.look_up
        return {
            name: checked_header(name, template.fill(taken, run, lookup=look_up))
            for name, template in self._send.items()
        }


class _Request:
    """One request of the login, and what its answer must be."""

    def __init__(self, step: Step, context: KindContext) -> None:
        self.requests = Requests(step, context)
        self._expected, self._contains = step.expect.statuses(), step.expect.contains
        self._patterns = {
            name: text.removeprefix(PATTERN) for name, text in step.take.items() if text.startswith(PATTERN)
        }
        places = {name: text for name, text in step.take.items() if name not in self._patterns}
        self._extractor = Extractor(places, []) if places else None

    def wanted(self, answer: Answer) -> bool:
        return answer.response.status in self._expected

    async def judge(self, answer: Answer) -> dict[str, Value] | Failed:
        """What is taken out of the answer."""
        response = answer.response
        if not self.wanted(answer):
            return from_status(response)
        keep = bool(self._contains or self._patterns or self._extractor)
        body = await read_body(response, _MOST_BODY, answer.attempt, keep)
        page = decode(body.content, response.headers.get(hdrs.CONTENT_TYPE, ""))
        if self._contains and self._contains not in page:
            return Failed("extract", f'the answer does not contain "{clean(self._contains, 80)}"')
        found = self._extractor.fields(page, response.url) if self._extractor is not None else {}
        found |= {name: first_group(pattern, page) for name, pattern in self._patterns.items()}
        if lacking := [name for name, value in found.items() if value in (None, "", [])]:
            return Failed("extract", f"there is no {' and no '.join(lacking)} in the answer")
        return found


def _explained(failed: Failed, url: URL) -> Failed:
    status = failed.code.removeprefix("http:") + " " if failed.code.startswith("http:") else ""
    return msgspec.structs.replace(
        failed, message=f"cannot log in at {shown(str(_place(url)))}: {status}{failed.message}"
    )


def _place(url: URL) -> URL:
    return url.with_query(None).with_fragment(None)
