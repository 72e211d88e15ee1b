"""What a command comes to before it is carried out: a plan in words, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from qtui.core import commands as cmd


class Refusal(Exception):
    """A command that cannot be carried out; the message is the reason in one sentence."""


class TooLate(Refusal):
    """What was to be taken back cannot be any more; whoever asked for it does not mean an older change instead."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A command that has been checked: what it would do in words, and how to do it."""

    said: str
    do: Callable[[], None]
    undo: cmd.Command | None = None


class Who(NamedTuple):
    """Who asked for a change, and why if they said so."""

    by: str
    reason: str = ""
