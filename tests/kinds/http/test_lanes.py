"""Jobs that share a host share a lane, however their addresses are written."""

from __future__ import annotations

import pytest

from qtui.kinds.http.kind import HttpKind
from qtui.kinds.http.options import HttpTable
from tests.kinds.running import job, real


@pytest.mark.parametrize(
    ("address", "lane"),
    [
        ("http://shop.example/p/1", "shop.example:80"),
        ("https://shop.example", "shop.example:443"),
        ("HTTP://Shop.EXAMPLE:80?q=1", "shop.example:80"),
        ("https://user:pw@shop.example:8443/#x", "shop.example:8443"),
        (" http://shop.example./p", "shop.example:80"),
        ("http://bücher.example/", "xn--bcher-kva.example:80"),
        ("http://xn--bcher-kva.example/", "xn--bcher-kva.example:80"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://shop.example:99999/", ""),
        ("http://[broken/", ""),
        ("ftp://shop.example/", ""),
        ("shop.example/p", ""),
        ("", ""),
    ],
)
def test_a_lane_is_host_and_port(address: str, lane: str) -> None:
    kind = HttpKind(HttpTable(url="{line}"), real())
    assert [kind.lane(job(line=address)) for _ in range(2)] == [lane, lane]


@pytest.mark.parametrize(
    ("url", "lane"),
    [
        ("{site}/p/{n}", "shop.example:8080"),
        ("https://{env:HOST}/p/{n}", "api.example:443"),
        ("http://shop.example?n={n}", "shop.example:80"),
        ("http://shop.example", "shop.example:80"),
        ("http://h{n}.example/", "h7.example:80"),
        ("http://shop.example:{n}/", "shop.example:7"),
        ("http://shop.example{n}/", "shop.example7:80"),
        ("http://x.{n}@shop.example/", "shop.example:80"),
    ],
)
def test_only_the_part_that_names_the_host_counts(url: str, lane: str) -> None:
    context = real(environ={"HOST": "api.example"}, fields={"site": "http://shop.example:8080"})
    assert HttpKind(HttpTable(url=url), context).lane(job(n=7)) == lane


def test_a_job_that_lacks_a_field_has_no_lane() -> None:
    assert HttpKind(HttpTable(url="{address}"), real()).lane(job(line="x")) == ""
