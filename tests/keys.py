"""What a terminal sends for a key."""

_FINAL = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_TILDE = {
    **{"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6},
    **{"f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24},
}
_SINGLE = {"enter": "\r", "esc": "\x1b", "escape": "\x1b", "tab": "\t", "backspace": "\x7f", "space": " "}
_SINGLE |= {"shift+tab": "\x1b[Z", "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS"}
_MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}


def encoded(key: str) -> str:
    """Give the characters of a key named as in `enter`, `pagedown`, `f5`, `ctrl+c`, `alt+x` or `shift+up`.

    Raises ValueError for a name no terminal can send.
    """
    if key in _SINGLE:
        return _SINGLE[key]
    *held, name = key.split("+") if len(key) > 1 else [key]
    if not set(held) <= _MODIFIERS.keys():
        raise ValueError(f"no such key: {key}")
    modifier = 1 + sum(_MODIFIERS[each] for each in set(held))
    if name in _FINAL:
        return f"\x1b[1;{modifier}{_FINAL[name]}" if held else f"\x1b[{_FINAL[name]}"
    if name in _TILDE:
        return f"\x1b[{_TILDE[name]};{modifier}~" if held else f"\x1b[{_TILDE[name]}~"
    if held == ["alt"]:
        return "\x1b" + encoded(name)
    if held == ["ctrl"] and (name == "space" or (len(name) == 1 and "@" <= name.upper() <= "_")):
        return chr(ord("@" if name == "space" else name.upper()) & 0x1F)
    if len(name) == 1 and not held:
        return name
    raise ValueError(f"no such key: {key}")
