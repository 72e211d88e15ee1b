"""What a request of a preset is made of, whoever makes it: a job, or a login for all of them."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec

from qtui.core.tables import Table, Text
from qtui.core.template import Template, TemplateError
from qtui.kinds.http.auth import Auth
from qtui.kinds.http.parameters import Parameters
from qtui.text import clean

HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=200)]
Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_STATUS = re.compile(r"[1-5](?:\d\d|xx)")


class Expect(Table, frozen=True, kw_only=True):
    """job.http.expect: what counts as success."""

    status: list[int | str] = msgspec.field(default_factory=lambda: ["2xx"])
    """Statuses such as 200 or "2xx"; any other fails as http:NNN."""
    contains: str = ""
    """Text that the answer must contain."""

    def __post_init__(self) -> None:
        for entry in self.status:
            if not _STATUS.fullmatch(str(entry)):
                raise ValueError(f'status has {clean(entry, 40)}; statuses look like 200 or "2xx"')

    def statuses(self) -> frozenset[int]:
        """Every status that counts as success."""
        written = [str(entry) for entry in self.status]
        return frozenset(
            status for status in range(100, 600) if str(status) in written or f"{status // 100}xx" in written
        )


class Asked(Table, frozen=True, kw_only=True):
    """A request; texts are templates."""

    confides: ClassVar[tuple[str, ...]] = ("headers", "auth", "cookies")
    """Where secrets may be used."""

    url: Text
    """The address, a template: the row's fields, {site}, {env:NAME}."""
    query: Parameters = msgspec.field(default_factory=dict)
    """Parameters added to the url and encoded, e.g. `{ q = "{line}", page = 2 }`.

    A list gives its name several times; a text that is one field and nothing else keeps the field's type, and is left
    out when that is null.
    """
    headers: dict[HeaderName, str] = msgspec.field(default_factory=dict)
    """{secret:env:NAME} may be used here and in auth and cookies, nowhere else."""
    auth: Auth | None = None
    """`{ user = "me", password = "{secret:env:PASSWORD}" }` or `{ bearer = "{secret:env:TOKEN}" }`."""
    cookies: dict[HeaderName, str] = msgspec.field(default_factory=dict)
    """Cookies that every request brings, e.g. `{ session = "{secret:env:SESSION}" }`."""
    body: str | None = None
    """Sent as it is."""
    json: dict[str, object] | list[object] | None = None
    """Sent as JSON; a text that is one field and nothing else keeps the field's type."""
    form: Parameters | None = None
    """Sent as a form, its values as in query."""
    expect: Expect = Expect()
    """What counts as success."""

    @property
    @abstractmethod  # msgspec's own metaclass does not enforce it; the type checker does
    def verb(self) -> str:
        """The method it is sent with."""

    def check(self) -> None:
        """Raises ValueError with one sentence."""
        for where, text in self.templates():
            try:
                template = Template(text)
            except TemplateError as error:
                raise ValueError(f"{where}: {error}") from None
            if template.secret_names and where.partition(".")[0] not in self.confides:
                allowed = f"{', '.join(self.confides[:-1])} and {self.confides[-1]}"
                raise ValueError(f"{where} uses a secret; secrets may be used in {allowed} only")
        bodies = [name for name in ("body", "json", "form") if getattr(self, name) is not None]
        if len(bodies) > 1:
            raise ValueError(f"there is a {' and a '.join(bodies)}; a request has one of them")
        self.check_headers(
            ("Authorization", "auth", self.auth is not None),
            ("Cookie", "cookies", bool(self.cookies)),
        )

    def check_headers(self, *made: tuple[str, str, bool]) -> None:
        """Headers, the keys that make them, and whether they do; written ones may not be the same."""
        own = {name.lower() for name in self.headers}
        for name, key, wanted in made:
            if wanted and name.lower() in own:
                raise ValueError(f"headers has {name}, and {key} makes the same header; leave one of them out")

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key it stands under."""
        yield "url", self.url
        yield "body", self.body or ""
        yield from (("json", text) for text in texts_in(self.json))
        yield from (("form", text) for text in texts_in(self.form))
        yield from (("query", text) for text in texts_in(self.query))
        yield from ((f"headers.{name}", text) for name, text in self.headers.items())
        yield from ((f"cookies.{name}", text) for name, text in self.cookies.items())
        if self.auth is not None:
            yield from ((f"auth.{name}", text) for name, text in self.auth.texts())

    def texts(self) -> Iterator[str]:
        """Every template."""
        yield from (text for _, text in self.templates())


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value that is a template: values, not names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
