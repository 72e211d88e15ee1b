"""A run behind a login end to end: sessions end and nothing is lost; with a wrong password no run begins."""

from __future__ import annotations

import pytest

from qtui.demo.account import PASSWORD
from tests.cli.conftest import Program

PRESET = """
[preset]
name = "account"
[[source]]
kind = "range"
stop = 60
[demo]
site = true
session_answers = 20
[job]
kind = "http"
name = "order {n}"
key = "{n}"
[job.http]
url = "{site}/account/orders/{n}"
extract = { id = "json:id" }
[job.http.login]
url = "{site}/account/login"
form = { user = "demo", password = "{secret:env:SHOP_PASSWORD}", ticket = "{ticket}" }
[[job.http.login.before]]
url = "{site}/account/login"
take = { ticket = "input[name=ticket]::attr(value)" }
[results]
path = "results.jsonl"
"""


@pytest.fixture
def preset(qtui: Program) -> str:
    path = qtui.folder / "account.toml"
    path.write_text(PRESET)
    return str(path)


def test_a_run_logs_in_as_often_as_its_session_ends(qtui: Program, preset: str) -> None:
    qtui.env["SHOP_PASSWORD"] = PASSWORD
    done = qtui.run("run", preset)

    assert done.returncode == 0, done.stderr
    assert sorted(int(str(row["id"])) for row in qtui.results()) == list(range(1, 61))
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in qtui.folder.rglob("*") if path.is_file())


def test_a_wrong_password_begins_no_run(qtui: Program, preset: str) -> None:
    qtui.env["SHOP_PASSWORD"] = "wrong-password"
    done = qtui.run("run", preset)

    assert done.returncode == 2
    assert "cannot log in at http://127.0.0.1:" in done.stderr
    assert "/account/login: 403 Forbidden" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_plan_says_that_it_logs_in(qtui: Program, preset: str) -> None:
    told = qtui.run("check", "--plan", preset)

    assert "logs in at {site}/account/login before the first job, and again after 401" in told.stdout


def test_a_mistake_in_a_request_before_it_is_pointed_at(qtui: Program, preset: str) -> None:
    (qtui.folder / "account.toml").write_text(PRESET.replace("take =", "tkae ="))
    told = qtui.run("check", preset)

    assert told.returncode == 2
    assert "job.http.login.before[0].tkae" in told.stdout + told.stderr
