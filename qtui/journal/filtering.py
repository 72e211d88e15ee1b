"""The filter language as SQL: which rows, by which index; patterns are left to whoever reads the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from qtui.core import patterns
from qtui.core.job_filter import ASIDE, EITHER, Condition, numbers
from qtui.journal.schema import LOST

Cell: TypeAlias = str | int | float

_OPEN_STATES = frozenset({"pending", "running", "waiting"})
_LOST_STATES = frozenset({"failed", "held", "cancelled", ASIDE})
_ESCAPE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
_COMPARES = {":": "=", "=": "=", ">": ">", "<": "<", ">=": ">=", "<=": "<="}

RUN = "CASE state WHEN 'running' THEN :now - started_at ELSE run_s END"
_WAIT = "CASE WHEN started_at > 0 THEN started_at WHEN ended_at > 0 THEN ended_at ELSE :now END - accepted_at"
_ADDRESS = "CASE WHEN CAST(key AS TEXT) LIKE '%://%' THEN CAST(key AS TEXT) ELSE name END"
_BEHIND = f"substr({_ADDRESS}, instr({_ADDRESS}, '://') + 3)"
HOST = f"CASE WHEN instr({_ADDRESS}, '://') THEN substr({_BEHIND}, 1, instr({_BEHIND} || '/', '/') - 1) ELSE '' END"
"""The host of a job's address, as its failures are told apart by; empty for other jobs."""


_SET_ASIDE = (
    "(state = 'failed' AND (signature IN (SELECT value FROM meta, json_each(v) WHERE k = 'aside_groups')"
    " OR seq IN (SELECT json_extract(value, '$[0]') FROM meta, json_each(v) WHERE k = 'aside_jobs')))"
)
"""What `core.attention` keeps with the run."""


class Source(NamedTuple):
    """Where rows come from."""

    by: str
    """An INDEXED BY, or empty."""
    terms: list[str]
    values: Mapping[str, Cell]
    patterns: Sequence[tuple[re.Pattern[str], bool]]
    """Each with whether it must not be found."""
    indexed: bool
    """Whether an index, or the order of the rows themselves, gives what matches without looking at the rest."""
    state: str
    """The one state that is asked for and nothing else, or empty."""

    @property
    def where(self) -> str:
        return f" WHERE {' AND '.join(self.terms)}" if self.terms else ""


class _Values(dict[str, Cell]):
    """Named values of a statement."""

    def add(self, value: Cell) -> str:
        name = f"v{len(self)}"
        self[name] = value
        return f":{name}"


def source(conditions: Sequence[Condition], now: float) -> Source:
    """What stands behind FROM for these conditions. Raises ValueError for a pattern that is refused."""
    values, terms, index = _Values(now=now), [], ""
    states = [c for c in conditions if c.key == "state" and not c.negated]
    groups = [c for c in conditions if c.key == "sig" and c.op == "=" and not c.negated]
    wanted = {state for condition in states for state in condition.value.split(",")}
    # A partial index is used only when its own condition is repeated.
    if wanted and wanted <= _LOST_STATES:
        index = "INDEXED BY job_lost"
        terms.append(f"state IN {LOST}")
    elif wanted and wanted <= {"open", *_OPEN_STATES}:
        terms.append("seq >= (SELECT v FROM meta WHERE k = 'open_from')")
    if len(groups) == 1 and not any(c.key == "sig" and c.op == ":" and not c.negated for c in conditions):
        index = "INDEXED BY job_group"
        terms.append("signature <> ''")
    either: dict[str, list[str]] = {}
    for condition in conditions:
        if condition.key == "regex":
            continue
        term = _TERMS[condition.key](condition, values)
        if condition.negated:
            terms.append(f"NOT ({term})")
        elif condition.key in EITHER and condition.op in (":", "="):
            either.setdefault(condition.key, []).append(term)
        else:
            terms.append(term)
    terms += [some[0] if len(some) == 1 else f"({' OR '.join(some)})" for some in either.values()]
    bounded = bool(index) or (wanted <= {"open", *_OPEN_STATES, "done"} and len(wanted) <= 1)
    plain = all(c in states or c in groups for c in conditions)
    only = next(iter(wanted)) if len(wanted) == 1 and len(conditions) == 1 else ""
    found = [(patterns.compiled(c.value), c.negated) for c in conditions if c.key == "regex"]
    return Source(index, terms, values, found, plain and bounded, only)


def _like(value: str) -> str:
    return f"%{value.translate(_ESCAPE)}%"


def _holds(column: str) -> Callable[[Condition, _Values], str]:
    def term(condition: Condition, values: _Values) -> str:
        if condition.op == "=":
            return f"{column} = {values.add(condition.value)}"
        return rf"{column} LIKE {values.add(_like(condition.value))} ESCAPE '\'"

    return term


def _compares(column: str) -> Callable[[Condition, _Values], str]:
    return lambda condition, values: f"{column} {_COMPARES[condition.op]} {values.add(condition.number)}"


def _host(condition: Condition, values: _Values) -> str:
    # What does not hold the text at all is sorted out before addresses are taken apart.
    anywhere = values.add(_like(condition.value))
    holds = rf"(name LIKE {anywhere} ESCAPE '\' OR key LIKE {anywhere} ESCAPE '\')"
    return f"({holds} AND {_holds(f'({HOST})')(condition, values)})"


def _text(condition: Condition, values: _Values) -> str:
    # LIKE folds the case of ASCII only; these are the spellings people mean beyond that.
    some = []
    for text in dict.fromkeys([condition.value, condition.value.lower(), condition.value.upper()]):
        name = values.add(_like(text))
        some.append(rf"name LIKE {name} ESCAPE '\' OR error LIKE {name} ESCAPE '\'")
    return f"({' OR '.join(some)})"


def _state(condition: Condition, values: _Values) -> str:
    asked = set(condition.value.split(","))
    if "open" in asked:
        asked = asked - {"open"} | _OPEN_STATES
    plain = f"state IN ({', '.join(values.add(state) for state in sorted(asked - {ASIDE}))})"
    if ASIDE not in asked:
        return plain
    return f"({plain} OR {_SET_ASIDE})" if asked != {ASIDE} else _SET_ASIDE


def _id(condition: Condition, values: _Values) -> str:
    if condition.op in (":", "="):
        return f"seq IN ({', '.join(values.add(number) for number in numbers(condition.value))})"
    return f"seq {_COMPARES[condition.op]} {values.add(int(condition.number))}"


def _since(condition: Condition, values: _Values) -> str:
    return f"max(accepted_at, started_at, ended_at) >= :now - {values.add(condition.number)}"


def _producer(condition: Condition, values: _Values) -> str:
    return f"producer IN (SELECT idx FROM producer WHERE {_holds('name')(condition, values)})"


_TERMS: dict[str, Callable[[Condition, _Values], str]] = {
    "state": _state,
    "host": _host,
    "attempt": _compares("attempts"),
    "run": _compares(f"({RUN})"),
    "wait": _compares(f"({_WAIT})"),
    "producer": _producer,
    "sig": _holds("signature"),
    "since": _since,
    "id": _id,
    "text": _text,
}
