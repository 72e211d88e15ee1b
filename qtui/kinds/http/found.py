"""Addresses that an answer leads to, as they become jobs: each once, and only where a stranger may lead us."""

from __future__ import annotations

from collections.abc import Iterable

import aiohttp
from yarl import URL

from qtui.kinds.http.address import is_private, parse

MAX_FOUND = 10_000
"""The most addresses that one answer gives."""
MAX_URL = 4096
"""The longest address that is taken; longer ones come from pages that make up links without end."""


def addresses(texts: Iterable[str], *, origin: URL | None, public: bool) -> list[str]:
    """The addresses in `texts` without their fragments, in order, each once.

    Those outside of `origin`, if there is one, are left out; and where the page is `public`, so are private machines,
    which it cannot know.
    """
    found: dict[str, None] = {}
    for text in texts:
        try:
            url = parse(text).with_fragment(None) if len(text) <= MAX_URL else None
        except ValueError:
            continue
        if url is None or (origin is not None and url.origin() != origin):
            continue
        if public and _private(url.host or ""):
            continue
        found[str(url if url.raw_user is None else url.with_user(None))] = None  # nobody is logged in by a page
        if len(found) == MAX_FOUND:
            break
    return list(found)


def next_in_header(response: aiohttp.ClientResponse) -> str:
    """The address that the Link header calls `next`, or empty."""
    try:
        for relation, link in response.links.items():
            if "next" in relation.lower().split():
                return str(link["url"])
    except ValueError:
        pass
    return ""


def _private(host: str) -> bool:
    return is_private(host) or host == "localhost" or host.endswith(".localhost")
