"""`qtui check`: plain words for a good preset, every problem of a bad one, and nothing is started."""

from __future__ import annotations

import json
import re
import signal
from typing import Any

import pytest

from tests.cli.conftest import Program
from tests.cli.test_run import until


def test_a_bad_preset_is_told_on_stderr_with_the_spot_and_the_remedy(qtui: Program) -> None:
    bad = qtui.folder / "bad.toml"
    bad.write_text('[preset]\nname = "x"\n[workers]\nconcurency = 3\n[job]\nkind = "simulate"\n')
    done = qtui.run("check", str(bad))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"{bad} cannot run: 2 problems; nothing was started"
    assert f"{bad}:4: workers.concurency: there is no such key" in done.stderr
    assert "       4 | concurency = 3\n         | ^^^^^^^^^^\n" in done.stderr
    assert "did you mean concurrency?" in done.stderr


def test_changes_of_the_command_line_are_checked_too(qtui: Program) -> None:
    done = qtui.run("check", qtui.preset(), "--set", "queue.capacity=0")

    assert done.returncode == 2
    assert "queue.capacity: this must be at least 1" in done.stderr


PLAN = """
[preset]
name = "all"
[[source]]
kind = "lines"
path = "urls.txt"
[[source]]
kind = "command"
command = ["touch", "{executed}"]
[[source]]
kind = "lines"
name = "piped"
path = "-"
[[source]]
kind = "range"
stop = 1
[job]
kind = "http"
name = "{{page}}"
key = "{{url}}"
[job.http]
url = "https://{{env:QTUI_HOST}}/{{line}}"
insecure = true
save = "pages/{{n}}.html"
headers = {{ authorization = "Bearer {{secret:env:QTUI_KEY}}", accept = "{{env:QTUI_LACKS}}" }}
[results]
path = "out.jsonl"
"""


@pytest.fixture
def planned(qtui: Program) -> Program:
    (qtui.folder / "all.toml").write_text(PLAN.format(executed=qtui.folder / "executed"))
    (qtui.folder / "urls.txt").write_text("a?x=1\nb\x1b[31m\nc\n")
    qtui.env |= {"QTUI_HOST": "shop.example", "QTUI_KEY": "hunter2hunter2"}
    return qtui


def told(qtui: Program, *words: str) -> dict[str, Any]:
    done = qtui.run("check", "--plan", "--json", *words, stdin="never read\n")
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def test_the_first_jobs_are_shown_with_name_key_and_what_would_be_executed(planned: Program) -> None:
    jobs = told(planned, "all.toml")["jobs"]

    assert jobs[0] == {
        "source": "lines",
        "name": "shop.example/a?x=1",
        "key": "https://shop.example/a?x=1",
        "executes": "GET https://shop.example/a?x=1",
        "problem": "",
    }
    assert [job["name"] for job in jobs[1:]] == ["shop.example/1", "shop.example/b", "shop.example/c"]


def test_looking_executes_nothing_and_leaves_pipes_alone(planned: Program) -> None:
    unseen = told(planned, "all.toml")["unseen"]

    assert not (planned.folder / "executed").exists()
    assert len(unseen) == 2
    assert unseen[0].startswith("command: the jobs from lines of `touch")
    assert unseen[1] == "piped: what lines of standard input would give is left for the run"


def test_everything_it_may_do_is_told(planned: Program) -> None:
    can = told(planned, "all.toml")["capabilities"]

    assert can == {
        "runs": ["touch"],
        "imports": [],
        "contacts": ["the hosts that https://{env:QTUI_HOST}/{line} names", "where they redirect to"],
        "reads": [str(planned.folder / "urls.txt"), "standard input"],
        "environment": ["QTUI_HOST", "QTUI_LACKS"],
        "secrets": ["QTUI_KEY"],
        "writes": ["pages/{n}.html", "out.jsonl", "the journal of the run"],
        "insecure": ["who answers is not verified"],
    }


def test_the_plan_for_people_names_what_is_missing_and_hides_secrets(planned: Program) -> None:
    done = planned.run("check", "--plan", "all.toml")

    assert done.returncode == 0
    assert "     does  GET https://shop.example/a?x=1\n" in done.stdout
    assert re.search(r"reads from the environment +QTUI_HOST, QTUI_LACKS \(not set\)\n", done.stdout)
    assert re.search(r"imports +no Python module of yours\n", done.stdout)
    assert "Programs and modules may do more than that" in done.stdout
    assert "hunter2" not in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith("an unknown number of jobs in all; nothing was started\n")


def test_rows_are_counted_where_that_only_takes_reading(qtui: Program) -> None:
    (qtui.folder / "lines.txt").write_text("x\n" * 12_345)

    assert told(qtui, qtui.preset(), "--input", "lines.txt")["total"] == 12_345


def test_a_row_that_cannot_be_used_is_told_as_one(qtui: Program) -> None:
    (qtui.folder / "rows.jsonl").write_text('{"line": "good"}\nnonsense\n')
    jobs = told(qtui, qtui.preset(), "--input", "rows.jsonl", "--set", "job.name={line}")["jobs"]

    assert [job["name"] for job in jobs] == ["good", "nonsense"]
    assert jobs[1]["problem"].startswith("rows.jsonl line 2: is not JSON")


def test_a_bad_preset_is_told_as_json_too(qtui: Program) -> None:
    done = qtui.run("check", "--plan", "--json", qtui.preset(), "--set", "queue.capacity=0")

    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"][0]["path"] == "queue.capacity"


def test_an_input_that_does_not_answer_costs_a_moment_and_ctrl_c_leaves_it_uncounted(qtui: Program) -> None:
    with (qtui.folder / "huge.txt").open("wb") as file:
        file.write(b"first\n")
        file.truncate(1 << 42)
    check = qtui.start("check", "--plan", qtui.preset(), "--input", "huge.txt")
    until(check.stderr, "counting lines of huge.txt; Ctrl-C leaves them uncounted")
    check.send_signal(signal.SIGINT)
    out, _ = check.communicate(timeout=10)

    assert check.returncode == 0
    assert "1  job 1  (from lines)" in out
    assert "lines: lines of huge.txt cannot be read within 2 s" in out
    assert "an unknown number of jobs in all" in out
