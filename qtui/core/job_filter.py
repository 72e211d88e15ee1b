"""The filter language of the job list: words to conditions and back, with every mistake where it stands.

`state:failed host:api.example attempt>1 run>5s producer:feeds sig:503 since:10m id:3187 "free text" /regex/ !negated`.
Conditions narrow; of several states, hosts, producers, groups or numbers that are not negated one is enough.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from qtui.core import patterns, units

ASIDE = "aside"
STATES = ("open", "pending", "running", "waiting", "done", "failed", ASIDE, "held", "cancelled")
"""What `state:` may say; `open` is whatever is not final, `aside` what has failed and was set aside."""
EITHER = frozenset({"state", "host", "producer", "sig", "id"})
"""A job has one of these: several that are wanted mean one of them."""
MAX_CONDITIONS = 20
MAX_VALUE = 200

_TEXT, _STATE, _COUNT, _TIME, _AGE, _NUMBERS = "text", "state", "count", "time", "age", "numbers"
KEYS = {
    "state": _STATE,
    "host": _TEXT,
    "attempt": _COUNT,
    "run": _TIME,
    "wait": _TIME,
    "producer": _TEXT,
    "sig": _TEXT,
    "since": _AGE,
    "id": _NUMBERS,
}
"""The keys of the language, in the order in which they are offered."""
_OPERATORS = {
    _TEXT: (":", "="),
    _STATE: (":",),
    _COUNT: (":", "=", ">", "<", ">=", "<="),
    _TIME: (">", "<", ">=", "<="),
    _AGE: (":",),
    _NUMBERS: (":", "=", ">", "<", ">=", "<="),
}
_WORD = re.compile(r"(!?)([A-Za-z]+)(>=|<=|:|=|>|<)(?!//)")
_QUOTED = re.compile(r'"([^"]*)"?')
_PATTERN = re.compile(r"/((?:\\.|[^/\\\n])+)/(?=\s|$)")


class Condition(msgspec.Struct, frozen=True):
    """One thing that a job must be, or must not be."""

    key: str
    """One of KEYS, `text` for free text in name or error, or `regex` for a pattern there."""
    op: str = ":"
    """`:` holds (numbers: is), `=` is exactly, or a comparison."""
    value: str = ""
    """As a person types it."""
    number: float = 0.0
    """What is compared: a count, or seconds."""
    negated: bool = False

    @property
    def words(self) -> str:
        """As a person types it."""
        mark = "!" if self.negated else ""
        if self.key == "regex":
            return f"{mark}/{self.value}/"
        if self.key == "text":
            return f'{mark}"{self.value}"'
        value = f'"{self.value}"' if any(ch.isspace() for ch in self.value) else self.value
        return f"{mark}{self.key}{self.op}{value}"


NOT_ASIDE = Condition("state", ":", ASIDE, negated=True)


class Mistake(NamedTuple):
    """A part of what is typed that means nothing, and why."""

    start: int
    end: int
    why: str


class Parsed(NamedTuple):
    """What is typed, understood as far as it can be."""

    conditions: tuple[Condition, ...]
    mistakes: tuple[Mistake, ...]


class Completion(NamedTuple):
    """What may stand in the place of a part of what is typed."""

    start: int
    end: int
    options: tuple[str, ...]


class _Token(NamedTuple):
    start: int
    end: int
    negated: bool
    key: str
    """As typed, or `text` or `regex`."""
    op: str
    value: str


def parse(typed: str) -> Parsed:
    """The conditions in what is typed, and every mistake."""
    conditions: list[Condition] = []
    mistakes: list[Mistake] = []
    for token in _tokens(typed):
        try:
            conditions.append(_condition(token))
        except ValueError as error:
            mistakes.append(Mistake(token.start, token.end, str(error)))
    if len(conditions) > MAX_CONDITIONS:
        mistakes.append(Mistake(0, len(typed), f"at most {MAX_CONDITIONS} conditions"))
    return Parsed(tuple(conditions), tuple(mistakes))


def written(conditions: Sequence[Condition]) -> str:
    """What `parse` turns into these conditions."""
    return " ".join(condition.words for condition in conditions)


def check(conditions: Sequence[Condition]) -> str:
    """Why conditions that came from elsewhere cannot be used, as one sentence, or empty."""
    if len(conditions) > MAX_CONDITIONS:
        return f"at most {MAX_CONDITIONS} conditions"
    for condition in conditions:
        token = _Token(0, 0, condition.negated, condition.key, condition.op, condition.value)
        try:
            if _condition(token) != condition:
                return f"{condition.words} does not mean what it says"
        except ValueError as error:
            return f"{condition.words}: {error}"
    return ""


def settled(typed: str) -> str:
    """What is typed without a word at its end that may still become a key."""
    word = typed.rpartition(" ")[2].removeprefix("!")
    unfinished = word.isalpha() and any(key.startswith(word.lower()) for key in KEYS)
    return typed[: len(typed) - len(word)].rstrip("!") if unfinished else typed


def among(conditions: Sequence[Condition], allowed: Sequence[str], otherwise: Sequence[str]) -> list[Condition]:
    """The conditions with only states that are `allowed`: those asked for, or `otherwise` where none is asked for.

    The states stand last. Failed jobs that are set aside are meant only by their own name.

    Raises ValueError when none of the states that are asked for is allowed.
    """
    asked = {s for c in conditions if c.key == "state" and not c.negated for s in c.value.split(",")}
    if "open" in asked:
        asked |= {"pending", "running", "waiting"}
    states = [state for state in allowed if state in asked] if asked else [*otherwise]
    if not states:
        raise ValueError("only jobs that are " + ", ".join(allowed))
    others = [condition for condition in conditions if condition.key != "state" or condition.negated]
    if "failed" in states and ASIDE not in states:
        others.append(NOT_ASIDE)
    return [*others, Condition("state", ":", ",".join(states))]


def numbers(value: str) -> list[int]:
    """`3187` or `3187,#3188` as job numbers. Raises ValueError with what is allowed."""
    found = [part.removeprefix("#") for part in value.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in found):
        raise ValueError("a job number such as 3187, or several: 3187,3190")
    return [int(part) for part in found]


def complete(typed: str, cursor: int, known: Mapping[str, Sequence[str]]) -> Completion:
    """What the word at the cursor may become: a key, or one of the `known` values of its key."""
    start = max(typed.rfind(" ", 0, cursor) + 1, 0)
    word = typed[start:cursor]
    if match := _WORD.match(word):
        key, begun = match[2].lower(), word[match.end() :].rpartition(",")[2].lstrip('"').casefold()
        values = STATES if key == "state" else known.get(key, ())
        fits = [value for value in values if begun in value.casefold() and value.casefold() != begun]
        fits.sort(key=lambda value: not value.casefold().startswith(begun))
        at = cursor - len(begun) - (1 if word.endswith(f'"{word[len(word) - len(begun) :]}') and '"' in word else 0)
        return Completion(at, cursor, tuple(f'"{value}"' if " " in value else value for value in fits))
    mark = "!" if word.startswith("!") else ""
    begun = word.removeprefix("!").lower()
    keys = [key + _OPERATORS[kind][0] for key, kind in KEYS.items() if key.startswith(begun)]
    return Completion(start, cursor, tuple(mark + key for key in keys))


def _tokens(typed: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(typed):
        if typed[at].isspace():
            at += 1
            continue
        token = _token(typed, at)
        tokens.append(token)
        at = token.end
    return tokens


def _token(typed: str, start: int) -> _Token:
    negated = typed[start] == "!"
    at = start + negated
    if match := _PATTERN.match(typed, at):
        return _Token(start, match.end(), negated, "regex", ":", match[1])
    if typed[at : at + 1] == '"' and (match := _QUOTED.match(typed, at)):
        return _Token(start, match.end(), negated, "text", ":" if match[0].count('"') == 2 else "", match[1])
    if match := _WORD.match(typed, start):
        if quoted := _QUOTED.match(typed, match.end()):
            return _Token(start, quoted.end(), negated, match[2], match[3], quoted[1])
        end = _word_end(typed, match.end())
        return _Token(start, end, negated, match[2], match[3], typed[match.end() : end])
    end = _word_end(typed, at)
    return _Token(start, end, negated, "text", ":", typed[at:end])


def _word_end(typed: str, at: int) -> int:
    while at < len(typed) and not typed[at].isspace():
        at += 1
    return at


def _condition(token: _Token) -> Condition:
    """Raises ValueError with one sentence: what is wrong."""
    if len(token.value) > MAX_VALUE:
        raise ValueError(f"at most {MAX_VALUE} characters")
    key = token.key.lower()
    if not token.op:
        raise ValueError("the quote is not closed")
    if '"' in token.value and key != "regex":
        raise ValueError("quotes stand around a whole text, not in it")
    if key == "text":
        if not token.value:
            raise ValueError("a word, or a text in quotes, is missing")
        return Condition("text", ":", token.value, negated=token.negated)
    if key == "regex":
        patterns.compiled(token.value)
        return Condition("regex", ":", token.value, negated=token.negated)
    kind = KEYS.get(key)
    if kind is None:
        near = difflib.get_close_matches(key, KEYS, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else "put it in quotes to search for it"
        raise ValueError(f"there is no key {token.key}; {hint}")
    if token.op not in _OPERATORS[kind]:
        raise ValueError(f"{key} takes {' or '.join(_OPERATORS[kind])}")
    return Condition(key, token.op, token.value, _number(key, kind, token), token.negated)


def _number(key: str, kind: str, token: _Token) -> float:
    value = token.value
    if kind == _STATE:
        wrong = next((word for word in value.split(",") if word not in STATES), None)
        if wrong is not None:
            near = difflib.get_close_matches(wrong, STATES, 1, 0.7)
            meant = f"no state of this name; did you mean {near[0]}? " if near else ""
            raise ValueError(meant + "state is one of " + ", ".join(STATES))
    elif kind == _TEXT:
        if not value:
            raise ValueError(f"{key}: of what?")
    elif kind == _COUNT:
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise ValueError(f"{key} is compared with a whole number, such as {key}>1")
        return float(value)
    elif kind == _NUMBERS:
        asked = numbers(value)
        if len(asked) > 1 and token.op not in (":", "="):
            raise ValueError("one number is compared, not several")
        return float(asked[0])
    else:
        try:
            return units.duration(value)
        except ValueError as error:
            raise ValueError(f"{key} takes {error}") from None
    return 0.0
