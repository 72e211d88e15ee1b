"""A run that halts where nobody can release it, and one that somebody releases from another terminal."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from pathlib import Path

from tests.cli.conftest import Program
from tests.wiring.stage import ends


def journaled(qtui: Program, kind: str) -> list[dict[str, object]]:
    (journal,) = qtui.state.glob("*/journal.db")
    with sqlite3.connect(journal) as db:
        return [
            json.loads(data) for (data,) in db.execute("SELECT data FROM event WHERE kind = ? ORDER BY id", (kind,))
        ]


def status(qtui: Program, run: str, until: str) -> str:
    deadline = time.monotonic() + 20
    while until not in (told := qtui.run("ctl", run, "status").stdout):
        assert time.monotonic() < deadline, told
    return told


def test_without_a_screen_a_halted_run_is_stopped_and_the_next_start_goes_on(qtui: Program) -> None:
    preset = qtui.preset(jobs=60, fail=1.0)
    run = qtui.run("run", preset, "--set", "halt.failures=6", "--set", "halt.of=20")

    assert run.returncode == 1, run.stderr
    assert run.stderr.count("stopped starting: 6 of the last 6 attempts failed") == 2, (
        run.stderr
    )  # then, and at the end
    assert "exit code 1: halted before the end" in run.stderr
    assert f"to go on: qtui run {Path(preset)} --set halt.failures=6 --set halt.of=20" in run.stderr
    assert [event["reason"] for event in journaled(qtui, "halted")] == ["6 of the last 6 attempts failed"]
    assert "nobody is here to release the run" in run.stderr
    failed = int(re.findall(r"(\d+) failed · ", run.stderr)[-1])
    assert 6 <= failed <= 9
    assert "interrupted" not in qtui.run("run", preset, "--dry-run").stdout, "what ran was finished"

    again = qtui.run("run", preset, "--set", "halt.failures=6", "--set", "job.simulate.fail=0.0", "--accept-plan")

    assert again.returncode == 1, again.stderr
    assert f"{60 - failed} done · {failed} failed" in again.stderr
    assert "some jobs failed" in again.stderr
    assert "stopped starting" not in again.stderr


def test_in_the_background_it_waits_for_a_release(qtui: Program) -> None:
    run = qtui.run("run", qtui.preset(jobs=500, fail=1.0), "--detach", "--set", "halt.consecutive=5").stdout.strip()
    halted = status(qtui, run, ": halted for ")
    assert re.search("Halted: stopped starting .*: 5 attempts in a row failed", halted)
    assert "· halted" in halted
    released = qtui.run("ctl", run, "release", "--reason", "the shop is well again")

    assert (released.returncode, released.stdout) == (0, "workers released\n")
    status(qtui, run, ": halted for ")
    assert qtui.run("ctl", run, "stop").returncode == 0
    ends(qtui.engines()[0])
    assert [event["reason"] for event in journaled(qtui, "release")] == ["the shop is well again"]
    assert len(journaled(qtui, "halted")) == 2
