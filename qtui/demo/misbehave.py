"""Every way a server can misbehave, each at its own path below `/misbehave`, with its measure in the query.

    whole answers   /404 /500 /503?retry_after= /429?retry_after= /status?code= /flaky?fail=&key=
                    /redirect?to=&code= /redirect-loop /latin1 /html?title=&text= /echo
                    /big-headers?kb=&count=
    too much        /gzip-bomb?mb= /endless?delay=
    too slow        /drip?bytes=&delay= /slow-headers?lines=&delay= /hang
    broken          /reset?after= /short?bytes=&missing= /garbage

Words from the query that go into a header (`retry_after`, `to`) are sent exactly as they are; control
characters are refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

from qtui.demo import hostile
from qtui.demo.pages import plain_page
from qtui.demo.query import header_text, whole
from qtui.demo.replies import HTML, SERVER, Handler, html, json, plain, redirect

PREFIX = "/misbehave"
_FLAKY_KEYS = 100_000


class Misbehaviours:
    """The handlers; remembers only how often each flaky key was asked for."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}
        self.routes: Mapping[str, Handler] = {
            f"{PREFIX}/404": _not_found,
            f"{PREFIX}/500": _broken,
            f"{PREFIX}/503": _unavailable,
            f"{PREFIX}/429": _too_many,
            f"{PREFIX}/status": _status,
            f"{PREFIX}/redirect": _redirect,
            f"{PREFIX}/redirect-loop": _redirect_loop,
            f"{PREFIX}/latin1": _latin1,
            f"{PREFIX}/html": _html,
            f"{PREFIX}/echo": _echo,
            f"{PREFIX}/flaky": self._flaky,
            f"{PREFIX}/big-headers": _big_headers,
            f"{PREFIX}/gzip-bomb": hostile.gzip_bomb,
            f"{PREFIX}/endless": hostile.endless,
            f"{PREFIX}/drip": hostile.drip,
            f"{PREFIX}/slow-headers": hostile.slow_headers,
            f"{PREFIX}/hang": hostile.hang,
            f"{PREFIX}/reset": hostile.reset,
            f"{PREFIX}/short": hostile.short,
            f"{PREFIX}/garbage": hostile.garbage,
        }

    async def _flaky(self, request: web.BaseRequest) -> web.Response:
        """Fail `fail` times for every `key`, then work for ever."""
        key = request.query.get("key", "")
        asked = self._asked.pop(key, 0) + 1
        self._asked[key] = asked
        if len(self._asked) > _FLAKY_KEYS:
            del self._asked[next(iter(self._asked))]
        fail = whole(request, "fail", 1)
        if asked <= fail:
            return plain(503, f"Failure {asked} of {fail}.")
        return plain(200, f"Fine after {asked - 1} earlier requests.")


async def _not_found(request: web.BaseRequest) -> web.Response:
    return plain(404)


async def _broken(request: web.BaseRequest) -> web.Response:
    return plain(500)


async def _unavailable(request: web.BaseRequest) -> web.Response:
    return plain(503, headers=_retry_after(request))


async def _too_many(request: web.BaseRequest) -> web.Response:
    return plain(429, headers=_retry_after(request))


async def _status(request: web.BaseRequest) -> web.Response:
    code = whole(request, "code", 200, 200, 599)
    if code in {204, 205, 304}:
        return web.Response(status=code, headers=SERVER)
    return plain(code)


async def _redirect(request: web.BaseRequest) -> web.Response:
    code = whole(request, "code", 302, 300, 399)
    return redirect(header_text(request, "to") or "/", code)


async def _redirect_loop(request: web.BaseRequest) -> web.Response:
    return redirect(f"{PREFIX}/redirect-loop")


async def _latin1(request: web.BaseRequest) -> web.Response:
    """Serve a page whose £ and é are right only when the charset of the header is believed."""
    body = plain_page("Café crème £3.50", "Naïve façade, déjà vu.").encode("iso-8859-1")
    return web.Response(body=body, headers={**SERVER, "Content-Type": "text/html; charset=iso-8859-1"})


async def _html(request: web.BaseRequest) -> web.Response:
    """Serve a page with any title and text; what comes out of a parser is what was asked for."""
    return html(
        plain_page(request.query.get("title", ""), request.query.get("text", "")).encode(errors="replace")
    )


async def _echo(request: web.BaseRequest) -> web.Response:
    body = await request.read()
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return json(
        {
            "method": request.method,
            "path": request.path_qs,
            "headers": headers,
            "body": body.decode(errors="replace"),
        }
    )


async def _big_headers(request: web.BaseRequest) -> web.Response:
    """Send one header of `kb` KiB, or `count` small ones."""
    count = whole(request, "count", 0, 0, 1_000_000)
    size = whole(request, "kb", 0 if count else 100, 0, 100_000)
    headers = CIMultiDict(HTML)
    if size:
        headers["X-Big"] = "x" * (size * 1024)
    for number in range(count):
        headers.add(f"X-Many-{number}", "x")
    return web.Response(body=b"many headers, little to say\n", headers=headers)


def _retry_after(request: web.BaseRequest) -> dict[str, str]:
    value = header_text(request, "retry_after")
    return {} if value is None else {"Retry-After": value}
