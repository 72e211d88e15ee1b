"""`qtui results`: from the journal, in any shape, to readers of any patience."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from qtui.journal.schema import FILE
from tests.cli.conftest import Program


def test_a_live_run_shows_what_it_has_so_far(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="20ms"))
    assert run.stderr is not None
    next(line for line in run.stderr if "Backpressure on" in line)
    rows = [json.loads(line) for line in qtui.run("results", "--order", "submission").stdout.splitlines()]

    assert rows
    assert [row["n"] for row in rows] == sorted(row["n"] for row in rows)
    assert run.poll() is None


def test_a_reader_who_has_seen_enough_ends_it_quietly(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3_000, latency="0s"))
    printing = qtui.start("results")
    assert printing.stdout is not None
    assert printing.stderr is not None
    first = printing.stdout.readline()
    printing.stdout.close()

    assert json.loads(first)["n"]
    assert printing.stderr.read() == ""
    assert printing.wait(10) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_a_full_disk_is_one_sentence(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3))
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "qtui", "results"]
        done = subprocess.run(command, env=qtui.env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 74
    assert done.stderr == "qtui: the results cannot be written: No space left on device\n"


def test_the_newest_run_is_meant_when_none_is_named(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=1), "--set", "preset.name=older")
    qtui.run("run", qtui.preset(jobs=2), "--set", "preset.name=newer")

    assert len(qtui.run("results").stdout.splitlines()) == 2
    assert len(qtui.run("results", "older").stdout.splitlines()) == 1


def test_without_any_run_it_says_so(qtui: Program) -> None:
    done = qtui.run("results")

    assert (done.returncode, done.stdout) == (2, "")
    assert "there are no runs yet" in done.stderr


def test_a_damaged_journal_is_65_and_left_alone(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3))
    journal = next(qtui.state.glob(f"*/{FILE}"))
    damaged = b"not a journal" * 100
    journal.write_bytes(damaged)
    done = qtui.run("results")

    assert done.returncode == 65
    assert "Traceback" not in done.stderr
    assert journal.read_bytes() == damaged


def test_what_a_crashed_run_did_can_be_printed(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="20ms"))
    assert run.stderr is not None
    next(line for line in run.stderr if "Backpressure on" in line)
    os.kill(qtui.engines()[0], signal.SIGKILL)
    run.wait(10)

    assert qtui.run("results").returncode == 0
