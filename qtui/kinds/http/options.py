"""[job.http]: the request of a job, its limits, and what is taken out of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

import msgspec

from qtui.core.capabilities import Capabilities
from qtui.core.job import Value
from qtui.core.tables import Table
from qtui.core.units import Duration, Size
from qtui.kinds.filling import check_file
from qtui.kinds.http.asked import Asked, Method
from qtui.kinds.http.login import Login
from qtui.kinds.http.parameters import added, encoded
from qtui.kinds.http.selectors import HEADER_LINK, JSON, JsonPath, checked
from qtui.text import clean

_HOST = re.compile(r"https?://(?:[^/@{}]*@)?([^/?#@{}]+)(?=[/?#]|$)")
RESERVED = ("url", "final_url", "status", "path")
"""Fields of every result; an extracted field cannot have their names."""


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


class HttpTable(Asked, frozen=True, kw_only=True):
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

    method: Method = "GET"
    """What is asked of the address."""
    login: Login | None = None
    """A request that is made once, before the first job, and again when an answer says that the session has ended.

    All jobs use the cookies that it sets, and `send`; a run does not begin when it fails. Worker processes log in each
    for itself.
    """
    cookie_jar: Literal["off", "attempt", "run"] = "off"
    """Where cookies of answers are kept: nowhere; through the redirects of one attempt; or for all jobs.

    With "run", what a job gets depends on the jobs before it; a resumed run begins without cookies.
    """
    idempotency: bool = False
    """Send an Idempotency-Key made of the run and the job's key: the same with every attempt of a job."""
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
        self.check()
        self.check_headers(
            ("Cookie", "cookie_jar", self.cookie_jar != "off"),
            ("Cookie", "login", self.login is not None),
            ("Idempotency-Key", "idempotency", self.idempotency),
            *((name, "login.send", True) for name in (self.login.send if self.login else ())),
        )
        if self.login and self.auth and any(name.lower() == "authorization" for name in self.login.send):
            raise ValueError("login.send has Authorization, and auth makes the same header; leave one of them out")
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
        asked = [self.url, *(step.url for step in (self.login.steps if self.login else ()))]
        contacts = [host[1] if (host := _HOST.match(url)) else f"the hosts that {url} names" for url in asked]
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
        if self.login is not None:
            told.append(self.login.told)
        return told

    def _insecure(self) -> Iterator[str]:
        if self.insecure:
            yield "who answers is not verified"
        if self.auth is not None and self.auth.written_out:
            yield f"auth.{self.auth.written_out} stands in the preset for all to read"
        if self.login is not None:
            yield from (f"login.{key} stands in the preset for all to read" for key in self.login.written_out)

    @property
    def verb(self) -> str:
        return self.method

    def templates(self) -> Iterator[tuple[str, str]]:
        yield from super().templates()
        yield "save", self.save

    def texts(self) -> Iterator[str]:
        """Every template, those of the login too."""
        yield from super().texts()
        if self.login is not None:
            yield from self.login.all_texts()

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
