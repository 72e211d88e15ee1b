"""Where in an answer something stands: CSS selectors for HTML, paths for JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from qtui.core.job import Value
from qtui.text import clean

JSON = "json:"
HEADER_LINK = "header:link"
"""In place of a selector: the Link header of the answer."""
MAX_ITEMS = 1000
"""The longest list that is taken out of an answer."""

_SUFFIX = re.compile(r"::(text|link|attr\(\s*([\w:-]+)\s*\))\s*$")
_ALL = re.compile(r"::all\s*$")
_STEP = re.compile(
    r"""\.?(?P<name>(?!\d)[\w$@][\w$@:-]*+)|\[(?:(?P<index>-?\d{1,9})|(?P<every>\*)|"(?P<quoted>[^"]+)")\]"""
)


class Selector(msgspec.Struct, frozen=True):
    """What one extracted field is: where it is, what of it is wanted, and whether all or the first."""

    css: str
    what: Literal["text", "link", "attr"] = "text"
    attribute: str = ""
    every: bool = False

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read `css::text`, `css::attr(name)`, `css::link`, each with `::all`. Raises ValueError."""
        css, every = _ALL.subn("", text)
        match = _SUFFIX.search(css)
        if match:
            css = css[: match.start()]
        css = css.strip()
        if not css or "::" in css:
            raise ValueError(f'"{clean(text, 80)}" is no selector; write e.g. h1::text, a::attr(href) or li::text::all')
        if match is None or match[1] == "text":
            return cls(css, "text", every=bool(every))
        if match[1] == "link":
            return cls(css, "link", every=bool(every))
        return cls(css, "attr", match[2], bool(every))

    def check(self) -> None:
        """Raises ValueError when the CSS cannot be read."""
        from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # only for presets that extract something

        try:
            LexborHTMLParser("<p>").css_first(self.css)
        except (SelectolaxError, ValueError):
            raise ValueError(f'"{clean(self.css, 80)}" is not a CSS selector') from None


class JsonPath(msgspec.Struct, frozen=True):
    """A way through JSON: `items[0].name`, or with `[*]` a list of what every item has."""

    steps: tuple[str | int | None, ...]
    """Names of objects, numbers of lists (negative from the end), None for every item."""

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """Read `json:path.to[0].field`; a name with other characters is written `["so-and so"]`. Raises ValueError."""
        path = text.removeprefix(JSON).strip()
        steps: list[str | int | None] = []
        at = 0
        while match := _STEP.match(path, at):
            if (match[0][0] == ".") is (at == 0) and match["name"]:
                break  # a dot stands between names, and only there
            at = match.end()
            if match["index"] is not None:
                steps.append(int(match["index"]))
            else:
                steps.append(None if match["every"] else match["name"] or match["quoted"])
        if at < len(path) or not steps:
            raise ValueError(
                f'"{clean(text, 80)}" is no path; write e.g. json:paging.next, json:items[0].id or json:items[*].id'
            )
        return cls(tuple(steps))

    @property
    def every(self) -> bool:
        """Whether it leads to a list of what it found."""
        return None in self.steps

    def find(self, document: Value, most: int = MAX_ITEMS) -> Value:
        """What is there: with `[*]` a list, without it the value, or None where the path leads nowhere."""
        found = _walk(document, self.steps, most)
        return found if self.every else (found[0] if found else None)


def _walk(document: Value, steps: Sequence[str | int | None], most: int) -> list[Value]:
    found = [document]
    for step in steps:
        below: list[Value] = []
        for value in found:
            if isinstance(value, dict):
                if isinstance(step, str) and step in value:
                    below.append(value[step])
            elif isinstance(value, list):
                if step is None:
                    below.extend(value[:most])
                elif isinstance(step, int) and -len(value) <= step < len(value):
                    below.append(value[step])
        found = below[:most]
    return found


Place: TypeAlias = Selector | JsonPath


def place(text: str) -> Place:
    """The path or the selector in `text`. Raises ValueError."""
    return JsonPath.parse(text) if text.startswith(JSON) else Selector.parse(text)


def checked(text: str) -> Place:
    """The same, tried out. Raises ValueError."""
    found = place(text)
    if isinstance(found, Selector):
        found.check()
    return found
