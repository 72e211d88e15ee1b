"""Values of a preset with templates in them, at any depth, filled for every job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from qtui.core.job import Value
from qtui.core.template import Template


def compiled(value: object) -> object:
    """The value with every text as a Template. Raises TemplateError."""
    if isinstance(value, str):
        return Template(value)
    if isinstance(value, dict):
        return {name: compiled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [compiled(inner) for inner in value]
    return value


def templates(value: object) -> Iterator[Template]:
    """All templates in a compiled value."""
    if isinstance(value, Template):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from templates(inner)


def filled(value: object, lookup: Callable[[str], str], *rows: Mapping[str, Value]) -> object:
    """A compiled value for a job. A text that is one field and nothing else becomes that field, with its type.

    Raises:
        TemplateError: when no row has a field.
    """
    if isinstance(value, Template):
        if field := value.sole_field:
            for row in rows:
                if field in row:
                    return row[field]
        return value.fill(*rows, lookup=lookup)
    if isinstance(value, dict):
        return {name: filled(inner, lookup, *rows) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, lookup, *rows) for inner in value]
    return value


def written(value: object, fill: Callable[[str], str]) -> str:
    """A value that is not compiled, filled and written as JSON, for people. Raises TemplateError as `fill` does."""
    return msgspec.json.encode(_filled(value, fill)).decode()


def _filled(value: object, fill: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {name: _filled(inner, fill) for name, inner in value.items()}
    return [_filled(inner, fill) for inner in value] if isinstance(value, list) else value


def check_file(key: str, text: str) -> None:
    """A template that names one file for every job; `key` is the preset's. Raises ValueError with one sentence."""
    folder, _, name = text.rpartition("/")
    if not Template(folder).constant:
        raise ValueError(f"{key}: only the last part, the file's name, may have fields")
    if not Template(name).fields:
        raise ValueError(f"{key}: every job would write the same file; put a field such as {{n}} into its name")
