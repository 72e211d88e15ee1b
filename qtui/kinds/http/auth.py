"""job.http.auth: who we say we are, and where a preset itself says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from qtui.core.tables import Table
from qtui.core.template import Template


class Auth(Table, frozen=True, kw_only=True):
    """job.http.auth: sent as Authorization, and not to another origin that an answer redirects to.

    Either user and password, or bearer; templates, with secrets.
    """

    example: ClassVar[str] = 'bearer = "{secret:env:TOKEN}"'

    user: str = ""
    """The name for HTTP Basic."""
    password: str = ""
    """Its password, best written as "{secret:env:NAME}", which is never shown or recorded."""
    bearer: str = ""
    """A token, sent as `Bearer …`; in place of user and password."""

    def __post_init__(self) -> None:
        if bool(self.bearer) is bool(self.user or self.password):
            raise ValueError('write user and password, or bearer, e.g. { bearer = "{secret:env:TOKEN}" }')
        if self.password and not self.user:
            raise ValueError("there is a password and no user")

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every template with its name."""
        yield from (("user", self.user), ("password", self.password), ("bearer", self.bearer))

    @property
    def written_out(self) -> str:
        """The secret that stands in the preset itself, for all to read: its name, or empty."""
        shown = (name for name, text in self.texts() if name != "user" and text and Template(text).constant)
        return next(shown, "")
