"""The main job end to end: every row of the results is what the shop's own catalogue says."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from qtui.demo.catalogue import Catalogue
from tests.cli.conftest import ROOT, Program

CALM = (
    "demo.latency_median=0.0",
    "demo.gone_share=0.0",
    "demo.reset_share=0.0",
    "demo.drip_share=0.0",
    "demo.burst_every=0.0",
    "demo.rate_limit=0.0",
    "source[0].rate=100000",
    "source[1].rate=100000",
)


def test_two_thousand_pages_are_fetched_and_every_row_is_right(qtui: Program) -> None:
    changes = [word for change in CALM for word in ("--set", change)]
    done = qtui.run("run", str(ROOT / "presets" / "scrape.toml"), *changes, timeout=90)

    assert done.returncode == 0, done.stderr
    rows = {urlsplit(str(row["url"])).path: row for row in qtui.results()}
    catalogue = Catalogue()
    assert len(rows) == 2000
    for number in range(1, 1921):
        product = catalogue.product(number)
        row = rows[f"/p/{number}"] if f"/p/{number}" in rows else rows[product.path]
        assert (row["title"], row["price"]) == (product.title, product.price)
    assert all(rows[f"/list/{number}"]["price"] is None for number in range(1, 81))


def test_own_addresses_take_the_place_of_the_shop(qtui: Program) -> None:
    """Nothing answers there: what counts is what was asked for, and that no shop was started for it."""
    (qtui.folder / "urls.txt").write_text("http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b\nnot an address\n")
    preset = str(ROOT / "presets" / "scrape.toml")
    done = qtui.run("run", preset, "--input", "urls.txt", "--json", "--set", "retry.attempts=1")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    failed = {event["job"]["name"]: event["outcome"]["code"] for event in events if event["type"] == "ended"}

    assert done.returncode == 1
    assert failed["127.0.0.1:9/a"] == failed["127.0.0.1:9/b"] == "connection"
    assert "input" in failed.values()
