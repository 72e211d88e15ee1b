"""Fields out of answers: HTML by CSS selectors, JSON by paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode
from yarl import URL

from qtui.core.job import Value
from qtui.kinds.http.body import Unusable
from qtui.kinds.http.found import MAX_FOUND
from qtui.kinds.http.nesting import too_intricate
from qtui.kinds.http.selectors import JSON, MAX_ITEMS, JsonPath, Selector, place

MAX_TEXT = 10_000
"""The longest extracted text in characters."""
LARGE = 1 << 15
"""Pages of more characters are better parsed in a thread; the parser lets others run meanwhile."""


class Extractor:
    """Reads the same fields from every page."""

    def __init__(
        self, fields: Mapping[str, str], require: list[str], links: Sequence[str] = (), next_: str = ""
    ) -> None:
        """`links` and `next_` are places of addresses."""
        places = [(name, place(text)) for name, text in fields.items()]
        self._fields = [(name, found) for name, found in places if isinstance(found, Selector)]
        self._paths = [(name, found) for name, found in places if isinstance(found, JsonPath)]
        following = [place(text) for text in (*links, *filter(None, [next_]))]
        self._links = [
            msgspec.structs.replace(found, every=found.every or number < len(links))
            for number, found in enumerate(following)
            if isinstance(found, Selector)
        ]
        self._link_paths = [found for found in following if isinstance(found, JsonPath)]
        self._json = any(text.startswith(JSON) for text in (*fields.values(), *links, next_))
        self._require = frozenset(require)
        self._previous: LexborHTMLParser | None = None

    def fields(self, page: str, url: URL) -> dict[str, Value]:
        """Every field: a text, a list of texts, any JSON, or None for what is not there. `url` completes links.

        Raises:
            Unusable: extract, when the answer is not JSON, or parsing the page would take too long.
        """
        return self.read(page, url)[0]

    def read(self, page: str, url: URL) -> tuple[dict[str, Value], list[str]]:
        """Every field, and the addresses that the page leads to, as they are but absolute; raises as `fields`."""
        return self._from_json(page, str(url)) if self._json else self._from_html(page, url)

    def _from_json(self, text: str, url: str) -> tuple[dict[str, Value], list[str]]:
        try:
            document = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, ValueError):
            raise Unusable("extract", "the answer is not JSON that can be read") from None
        links = [_absolute(url, value) for path in self._link_paths for value in _texts(path.find(document, MAX_FOUND))]
        return {name: path.find(document) for name, path in self._paths}, [link for link in links if link is not None]

    def _from_html(self, page: str, url: URL) -> tuple[dict[str, Value], list[str]]:
        if too_intricate(page):
            raise Unusable("extract", "the page is nested too deep, or its tags have too many attributes, to be read")
        tree = LexborHTMLParser(page)
        if len(page) < LARGE:
            # Freed before the next page is parsed, its memory would go back to the system and be fetched anew
            # each time; that costs twice the parsing.
            self._previous = tree
        base = _base(tree, str(url)) if self._links else ""
        found: dict[str, Value] = {}
        for name, selector in self._fields:
            if selector.what == "link" and not base:
                base = _base(tree, str(url))
            if selector.every:
                values = (_read(node, selector, base) for node in tree.css(selector.css)[:MAX_ITEMS])
                found[name] = [value for value in values if value is not None]
            else:
                node = tree.css_first(selector.css)
                found[name] = None if node is None else _read(node, selector, base)
        return found, self._linked(tree, base)

    def _linked(self, tree: LexborHTMLParser, base: str) -> list[str]:
        links = []
        for selector in self._links:
            nodes = tree.css(selector.css)[:MAX_FOUND] if selector.every else [tree.css_first(selector.css)]
            for node in nodes:
                link = None if node is None else _read(node, selector, base)
                if link and (whole := _absolute(base, link)):
                    links.append(whole)
        return links

    def missing(self, found: Mapping[str, Value]) -> str:
        """What is required and not there, as a sentence, or empty."""
        names = [name for name in found if name in self._require and found[name] in (None, "", [])]
        return f"no {' and no '.join(names)} in the answer" if names else ""


def _read(node: LexborNode, selector: Selector, base: str) -> str | None:
    if selector.what == "text":
        return " ".join(node.text()[: MAX_TEXT * 4].split())
    attributes = node.attributes
    if selector.what == "attr":
        value = attributes.get(selector.attribute)
        return None if value is None else value.strip()
    link = attributes.get("href") or attributes.get("src")
    return None if link is None else _absolute(base, link.strip())


def _absolute(base: str, link: str) -> str | None:
    try:
        return urljoin(base, link)
    except ValueError:
        return None


def _texts(found: Value) -> list[str]:
    """The texts among what a path leads to."""
    several = found if isinstance(found, list) else [found]
    return [text.strip() for text in several if isinstance(text, str) and text.strip()]


def _base(tree: LexborHTMLParser, url: str) -> str:
    """What relative links are relative to: the page's own <base>, or its address."""
    node = tree.css_first("base[href]")
    try:
        return urljoin(url, (node.attributes.get("href") or "").strip()) if node is not None else url
    except ValueError:
        return url
