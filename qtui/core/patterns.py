"""Regular expressions that a person types: only those whose search takes a bounded time on a line of text.

Python's `re` goes back and tries again; a repeat inside a repeat takes longer than anybody waits, and nothing can
interrupt it. What could do that is refused before it is ever used.
"""

from __future__ import annotations

import re

MAX_PATTERN = 200
MAX_TEXT = 300
"""Characters of a text that are looked at; names and errors are no longer."""
MAX_REPEATS = 2
"""Parts of open length; each multiplies the time by the length of the text."""
MAX_CHOICES = 6
"""Parts with a choice, `?` or `|`; each doubles the time."""

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?|\(|\)|\||[*+?]\??|\{\d*,?\d*\}\??|.", re.DOTALL)
_COUNTED = re.compile(r"\{(\d*)(,?)(\d*)\}\??")


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, matched without regard to case. Raises ValueError with one sentence: why it is refused."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a pattern has at most {MAX_PATTERN} characters")
    try:
        made = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"no pattern: {error}") from None
    if problem := _problem(pattern):
        raise ValueError(problem)
    return made


def found(pattern: re.Pattern[str], *texts: str) -> bool:
    """Whether one of the texts holds what the pattern says."""
    search = pattern.search
    for text in texts:  # noqa: SIM110 (called for every row of millions, where a generator costs as much again)
        if text and search(text if len(text) <= MAX_TEXT else text[:MAX_TEXT]) is not None:
            return True
    return False


def _problem(pattern: str) -> str:
    repeats = choices = 0
    groups = [False]
    """Of every open group: whether its content varies in length or choice."""
    closed = False
    """Whether the token before ended a group that varies."""
    for token in _TOKEN.findall(pattern):
        varies, closed = closed, False
        kind = _kind(token)
        if kind in _REFUSED:
            return _REFUSED[kind]
        if kind == "begin":
            groups.append(False)
        elif kind == "end" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] |= closed
        elif kind == "repeat" and varies:
            return "a repeat inside a repeat, or of a choice, could take for ever"
        elif kind in ("repeat", "choice"):
            repeats += kind == "repeat"
            choices += kind == "choice"
            groups[-1] = True
    if repeats > MAX_REPEATS:
        return f"at most {MAX_REPEATS} parts may be of open length: more could take very long"
    return f"at most {MAX_CHOICES} choices: more could take very long" if choices > MAX_CHOICES else ""


_SIGNS = {"(?": "special", "(": "begin", "(?:": "begin", ")": "end", "|": "choice"}
_REFUSED = {
    "special": "groups that begin with (? are not understood here, but for (?:",
    "reference": "a pattern may not refer back to its groups",
}


def _kind(token: str) -> str:
    """special, reference, begin, end, repeat, choice, or empty for what stands for itself."""
    if token in _SIGNS:
        return _SIGNS[token]
    if len(token) == 2 and token[0] == "\\":
        return "reference" if token[1].isdigit() else ""
    if token[0] in "*+" and len(token) <= 2:
        return "repeat"
    if token[0] == "?" and len(token) <= 2:
        return "choice"
    if counted := _COUNTED.fullmatch(token):
        least, comma, most = counted.groups()
        return "repeat" if comma or least not in ("", "0", "1") or most else ""
    return ""
