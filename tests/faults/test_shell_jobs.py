"""Real engines with real commands: many short ones, and nothing left of any of them however the engine ends."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.conftest import Program, qtui  # noqa: F401  # the fixture
from tests.faults.test_python_jobs import preset as python_preset
from tests.faults.test_shutdown import KILLED_S, press, until, wait
from tests.wiring.stage import ends, processes

PRESET = """
[preset]
name = "commands"
[[source]]
kind = "range"
stop = {stop}
[workers]
concurrency = 4
[job]
kind = "shell"
timeout = 0
[job.shell]
command = ["/bin/sh", "-c", '''{script}''', "sh", "{{n}}"]
[retry]
attempts = 1
[results]
path = "results.jsonl"
"""
LINGERING = """
trap '' TERM INT HUP
echo $$ > $1.leader
sleep 1000 & echo $! > $1.child
setsid sh -c 'trap "" TERM INT HUP; echo $$ > '$1'.session; while :; do sleep 1000; done' &
while :; do sleep 1000; done
"""
KINDS = ("leader", "child", "session")


def preset(program: Program, script: str, stop: int) -> str:
    path = program.folder / "commands.toml"
    path.write_text(PRESET.format(script=script, stop=stop))
    return str(path)


def left(program: Program) -> list[int]:
    """Whatever still runs that was started by a run in this folder, engines included."""
    mark = os.fsencode(program.state)
    found = []
    for pid, words in processes():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if words and mark in environment:
            found.append(pid)
    return found


def lingering(program: Program, number: int) -> list[int]:
    """The processes of `number` commands that do not end, once they all run."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        files = [program.folder / f"{n}.{kind}" for n in range(1, number + 1) for kind in KINDS]
        told = [file.read_text().strip() if file.exists() else "" for file in files]
        if all(told):
            return [int(pid) for pid in told]
        time.sleep(0.02)  # commands set no event of ours
    raise AssertionError("the commands did not start")


@pytest.mark.parametrize("jobs", [500, pytest.param(5000, marks=pytest.mark.long)])
def test_every_one_of_many_short_commands_runs_once_and_none_is_left(qtui: Program, jobs: int) -> None:  # noqa: F811
    done = qtui.run("run", preset(qtui, "echo $1 >> ran; echo out $1", jobs), timeout=jobs / 20 + 20)

    assert done.returncode == 0, done.stderr
    assert Counter((qtui.folder / "ran").read_text().split()) == Counter(str(n) for n in range(1, jobs + 1))
    assert sorted(str(row["stdout"]) for row in qtui.results()) == sorted(f"out {n}" for n in range(1, jobs + 1))
    assert left(qtui) == []


def test_no_process_of_a_command_outlives_an_engine_that_is_killed(qtui: Program) -> None:  # noqa: F811
    qtui.start("run", preset(qtui, LINGERING, 4))
    pids = lingering(qtui, 4)
    (engine,) = qtui.engines()
    os.kill(engine, signal.SIGKILL)

    for pid in pids:
        ends(pid, 5)


@pytest.mark.parametrize("presses", [2, 3])
def test_no_process_of_a_command_that_ignores_term_outlives_a_run_that_is_ended_by_presses(
    qtui: Program,  # noqa: F811
    presses: int,
) -> None:
    run = qtui.start("run", preset(qtui, LINGERING, 4))
    pids = lingering(qtui, 4)
    for says in ("Ctrl-C again interrupts them", "Ctrl-C again kills the engine", "killing the engine")[:presses]:
        press(run, says)

    assert wait(run, 6 if presses == 2 else KILLED_S) == 130
    for pid in pids:
        ends(pid, 2)
    assert left(qtui) == []


def test_no_worker_that_never_returns_outlives_a_run_that_is_ended_by_three_presses(qtui: Program) -> None:  # noqa: F811
    run = qtui.start("run", python_preset(qtui, "spin"))
    until(run, "Running")
    end = time.monotonic() + 15
    while not (qtui.folder / "pid").exists():
        assert time.monotonic() < end
        time.sleep(0.02)  # the function says no more than that
    for says in ("Ctrl-C again interrupts them", "Ctrl-C again kills the engine"):
        press(run, says)
    run.send_signal(signal.SIGINT)

    assert wait(run, KILLED_S) == 130
    ends(int((qtui.folder / "pid").read_text()), 2)
    assert left(qtui) == []


def test_a_timeout_ends_a_command_and_everything_it_has_started(qtui: Program) -> None:  # noqa: F811
    words = ("--set", "job.timeout=1s", "--set", "job.shell.grace=200ms", "--json")
    done = qtui.run("run", preset(qtui, "echo before; " + LINGERING, 2), *words)
    failed = [event["outcome"] for event in map(json.loads, done.stdout.splitlines()) if event["type"] == "ended"]

    told = {(outcome["code"], outcome["message"], outcome["detail"]) for outcome in failed}
    assert told == {("timeout", "no result after 1.0s", "before")}
    for pid in lingering(qtui, 2):
        ends(pid, 2)
