"""The preset for APIs end to end: it finds what the API bears, and a refusal is a pause, not a loss."""

from __future__ import annotations

import json

from qtui.demo.api import Api
from qtui.demo.config import SiteConfig
from tests.cli.conftest import ROOT, Program

PRESET = str(ROOT / "presets" / "api.toml")


RATED = ("--set", "throttle.adaptive=false", "--set")


def rows_are_right(qtui: Program, count: int) -> bool:
    api = Api(SiteConfig(), lambda: 0.0)
    orders = [api.order(number) for number in range(1, count + 1)]
    expected = {
        (order["state"], order["total"]["amount"], tuple(line["title"] for line in order["lines"])) for order in orders
    }
    rows = qtui.results()
    found = {(row["state"], row["total"], tuple(row["items"])) for row in rows}
    return len(rows) == count and found == expected


def test_a_rate_keeps_below_the_limit_of_the_api(qtui: Program) -> None:
    done = qtui.run("run", PRESET, "--json", "--set", "source[0].stop=60", *RATED, "throttle.rate=38")
    attempts = [json.loads(line) for line in done.stdout.splitlines() if '"type":"ended"' in line]

    assert done.returncode == 0, done.stderr
    assert rows_are_right(qtui, 60)
    assert len(attempts) == 60, "not one was refused"


def test_what_the_api_refuses_is_asked_for_again_when_it_says(qtui: Program) -> None:
    done = qtui.run("run", PRESET, "--json", "--set", "source[0].stop=60", *RATED, "throttle.rate=80")
    ended = [json.loads(line) for line in done.stdout.splitlines() if '"type":"ended"' in line]
    refused = [event for event in ended if event["outcome"]["type"] == "failed"]

    assert done.returncode == 0, done.stderr
    assert rows_are_right(qtui, 60)
    assert {event["outcome"]["code"] for event in refused} == {"http:429"}
    assert all(event["delay_s"] >= 1.0 for event in refused)


def test_the_limit_of_the_preset_adapts_to_what_the_api_bears(qtui: Program) -> None:
    done = qtui.run("run", PRESET, "--json", "--set", "source[0].stop=200", timeout=60)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    changes = [event for event in events if event["type"] == "limit" and event["old"]]

    assert done.returncode == 0, done.stderr
    assert rows_are_right(qtui, 200)
    assert any(event["new"] > event["old"] for event in changes)
    assert any(event["new"] < event["old"] and event["reason"].startswith("429 from") for event in changes)
