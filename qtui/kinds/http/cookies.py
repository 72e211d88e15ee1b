"""Cookies that servers set: kept for as long as the preset says, within bounds, and sent back to whom they belong."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

_MOST = 3_000
"""Cookies kept of all servers together; when there are more, all are forgotten."""
_MOST_AT_ONCE = 50
_LONGEST = 4_096
"""Characters of name and value."""


class Jar:
    """Must be made on the running loop."""

    def __init__(self) -> None:
        self._jar = aiohttp.CookieJar(unsafe=True)  # hosts may be written as numbers

    def join(self, headers: CIMultiDict[str] | None, url: URL) -> CIMultiDict[str] | None:
        """The headers of a request to `url` with the cookies that belong there; a newer one replaces the preset's."""
        kept = {name: morsel.coded_value for name, morsel in self._jar.filter_cookies(url).items()}
        if not kept:
            return headers
        joined: CIMultiDict[str] = CIMultiDict(headers or {})
        for pair in filter(None, joined.get(hdrs.COOKIE, "").split("; ")):
            name, _, value = pair.partition("=")
            kept.setdefault(name, value)
        joined[hdrs.COOKIE] = "; ".join(f"{name}={value}" for name, value in kept.items())
        return joined

    def learn(self, response: aiohttp.ClientResponse) -> None:
        """Keep what an answer sets."""
        if hdrs.SET_COOKIE not in response.headers:
            return
        found = list(response.cookies.items())[:_MOST_AT_ONCE]
        usable: SimpleCookie = SimpleCookie()
        for name, morsel in found:
            if len(name) + len(morsel.coded_value) <= _LONGEST:
                usable[name] = morsel
        self._jar.update_cookies(usable, response.url)
        if len(self._jar) > _MOST:
            self._jar.clear()

    def values(self) -> Iterator[str]:
        """What stands in the cookies."""
        for morsel in self._jar:
            yield morsel.value
