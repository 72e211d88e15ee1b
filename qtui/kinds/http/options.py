"""[job.http]: what a request is made of, what counts as success, and its limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.tables import Table, Text
from qtui.core.template import Template, TemplateError
from qtui.core.units import Duration, Size
from qtui.kinds.filling import check_file
from qtui.kinds.http.auth import Auth
from qtui.kinds.http.parameters import Parameters, added, encoded
from qtui.kinds.http.selectors import HEADER_LINK, JSON, JsonPath, checked
from qtui.text import clean

HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=200)]
_HOST = re.compile(r"https?://(?:[^/@{}]*@)?([^/?#@{}]+)(?=[/?#]|$)")
_STATUS = re.compile(r"[1-5](?:\d\d|xx)")
RESERVED = ("url", "final_url", "status", "path")
"""Fields of every result; an extracted field cannot have their names."""


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


class Timeouts(Table, frozen=True, kw_only=True):
    """job.http.timeout: limits of one attempt, redirects included; 0 for no limit."""

    connect: Duration = 10.0
    """How long a connection may take: its name, the handshake and TLS."""
    first_byte: Duration = 20.0
    """How long until the answer's headers are there, from the start."""
    total: Duration = 0.0
    """How long until the whole answer is there; `job.timeout` holds as well."""
    slow: Duration = 30.0
    """An answer that brings fewer than 100 bytes a second for so long is given up."""


