"""`qtui results --failed --as-preset`: a preset that runs just those jobs, made of what the journal kept."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from qtui.journal.schema import FILE
from tests.cli.conftest import ROOT, Program
from tests.cli.test_scrape import CALM

LINES = """
[preset]
name = "sim"
[[source]]
kind = "lines"
name = "words"
path = "lines.txt"
rate = "10000/s"
[queue]
capacity = 8
[job]
kind = "simulate"
name = "{name}"
key = "{key}"
[job.simulate]
latency = "0s"
fail = 0.3
retryable = 0.0
[results]
path = "out/results.csv"
"""
EVIL = 'é "q" {x} [1] = \\ \u2028'


def failing(qtui: Program, *, name: str = "job {line}", key: str = "") -> str:
    """A run with some failures, whose preset and input are gone since; gives its id."""
    (qtui.folder / "out").mkdir(exist_ok=True)
    (qtui.folder / "lines.txt").write_text("".join(f"{EVIL} {number}\n\n" for number in range(1, 41)))
    path = qtui.folder / "sim.toml"
    path.write_text(LINES.replace("{name}", name).replace("{key}", key))
    qtui.run("run", "sim.toml", "--set", "workers.concurrency=3", "--set", "retry.attempts=1")
    (qtui.folder / "lines.txt").unlink()
    path.unlink()
    return next(qtui.state.glob("sim-*")).name


def jobs(qtui: Program, run: str, where: str = "1") -> list[tuple[object, ...]]:
    """Key, name and fields of the jobs of a run."""
    with closing(sqlite3.connect(qtui.state / run / FILE)) as db:
        rows = db.execute(f"SELECT coalesce(key, name), name, row FROM job WHERE {where} ORDER BY seq").fetchall()
    return [(key, name, json.loads(row)) for key, name, row in rows]


@pytest.mark.parametrize("key", ["", "{n}-{line}"])
def test_exactly_the_failed_jobs_run_again_as_they_were(qtui: Program, key: str) -> None:
    run = failing(qtui, key=key)
    failed = jobs(qtui, run, "state = 'failed'")
    wrote = qtui.run("results", run, "--failed", "--as-preset", "again.toml")
    assert (wrote.returncode, wrote.stdout) == (0, "")
    assert f"{len(failed)} failed jobs of run {run}" in wrote.stderr
    assert qtui.run("check", "again.toml").returncode == 0
    done = qtui.run("run", "again.toml", "--set", "job.simulate.fail=0")

    assert done.returncode == 0, done.stderr
    again = jobs(qtui, next(qtui.state.glob("again-*")).name)
    assert again == failed
    assert 0 < len(failed) < 40
    assert failed[0][2]["n"] % 2 == 1  # type: ignore[index]  # the number of its line, not of its job


def test_the_preset_is_the_one_in_force_and_writes_to_a_file_of_its_own(qtui: Program) -> None:
    run = failing(qtui)
    qtui.run("results", run, "--failed", "--as-preset", "again.toml")
    preset = tomllib.loads((qtui.folder / "again.toml").read_text())

    assert preset["workers"] == {"concurrency": 3}
    assert preset["source"] == [{"kind": "jsonl", "path": "again.jsonl", "name": "words", "rate": "10000/s"}]
    assert preset["results"] == {"path": "out/again-results.csv"}
    assert preset["preset"]["description"] == f"The failed jobs of run {run}"


def test_a_secret_stays_a_template(qtui: Program) -> None:
    qtui.env["TOKEN"] = "hunter2-hunter2"
    (qtui.folder / "web.toml").write_text(
        '[preset]\nname = "web"\n[[source]]\nkind = "list"\nitems = ["http://127.0.0.1:9/a"]\n'
        '[job]\nkind = "http"\n[job.http]\nurl = "{line}"\nbody = "a\\nb \\"c\\""\n'
        'headers = { Authorization = "Bearer {secret:env:TOKEN}" }\n[retry]\nattempts = 1\n'
    )
    qtui.run("run", "web.toml")
    qtui.run("results", "web", "--failed", "--as-preset", "again.toml")
    text = (qtui.folder / "again.toml").read_text()

    assert tomllib.loads(text)["job"]["http"]["headers"] == {"Authorization": "Bearer {secret:env:TOKEN}"}
    assert tomllib.loads(text)["job"]["http"]["body"] == 'a\nb "c"'
    assert "hunter2-hunter2" not in text + (qtui.folder / "again.jsonl").read_text()
    assert not any(b"hunter2-hunter2" in path.read_bytes() for path in qtui.state.glob("*/*"))


def test_the_shop_is_found_where_the_rows_say(qtui: Program) -> None:
    """The bundled preset makes addresses of a shop on a port that was free; some of its pages are gone for ever."""
    changes = [word for change in CALM for word in ("--set", change)]
    fewer = ["--set", "demo.gone_share=0.1", "--set", "source[0].stop=100", "--set", "source[1].stop=1"]
    qtui.run("run", str(ROOT / "presets" / "scrape.toml"), *changes, *fewer, timeout=90)
    run = next(qtui.state.glob("scrape-*")).name
    failed = jobs(qtui, run, "state = 'failed'")
    qtui.run("results", run, "--failed", "--as-preset", "again.toml")
    done = qtui.run("run", "again.toml")

    assert jobs(qtui, next(qtui.state.glob("again-*")).name) == failed
    assert f"{len(failed)} × HTTP 404 Not Found" in done.stderr, done.stderr


def test_jobs_whose_input_cannot_be_used_are_left_out_and_told(qtui: Program) -> None:
    preset = qtui.preset(fail=1.0)
    (qtui.folder / "rows.csv").write_text("n,b\n1,2\n3\n")
    qtui.run("run", preset, "--input", "rows.csv")
    wrote = qtui.run("results", "sim", "--failed", "--as-preset", "again.toml")

    assert "1 failed job of run sim-" in wrote.stderr
    assert "1 job left out: its input cannot be used" in wrote.stderr
    assert "rows.csv line 3" in wrote.stderr
    assert (qtui.folder / "again.jsonl").read_text() == '{"n":"1","b":"2"}\n'


def test_only_unusable_input_writes_nothing(qtui: Program) -> None:
    (qtui.folder / "rows.csv").write_text("n,b\n3\n")
    qtui.run("run", qtui.preset(), "--input", "rows.csv")
    before = sorted(qtui.folder.iterdir())
    wrote = qtui.run("results", "sim", "--failed", "--as-preset", "again.toml")

    assert wrote.returncode == 0
    assert "nothing is written" in wrote.stderr
    assert sorted(qtui.folder.iterdir()) == before


def test_a_run_without_failures_says_so_and_writes_nothing(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=2))
    wrote = qtui.run("results", "--failed", "--as-preset", "again.toml")

    assert wrote.returncode == 0
    assert "has no failed jobs; nothing is written" in wrote.stderr
    assert not list(qtui.folder.glob("again*"))


@pytest.mark.parametrize("name", ["again.toml", "again.jsonl"])
def test_an_existing_file_is_never_touched(qtui: Program, name: str) -> None:
    qtui.run("run", qtui.preset(jobs=2, fail=1.0))
    (qtui.folder / name).write_text("mine")
    wrote = qtui.run("results", "--failed", "--as-preset", "again.toml")

    assert wrote.returncode == 74
    assert wrote.stderr == f"qtui: {name} exists already and is left as it is; choose another name\n"
    assert [path.read_text() for path in qtui.folder.glob("again*")] == ["mine"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--failed", "--as-preset", "missing/again.toml"], 74, "cannot write missing/again.toml: no such file"),
        (["--failed", "--as-preset", "again"], 2, "let it end in .toml"),
        (["--failed", "--as-preset", ".toml"], 2, "let it end in .toml"),
        (["--as-preset", "again.toml"], 2, "--as-preset needs --failed or --held"),
        (["--failed", "--as-preset", "again.toml", "--format", "csv"], 2, "--order and --format are for results"),
        (["nobody", "--failed", "--as-preset", "again.toml"], 2, "there is no run nobody"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(qtui: Program, words: list[str], code: int, said: str) -> None:
    qtui.run("run", qtui.preset(jobs=2, fail=1.0))
    wrote = qtui.run("results", *words)

    assert (wrote.returncode, wrote.stdout) == (code, "")
    assert said in wrote.stderr
    assert len(wrote.stderr.splitlines()) == 1
    assert not list(qtui.folder.glob("again*"))


def test_a_journal_without_its_preset_says_so(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=2, fail=1.0))
    journal: Path = next(qtui.state.glob(f"*/{FILE}"))
    with closing(sqlite3.connect(journal)) as db:
        db.execute("DELETE FROM meta WHERE k = 'preset_text'")
        db.commit()
    wrote = qtui.run("results", "--failed", "--as-preset", "again.toml")

    assert wrote.returncode == 2
    assert "has no preset in it" in wrote.stderr
