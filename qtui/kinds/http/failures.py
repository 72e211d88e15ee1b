"""What went wrong with a request, as an error class and a sentence of our own: never the words of an exception.

Exceptions of the client carry headers, and with them secrets; only error numbers are taken from them.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from aiohttp import hdrs
from aiohttp.http_exceptions import TransferEncodingError

from qtui.core.job import Failed
from qtui.kinds.http.connect import PrivateAddress
from qtui.text import clean, seconds

_SAID = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by the other side",
    errno.EPIPE: "connection closed by the other side",
    errno.ETIMEDOUT: "the network gave up connecting",
    errno.ENETUNREACH: "network is unreachable",
    errno.EHOSTUNREACH: "host is unreachable",
    errno.EADDRNOTAVAIL: "no local port is free",
}
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_LATER = frozenset({413, 429, 503})
"""Statuses for which Retry-After is made; with others it would have a host left alone for the sake of one page."""
_SECONDS = re.compile(r"[0-9]{1,12}")


def from_status(response: aiohttp.ClientResponse) -> Failed:
    """The failure that an unwanted status is. It has `retry_after` where the server only asks us to come back later:
    such an attempt spends no try, within bounds, and its host is left alone for so long.
    """
    later = retry_after(response) if response.status in _LATER else None
    return Failed(f"http:{response.status}", phrase(response.status), retry_after=later)


def phrase(status: int) -> str:
    """The standard's words for a status; the server's own are not repeated."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "unknown status"


def retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Seconds the server asked us to wait; None for nothing, the past and rubbish.

    A date is compared with the answer's own: the server's clock may be wrong, but it is the same for both.
    """
    asked = response.headers.get(hdrs.RETRY_AFTER, "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    then, now = _date(asked), _date(response.headers.get(hdrs.DATE, ""))
    if then is None or now is None or then < now:
        return None
    return (then - now).total_seconds()


def _date(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def from_exception(error: Exception, connect_s: float) -> Failed:
    """The failure behind an exception of the client.

    Raises:
        OSError: EMFILE or ENFILE, when this machine is out of file descriptors: that is no failure of the job.
    """
    if isinstance(error, aiohttp.ServerTimeoutError):
        return Failed("timeout", f"no connection within {seconds(connect_s)}")
    for kind, explain in _EXPLAINED:
        if isinstance(error, kind):
            return explain(error)
    return Failed("protocol", f"the request failed ({type(error).__name__})")


def _tls(error: Exception) -> Failed:
    cause: BaseException | None = getattr(error, "certificate_error", None) or error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Failed("connection", f"the certificate is not valid: {clean(cause.verify_message)}", permanent=True)
    return Failed("connection", "TLS could not be agreed on")


def _unresolved(error: Exception) -> Failed:
    _raise_if_out_of_descriptors()
    assert isinstance(error, aiohttp.ClientConnectorDNSError)
    if error.os_error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
        return Failed("connection", f'there is no host "{clean(error.host, 120)}"')
    return Failed("connection", f'the name "{clean(error.host, 120)}" cannot be looked up now')


def _os_error(error: Exception) -> Failed:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    code = inner.errno if isinstance(inner, OSError) else None
    if code in _OUT_OF_DESCRIPTORS:
        raise OSError(code, os.strerror(code)) from None
    if isinstance(inner, ssl.SSLError):
        return Failed("connection", "TLS connection broken")
    if isinstance(inner, ConnectionResetError):
        code = errno.ECONNRESET
    if code in _SAID:
        return Failed("connection", _SAID[code])
    return Failed("connection", os.strerror(code).lower() if code and code > 0 else "connection failed")


def _cut_short(error: Exception) -> Failed:
    cause = error.__cause__
    if isinstance(cause, TransferEncodingError):
        return Failed("protocol", "the answer's chunks are garbled")
    return Failed("connection", "connection closed before the whole answer had come")


def _no_http(error: Exception) -> Failed:
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else ""
    if said.startswith(("Got more than", "Too many headers")):
        return Failed("protocol", "the answer's headers are too large")
    return Failed("protocol", "the answer is not HTTP")


def _raise_if_out_of_descriptors() -> None:
    """The system's resolver does not say so itself when it could not open a socket."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        if error.errno in _OUT_OF_DESCRIPTORS:
            raise OSError(error.errno, os.strerror(error.errno)) from None


def _says(failed: Failed) -> Callable[[Exception], Failed]:
    return lambda _: failed


_EXPLAINED: tuple[tuple[type[Exception], Callable[[Exception], Failed]], ...] = (
    (PrivateAddress, _says(Failed("protocol", "redirected from the internet to a private address; not followed"))),
    (aiohttp.ClientConnectorCertificateError, _tls),
    (aiohttp.ClientConnectorSSLError, _tls),
    (aiohttp.ClientConnectorDNSError, _unresolved),
    (OSError, _os_error),
    (aiohttp.ServerDisconnectedError, _says(Failed("connection", "connection closed without an answer"))),
    (aiohttp.ClientPayloadError, _cut_short),
    (aiohttp.InvalidURL, _says(Failed("input", "the address cannot be used", permanent=True))),
    (aiohttp.NonHttpUrlClientError, _says(Failed("input", "the address cannot be used", permanent=True))),
    (aiohttp.ClientResponseError, _no_http),
    (aiohttp.ClientConnectionError, _says(Failed("connection", "connection lost"))),
)
"""The first that fits explains."""
