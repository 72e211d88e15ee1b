"""Names and values of a query or a form, as an address or a body carries them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import msgspec

from qtui.core.template import as_text

Scalar: TypeAlias = str | int | float | bool
Parameters: TypeAlias = dict[str, Scalar | list[Scalar]]
"""Texts are templates; one that is a single field and nothing else keeps the field's type."""


def encoded(parameters: Mapping[str, object]) -> str:
    """Filled parameters percent-encoded: a list gives its name once for each item, null is left out."""
    return urlencode(list(_pairs(parameters)), quote_via=quote, safe="")


def added(address: str, parameters: str) -> str:
    """The address with more parameters behind those that it has, before its fragment."""
    if not parameters:
        return address
    front, mark, fragment = address.strip().partition("#")
    between = "" if front.endswith(("?", "&")) else "&" if "?" in front else "?"
    return f"{front}{between}{parameters}{mark}{fragment}"


def _pairs(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict | list):
                yield name, msgspec.json.encode(item).decode()
            elif item is not None:
                yield name, as_text(item)
