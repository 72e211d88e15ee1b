"""`qtui ls`: live, hanging, finished, stopped and crashed runs, the newest first."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

from tests.cli.conftest import Program


def detached(qtui: Program, name: str, *options: str) -> tuple[str, int]:
    """A run that goes on for long: its id and the process of its engine."""
    words = (*options, "--set", f"preset.name={name}", "--set", f"results.path={name}.jsonl", "--detach")
    started = qtui.run("run", qtui.preset(jobs=10_000, latency="50ms", name=f"{name}.toml"), *words)
    assert started.returncode == 0, started.stderr
    run_id = started.stdout.strip()
    return run_id, json.loads((qtui.state / run_id / "run.json").read_text())["pid"]


def told(qtui: Program) -> list[dict[str, Any]]:
    listed = qtui.run("ls", "--json")
    assert listed.returncode == 0, listed.stderr
    return list(json.loads(listed.stdout))


def test_how_runs_ended_is_told_the_newest_first(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=5, fail=1.0), "--set", "retry.attempts=1", "--set", "preset.name=one")
    run_id, pid = detached(qtui, "two")
    live = qtui.run("ls").stdout.splitlines()
    os.kill(pid, signal.SIGKILL)
    left = qtui.run("ls").stdout.splitlines()

    assert live[0].split() == ["RUN", "STATE", "STARTED", "ELAPSED", "DONE", "FAILED", "OF", "RATE", "LEFT", "PRESET"]
    assert live[1].split()[0] == run_id
    assert [line.split()[1] for line in live[1:]] == ["running", "finished"]
    assert live[2].split()[-4:-1] == ["0", "5", "5"]
    assert [line.split()[1] for line in left[1:3]] == ["crashed", "finished"]


def test_a_live_run_is_told_as_its_engine_says(qtui: Program) -> None:
    run_id, pid = detached(qtui, "live")
    assert qtui.run("ctl", run_id, "pause").returncode == 0
    (run,) = told(qtui)

    assert (run["run_id"], run["state"], run["live"], run["pid"]) == (run_id, "paused", True, pid)
    assert (run["total"], run["failed"], run["left"], run["resume"]) == (10_000, 0, "paused", "")
    assert run["done"] > 0
    assert run["elapsed_s"] > 0
    assert run["rate"] is not None


def test_an_engine_that_hangs_is_told_soon_and_the_others_with_it(qtui: Program) -> None:
    hung, pid = detached(qtui, "hung")
    well, _ = detached(qtui, "well")
    os.kill(pid, signal.SIGSTOP)
    try:
        states = {run["run_id"]: run["state"] for run in told(qtui)}
        table = qtui.run("ls", timeout=10).stdout
    finally:
        os.kill(pid, signal.SIGCONT)

    assert states == {hung: "not answering", well: "running"}
    assert "not answering" in table


def test_what_stopped_or_crashed_says_how_it_can_go_on(qtui: Program) -> None:
    older, pid = detached(qtui, "same")
    os.kill(pid, signal.SIGKILL)
    crashed, pid = detached(qtui, "same", "--fresh")
    os.kill(pid, signal.SIGKILL)
    runs = {run["run_id"]: run for run in told(qtui)}
    preset = str(qtui.folder / "same.toml")

    assert runs[crashed]["resume"] == f"qtui {preset}"
    assert runs[older]["resume"] == ""  # it was set aside
    assert qtui.run("ls").stdout.splitlines()[-1] == f"{crashed} can go on: qtui {preset}"


def test_what_is_no_run_is_left_out(qtui: Program) -> None:
    (qtui.state / "notes").mkdir(parents=True)
    (qtui.state / "a file").write_text("x")

    assert qtui.run("ls").stdout == "no runs yet; `qtui backpressure` starts one\n"
    assert told(qtui) == []
