"""A command as a person types it, with the environment that the preset gives it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable

from qtui.kinds.shell.command import Command

MAX_INPUT = 10_000
"""Characters of standard input that are written out."""


def line(command: Command, names: Iterable[str], mask: Callable[[str], str]) -> str:
    """The command line; `names` are the variables of the environment that matter, `mask` hides declared secrets."""
    given = [
        f"{name}={shlex.quote(mask(command.environment[name]))}"
        for name in sorted(names)
        if name in command.environment
    ]
    words = " ".join([*given, *(shlex.quote(mask(word)) for word in command.arguments)])
    if command.stdin:
        text = mask(command.stdin.decode("utf-8", "replace"))[:MAX_INPUT]
        words = f"printf %s {shlex.quote(text)} | {words}"
    return f"cd {shlex.quote(command.directory)} && {words}"
