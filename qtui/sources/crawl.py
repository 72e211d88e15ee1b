"""A crawl: pages to begin with, and the pages that jobs find on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, urlsplit, urlunsplit

import msgspec

from qtui.core.job import Found, Value
from qtui.core.seams import Row
from qtui.core.tables import Count, Text
from qtui.core.template import Template, TemplateError, as_text
from qtui.sources.base import BuiltIn
from qtui.sources.formats import in_batches
from qtui.text import clean, plural

SITE = "{site}"
MAX_URL = 4096
"""The longest address that is followed; longer ones come from pages that make up links without end."""
_PORTS = {"http": 80, "https": 443}


class CrawlSource(BuiltIn, frozen=True, kw_only=True, dict=True):
    """[[source]] kind = "crawl": rows {url, depth, parent}, each address once."""

    adopts: ClassVar[bool] = True

    kind: str = "crawl"
    start: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """Addresses of the first pages; `{site}` is the embedded site's."""
    depth: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 3
    """How many links away from a start page a page may be, on the way by which it was found first.

    Links left aside are not remembered: where a run goes on with another depth, only pages still to come lead further.
    """
    same_host: bool = True
    """Follow no link to another host; `www.` in front of it makes no other."""
    include: list[Text] = msgspec.field(default_factory=list)
    """Regular expressions: only addresses in which one of them is found are followed. All when empty."""
    exclude: list[Text] = msgspec.field(default_factory=list)
    """Regular expressions: addresses in which one of them is found are not followed."""
    max_jobs: Count | None = None
    """The most pages, start pages included."""
    site: str = ""
    """Filled in by qtui."""

    @property
    def title(self) -> str:
        return f"links from {clean(self.start[0], 60)}" + (
            f" and {plural(len(self.start) - 1, 'other page')}" if len(self.start) > 1 else ""
        )

    @property
    def rule(self) -> str:
        """What it follows, as a sentence without its subject."""
        where = "on the same host" if self.same_host else "on any host"
        chosen = ", of a chosen pattern" if self.include or self.exclude else ""
        most = f", at most {plural(self.max_jobs, 'page')}" if self.max_jobs else ""
        return f"follows links up to {self.depth} deep {where}{chosen}{most}"

    @property
    def place(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("depth", "parent")

    def columns(self) -> Sequence[str]:
        return ("url", "depth", "parent")

    def check(self) -> str:
        if self.site:
            return "site is not for presets to set"
        for text in self.start:
            try:
                unknown = Template(text).fields - {"site"}
            except TemplateError as error:
                return f"start: {error}"
            if unknown:
                return f"start has the field {{{min(unknown)}}}; a crawl has only {SITE}"
            if not text.startswith(SITE) and not normal(text):
                return f'start has "{clean(text, 80)}"; an address begins with http:// or https://'
        for pattern in (*self.include, *self.exclude):
            try:
                re.compile(pattern)
            except re.error as error:
                return f'"{clean(pattern, 80)}" is no regular expression: {clean(str(error))}'
        return ""

    def bind(self, run_fields: Mapping[str, Value]) -> CrawlSource:
        site = as_text(run_fields["site"]) if "site" in run_fields else ""
        start = [Template(text).fill({"site": site}) for text in self.start]
        return msgspec.structs.replace(self, start=start, site=site)

    @property
    def own(self) -> int:
        return len(self._begin) if self.most is None else min(len(self._begin), self.most)

    @property
    def most(self) -> int | None:
        return self.max_jobs

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        urls = [*self._begin][: self.own]
        yield from in_batches([Row({"url": url, "depth": 0, "parent": ""}) for url in urls[skip:]])

    def adopt(self, parent: Mapping[str, Value], found: Mapping[str, Value]) -> Found | None:
        """The row of a page that the job of `parent` has linked to, or None where it is not followed."""
        url, above, depth = found.get("url"), parent.get("url"), parent.get("depth")
        if not isinstance(url, str) or not isinstance(above, str) or not isinstance(depth, int):
            return None
        url = normal(url)
        if not url or depth >= self.depth or not self._follows(url, above):
            return None
        away = self._away(url)
        return Found(away, {"url": away, "depth": depth + 1, "parent": self._away(above)})

    def restore(self, found: Sequence[dict[str, Value]]) -> list[Row]:
        """Rows as this life has them: its site's address, without pages that it would not follow."""
        rows = []
        for told in found:
            row = {name: self._back(value) for name, value in told.items()}
            url, above, depth = row.get("url"), row.get("parent"), row.get("depth")
            known = isinstance(url, str) and isinstance(above, str) and self._follows(url, above)
            if known and isinstance(depth, int) and depth <= self.depth:
                rows.append(Row(row))
        return rows

    def _follows(self, url: str, above: str) -> bool:
        if url in self._begin or (self.same_host and _host(url) != _host(above)):
            return False
        included, excluded = self._patterns
        return (not included or any(found.search(url) for found in included)) and not any(
            found.search(url) for found in excluded
        )

    @cached_property
    def _patterns(self) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
        return [re.compile(text) for text in self.include], [re.compile(text) for text in self.exclude]

    @cached_property
    def _begin(self) -> dict[str, None]:
        """The start pages, each once, in order."""
        return dict.fromkeys(normal(text) or text for text in self.start)

    def _away(self, url: str) -> str:
        """An address without that of the site, which may be another in the next life."""
        inside = self.site and url.startswith(self.site) and url[len(self.site) :][:1] in ("", "/", "?")
        return SITE + url[len(self.site) :] if inside else url

    def _back(self, value: Value) -> Value:
        inside = self.site and isinstance(value, str) and value.startswith(SITE)
        return self.site + value[len(SITE) :] if inside and isinstance(value, str) else value


def normal(url: str) -> str:
    """An address as all its spellings are written: no fragment, no default port, a path; empty where it is none."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host or len(url) > MAX_URL:
        return ""
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    shown = f"[{host}]" if ":" in host else host
    netloc = user + shown + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")
    return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))


def _host(url: str) -> tuple[str, int | None]:
    """Host and port; the usual ports of http and https are no difference."""
    parts: SplitResult = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    return (parts.hostname or "").removeprefix("www."), None if port in _PORTS.values() else port
