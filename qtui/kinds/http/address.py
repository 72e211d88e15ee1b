"""Addresses: text made into a URL or refused in one sentence, and which machines are private."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

from qtui.core.job import Value
from qtui.text import clean

_NAT64 = ip_network("64:ff9b::/96")
_NOT_IN_HOSTS = re.compile(r'[\x00-\x20\x7f-\x9f<>"\\^`{|}]')
_SHOWN = 120


def parse(text: str) -> URL:
    """The URL in `text`. Raises ValueError with a sentence that names the text."""
    bare = text.strip()
    try:
        url = URL(bare)
        host, _ = url.raw_host, url.port
    except ValueError:
        raise ValueError(f'"{shown(bare)}" is not an address') from None
    if url.scheme not in ("http", "https"):
        what = f"begins with {clean(url.scheme, 20)}:" if url.scheme else "has no http:// or https:// in front"
        raise ValueError(f'"{shown(bare)}" {what}; only http and https are fetched')
    if not host or _NOT_IN_HOSTS.search(host):
        raise ValueError(f'"{shown(bare)}" has no usable host name')
    return url


def shown(text: str) -> str:
    """An address for people, without its password."""
    return clean(without_password(text), _SHOWN)


def without_password(text: str) -> str:
    """The address with `***` in place of the password, if it has one."""
    if "@" not in text:
        return text
    scheme, slashes, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if not slashes or not at or ":" not in user:
        return text
    return f"{scheme}://{user.partition(':')[0]}:***@{host}{slash}{path}"


def url_fields(address: str) -> dict[str, Value]:
    """The fields that a job has besides its row's: `url`, without its password, and `page`: its host and path alone."""
    url = without_password(address)
    authority, slash, path = (url.partition("://")[2] or url).partition("/")
    return {"url": url, "page": f"{authority.rpartition('@')[2]}{slash}{path}"}


def is_private(host: str) -> bool:
    """True for an IP address that does not belong to the public internet; False for anything else."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not _embedded(address).is_global or address.is_multicast


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
