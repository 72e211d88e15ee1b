"""Real engines with functions that stall the loop, never end, or lose their engine."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

from tests.cli.conftest import Program, qtui  # noqa: F401  # the fixture
from tests.wiring.stage import Stage, descendants, ends

MILL = """
import os, time

def stall(n):
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        pass

def long_stall(n):
    end = time.monotonic() + 5
    while all(time.monotonic() < end for _ in range(1000)):
        pass

def spin(n):
    open("pid", "w").write(str(os.getpid()))
    print("here I am", flush=True)
    while True:
        pass
"""
PRESET = """
[preset]
name = "mill"
[[source]]
kind = "range"
stop = 1
[workers]
executor = "{executor}"
[job]
kind = "python"
timeout = "{timeout}"
[job.python]
function = "mill:{function}"
path = "."
[retry]
attempts = 1
"""


def preset(program: Program, function: str, *, executor: str = "auto", timeout: str = "60s") -> str:
    (program.folder / "mill.py").write_text(MILL)
    path = program.folder / "mill.toml"
    path.write_text(PRESET.format(function=function, executor=executor, timeout=timeout))
    return str(path)


def appears(program: Program, pattern: str, within: float) -> str:
    end = time.monotonic() + within
    while time.monotonic() < end:
        for path in program.folder.glob(pattern):
            if text := path.read_text():
                return text
        time.sleep(0.02)  # the engine cannot tell: it is held up
    raise AssertionError(f"no {pattern}")


def test_code_that_blocks_the_loop_is_named_while_it_does_and_told_afterwards(qtui: Program) -> None:  # noqa: F811
    running = qtui.start("run", preset(qtui, "stall", executor="local"), "--json")
    told = appears(qtui, "state/*/stalled", 10)
    seen = time.time()
    out, _ = running.communicate(timeout=30)

    since, where = told.split(" ", 1)
    assert seen - float(since) < 1.5
    assert where.startswith("mill.py:")
    assert where.endswith(" in stall()")
    notices = [line for line in map(json.loads, out.splitlines()) if "the loop was blocked" in json.dumps(line)]
    assert len(notices) == 1
    assert "suspended" not in out
    assert not list(qtui.folder.glob("state/*/stalled"))


def test_the_screen_names_what_blocks_the_loop_and_forgets_it_when_it_is_over(stage: Stage) -> None:
    (stage.folder / "mill.py").write_text(MILL)
    source = stage.write("mill.toml", PRESET.format(function="long_stall", executor="local", timeout="60s"))
    with stage.open(source) as screen:
        screen.wait("LOOP BLOCKED")
        screen.wait(re.compile(r"the loop has been blocked for 3 s by mill\.py:\d+ in long_stall\(\)"))
        screen.wait_gone("LOOP BLOCKED")


def test_a_busy_loop_in_a_worker_is_ended_by_the_timeout_which_tells_what_it_printed(qtui: Program) -> None:  # noqa: F811
    done = qtui.run("run", preset(qtui, "spin", timeout="1s"), "--json")
    ends(int(Path(qtui.folder / "pid").read_text()))

    assert done.returncode == 1
    (failed,) = [event["outcome"] for event in map(json.loads, done.stdout.splitlines()) if event["type"] == "ended"]
    assert (failed["code"], failed["detail"]) == ("timeout", "it printed:\nhere I am")


def test_workers_end_with_an_engine_that_is_killed(qtui: Program) -> None:  # noqa: F811
    qtui.start("run", preset(qtui, "spin"))
    worker = int(appears(qtui, "pid", 10))
    (engine,) = qtui.engines()
    assert worker in descendants(engine)
    os.kill(engine, signal.SIGKILL)

    ends(worker)
