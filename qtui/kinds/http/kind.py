"""The http kind: one request per attempt, redirects followed by hand, and a result or a failure in plain words."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Mapping
from functools import partial
from itertools import chain
from typing import final

import aiohttp
import msgspec
from aiohttp import hdrs
from yarl import URL

from qtui.core.job import Done, Failed, Job, Value
from qtui.core.template import TemplateError
from qtui.errors import PresetError, QtuiError
from qtui.kinds.context import KindContext
from qtui.kinds.http import found
from qtui.kinds.http.address import url_fields, without_password
from qtui.kinds.http.body import Body, decode, read_body, read_start
from qtui.kinds.http.connect import Sessions
from qtui.kinds.http.cookies import Jar
from qtui.kinds.http.deadlines import Deadlines
from qtui.kinds.http.exchange import START, Answer, Exchange, Jars
from qtui.kinds.http.extract import LARGE, MAX_TEXT, Extractor
from qtui.kinds.http.failures import from_status
from qtui.kinds.http.headers import BadRequest
from qtui.kinds.http.lanes import Lanes
from qtui.kinds.http.login import Login
from qtui.kinds.http.options import HttpTable
from qtui.kinds.http.reproduce import curl
from qtui.kinds.http.request import Request, Requests, environment
from qtui.kinds.http.selectors import HEADER_LINK, MAX_ITEMS
from qtui.kinds.http.signin import Ended, Pass, SignIn
from qtui.kinds.plain import PlainKind
from qtui.kinds.save import Saver
from qtui.kinds.secrets import Redactor
from qtui.kinds.threads import Threads
from qtui.text import clean, size

_DETAIL = 2_000
_SESSIONS = 3
"""Of so many past logins the tokens and cookies are still masked."""
MANY = 500
"""Links that are better looked at in a thread."""
_STANDARD = {"User-Agent": "qtui", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


@final
class HttpKind(PlainKind):
    """Attempts share connections and nothing else, unless the preset wants cookies kept for the run."""

    def __init__(self, table: HttpTable, context: KindContext) -> None:
        """Raises PresetError when the environment lacks what the table uses."""
        secrets, problems = environment(table, context)
        if problems:
            raise PresetError("; ".join(problems))
        try:
            confided = table.login.send if table.login is not None else ()
            self._requests = Requests(table, context, idempotent=table.idempotency, confided=confided)
        except ValueError as error:
            raise PresetError(str(error)) from None
        self._lanes = Lanes(table.url, context.fields, context.look_up)
        self._table = table
        self._secrets = secrets
        self._sessions_secrets: deque[tuple[str, ...]] = deque(maxlen=_SESSIONS)
        self._redactor = Redactor(secrets)
        self._expected = table.expect.statuses()
        self._contains = table.expect.contains
        self._confides = bool(secrets) or self._requests.confides or table.login is not None
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
        self._exchange = Exchange(table, self._deadlines, self._line)
        self._sign_in = self._made_sign_in(table.login, context)
        self._jar: Jar | None = None
        """Cookies of the whole run."""

    def _line(self, text: str) -> str:
        return self._redactor.line(text)  # of today: every login brings new secrets

    def _made_sign_in(self, table: Login | None, context: KindContext) -> SignIn | None:
        if table is None:
            return None
        try:
            return SignIn(table, context, self._exchange, self._learn_secrets)
        except ValueError as error:
            raise PresetError(f"job.http.login: {error}") from None

    def _learn_secrets(self, secrets: tuple[str, ...]) -> None:
        self._sessions_secrets.append(secrets)
        self._redactor = Redactor(chain(self._secrets, *self._sessions_secrets))

    async def open(self, concurrency: int) -> None:
        """Log in, where the preset says so.

        Raises:
            CannotWrite: when the directory of `save` cannot be made.
            QtuiError: when the login fails.
        """
        if self._saver is not None:
            self._saver.open()
        own = {name.lower() for name in self._table.headers}
        standard = {name: value for name, value in _STANDARD.items() if name.lower() not in own}
        self._exchange.sessions = Sessions(self._table, standard | self._requests.session_headers)
        if self._table.cookie_jar == "run":
            self._jar = Jar()
        if self._sign_in is not None:
            entered = await self._sign_in.enter()
            if isinstance(entered, Failed):
                await self.close()
                raise QtuiError(entered.message)

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
        if self._sign_in is not None:
            await self._sign_in.close()
        self._deadlines.close()
        self._parsers.close()
        if self._exchange.sessions is not None:
            await self._exchange.sessions.close()
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
        if self._sign_in is None:
            outcome = await self._ask(job, request, None)
            return outcome.failed if isinstance(outcome, Ended) else outcome
        return await self._ask_signed_in(job, request, self._sign_in)

    async def _ask_signed_in(self, job: Job, request: Request, sign_in: SignIn) -> Done | Failed:
        given = await sign_in.enter()
        if isinstance(given, Failed):
            return given
        outcome = await self._ask(job, request, given)
        if isinstance(outcome, Ended):
            given = await sign_in.enter(lost=given)
            if isinstance(given, Failed):
                return given
            outcome = await self._ask(job, request, given)
        if isinstance(outcome, Ended):
            said = f"{outcome.failed.message}, although just logged in"
            return msgspec.structs.replace(outcome.failed, message=said)
        return outcome

    async def _ask(self, job: Job, request: Request, given: Pass | None) -> Done | Failed | Ended:
        def ended(answer: Answer) -> bool:
            return given is not None and self._sign_in is not None and self._sign_in.says_ended(answer)

        async def judge(answer: Answer) -> Done | Failed | Ended:
            if ended(answer):
                return Ended(await self._unwanted(answer))
            return await self._judge(job, answer)

        return await self._exchange.ask(
            self._requests,
            request if given is None else given.on(request),
            self._jars(given),
            judge,
            lambda answer: answer.response.status in self._expected or ended(answer),
        )

    def _jars(self, given: Pass | None) -> Jars:
        kept = () if given is None else (given.jar,)
        if self._table.cookie_jar == "off":
            return Jars(kept)
        if self._table.cookie_jar == "run":
            jar = self._jar if given is None else given.jar
            return Jars(() if jar is None else (jar,), jar)
        own = Jar()
        return Jars((*kept, own), own)

    async def _unwanted(self, answer: Answer) -> Failed:
        response, attempt = answer.response, answer.attempt
        attempt.verdict = failed = from_status(response)
        start = await read_start(response, START, attempt)
        text = decode(start, response.headers.get(hdrs.CONTENT_TYPE, ""))
        return msgspec.structs.replace(failed, detail=self._redactor.block(text.strip(), _DETAIL))

    async def _judge(self, job: Job, answer: Answer) -> Done | Failed:
        first, response = answer.first, answer.response
        if response.status not in self._expected:
            return await self._unwanted(answer)
        body = await read_body(response, self._table.max_body, answer.attempt, self._keep)
        value: dict[str, Value] = {"url": without_password(str(first)), "status": response.status}
        if answer.url is not first:
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
        sessions = self._exchange.sessions
        assert sessions is not None, "open() comes first"
        if self._table.next == HEADER_LINK:
            links.append(found.next_in_header(response))
        origin = first.origin() if self._confides else None
        public = not sessions.lookups.private(response.url)
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
