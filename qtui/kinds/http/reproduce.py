"""A request as a command line for curl, with whatever a stranger must not see masked."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping

from qtui.kinds.http.address import without_password
from qtui.kinds.http.request import Request
from qtui.kinds.secrets import MASK

MAX_BODY = 10_000
"""Bytes of a body that are written out; a longer one is named by its size."""


def curl(
    request: Request, session_headers: Mapping[str, str], sensitive: Iterable[str], mask: Callable[[str], str]
) -> str:
    """What a person types to send the request; `mask` hides declared secrets, `sensitive` headers hide whole."""
    hidden = frozenset(sensitive)
    headers = {**session_headers, **(request.headers or {})}
    words = ["curl"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != ("GET" if request.body is None else "POST"):
        words += ["-X", request.method]
    for name, value in headers.items():
        words += ["-H", f"{name}: {MASK if name.lower() in hidden else mask(value)}"]
    if request.body is not None:
        text = request.body.decode("utf-8", "replace")
        shown = mask(text) if len(request.body) <= MAX_BODY else f"(a body of {len(request.body):,} bytes)"
        words += ["--data-binary", shown]
    return shlex.join([*words, mask(without_password(str(request.url)))])
