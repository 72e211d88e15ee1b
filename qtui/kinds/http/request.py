"""Requests out of templates, and what becomes of a request when it is redirected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from multidict import CIMultiDict
from yarl import URL

from qtui.core.template import Template, TemplateError
from qtui.kinds.context import KindContext
from qtui.kinds.filling import compiled, filled, templates
from qtui.kinds.http.address import parse, shown
from qtui.kinds.http.asked import Asked
from qtui.kinds.http.headers import BadRequest, Header, Row, written
from qtui.kinds.http.parameters import added, encoded
from qtui.kinds.secrets import look_up_all
from qtui.text import clean

_BODY_HEADERS = ("Content-Type", "Content-Length", "Content-Encoding", "Content-Language")
_FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    method: str
    url: URL
    headers: CIMultiDict[str] | None
    """Besides those of the session."""
    body: bytes | None


class Requests:
    """Makes requests; whatever does not depend on the row is made once."""

    def __init__(
        self, table: Asked, context: KindContext, *, idempotent: bool = False, confided: Iterable[str] = ()
    ) -> None:
        """`confided` names headers that others add, and that a stranger must not see.

        Raises:
            TemplateError: when the environment lacks a variable.
        """
        self._run, self._look_up = context.fields, context.look_up
        self._method = table.verb
        self._url = Template(table.url)
        self._query = compiled(table.query) if table.query else None
        in_address = {field for template in (self._url, *templates(self._query)) for field in template.fields}
        self._fixed_url = self._parsed({}) if in_address <= self._run.keys() else None
        headers = written(table, self._fill)
        sensitive = {name for name, header in headers.items() if header.sensitive}
        self.session_headers = {
            name: header.value({}) for name, header in headers.items() if self._fixed(header) and name not in sensitive
        }
        """Headers that every request may carry, wherever it goes."""
        own = {name: header for name, header in headers.items() if name not in self.session_headers}
        self._sensitive = frozenset(name.lower() for name in (*sensitive, *confided))
        self._made = {name: header for name, header in own.items() if not self._fixed(header)}
        self._headers = CIMultiDict({name: header.value({}) for name, header in own.items() if self._fixed(header)})
        self._idempotency = f"{context.run_id}\0" if idempotent else ""
        self._authorizes = "authorization" in self._sensitive
        self._body = self._body_maker(table)
        self._set_content_type(table)

    def _set_content_type(self, table: Asked) -> None:
        if any(name.lower() == "content-type" for name in table.headers):
            return
        if table.json is not None:
            self._headers["Content-Type"] = "application/json"
        elif table.body is not None:
            self._headers["Content-Type"] = "text/plain; charset=utf-8"
        elif table.form is not None:
            self._headers["Content-Type"] = _FORM

    @property
    def confides(self) -> bool:
        """Whether requests carry what a stranger must not see."""
        return bool(self._sensitive)

    @property
    def sensitive(self) -> frozenset[str]:
        """Names of headers that a stranger must not see, in lower case."""
        return self._sensitive

    def make(self, row: Row, key: str) -> Request:
        """The request for the row of a job with this key. Raises BadRequest, TemplateError."""
        url = self._fixed_url or self._parsed(row)
        headers = self._headers
        if self._made or self._idempotency:
            headers = headers.copy()
            for name, header in self._made.items():
                headers[name] = header.value(row)
        if self._idempotency:
            headers["Idempotency-Key"] = blake2b((self._idempotency + key).encode(), digest_size=16).hexdigest()
        if url.raw_user is not None and self._authorizes:
            raise BadRequest("the address names a user and the headers have Authorization; a request has one of them")
        return Request(self._method, url, headers or None, self._body(row) if self._body else None)

    def address(self, row: Row) -> str:
        """The filled address as text, not checked. Raises TemplateError."""
        address = self._fill(self._url, row)
        if self._query is None:
            return address
        return added(address, encoded(self._filled(self._query, row)))

    def redirected(self, request: Request, status: int, url: URL) -> Request:
        """The request that follows: as browsers do, and without anything secret when it goes to somebody else."""
        method, headers, body = request.method, request.headers, request.body
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, body = "GET", None
            headers = _without(headers, {name.lower() for name in _BODY_HEADERS})
        if url.origin() != request.url.origin():
            headers = _without(headers, self._sensitive)
        return Request(method, url, headers, body)

    def _fill(self, template: Template, row: Row) -> str:
        return template.fill(row, self._run, lookup=self._look_up)

    def _filled(self, value: object, row: Row) -> Any:
        return filled(value, self._look_up, row, self._run)

    def _fixed(self, header: Header) -> bool:
        return header.fields <= self._run.keys()

    def _parsed(self, row: Row) -> URL:
        try:
            return parse(self.address(row))
        except TemplateError:
            raise
        except ValueError as error:
            raise BadRequest(str(error)) from None

    def _body_maker(self, table: Asked) -> Callable[[Row], bytes] | None:
        if table.body is not None:
            template = Template(table.body)
            return lambda row: self._fill(template, row).encode()
        if table.json is not None:
            document = compiled(table.json)
            return lambda row: msgspec.json.encode(self._filled(document, row))
        if table.form is not None:
            form = compiled(table.form)
            return lambda row: encoded(self._filled(form, row)).encode()
        return None


def environment(table: Asked, context: KindContext) -> tuple[list[str], list[str]]:
    """The secrets that the templates use, and a sentence for every variable that is missing or cannot be one."""
    return look_up_all(table.texts(), context)


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


def _without(headers: CIMultiDict[str] | None, names: set[str] | frozenset[str]) -> CIMultiDict[str] | None:
    if headers is None:
        return None
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in names)
