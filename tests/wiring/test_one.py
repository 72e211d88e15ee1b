"""One job of a preset or a run by itself: the same work, the same words, and no trace of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qtui.core.job import Done, Failed
from qtui.errors import UsageError
from qtui.wiring.one import Ended, as_json, head, result, run_one
from qtui.wiring.presets import Options
from tests.wiring.stage import Stage

SOURCE = """
[preset]
name = "one"
[[source]]
kind = "range"
stop = 5
[retry]
attempts = 3
[results]
path = "out.jsonl"
[job]
name = "number {n}"
key = "k{n}"
timeout = "1s"
"""
SHELL = (
    SOURCE
    + """
kind = "shell"
[job.shell]
command = ["sh", "-c", "echo out $1; echo err >&2; [ $1 != 3 ] || exit 3; [ $1 != 4 ] || sleep 9", "sh", "{n}"]
"""
)
PYTHON = SOURCE + 'kind = "python"\n[job.python]\nfunction = "qtui.demo.work:primes"\n'
SIMULATE = SOURCE + 'kind = "simulate"\n[job.simulate]\nlatency = "1ms"\nfail = 0.5\nretryable = 1.0\n'
HTTP = (
    SOURCE + 'kind = "http"\n[job.http]\nurl = "{site}/p/{n}"\nextract = { title = "h1::text" }\n[demo]\nsite = true\n'
)


def once(preset: str, job: str, folder: Path) -> Ended:
    path = folder / "one.toml"
    path.write_text(preset)
    return run_one(str(path), job, Options(), str(folder / "state"), lambda said: None)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("preset", "job", "given"),
    [
        (SHELL, "#2", {"exit": 0, "stdout": "out 2", "stderr": "err"}),
        (SHELL, "k1", {"stdout": "out 1"}),
        (SHELL, "number 5", {"stdout": "out 5"}),
        (PYTHON, "k2", {}),
        (HTTP, "k1", {"title": None}),
    ],
    ids=["shell", "by key", "by name", "python", "http"],
)
def test_a_job_of_every_kind_is_done_by_itself_and_leaves_nothing_behind(
    preset: str, job: str, given: dict[str, object], tmp_path: Path
) -> None:
    ended = once(preset, job, tmp_path)

    assert isinstance(ended.outcome, Done), ended.outcome
    assert ended.code == 0
    if given:
        value = ended.outcome.value
        assert isinstance(value, dict)
        assert given.keys() <= value.keys()
        assert all(value[name] == what for name, what in given.items() if what is not None)
    assert [path.name for path in tmp_path.iterdir()] == ["one.toml"]


def test_a_simulated_job_meets_the_fate_that_it_has_in_a_run(tmp_path: Path) -> None:
    fates = [type(once(SIMULATE, f"#{number}", tmp_path).outcome) for number in range(1, 6)]

    assert set(fates) == {Done, Failed}
    assert fates == [type(once(SIMULATE, f"k{number}", tmp_path).outcome) for number in range(1, 6)]


def test_a_failure_is_told_with_what_it_wrote_and_is_tried_once(tmp_path: Path) -> None:
    ended = once(SHELL, "3", tmp_path)

    assert (ended.code, result(ended)) == (1, "")
    assert "Exit 3: the command ended with exit code 3: err\n  err" in head(ended)
    told = json.loads(as_json(ended))
    assert (told["state"], told["code"], told["key"], told["fields"]["n"]) == ("failed", "exit:3", "k3", 3)


def test_the_timeout_of_the_preset_holds(tmp_path: Path) -> None:
    outcome = once(SHELL, "k4", tmp_path).outcome
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.detail) == ("timeout", "err")


@pytest.mark.parametrize(
    ("preset", "job", "said"),
    [
        (SHELL, "k11", "one.toml has 5 jobs and none is k11; did you mean k1?"),
        (SHELL, "#9", "has 5 jobs and none is #9; the first is k1"),
        (
            SHELL + '[[source]]\nkind = "range"\nstop = 2\n',
            "#1",
            "with several sources a job has a number only in a run; give its key",
        ),
        (SOURCE, "#1", "`qtui check` tells everything"),
    ],
)
def test_what_cannot_be_found_is_refused_with_what_there_is(preset: str, job: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        once(preset, job, tmp_path)
    assert said in str(refused.value)


def test_a_job_of_a_run_is_run_again_without_touching_the_run(stage: Stage) -> None:
    stage.write("sh.toml", SHELL.replace("sleep 9", "exit 4"))
    stage.run("run", "sh.toml")
    (run,) = [path for path in stage.state.iterdir() if path.is_dir()]
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    done, failed, unknown = (stage.run("run-one", run.name, job) for job in ("2", "k3", "77"))

    assert (done.returncode, failed.returncode, unknown.returncode) == (0, 1, 2)
    assert "stdout  out 2" in done.stdout
    assert "done after" in done.stderr
    assert "exit code 3" in failed.stderr
    assert f"run {run.name} has no job 77" in unknown.stderr
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
