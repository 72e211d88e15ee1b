"""Where in a preset's text the suggestion of a problem belongs: one word, found by reading TOML's tokens."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qtui.core.port import Problem

_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"|'[^'\n]*')|(?P<word>[A-Za-z0-9_-]+)|(?P<comment>\#.*)|(?P<sign>[^\s])|(?P<gap>\s+)"""
)
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?")


@dataclass(frozen=True, slots=True)
class Spot:
    """A word of the text and what is to stand there."""

    line: int
    """1-based."""
    column: int
    old: str
    new: str

    def in_place(self, text: str) -> str:
        """The text with the word replaced and everything else as it was."""
        lines = text.split("\n")
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.column] + self.new + line[self.column + len(self.old) :]
        return "\n".join(lines)


def find(text: str, problem: Problem) -> Spot | None:
    """The one place where the suggestion can only belong, or None."""
    if not problem.suggestion or not problem.line:
        return None
    lines = text.split("\n")
    if problem.line > len(lines):
        return None
    if header := _HEADER.match(lines[problem.line - 1]):
        return _in_header(lines[problem.line - 1], problem, header)
    wanted, new = _plain(problem.found), problem.suggestion
    key = problem.path.rpartition(".")[2]
    is_key = bool(key) and wanted == key
    for number in range(problem.line, _end(lines, problem.line) + 1):
        places = list(_words(lines[number - 1], number, wanted, new, is_key))
        if places:
            return places[0] if len(places) == 1 else None
    return None


def _plain(found: str) -> str:
    return found[1:-1] if len(found) > 1 and found[0] == found[-1] == '"' else found


def _in_header(line: str, problem: Problem, header: re.Match[str]) -> Spot | None:
    """`[quue]`, `[http]` whose place is below [job], and `[source]` that wants two brackets."""
    old, new = header[0].lstrip(), problem.suggestion
    start = header.start(1)
    if new.startswith("["):
        return Spot(problem.line, start, old, new)
    name = problem.path.rpartition(".")[2]
    at = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])").search(line, header.start(2), header.end(2))
    return Spot(problem.line, at.start(), name, new) if at and name else None


def _end(lines: Sequence[str], begin: int) -> int:
    """The last line of the value that begins on line `begin`: before the next key or header."""
    number = begin
    while number < len(lines) and not re.match(r"\s*(\[|[A-Za-z0-9_.\-\"']+\s*=)", lines[number]):
        number += 1
    return number


def _words(line: str, number: int, wanted: str, new: str, is_key: bool) -> Iterator[Spot]:
    tokens = [match for match in _TOKEN.finditer(line) if match.lastgroup != "gap"]
    for index, token in enumerate(tokens):
        after = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        if token.lastgroup == "comment" or is_key != (after in ("=", ".")):
            continue
        if token.lastgroup == "word" and is_key and token[0] == wanted:
            yield Spot(number, token.start(), token[0], new)
        elif token.lastgroup == "text" and _read(token[0]) == wanted and not set(new) & set("\"'\\"):
            yield Spot(number, token.start(), token[0], f"{token[0][0]}{new}{token[0][0]}")


def _read(token: str) -> str:
    try:
        return str(tomllib.loads(f"v = {token}")["v"])
    except tomllib.TOMLDecodeError:
        return ""
