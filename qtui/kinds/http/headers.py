"""Headers out of the tables of a preset: those written as such, and those made of `auth` and `cookies`."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from qtui.core.job import Value
from qtui.core.template import Template
from qtui.kinds.http.asked import Asked
from qtui.kinds.http.auth import Auth

Row: TypeAlias = Mapping[str, Value]
Fill: TypeAlias = Callable[[Template, Row], str]

_SENSITIVE = re.compile(r"auth|cookie|token|secret|api-?key|password|session|credential|csrf|signature", re.I)
"""Header names that a stranger must not see, whatever is in them."""
_BAD_IN_HEADERS = re.compile(r"[\r\n\0]")
_BAD_IN_COOKIES = re.compile(r"[;\x00-\x1f\x7f]")


class BadRequest(ValueError):
    """A row from which no request can be made; the message is one sentence."""


class Header(NamedTuple):
    """The value of one header."""

    value: Callable[[Row], str]
    """For a row. Raises BadRequest, TemplateError."""
    fields: frozenset[str]
    """What it takes from the row or the run."""
    sensitive: bool
    """Stays with the origin it was meant for."""


def written(table: Asked, fill: Fill) -> dict[str, Header]:
    """Every header of a preset by its name."""
    headers = {name: _plain(name, Template(text), fill) for name, text in table.headers.items()}
    if table.auth is not None:
        headers["Authorization"] = _authorization(table.auth, fill)
    if table.cookies:
        headers["Cookie"] = _cookies({name: Template(text) for name, text in table.cookies.items()}, fill)
    return headers


def _plain(name: str, template: Template, fill: Fill) -> Header:
    def value(row: Row) -> str:
        return checked_header(name, fill(template, row))

    return Header(value, frozenset(template.fields), bool(template.secret_names or _SENSITIVE.search(name)))


def _authorization(auth: Auth, fill: Fill) -> Header:
    user, password, token = Template(auth.user), Template(auth.password), Template(auth.bearer)

    def bearer(row: Row) -> str:
        return checked_header("Authorization", f"Bearer {fill(token, row)}")

    def basic(row: Row) -> str:
        name = fill(user, row)
        if ":" in name:
            raise BadRequest("auth.user would contain a colon, which a name for HTTP Basic cannot have")
        return "Basic " + b64encode(f"{name}:{fill(password, row)}".encode()).decode()

    fields = frozenset(user.fields | password.fields | token.fields)
    return Header(bearer if auth.bearer else basic, fields, sensitive=True)


def _cookies(templates: dict[str, Template], fill: Fill) -> Header:
    def value(row: Row) -> str:
        return "; ".join(f"{name}={cookie(name, template, row)}" for name, template in templates.items())

    def cookie(name: str, template: Template, row: Row) -> str:
        text = fill(template, row)
        if _BAD_IN_COOKIES.search(text):
            raise BadRequest(f"the cookie {name} would contain a semicolon or a control character")
        return text

    fields = frozenset(field for template in templates.values() for field in template.fields)
    return Header(value, fields, sensitive=True)


def checked_header(name: str, value: str) -> str:
    """The value of a header. Raises BadRequest."""
    if _BAD_IN_HEADERS.search(value):
        raise BadRequest(f"the header {name} would contain a line break or a NUL character")
    return value
