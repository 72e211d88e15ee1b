"""Requests out of templates, and what becomes of a request when it is redirected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from multidict import CIMultiDict
from yarl import URL

from qtui.core.job import Value
from qtui.core.template import Template, TemplateError
from qtui.kinds.context import KindContext
from qtui.kinds.http.address import parse, shown
from qtui.kinds.http.options import HttpTable, texts_in
from qtui.kinds.secrets import look_up_all
from qtui.text import clean

Row = Mapping[str, Value]

_SENSITIVE = re.compile(r"auth|cookie|token|secret|api-?key|password|session|credential|csrf|signature", re.I)
"""Header names that a stranger must not see, whatever is in them."""
_BODY_HEADERS = ("Content-Type", "Content-Length", "Content-Encoding", "Content-Language")
_BAD_IN_HEADERS = re.compile(r"[\r\n\0]")


class BadRequest(ValueError):
    """A row from which no request can be made; the message is one sentence."""


class Request(NamedTuple):
    method: str
    url: URL
    headers: CIMultiDict[str] | None
    """Besides those of the session."""
    body: bytes | None


class Requests:
    """Makes requests; whatever does not depend on the row is made once."""

    def __init__(self, table: HttpTable, context: KindContext) -> None:
        """Raises TemplateError when the environment lacks a variable."""
        self._run, self._look_up = context.fields, context.look_up
        self._method = table.method
        self._url = Template(table.url)
        self._fixed_url = self._parsed({}) if self._fixed(self._url) else None
        headers = {name: Template(text) for name, text in table.headers.items()}
        sensitive = {name for name, text in headers.items() if text.secret_names or _SENSITIVE.search(name)}
        self.session_headers = {
            name: self._header(name, text, {})
            for name, text in headers.items()
            if self._fixed(text) and name not in sensitive
        }
        """Headers that every request may carry, wherever it goes."""
        own = {name: text for name, text in headers.items() if name not in self.session_headers}
        self._sensitive = frozenset(name.lower() for name in sensitive)
        self._templates = {name: text for name, text in own.items() if not self._fixed(text)}
        self._headers = CIMultiDict(
            {name: self._header(name, text, {}) for name, text in own.items() if self._fixed(text)}
        )
        self._authorizes = "authorization" in self._sensitive
        self._body = self._body_maker(table)
        self._set_content_type(table)

    def _set_content_type(self, table: HttpTable) -> None:
        if any(name.lower() == "content-type" for name in table.headers):
            return
        if table.json is not None:
            self._headers["Content-Type"] = "application/json"
        elif table.body is not None:
            self._headers["Content-Type"] = "text/plain; charset=utf-8"

    @property
    def confides(self) -> bool:
        """Whether requests carry what a stranger must not see."""
        return bool(self._sensitive)

    def make(self, row: Row) -> Request:
        """The request for a row. Raises BadRequest, TemplateError."""
        url = self._fixed_url or self._parsed(row)
        headers = self._headers
        if self._templates:
            headers = headers.copy()
            for name, template in self._templates.items():
                headers[name] = self._header(name, template, row)
        if url.raw_user is not None and self._authorizes:
            raise BadRequest("the address names a user and the headers have Authorization; a request has one of them")
        return Request(self._method, url, headers or None, self._body(row) if self._body else None)

    def address(self, row: Row) -> str:
        """The filled address as text, not checked. Raises TemplateError."""
        return self._url.fill(row, self._run, lookup=self._look_up)

    def redirected(self, request: Request, status: int, url: URL) -> Request:
        """The request that follows: as browsers do, and without anything secret when it goes to somebody else."""
        method, headers, body = request.method, request.headers, request.body
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, body = "GET", None
            headers = _without(headers, {name.lower() for name in _BODY_HEADERS})
        if url.origin() != request.url.origin():
            headers = _without(headers, self._sensitive)
        return Request(method, url, headers, body)

    def _fixed(self, template: Template) -> bool:
        return template.fields <= self._run.keys()

    def _parsed(self, row: Row) -> URL:
        try:
            return parse(self.address(row))
        except TemplateError:
            raise
        except ValueError as error:
            raise BadRequest(str(error)) from None

    def _header(self, name: str, template: Template, row: Row) -> str:
        value = template.fill(row, self._run, lookup=self._look_up)
        if _BAD_IN_HEADERS.search(value):
            raise BadRequest(f"the header {name} would contain a line break or a NUL character")
        return value

    def _body_maker(self, table: HttpTable) -> Callable[[Row], bytes] | None:
        if table.body is not None:
            template = Template(table.body)
            return lambda row: template.fill(row, self._run, lookup=self._look_up).encode()
        if table.json is not None:
            compiled = _compile(table.json)
            return lambda row: msgspec.json.encode(self._filled(compiled, row))
        return None

    def _filled(self, value: object, row: Row) -> object:
        if isinstance(value, Template):
            if field := value.sole_field:
                for fields in (row, self._run):
                    if field in fields:
                        return fields[field]
            return value.fill(row, self._run, lookup=self._look_up)
        if isinstance(value, dict):
            return {name: self._filled(inner, row) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner, row) for inner in value]
        return value


def environment(table: HttpTable, context: KindContext) -> tuple[list[str], list[str]]:
    """The secrets that the templates use, and a sentence for every variable that is missing or cannot be one."""
    return look_up_all((table.url, table.body or "", *table.headers.values(), *texts_in(table.json)), context)


def target(base: URL, location: str) -> URL:
    """Where a redirect leads. Raises BadRequest when it leads nowhere we would go."""
    try:
        url = base.join(URL(location))
        if url.scheme not in ("http", "https"):
            raise BadRequest(f"redirected to {clean(url.scheme, 20)}:, which is not http")
        return parse(str(url.with_user(None)))  # nobody is logged in by somebody else's redirect
    except BadRequest:
        raise
    except ValueError:
        raise BadRequest(f'redirected to "{shown(location)}", which is not an address') from None


def _compile(value: object) -> object:
    if isinstance(value, str):
        return Template(value)
    if isinstance(value, dict):
        return {name: _compile(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_compile(inner) for inner in value]
    return value


def _without(headers: CIMultiDict[str] | None, names: set[str] | frozenset[str]) -> CIMultiDict[str] | None:
    if headers is None:
        return None
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in names)
