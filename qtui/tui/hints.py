"""Hints: a key as it stands today and what it does; an action that has lost its key has none."""

from __future__ import annotations

from itertools import chain

from qtui.tui.actions import key_of
from qtui.tui.canvas import Line, Span

_ARROWS = frozenset("↑↓←→")


def hint(words: str, *actions: str, ink: str = "dim") -> Line:
    """` s sort`: the keys of the actions, then the words; empty where none of them has a key."""
    keys = keys_said(*actions)
    return (Span(keys, "accent", True), Span(f" {words}", ink)) if keys else ()


def side_by_side(*hints: Line, gap: int = 2) -> Line:
    """The hints that there are, with a gap between them."""
    there = [line for line in hints if line]
    space = Span(" " * gap)
    return tuple(
        chain.from_iterable((*line, space) if number < len(there) else line for number, line in enumerate(there, 1))
    )


def keys_said(*actions: str) -> str:
    """`n N` or `↑↓`: the first key of each action that has one."""
    keys = [key for action in actions if (key := key_of(action))]
    return ("" if set(keys) <= _ARROWS else " ").join(keys)


def with_key(action: str, words: str, *, before: str = "", otherwise: str = "") -> str:
    """A part of a sentence that begins with a key, `; esc takes it back`; `otherwise` where the action has none."""
    key = key_of(action)
    return f"{before}{key} {words}" if key else otherwise
