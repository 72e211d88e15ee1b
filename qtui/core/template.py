"""Templates of a preset, `{line}` or `{env:HOME}`: parsed once, filled once per job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from qtui.core.job import Value

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class TemplateError(ValueError):
    """A template that cannot be read or filled; the message is one sentence."""


class Template:
    """Literal text and fields. `{{` and `}}` stand for braces.

    A field is the name of a row's field (`{line}`, `{user.id}` for nested ones), `{site}`, `{env:NAME}`
    or `{secret:env:NAME}`.
    """

    __slots__ = ("_parts", "environment_names", "fields", "secret_names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.fields: set[str] = set()
        """Names that the row (or the run) must provide."""
        self.environment_names: set[str] = set()
        """Environment variables that are no secrets."""
        self.secret_names: set[str] = set()
        """Environment variables that are secrets."""
        self._parts: list[tuple[str, str]] = []
        """Pairs of literal text and the field after it; the field is empty at the end."""
        literal, start = "", 0
        for match in _FIELD.finditer(text):
            literal += text[start : match.start()]
            start = match.end()
            token = match[0]
            if token in ("{{", "}}"):
                literal += token[0]
            elif match[1] is None:
                raise TemplateError(f'"{text}" has a lone {token}; write {token * 2} for the character itself')
            else:
                self._parts.append((literal, self._field(match[1])))
                literal = ""
        self._parts.append((literal + text[start:], ""))

    def _field(self, name: str) -> str:
        if name.startswith("secret:env:"):
            self.secret_names.add(name.removeprefix("secret:env:"))
        elif name.startswith("env:"):
            self.environment_names.add(name.removeprefix("env:"))
        elif _NAME.fullmatch(name):
            self.fields.add(name)
        else:
            raise TemplateError(f'"{{{name}}}" is not a field; fields look like {{line}}, {{env:HOME}}')
        return name

    @property
    def constant(self) -> bool:
        """True when there is nothing to fill in."""
        return len(self._parts) == 1

    @property
    def sole_field(self) -> str:
        """The field's name when the template is one field and nothing else, otherwise empty."""
        whole = len(self._parts) == 2 and not self._parts[0][0] and not self._parts[1][0]
        return self._parts[0][1] if whole else ""

    def fill(self, *rows: Mapping[str, Value], lookup: Callable[[str], str] | None = None) -> str:
        """The text with every field replaced; the first row that has the field wins.

        `lookup` gives the value of `env:NAME` and `secret:env:NAME`.

        Raises:
            TemplateError: when no row has a field.
        """
        text = ""
        for literal, field in self._parts:
            text += literal
            if field:
                text += _look_up(field, rows, lookup)
        return text


def _look_up(field: str, rows: tuple[Mapping[str, Value], ...], lookup: Callable[[str], str] | None) -> str:
    if ":" in field:
        if lookup is None:
            raise TemplateError(f"{{{field}}} is not allowed here")
        return lookup(field)
    for row in rows:
        if field in row:
            return as_text(row[field])
        value: Value = dict(row)
        for part in field.split("."):
            if not isinstance(value, dict) or part not in value:
                break
            value = value[part]
        else:
            return as_text(value)
    have = ", ".join(sorted({name for row in rows for name in row})) or "nothing"
    raise TemplateError(f"there is no field {{{field}}}; this row has {have}")


def as_text(value: Value) -> str:
    """A row's value as a template writes it: numbers and text as they are, true and false as in JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
