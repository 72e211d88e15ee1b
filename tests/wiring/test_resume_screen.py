"""A screen on an unfinished run, with real processes: the plan first, and what was asked for is not forgotten."""

from __future__ import annotations

import json
import os
import signal

from tests.wiring.stage import Stage, ends


def test_the_plan_is_shown_before_an_unfinished_run_goes_on(stage: Stage) -> None:
    preset = stage.preset(jobs=2000)
    assert stage.run("run", preset, "--detach").returncode == 0
    stage.picture(lambda snap: snap.counts.done > 3)
    os.kill(pid := stage.record.pid, signal.SIGKILL)
    ends(pid)
    with stage.open(preset) as terminal:
        terminal.wait("is not finished")
        assert "interrupted run again" in terminal.text()
        stage.all_end()  # the one that asked for the plan has said so and goes
        terminal.press("r")
        terminal.wait("RUNNING")
        assert stage.picture().counts.done > 3
    assert len(stage.records()) == 1


def test_another_round_that_needs_consent_first_is_not_forgotten(stage: Stage) -> None:
    preset = stage.preset(jobs=6, latency="0s", fail=1.0)
    assert stage.run("run", preset).returncode == 1
    stage.preset(jobs=5, latency="0s", fail=0.0)
    with stage.open(preset, "--retry-failed") as terminal:
        terminal.wait("another round for 6 failed jobs")
        terminal.press("r")
        terminal.wait("FINISHED")
    (told,) = json.loads(stage.run("ls", "--json").stdout)
    assert (told["done"], told["failed"]) == (5, 1), "the one that is gone stays as it was"
