"""Names of keys: as people write and read them, and as the terminal library calls them."""

from __future__ import annotations

import re
import unicodedata

NAMED = frozenset(
    {"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace", "tab"}
    | {"enter", "escape", "space"}
    | {f"f{number}" for number in range(1, 25)}
)
_WRITTEN = {"esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "del": "delete", "ins": "insert"}
_PRINTED = {"up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "pgup", "pagedown": "pgdn", "escape": "esc"}
_SHORTER = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_MODIFIED = re.compile(r"((?:ctrl|alt|shift|super)\+)*")


def named(written: str) -> str:
    """`+`, `ctrl+x` or `PgDn` as the terminal library calls it; empty when it is no key."""
    match = _MODIFIED.match(written)
    modifiers = match[0] if match else ""
    key = written[len(modifiers) :]
    if len(key) == 1:
        return modifiers + _character(key)
    low = _WRITTEN.get(key.lower(), key.lower())
    return modifiers + low if low in NAMED or _of_name(low) else ""


def printed(key: str) -> str:
    """A key, named as the terminal library does, as people read it: `+`, `↑`, `ctrl+x`."""
    modifiers, _, name = key.rpartition("+")
    shown = _PRINTED.get(name) or _of_name(name) or name
    return f"{modifiers}+{shown}" if modifiers else shown


def _character(key: str) -> str:
    if key == " ":
        return "space"
    if key.isalnum() or not key.isprintable():
        return key if key.isprintable() else ""
    name = unicodedata.name(key, "").lower().replace("-", "_").replace(" ", "_")
    return _SHORTER.get(name, name)


def _of_name(name: str) -> str:
    """The character a name stands for: `slash` is `/`; empty for all other names."""
    if name in NAMED:
        return ""
    long = {short: whole for whole, short in _SHORTER.items()}.get(name, name)
    for spelling in (long.replace("_", " "), long.replace("_", "-")):
        try:
            return unicodedata.lookup(spelling.upper())
        except KeyError:
            continue
    return "-" if name == "minus" else ""
