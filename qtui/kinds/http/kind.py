"""The http kind: one request per attempt, redirects followed by hand, and a result or a failure in plain words."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Mapping
from functools import partial
from typing import final

import aiohttp
import msgspec
from aiohttp import hdrs
from yarl import URL

from qtui.core.job import Done, Failed, Job, Value
from qtui.core.template import TemplateError
from qtui.errors import PresetError
from qtui.kinds.context import KindContext
from qtui.kinds.http import found
from qtui.kinds.http.address import url_fields, without_password
from qtui.kinds.http.body import Body, Unusable, decode, read_body, read_start
from qtui.kinds.http.connect import Sessions
from qtui.kinds.http.cookies import Jar
from qtui.kinds.http.deadlines import Attempt, Deadlines
from qtui.kinds.http.extract import LARGE, MAX_TEXT, Extractor
from qtui.kinds.http.failures import from_exception, from_status
from qtui.kinds.http.headers import BadRequest
from qtui.kinds.http.lanes import Lanes
from qtui.kinds.http.options import HttpTable
from qtui.kinds.http.reproduce import curl
from qtui.kinds.http.request import Request, Requests, environment, target
from qtui.kinds.http.selectors import HEADER_LINK, MAX_ITEMS
from qtui.kinds.save import Saver
from qtui.kinds.secrets import Redactor
from qtui.kinds.threads import Threads
from qtui.text import clean, size

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_START = 1 << 14
"""How much of an unwanted answer is read, for the inspector and to keep its connection."""
_DETAIL = 2_000
MANY = 500
"""Links that are better looked at in a thread."""
_STANDARD = {"User-Agent": "qtui", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


@final
class HttpKind:
    """Attempts share connections and nothing else, unless the preset wants cookies kept for the run."""

    def __init__(self, table: HttpTable, context: KindContext) -> None:
        """Raises PresetError when the environment lacks what the table uses."""
        secrets, problems = environment(table, context)
        if problems:
            raise PresetError("; ".join(problems))
        try:
            self._requests = Requests(table, context)
        except ValueError as error:
            raise PresetError(str(error)) from None
        self._lanes = Lanes(table.url, context.fields, context.look_up)
        self._table = table
        self._redactor = Redactor(secrets)
        self._expected = table.expect.statuses()
        self._contains = table.expect.contains
        self._confides = bool(secrets) or self._requests.confides
        self._extractor = (
            Extractor(table.extract, table.require, table.followed, table.next_place)
            if table.extract or table.followed or table.next_place
            else None
        )
        self._saver = Saver(table.save, context.directory, context.fields) if table.save else None
        self._keep = bool(self._contains or self._extractor or self._saver)
        total = min(limit for limit in (table.timeout.total, context.timeout_s, float("inf")) if limit)
        self._deadlines = Deadlines(table.timeout, 0.0 if total == float("inf") else total, context.clock)
        self._parsers = Threads("qtui-parse", 2)
        self._sessions: Sessions | None = None
        self._jar: Jar | None = None
        """Cookies of the whole run."""

    async def open(self, concurrency: int) -> None:
        """Raises CannotWrite when the directory of `save` cannot be made."""
        if self._saver is not None:
            self._saver.open()
        own = {name.lower() for name in self._table.headers}
        standard = {name: value for name, value in _STANDARD.items() if name.lower() not in own}
        self._sessions = Sessions(self._table, standard | self._requests.session_headers)
        if self._table.cookie_jar == "run":
            self._jar = Jar()

    def resize(self, concurrency: int) -> None:
        """Connections follow the attempts; there is nothing to size."""

    def fields(self, row: Mapping[str, Value]) -> Mapping[str, Value]:
        """The filled `url`, without its password, and `page`: its host and path alone. Raises TemplateError."""
        return url_fields(self._redactor.text(without_password(self._requests.address(row))))

    def mask(self, text: str) -> str:
        """Foreign text without the secrets of the preset."""
        return self._redactor.text(text)

    def reproduce(self, job: Job) -> str:
        """The request as a command line for curl, secrets masked; empty where it cannot be made."""
        try:
            request = self._requests.make(job.row, job.key)
        except (BadRequest, TemplateError):
            return ""
        requests = self._requests
        return curl(request, requests.session_headers, requests.sensitive, self._redactor.text)

    def lane(self, job: Job) -> str:
        """Host and port of the job's address."""
        return self._lanes.of(job.row)

    async def close(self) -> None:
        self._deadlines.close()
        self._parsers.close()
        if self._sessions is not None:
            await self._sessions.close()
        if self._saver is not None:
            self._saver.close()

    async def run(self, job: Job) -> Done | Failed:
        """One attempt.

        Raises:
            OSError: EMFILE or ENFILE when this machine has no file descriptors left; the attempt was no try.
        """
        try:
            request = self._requests.make(job.row, job.key)
        except (TemplateError, BadRequest) as error:
            return Failed("input", self._redactor.line(str(error)), permanent=True)
        attempt = self._deadlines.begin()
        try:
            return await self._follow(job, request, attempt)
        except asyncio.CancelledError:
            if attempt.ended_by_us():
                return attempt.verdict or Failed("timeout", attempt.expired)
            raise
        except Unusable as error:
            return Failed(error.code, str(error))
        except (aiohttp.ClientError, OSError) as error:
            return self._redacted(from_exception(error, self._table.timeout.connect))
        finally:
            self._deadlines.end(attempt)

    async def _follow(self, job: Job, request: Request, attempt: Attempt) -> Done | Failed:
        assert self._sessions is not None, "open() comes first"
        session = self._sessions.any
        jar = Jar() if self._table.cookie_jar == "attempt" else self._jar
        first = request.url
        for _ in range(self._table.max_redirects + 1):
            headers = request.headers if jar is None else jar.join(request.headers, request.url)
            response = await session.request(
                request.method, request.url, headers=headers, data=request.body, allow_redirects=False
            )
            try:
                self._deadlines.answered(attempt)
                if jar is not None:
                    jar.learn(response)
                location = response.headers.get(hdrs.LOCATION) if response.status in _REDIRECTS else None
                if location is None or response.status in self._expected:
                    return await self._judge(job, first, request.url, response, attempt)
                await read_start(response, _START, attempt)
            finally:
                response.close()  # does nothing to a connection whose answer was read to its end
            try:
                url = target(request.url, location)
            except BadRequest as error:
                return Failed("protocol", self._redactor.line(str(error)))
            if not self._sessions.lookups.private(request.url):
                session = self._sessions.public
            request = self._requests.redirected(request, response.status, url)
            self._deadlines.asked_again(attempt)
        return Failed("protocol", f"more than {self._table.max_redirects} redirects")

    async def _judge(
        self, job: Job, first: URL, final: URL, response: aiohttp.ClientResponse, attempt: Attempt
    ) -> Done | Failed:
        if response.status not in self._expected:
            attempt.verdict = failed = from_status(response)
            start = await read_start(response, _START, attempt)
            text = decode(start, response.headers.get(hdrs.CONTENT_TYPE, ""))
            return msgspec.structs.replace(failed, detail=self._redactor.block(text.strip(), _DETAIL))
        body = await read_body(response, self._table.max_body, attempt, self._keep)
        value: dict[str, Value] = {"url": without_password(str(first)), "status": response.status}
        if final is not first:
            value["final_url"] = clean(str(response.url), MAX_TEXT)
        links: list[str] = []
        if self._keep:
            failed_use = await self._use(job, response, body, value, links)
            if failed_use is not None:
                return failed_use
        rows = await self._found(links, first, response) if self._table.finds else ()
        return Done(self._redactor.value(value), f"{response.status} · {size(body.size)}", rows)

    async def _found(
        self, links: list[str], first: URL, response: aiohttp.ClientResponse
    ) -> tuple[dict[str, Value], ...]:
        """Rows for what the answer leads to; whatever a request confides stays with the origin it was meant for."""
        assert self._sessions is not None, "open() comes first"
        if self._table.next == HEADER_LINK:
            links.append(found.next_in_header(response))
        origin = first.origin() if self._confides else None
        public = not self._sessions.lookups.private(response.url)
        choose = partial(found.addresses, links, origin=origin, public=public)
        chosen = choose() if len(links) < MANY else await self._parsers.call(choose)
        return tuple({"url": url} for url in chosen if self._redactor.text(url) == url)

    async def _use(
        self, job: Job, response: aiohttp.ClientResponse, body: Body, value: dict[str, Value], links: list[str]
    ) -> Failed | None:
        """Search, extract and save, in this order; a page that lacks something is not saved.

        `value` and `links` take what was found.
        """
        if self._contains or self._extractor is not None:
            page = decode(body.content, response.headers.get(hdrs.CONTENT_TYPE, ""))
            if self._contains and self._contains not in page:
                return Failed("extract", f'the answer does not contain "{clean(self._contains, 80)}"')
            if self._extractor is not None:
                read = partial(self._extractor.read, page, response.url)
                extracted, linked = read() if len(page) < LARGE else await self._parsers.call(read)
                if missing := self._extractor.missing(extracted):
                    return Failed("extract", clean(missing))
                value.update({name: self._cleaned(text) for name, text in extracted.items()})
                links += linked
        if self._saver is None:
            return None
        try:
            value["path"] = await self._saver.save(job, body.content)
        except TemplateError as error:
            return Failed("input", clean(error), permanent=True)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise
            return Failed("file", f"cannot save: {os.strerror(error.errno or 0).lower()}")
        return None

    def _cleaned(self, found: Value) -> Value:
        if isinstance(found, str):
            return self._redactor.line(found, MAX_TEXT)
        if isinstance(found, list):
            return [self._cleaned(item) for item in found[:MAX_ITEMS]]
        if isinstance(found, dict):
            return {self._redactor.line(name): self._cleaned(inner) for name, inner in found.items()}
        return found

    def _redacted(self, failed: Failed) -> Failed:
        return msgspec.structs.replace(failed, message=self._redactor.line(failed.message))
