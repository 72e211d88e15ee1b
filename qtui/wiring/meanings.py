"""What the fields of a Struct mean: the strings written under them, read from the source of their module."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import msgspec


@cache
def meanings(cls: type[msgspec.Struct]) -> dict[str, str]:
    """Name of a field → its meaning in one line; a field that a class only repeats has that of the class above."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        found |= dict(_told(each))
    return {name: said for name, said in found.items() if name in cls.__struct_fields__}


def purpose(cls: type) -> str:
    """The docstring of the Struct itself, in one line."""
    return " ".join((cls.__doc__ or "").split())


def _told(cls: type) -> Iterator[tuple[str, str]]:
    body = _classes(cls.__module__).get(cls.__qualname__, [])
    for field, under in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(under, ast.Expr):
            text = under.value.value if isinstance(under.value, ast.Constant) else None
            if isinstance(text, str):
                yield field.target.id, " ".join(text.split())


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    """The bodies of a module's classes by name; none where its source was not installed."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError, KeyError):
        return {}
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
