"""`qtui run` when things go wrong around it: pipes, disks, terminals, impatient people and dead engines."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO

import pytest

from qtui.journal.runs import list_runs
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from tests.cli.conftest import Program

LATER_S = 0.35
"""Two presses so far apart are two presses; this spaces them and waits for nothing."""
FOREVER = ("--set", "job.simulate.latency=300s", "--set", "job.timeout=0")


def until(stream: IO[str] | None, text: str) -> str:
    """Read lines until one holds `text`."""
    assert stream is not None
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"the program ended without saying {text!r}")


def endless(qtui: Program, *words: str) -> subprocess.Popen[str]:
    """A run that works and goes on for hours."""
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="50ms"), *words)
    until(run.stderr, "Backpressure on")
    return run


def press(run: subprocess.Popen[str], says: str) -> None:
    time.sleep(LATER_S)
    run.send_signal(signal.SIGINT)
    until(run.stderr, says)


def state(qtui: Program) -> str:
    return qtui.run("ls").stdout.splitlines()[1].split()[1]


# -- Ctrl-C


def test_the_ladder_says_what_the_next_press_does(qtui: Program) -> None:
    run = endless(qtui, *FOREVER)
    press(run, "draining: 4 jobs running, the oldest for")
    press(run, "stopping: what runs is interrupted. Ctrl-C again kills the engine")
    rest = run.stderr.read() if run.stderr else ""

    assert run.wait(10) == 130
    assert "Stopped: 0 done, 10,000 left." in rest
    assert "exit code 130: stopped before the end" in rest
    assert state(qtui) == "stopped"


def test_what_it_did_itself_is_not_told_again(qtui: Program) -> None:
    run = endless(qtui)
    press(run, "draining")

    assert "draining" not in (run.stderr.read() if run.stderr else "")


def test_two_signals_of_one_press_count_once(qtui: Program) -> None:
    run = endless(qtui)
    for _ in range(5):
        run.send_signal(signal.SIGINT)
    said = run.stderr.read() if run.stderr else ""

    assert run.wait(10) == 130
    assert said.count("Ctrl-C again") == 1


def test_the_third_press_kills_an_engine_that_does_not_answer(qtui: Program) -> None:
    run = endless(qtui, *FOREVER)
    os.kill(qtui.engines()[0], signal.SIGSTOP)
    press(run, "draining")
    press(run, "stopping")
    press(run, "the engine was killed; what was done is kept: qtui results sim-")

    assert run.wait(10) == 130
    assert state(qtui) == "crashed"
    assert not list(qtui.folder.rglob("*.sock"))


# -- other signals


def test_a_terminated_run_says_so(qtui: Program) -> None:
    run = endless(qtui, "--stop-timeout", "0.1", *FOREVER)
    run.send_signal(signal.SIGTERM)
    said = run.stderr.read() if run.stderr else ""

    assert run.wait(10) == 143
    assert "exit code 143: terminated before the end" in said


def test_a_terminated_run_finishes_what_it_has_accepted(qtui: Program) -> None:
    run = endless(qtui)
    run.send_signal(signal.SIGTERM)
    said = run.stderr.read() if run.stderr else ""

    assert run.wait(10) == 143
    assert "0 running" not in said
    assert "interrupted" not in said


def test_a_hang_up_leaves_the_run_alone(qtui: Program) -> None:
    run = endless(qtui)
    run.send_signal(signal.SIGHUP)

    assert run.wait(10) == 129
    assert state(qtui) == "running"


# -- stdout


def test_a_reader_who_has_seen_enough_leaves_the_run_alone(qtui: Program) -> None:
    run = endless(qtui, "--json")
    assert run.stdout is not None
    assert json.loads(run.stdout.readline())["type"] == "run-started"
    run.stdout.close()
    said = run.stderr.read() if run.stderr else ""

    assert run.wait(10) == 141
    assert "nobody reads the events any more; the run goes on in the background: qtui attach sim-" in said
    assert "Traceback" not in said
    assert state(qtui) == "running"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_events_that_cannot_be_written_are_one_sentence_and_leave_the_run_alone(qtui: Program) -> None:
    preset = qtui.preset(jobs=10_000, latency="1s")
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "qtui", "run", preset, "--json"]
        run = subprocess.run(command, cwd=qtui.folder, env=qtui.env, stdout=full, stderr=subprocess.PIPE, check=False)
    said = run.stderr.decode()

    assert run.returncode == 74
    assert "the events cannot be written: No space left on device; the run goes on" in said
    assert "Traceback" not in said
    assert state(qtui) == "running"


def test_ctrl_c_works_while_a_pager_holds_the_events_up(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=1_000_000, latency="1ms"), "--json")
    assert run.stdout is not None
    fcntl.fcntl(run.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)  # nobody reads it: it is full at once
    until(run.stderr, "Backpressure on")
    press(run, "draining")
    until(run.stderr, "Stopped")
    time.sleep(LATER_S)
    run.send_signal(signal.SIGINT)  # does without the rest of the events

    assert run.wait(10) == 130


def test_no_event_is_lost_between_the_first_and_the_last(qtui: Program) -> None:
    done = qtui.run("run", qtui.preset(jobs=3_000, latency="0s"), "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]

    assert not [event for event in events if event["type"] == "missed"]
    assert [sum(event["type"] == kind for event in events) for kind in ("accepted", "started", "ended")] == [3_000] * 3
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


@pytest.mark.parametrize("words", [(), ("--json",), ("--detach",)])
def test_closed_streams_are_no_reason_to_fail(qtui: Program, words: tuple[str, ...]) -> None:
    command = " ".join([sys.executable, "-m", "qtui", "run", qtui.preset(jobs=3), *words])
    shell = ["/bin/sh", "-c", f"{command} >&- 2>&-"]

    assert subprocess.run(shell, cwd=qtui.folder, env=qtui.env, check=False).returncode == 0


# -- other faces and the engine


async def test_a_second_face_keeps_the_engine_but_not_the_first_face(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=30, latency="100ms"))
    until(run.stderr, "Backpressure on")
    record = json.loads(next(qtui.state.glob("*/run.json")).read_text())
    port = await LinkPort.connect(Path(record["socket"]), Hello(VERSION, name="second"))
    code = await asyncio.to_thread(run.wait, 15)
    [run_entry] = list_runs(qtui.state)  # by its lock: the engine lives
    await port.close()

    assert (code, run_entry.state) == (0, "running")


def test_a_killed_engine_is_named_with_its_log(qtui: Program) -> None:
    run = endless(qtui)
    os.kill(qtui.engines()[0], signal.SIGKILL)
    said = run.stderr.read() if run.stderr else ""
    log = Path(said.split("its log is ")[1].splitlines()[0])

    assert run.wait(10) == 70
    assert "the engine is gone (killed by SIGKILL); what was done is kept: qtui results sim-" in said
    assert log.name == "engine.log"
    assert log.exists()


def test_a_refusal_leaves_stdout_empty(qtui: Program) -> None:
    bad = qtui.folder / "bad.toml"
    bad.write_text('[preset]\nname = "x"\n[job]\nkind = "htp"\n')
    done = qtui.run("run", str(bad), "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert 'kind = "htp"' in done.stderr


# -- the terminal


def on_terminal(qtui: Program, *words: str, columns: int = 100, term: str = "xterm") -> tuple[int, str]:
    """Run with stderr on a terminal and stdout in a pipe; the exit code, and all that the terminal got."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    command = [sys.executable, "-m", "qtui", "run", *words]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": follower}
    with subprocess.Popen(command, cwd=qtui.folder, env={**qtui.env, "TERM": term}, **streams) as run:  # type: ignore[call-overload]
        os.close(follower)
        got = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the last holder of the terminal has gone
                break
            got += chunk
        os.close(leader)
    return run.returncode, got.decode()


def test_a_terminal_sees_one_line_that_is_gone_at_the_end(qtui: Program) -> None:
    code, drawn = on_terminal(qtui, qtui.preset(jobs=60, latency="20ms"), "--json", columns=50)
    *lines, last = drawn.split("\r\x1b[K")
    frames = "".join(lines).split("\r")

    assert code == 0
    assert any("/60" in frame for frame in frames)
    assert all(len(frame.partition("\x1b[K")[0]) < 50 for frame in frames)
    assert last.startswith("sim: finished after")


@pytest.mark.parametrize(("words", "term"), [(("--plain",), "xterm"), ((), "dumb")])
def test_lines_instead_where_a_line_cannot_be_rewritten_or_is_not_wanted(
    qtui: Program, words: tuple[str, ...], term: str
) -> None:
    code, said = on_terminal(qtui, qtui.preset(jobs=20), *words, term=term)

    assert code == 0
    assert "\x1b" not in said
    assert said.startswith("Running: sim, 4 workers, a queue for 8, 20 jobs. ")
