"""A look at a page before it is parsed: deep nesting and tags of many attributes take a parser time by their square.

360 kB of nothing but `<ul><li>` take nine seconds, one tag of 100,000 attributes eighteen. The look errs on the side of
refusing: what seems hidden in quotes counts too, because where a script or a comment ends is not known here.
"""

from __future__ import annotations

import re
from collections import defaultdict

_TAG = re.compile(
    r"<(/?)([a-zA-Z][^\s/>]*+)"  # the name
    r"((?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+)*+)"  # its attributes
)
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/\"']+")
_FEW_TAGS = 20_000
_FEW_WORDS = 30_000
"""With fewer tags and words than these a page cannot take more than a second or two, whatever it is."""
_SMALL = min(_FEW_TAGS, _FEW_WORDS // 2)
"""Characters of a page too small for so many: it need not be counted; a character counts twice at most."""
_SHORT = 256
"""Characters of attributes that are not looked into: however many tags have them, it does not add up to much."""
_MOST_NESTING = 200_000_000
"""Tags times depth; about a second."""
_MOST_ATTRIBUTES = 600_000_000
"""The squares of attributes per tag added up; about a second."""
_HOLD_NOTHING = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_END_BY_THEMSELVES = frozenset(
    ("p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot", "html", "head", "body")
)
_NEVER_OPEN = _HOLD_NOTHING | _END_BY_THEMSELVES


def too_intricate(page: str) -> bool:
    """Whether parsing the page would take too long, estimated from its tags alone."""
    if len(page) < _SMALL or (page.count("<") < _FEW_TAGS and _words(page) < _FEW_WORDS):
        return False
    opened: defaultdict[str, int] = defaultdict(int)
    tags = depth = deepest = squares = 0
    for match in _TAG.finditer(page):  # one by one, so that the loop's thread gets its turn in between
        closing, written, attributes = match.groups()
        tags += 1
        if attributes:
            hidden = attributes.count("<")
            tags += hidden
            depth += hidden
            if len(attributes) > _SHORT:
                squares += len(_BETWEEN_ATTRIBUTES.findall(attributes)) ** 2
        name = written.lower()
        if closing:
            if opened[name]:
                opened[name] -= 1
                depth -= 1
        elif name not in _NEVER_OPEN:
            opened[name] += 1
            depth += 1
        deepest = max(deepest, depth)
    return tags * deepest > _MOST_NESTING or squares > _MOST_ATTRIBUTES


def _words(page: str) -> int:
    """At least as many as the page has attributes."""
    return len(page.split()) + page.count("/") + page.count('"') + page.count("'")
