"""A crawl of the shop end to end: every page that a link leads to is recorded once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from urllib.parse import urlsplit

from qtui.demo.catalogue import Catalogue
from qtui.journal import schema
from tests.cli.conftest import ROOT, Program

KILLS = 5
CALM = {
    "demo.latency_median": "0.0",
    "demo.gone_share": "0.0",
    "demo.moved_share": "0.0",
    "demo.reset_share": "0.0",
    "demo.drip_share": "0.0",
    "demo.burst_every": "0.0",
    "demo.rate_limit": "0.0",
}
PRESET = str(ROOT / "presets" / "crawl.toml")


def changed(**more: str) -> list[str]:
    """The bundled preset against a shop without moods, with further changes."""
    changes = CALM | {key.replace("__", "."): value for key, value in more.items()}
    return [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]


def pages(products: int, per_listing: int = 24) -> set[str]:
    """The path of every page of a shop."""
    shelves = -(-products // per_listing)
    return {"/", *(f"/list/{n}" for n in range(1, shelves + 1)), *(f"/p/{n}" for n in range(1, products + 1))}


def paths(qtui: Program) -> Counter[str]:
    return Counter(urlsplit(str(row["url"])).path for row in qtui.results())


def test_every_page_of_the_shop_is_found_and_right(qtui: Program) -> None:
    done = qtui.run("run", PRESET, *changed(demo__products="120"), timeout=60)

    assert done.returncode == 0, done.stderr
    rows = {urlsplit(str(row["url"])).path: row for row in qtui.results()}
    assert rows.keys() == pages(120)
    assert set(paths(qtui).values()) == {1}
    product = Catalogue(products=120).product(77)
    assert (rows["/p/77"]["title"], rows["/p/77"]["price"]) == (product.title, product.price)


def test_a_crawl_goes_as_deep_and_as_far_as_it_is_told(qtui: Program) -> None:
    qtui.run("run", PRESET, *changed(demo__products="120", **{"source[0].depth": "1"}), timeout=60)
    assert set(paths(qtui)) == {"/", *(f"/list/{n}" for n in range(1, 6))}

    more = {"source[0].max_jobs": "17", "job.key": "again {url}"}
    done = qtui.run("run", PRESET, "--fresh", *changed(demo__products="120", **more), timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(qtui.results()) == 17


def test_a_file_of_addresses_does_not_become_a_crawl_unnoticed(qtui: Program) -> None:
    (qtui.folder / "urls.txt").write_text("http://127.0.0.1:9/\n")
    refused = qtui.run("run", PRESET, "--input", "urls.txt")

    assert refused.returncode == 2
    assert 'only a source of kind "crawl" takes' in refused.stderr


def test_killed_again_and_again_every_page_is_recorded_once_and_none_is_lost(qtui: Program) -> None:
    """The moment of a kill is a number of events and a little time behind them."""
    products = 180
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    words = changed(
        demo__products=str(products), demo__latency_median="0.05", job__crashes="0", workers__concurrency="8"
    )
    words += ["--set", "demo.latency_sigma=0.0"]
    for _ in range(KILLS):
        run = qtui.start("run", PRESET, "--json", *words)
        assert run.stdout is not None
        left = chance.randint(1, 90)
        while left and (line := run.stdout.readline()):
            left -= json.loads(line)["type"] in ("accepted", "started", "ended")
        time.sleep(chance.uniform(0.0, 0.05))  # the moment is the point, nothing is waited for
        os.kill(qtui.engines()[-1], signal.SIGKILL)
        run.communicate(timeout=30)
        assert run.returncode == 70, "it was killed in the middle"
    last = qtui.run("run", PRESET, *words, timeout=60)

    assert last.returncode == 0, last.stderr
    assert paths(qtui) == Counter(pages(products)), Counter(pages(products)) - paths(qtui)
    (folder,) = [path.parent for path in qtui.state.glob("*/run.json")]
    with closing(sqlite3.connect(folder / schema.FILE)) as db:
        jobs = [urlsplit(url).path for (url,) in db.execute("SELECT json_extract(row, '$.url') FROM job")]
        lives = db.execute("SELECT count(*) FROM epoch").fetchone()[0]
    assert Counter(jobs) == Counter(pages(products))
    assert KILLS // 2 < lives <= KILLS + 1, "one that dies before its first commit leaves nothing"


def test_failed_pages_become_a_preset_that_follows_nothing(qtui: Program) -> None:
    words = changed(demo__products="48", demo__gone_share="0.2", results__path="")
    qtui.run("run", PRESET, *words, timeout=60)
    run = next(qtui.state.glob("crawl-*")).name
    made = qtui.run("results", run, "--failed", "--as-preset", "failed.toml")
    assert made.returncode == 0, made.stderr

    again = qtui.run("run", "failed.toml", "--json", timeout=60)
    accepted = [json.loads(line) for line in again.stdout.splitlines() if '"type":"accepted"' in line]
    rows = (qtui.folder / "failed.jsonl").read_text().splitlines()
    assert sorted(event["job"]["row"]["url"] for event in accepted) == sorted(json.loads(row)["url"] for row in rows)
    assert rows
