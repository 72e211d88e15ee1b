"""job.http.login: the requests that open a session, what is taken out of their answers, and when it has ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec

from qtui.core.job import Value
from qtui.core.template import Template, TemplateError
from qtui.kinds.http.asked import Asked, HeaderName, Method
from qtui.kinds.http.selectors import JSON, checked
from qtui.text import clean

PATTERN = "re:"
RUN_FIELDS = frozenset({"site"})
"""What templates of a login know besides what was taken: it belongs to no job."""
_HIDDEN = re.compile(r"password|passwd|secret|token|api_?key|^pw$", re.I)
"""Names of fields whose values nobody should read."""
FieldName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)]
Status = Annotated[int, msgspec.Meta(ge=300, le=599)]
LoginMethod: TypeAlias = Method | Literal["auto"]


class Step(Asked, frozen=True, kw_only=True):
    """A request of a login; texts are templates that know {site}, the environment and what was taken before it."""

    confides: ClassVar[tuple[str, ...]] = ("headers", "auth", "cookies", "body", "json", "form")

    method: LoginMethod = "auto"
    """auto: POST where something is sent, otherwise GET."""
    take: dict[FieldName, str] = msgspec.field(default_factory=dict)
    """Texts of the answer that later requests of the login and `send` know by name; each must be there.

    A selector such as `input[name=csrf]::attr(value)`, a path such as `json:access_token`, or `re:` and a pattern,
    whose first group counts.
    """

    def __post_init__(self) -> None:
        """Raises ValueError with one sentence."""
        self.check()
        for name, text in self.take.items():
            try:
                _check_place(text)
            except ValueError as error:
                raise ValueError(f"take.{name}: {error}") from None
        if len({text.startswith(JSON) for text in self.take.values() if not text.startswith(PATTERN)}) > 1:
            raise ValueError("take: some read HTML and some JSON; an answer is one of them")

    @property
    def verb(self) -> str:
        if self.method != "auto":
            return self.method
        return "GET" if self.body is None and self.json is None and self.form is None else "POST"

    @property
    def written_out(self) -> Iterator[str]:
        """Secrets that stand in the preset itself, for all to read: their keys."""
        if self.auth is not None and self.auth.written_out:
            yield f"auth.{self.auth.written_out}"
        for key, sent in (("form", self.form), ("json", self.json)):
            for name, value in sent.items() if isinstance(sent, dict) else ():
                if _HIDDEN.search(name) and isinstance(value, str) and value and Template(value).constant:
                    yield f"{key}.{name}"


class Login(Step, frozen=True, kw_only=True):
    """job.http.login: made once for all jobs, and again when an answer says that the session has ended."""

    example: ClassVar[str] = """
        url = "{site}/account/login"
        form = { user = "demo", password = "{secret:env:PASSWORD}" }
    """

    before: list[Step] = msgspec.field(default_factory=list)
    """Requests made before it, in order, with the keys url to take: e.g. for the page whose form has a hidden field."""
    send: dict[HeaderName, str] = msgspec.field(default_factory=dict)
    """Headers of every job's request, made of what was taken, e.g. `{ Authorization = "Bearer {token}" }`.

    Like the cookies they stay with the origin of a job's address when an answer redirects to another one.
    """
    ended: list[Status] = msgspec.field(default_factory=lambda: [401])
    """Statuses of a job's answer that say that the session has ended. So does a redirect to an address of the login."""

    def __post_init__(self) -> None:
        """Raises ValueError with one sentence."""
        super().__post_init__()
        known = set(RUN_FIELDS)
        for index, step in enumerate(self.steps):
            where = f"before[{index}]." if step is not self else ""
            for key, text in step.templates():
                _check_fields(where + key, text, known)
            known |= step.take.keys()
        for name, text in self.send.items():
            try:
                _check_fields(f"send.{name}", text, known)
            except TemplateError as error:
                raise ValueError(f"send.{name}: {error}") from None

    @property
    def steps(self) -> list[Step]:
        """All of its requests, in order."""
        return [*self.before, self]

    @property
    def told(self) -> str:
        """What it does, as a sentence without a subject."""
        again = " or ".join(map(str, self.ended))
        return f"logs in at {self.url} before the first job" + (f", and again after {again}" if again else "")

    @property
    def written_out(self) -> Iterator[str]:
        for index, step in enumerate(self.before):
            yield from (f"before[{index}].{key}" for key in step.written_out)
        yield from super().written_out

    def all_texts(self) -> Iterator[str]:
        """Every template of every request, and of what is sent with the jobs."""
        for step in self.steps:
            yield from step.texts()
        yield from self.send.values()


def _check_place(text: str) -> None:
    if not text.startswith(PATTERN):
        checked(text)
        return
    try:
        re.compile(text.removeprefix(PATTERN))
    except re.error as error:
        raise ValueError(f'"{clean(text, 80)}" is no pattern: {clean(error, 80)}') from None


def _check_fields(where: str, text: str, known: set[str]) -> None:
    unknown = Template(text).fields - known
    if unknown:
        raise ValueError(
            f"{where} has {{{min(unknown)}}}: a login is made once for all jobs and knows no row; "
            f"there are {', '.join(sorted(f'{{{name}}}' for name in known))}"
        )


def first_group(pattern: str, page: str) -> Value:
    """What a pattern finds, or None."""
    match = re.search(pattern, page)
    return None if match is None else match[1] if match.re.groups else match[0]
