"""Commands as people write them, both ways: `concurrency 16` is SetConcurrency(16), for `qtui ctl` and talk scripts.

What the table of forms does not hold is refused with the nearest spelling.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence

from qtui.core import commands as cmd
from qtui.core.forms import FORMS, Form
from qtui.errors import UsageError
from qtui.text import clean


class Misspelt(UsageError):
    """Words that are no command; says what would be."""


def parse(words: Sequence[str], producers: Sequence[str] = (), also: Sequence[str] = ()) -> cmd.Command:
    """The command that `words` spell; `producers` are the names that may stand for a producer's number.

    `also` are words that the caller understands besides, for the hint after a wrong one.

    Raises:
        Misspelt: one sentence with what is allowed, or the nearest spelling.
    """
    form, rest = _form(words, also)
    if not form.argument and rest:
        raise Misspelt(f"`{form.words}` takes no argument, but {_quoted(rest[0])} follows")
    if not rest and form.argument and not form.argument.startswith("["):
        raise Misspelt(f"`{form.words}` needs an argument: {form.usage}")
    several = form.command is cmd.SetAdaptive or form.many
    if len(rest) > 1 and not several:
        raise Misspelt(f"`{form.words}` takes one argument, but {_quoted(rest[1])} follows")
    argument = " ".join(rest)
    if form.argument == "[PRODUCER]" and argument:
        argument = _named(argument, producers)
    try:
        command: cmd.Command = form.read(argument)
    except ValueError as error:
        raise Misspelt(f"{_quoted(argument)} will not do for `{form.words}`: allowed is {error}") from None
    return command


def parse_text(text: str, producers: Sequence[str] = ()) -> cmd.Command:
    """The command in one string, quoted as in a shell. Raises Misspelt."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Misspelt(f"{_quoted(text)} cannot be split into words: {error}") from None
    return parse(words, producers)


def spell(command: cmd.Command) -> str:
    """The words that `parse_text` turns into `command`."""
    form = next(form for form in FORMS if form.command is type(command))
    return f"{form.words} {form.write(command)}".strip()


def _form(words: Sequence[str], also: Sequence[str]) -> tuple[Form, list[str]]:
    for form in FORMS:
        own = form.words.split()
        if list(words[: len(own)]) == own:
            return form, list(words[len(own) :])
    first = words[0] if words else ""
    known = list(dict.fromkeys(form.words.split()[0] for form in FORMS)) + list(also)
    near = difflib.get_close_matches(first[:100].lower(), known, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise Misspelt(f"there is no command {_quoted(first)}; {hint}" if first else f"which command? {hint}")


def _named(argument: str, producers: Sequence[str]) -> str:
    """The number of the producer that is called so, counted from 1."""
    found = [number for number, name in enumerate(producers, 1) if name == argument]
    if len(found) > 1:
        raise Misspelt(f"{len(found)} producers are called {_quoted(argument)}; use their number: {_either(found)}")
    if found:
        return str(found[0])
    beyond = argument.isdecimal() and producers and not 1 <= int(argument) <= len(producers)
    if beyond or (producers and not argument.isdecimal()):
        told = ", ".join(f"{number} {clean(name, 40)}" for number, name in enumerate(producers, 1))
        raise Misspelt(f"there is no producer {_quoted(argument)}; there are {told}")
    return argument


def _either(numbers: Sequence[int]) -> str:
    return " or ".join(map(str, numbers))


def _quoted(word: str) -> str:
    return f"`{clean(word, 60)}`"
