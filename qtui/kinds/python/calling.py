"""How a function is called: which of its parameters gets what of a row."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any, final

from qtui.core.job import Value
from qtui.core.template import TemplateError
from qtui.core.walker import nearest
from qtui.kinds.context import KindContext
from qtui.kinds.filling import compiled, filled
from qtui.text import clean

PROGRESS = "progress"
"""A parameter of this name gets the function that tells how far the job is."""
Row = Mapping[str, Value]
Tell = Callable[..., None]


class Unfit(ValueError):
    """A function that cannot be called as the preset says; the message is one sentence."""


def is_async(function: Callable[..., object]) -> bool:
    """Whether calling it gives something to wait for; only its looks can tell."""
    while isinstance(function, functools.partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004  # an object may be called like an async function
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


@final
class Caller:
    """Makes the arguments of a call out of a row."""

    def __init__(self, function: Callable[..., object], args: Mapping[str, Any] | None, context: KindContext) -> None:
        """Raises Unfit when the function and `args` do not agree."""
        self._run, self._look_up = context.fields, context.look_up
        self._args = None if args is None else {name: compiled(value) for name, value in args.items()}
        self._name = clean(getattr(function, "__qualname__", type(function).__name__), 80)
        self._parameters = _parameters(function)
        known = self._parameters or []
        told = self._args or {}
        self.wants_progress = any(each.name == PROGRESS for each in known) and PROGRESS not in told
        """It has a parameter for the function that tells how far the job is."""
        self._named = [each for each in known if each.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
        if self.wants_progress:
            self._named = [each for each in self._named if each.name != PROGRESS]
        self._takes_all = any(each.kind is Parameter.VAR_KEYWORD for each in known)
        needed = [each for each in self._named if each.default is Parameter.empty]
        self._single = len(self._named) == len(needed) == 1 and not self._takes_all
        if self._args is not None and self._parameters is not None:
            self._check(self._args, needed)

    def _check(self, args: Mapping[str, object], needed: list[Parameter]) -> None:
        names = [each.name for each in self._named]
        for name in args:
            if name not in names and not self._takes_all:
                meant = nearest(name, names)
                hint = f"did you mean {meant}?" if meant else f"it has {', '.join(names) or 'none'}"
                raise Unfit(f"{self._name}() has no parameter {clean(name, 60)}; {hint}")
        if missing := [each.name for each in needed if each.name not in args]:
            raise Unfit(f"{self._name}() needs {', '.join(missing)} too; args does not have it")

    def arguments(self, row: Row, tell: Tell | None) -> tuple[list[object], dict[str, object]]:
        """Positional and named arguments for a job's row.

        Raises:
            TemplateError: when the row lacks something, as one sentence.
        """
        if self._args is not None:
            told: dict[str, object] = {
                name: filled(value, self._look_up, row, self._run) for name, value in self._args.items()
            }
        elif self._parameters is None:
            return [dict(row)], {}
        else:
            told = self._by_name(row)
        if self.wants_progress:
            told[PROGRESS] = tell
        given: list[object] = []
        for each in self._named:
            if each.kind is not Parameter.POSITIONAL_ONLY or each.name not in told:
                break
            given.append(told.pop(each.name))
        return given, told

    def _by_name(self, row: Row) -> dict[str, object]:
        told: dict[str, object] = {**row} if self._takes_all else {}
        for each in self._named:
            name = each.name
            if name in row:
                told[name] = row[name]
            elif name in self._run:
                told[name] = self._run[name]
            elif self._single:
                told[name] = dict(row)
            elif each.default is Parameter.empty:
                have = ", ".join(sorted(row)) or "nothing"
                raise TemplateError(f"{self._name}() needs {clean(name, 60)}; this row has {clean(have)}")
        return told


def _parameters(function: Callable[..., object]) -> list[Parameter] | None:
    """None for the few functions, written in C, that do not tell."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
