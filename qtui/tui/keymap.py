"""A person's own keys: a TOML file of action ids and keys, checked whole before anything of it is in force."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from qtui.core.walker import locate, nearest
from qtui.errors import UsageError
from qtui.text import clean
from qtui.tui.actions import ACTIONS, BY_ID, ON_APP, Context
from qtui.tui.key_names import named, printed

Keys = Mapping[str, tuple[str, ...]]
MAX_BYTES = 1 << 16


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """The keys of a file, by action.

    Raises:
        UsageError: with every mistake and its line: no TOML, no action, no key, a key of two actions in one place.
    """
    content, text = _toml(path)
    lines = locate(text)
    mistakes: dict[str, str] = {}
    """What is wrong with which key of the file."""
    for name in content:
        if name != "keys":
            mistakes[name] = f"there is no table {clean(name)}; keys are in [keys]"
    table = content.get("keys", {})
    if not isinstance(table, dict):
        mistakes["keys"], table = "this must be a table: [keys]", {}
    chosen: dict[str, tuple[str, ...]] = {}
    for action_id, value in table.items():
        try:
            chosen[action_id] = _keys(action_id, value)
        except ValueError as error:
            mistakes[f"keys.{action_id}"] = str(error)
    for action_id in chosen:
        if clash := _clash(action_id, chosen):
            mistakes[f"keys.{action_id}"] = clash
    if mistakes:
        told = sorted((lines.get(key, 0), what) for key, what in mistakes.items())
        raise UsageError("\n".join(f"{clean(path)}{f', line {n}' if n else ''}: {what}" for n, what in told))
    return chosen


def _toml(path: Path) -> tuple[dict[str, object], str]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8-sig")
        return tomllib.loads(text), text
    except OSError as error:
        raise UsageError(f"{clean(path)} cannot be read: {clean(error.strerror or error)}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{clean(path)} is not TOML: {clean(error)}") from None


def _keys(action_id: str, value: object) -> tuple[str, ...]:
    """Raises ValueError with what is wrong."""
    if action_id not in BY_ID:
        near = nearest(action_id, BY_ID)
        raise ValueError(f"there is no action {clean(action_id, 40)}{f'; did you mean {near}?' if near else ''}")
    if action_id in ON_APP:
        raise ValueError(f"{action_id} is always {' '.join(BY_ID[action_id].keys)}: it must work everywhere")
    written = [value] if isinstance(value, str) else value
    if not isinstance(written, list) or not all(isinstance(key, str) for key in written):
        raise ValueError('this must be a key such as "p" or "ctrl+x", or a list of keys; [] is none')
    keys = tuple(named(key) for key in written)
    for key, name in zip(written, keys, strict=True):
        if not name:
            raise ValueError(f'"{clean(key, 20)}" is no key; write "p", "+", "f5", "pgdn" or "ctrl+x"')
        if fixed := next((each for each in ON_APP if name in BY_ID[each].keys), None):
            raise ValueError(f"{printed(name)} always means {fixed}: it must work everywhere")
    return keys


def _clash(action_id: str, chosen: Keys) -> str:
    """Which other action has a key of this one in a place where both work, or nothing."""
    action = BY_ID[action_id]
    for other in ACTIONS:
        shared = action.contexts & other.contexts
        if other.id == action_id or not shared:
            continue
        both = set(chosen[action_id]) & set(chosen.get(other.id, other.keys))
        if both:
            where = next(context for context in Context if context in shared)
            return f"{printed(min(both))} is also the key of {other.id} (in {where}); give one of them another key"
    return ""


def template() -> str:
    """A keymap file that changes nothing: every action with its keys, commented out."""
    lines = [
        "# Keys of qtui: take the # off a line and write the keys you want; [] leaves the action to the palette.",
        '# Keys are written as in "p", "P", "+", "space", "f5", "pgdn", "ctrl+x". ctrl+c and ctrl+q always leave.',
        "[keys]",
    ]
    for group in dict.fromkeys(action.group for action in ACTIONS):
        lines += ["", f"# {group}"]
        for action in ACTIONS:
            if action.group == group and action.id not in ON_APP:
                keys = ", ".join(f'"{_written(key)}"' for key in action.keys)
                lines.append(f"# {action.id} = [{keys}]  # {action.help or action.title.rstrip('…')}")
    return "\n".join(lines) + "\n"


def _written(key: str) -> str:
    """A key as `named` reads it."""
    shown = printed(key)
    return key if shown[-1] in "↑↓←→" else {"\\": "\\\\", '"': '\\"'}.get(shown, shown)