class HttpTable(Table, frozen=True, kw_only=True):
    """[job.http]; texts are templates."""

    operational: ClassVar[frozenset[str]] = frozenset({"timeout", "max_body", "max_redirects", "insecure"})
    finding: ClassVar[frozenset[str]] = frozenset({"links", "next"})

    example: ClassVar[str] = """
        preset = { description = "Fetch the pages of a shop and keep their titles and prices" }
        source = [{ kind = "range", stop = 20, line = "{site}/p/{n}" }]
        demo = { site = true }
        workers = { concurrency = 4 }
        [job]
        name = "{page}"
        key = "{url}"
        timeout = "20s"
        http = { url = "{line}", extract = { title = "h1::text", price = ".price::text" } }
        [retry]
        attempts = 3
        [results]
        path = "results.jsonl"
    """

    url: Text
    """The address, a template: the row's fields, {site}, {env:NAME}."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """What is asked of the address."""
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
    cookie_jar: Literal["off", "attempt", "run"] = "off"
    """Where cookies of answers are kept: nowhere; through the redirects of one attempt; or for all jobs.

    With "run", what a job gets depends on the jobs before it; a resumed run begins without cookies.
    """
    body: str | None = None
    """Sent as it is."""
    json: dict[str, object] | list[object] | None = None
    """Sent as JSON; a text that is one field and nothing else keeps the field's type."""
    form: Parameters | None = None
    """Sent as a form, its values as in query."""
    idempotency: bool = False
    """Send an Idempotency-Key made of the run and the job's key: the same with every attempt of a job."""
    expect: Expect = Expect()
    """What counts as success."""
    timeout: Timeouts = Timeouts()
    """Limits of the parts of an attempt."""
    max_body: Size = 10 * 2**20
    """The largest answer, counted after decompression."""
    max_redirects: Annotated[int, msgspec.Meta(ge=0, le=20)] = 5
    """How many redirects are followed; with 0 one is an answer like any other that is not expected."""
    insecure: bool = False
    """Accept any certificate."""
    extract: dict[str, str] = msgspec.field(default_factory=dict)
    """Fields of the result: a CSS selector with `::text`, `::attr(name)` or `::link`, and `::all` for a list.

    For JSON a path such as `json:price.amount`, `json:items[0].id`, or `json:items[*].id` for a list.
    """
    require: list[str] = msgspec.field(default_factory=list)
    """Extracted fields that must be there and not empty; otherwise the job fails as `extract`."""
    links: str | list[str] = ""
    """Addresses that become jobs of a source of kind crawl, at most 10,000 of an answer: a selector such as `a::link`,
    a path such as `json:items[*].url`, or a list of them.
    """
    next: str = ""
    """The next page, which becomes a job too: a selector such as `a.next::link`, a path such as `json:paging.next`, or
    `header:link` for the Link header.
    """
    save: str = ""
    """Where the answer is written, e.g. `pages/{n}.html`; only the last part may have fields."""

    def __post_init__(self) -> None:
        """Raises ValueError with one sentence."""
        for where, text, secrets_allowed in self._templates():
            try:
                template = Template(text)
            except TemplateError as error:
                raise ValueError(f"{where}: {error}") from None
            if template.secret_names and not secrets_allowed:
                raise ValueError(f"{where} uses a secret; secrets may be used in headers, auth and cookies only")
        bodies = [name for name in ("body", "json", "form") if getattr(self, name) is not None]
        if len(bodies) > 1:
            raise ValueError(f"there is a {' and a '.join(bodies)}; a request has one of them")
        self._check_headers()
        if self.save:
            check_file("save", self.save)
        self._check_extract()
        self._check_found()

    @property
    def followed(self) -> list[str]:
        """Where `links` are."""
        return self.links if isinstance(self.links, list) else [self.links] if self.links else []

    @property
    def next_place(self) -> str:
        """Where in the content of an answer `next` is, or empty."""
        return "" if self.next == HEADER_LINK else self.next

    def capabilities(self) -> Capabilities:
        host = _HOST.match(self.url)
        contacts = [host[1] if host else f"the hosts that {self.url} names"]
        if self.max_redirects:
            contacts.append("where they redirect to")
        return Capabilities(
            contacts=tuple(contacts),
            writes=(self.save,) if self.save else (),
            insecure=tuple(self._insecure()),
        )

    def describe(self, fill: Callable[[str], str]) -> str:
        from qtui.kinds.http.address import without_password

        return f"{self.method} {without_password(self._address(fill))}"

    def own_fields(self, fill: Callable[[str], str]) -> dict[str, Value]:
        from qtui.kinds.http.address import url_fields

        return url_fields(self._address(fill))

    def _address(self, fill: Callable[[str], str]) -> str:
        query = {
            name: [
                fill(item) if isinstance(item, str) else item
                for item in (value if isinstance(value, list) else [value])
            ]
            for name, value in self.query.items()
        }
        return added(fill(self.url), encoded(query))

    def identity(self) -> list[str]:
        """Whom its requests claim to come from, as sentences without a subject; nothing in them is secret."""
        told = []
        if self.auth is not None:
            told.append("sends a bearer token" if self.auth.bearer else f"signs in as {self.auth.user}")
        if self.cookies:
            told.append(f"sends the cookie{'s' * (len(self.cookies) > 1)} {', '.join(self.cookies)}")
        if self.cookie_jar != "off":
            where = "the whole run" if self.cookie_jar == "run" else "the redirects of an attempt"
            told.append(f"keeps the cookies of answers for {where}")
        return told

    def _insecure(self) -> Iterator[str]:
        if self.insecure:
            yield "who answers is not verified"
        if self.auth is not None and self.auth.written_out:
            yield f"auth.{self.auth.written_out} stands in the preset for all to read"

    def _templates(self) -> Iterator[tuple[str, str, bool]]:
        yield "url", self.url, False
        yield "save", self.save, False
        yield "body", self.body or "", False
        yield from (("json", text, False) for text in texts_in(self.json))
        yield from (("form", text, False) for text in texts_in(self.form))
        yield from (("query", text, False) for text in texts_in(self.query))
        yield from ((f"headers.{name}", text, True) for name, text in self.headers.items())
        yield from ((f"cookies.{name}", text, True) for name, text in self.cookies.items())
        if self.auth is not None:
            yield from ((f"auth.{name}", text, True) for name, text in self.auth.texts())

    def texts(self) -> Iterator[str]:
        """Every template."""
        yield from (text for _, text, _ in self._templates())

    def _check_headers(self) -> None:
        own = {name.lower() for name in self.headers}
        for name, key, wanted in (
            ("Authorization", "auth", self.auth is not None),
            ("Cookie", "cookies", bool(self.cookies)),
            ("Cookie", "cookie_jar", self.cookie_jar != "off"),
            ("Idempotency-Key", "idempotency", self.idempotency),
        ):
            if wanted and name.lower() in own:
                raise ValueError(f"headers has {name}, and {key} makes the same header; leave one of them out")

    def _check_extract(self) -> None:
        for name, text in self.extract.items():
            if name in RESERVED:
                raise ValueError(f"extract: every result has {name} already; choose another name")
            try:
                checked(text)
            except ValueError as error:
                raise ValueError(f"extract.{clean(name, 40)}: {error}") from None
        if len({text.startswith(JSON) for text in self.extract.values()}) > 1:
            raise ValueError("extract: some fields read HTML and some JSON; an answer is one of them")
        for name in self.require:
            if name not in self.extract:
                raise ValueError(f"require: {clean(name, 40)} is not extracted")

    def _check_found(self) -> None:
        places = [("links", text) for text in self.followed]
        if self.next_place:
            places.append(("next", self.next_place))
        for key, text in places:
            try:
                found = checked(text)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
            if not isinstance(found, JsonPath) and found.what == "text":
                raise ValueError(f'{key}: "{clean(text, 80)}" gives a text, not an address; write {found.css}::link')
        read = [*self.extract.values(), *(text for _, text in places)]
        if len({text.startswith(JSON) for text in read}) > 1:
            raise ValueError("some of extract, links and next read HTML and some JSON; an answer is one of them")


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
