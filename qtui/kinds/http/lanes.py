"""Host and port of jobs' addresses, found without parsing an address per job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from qtui.core.job import Value
from qtui.core.template import Template, TemplateError
from qtui.kinds.http.address import parse

_AUTHORITY = re.compile(r"\s*(https?://[^/?#\s]++)", re.I)
_REMEMBERED = 10_000
_FIELD = "\0"


class Lanes:
    """Remembers what every authority it has seen is called; one that no row can change is looked at once."""

    def __init__(self, url: str, run_fields: Mapping[str, Value], look_up: Callable[[str], str]) -> None:
        self._url = Template(url)
        self._run_fields = run_fields
        self._look_up = look_up
        self._names: dict[str, str] = {}
        self._constant = self._unchanging()

    def of(self, row: Mapping[str, Value]) -> str:
        """Such as `shop.example:443`; empty where there is none."""
        if self._constant:
            return self._constant
        try:
            match = _AUTHORITY.match(self._url.fill(row, self._run_fields, lookup=self._look_up))
        except TemplateError:
            return ""
        if match is None:
            return ""
        name = self._names.get(match[1])
        return self._learn(match[1]) if name is None else name

    def _learn(self, authority: str) -> str:
        if len(self._names) >= _REMEMBERED:
            self._names.clear()
        name = self._names[authority] = _name(authority)
        return name

    def _unchanging(self) -> str:
        """The lane of every job, where the host ends before the first field of a row."""
        unknown = dict.fromkeys(self._url.fields - self._run_fields.keys(), _FIELD)
        try:
            beginning, field, _ = self._url.fill(unknown, self._run_fields, lookup=self._look_up).partition(_FIELD)
        except TemplateError:
            return ""
        match = _AUTHORITY.match(beginning)
        if match is None or (field and match.end() == len(beginning)):
            return ""
        return _name(match[1])


def _name(authority: str) -> str:
    """By the host's ASCII form, so that one host has one name and none can look like another."""
    try:
        url = parse(authority)
    except ValueError:
        return ""
    host = (url.host_subcomponent or "").rstrip(".")
    return f"{host}:{url.port}" if host else ""
