"""`qtui ls`: live, finished, stopped and crashed runs, the newest first."""

from __future__ import annotations

import os
import signal

from tests.cli.conftest import Program


def test_how_runs_ended_is_told_the_newest_first(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=5, fail=1.0), "--set", "retry.attempts=1", "--set", "preset.name=one")
    run_id = qtui.run("run", qtui.preset(jobs=10_000, latency="1s"), "--set", "preset.name=two", "--detach").stdout
    live = qtui.run("ls").stdout.splitlines()
    engine = live[1].split()[0]
    pid = next(pid for pid in qtui.engines() if os.path.exists(f"/proc/{pid}"))
    os.kill(pid, signal.SIGKILL)
    left = qtui.run("ls").stdout.splitlines()

    assert engine == run_id.strip()
    assert [line.split()[1] for line in live[1:]] == ["running", "finished"]
    assert live[2].split()[-4:-1] == ["0", "5", "5"]
    assert [line.split()[1] for line in left[1:]] == ["crashed", "finished"]


def test_what_is_no_run_is_left_out(qtui: Program) -> None:
    (qtui.state / "notes").mkdir(parents=True)
    (qtui.state / "a file").write_text("x")

    assert qtui.run("ls").stdout == "no runs yet; `qtui backpressure` starts one\n"
