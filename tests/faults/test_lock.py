"""Two engines never work on one run: the second is told who holds it, and a dead one holds nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from qtui.journal import lock, runs
from tests.wiring.stage import Stage, ends

HOLD = """
import sys
from pathlib import Path
from qtui.errors import QtuiError
from qtui.journal.runs import hold
try:
    held = hold(Path(sys.argv[1]))
except QtuiError as error:
    print("qtui:", error, file=sys.stderr)
    sys.exit(error.exit_code)
print("held", flush=True)
sys.stdin.read()
"""


def second(stage: Stage, folder: Path) -> subprocess.CompletedProcess[str]:
    """Another engine's first step, on the same run; it lets go at once where it may hold it."""
    return subprocess.run(
        [sys.executable, "-c", HOLD, str(folder)],
        env={**os.environ, **stage.env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def started(stage: Stage) -> Path:
    before = time.time()
    done = stage.run("run", stage.preset(jobs=100_000), "--detach")
    assert done.returncode == 0, done.stderr
    assert stage.record.started_at >= before - 1
    return stage.state / stage.record.run_id


def test_a_second_engine_on_a_live_run_is_refused_with_75_and_the_holder(stage: Stage) -> None:
    folder = started(stage)
    done = second(stage, folder)
    assert done.returncode == 75, (done.stdout, done.stderr)
    told = re.search(r"process (\d+) on \S+, since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", done.stderr)
    assert told, done.stderr
    assert int(told[1]) == stage.record.pid
    since = time.mktime(time.strptime(told[2], "%Y-%m-%d %H:%M:%S"))
    assert abs(since - stage.record.started_at) < 5
    stage.goes_on()


def test_of_many_engines_at_once_exactly_one_gets_the_run(stage: Stage) -> None:
    folder = started(stage)
    os.kill(pid := stage.record.pid, signal.SIGKILL)
    ends(pid)
    engines = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            env={**os.environ, **stage.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(5)
    ]
    holders = [engine for engine in engines if engine.stdout and engine.stdout.readline() == b"held\n"]
    for engine in engines:
        engine.communicate()
    assert len(holders) == 1
    assert sorted(engine.returncode for engine in engines) == [0, 75, 75, 75, 75]


def test_an_engine_that_was_killed_holds_nothing(stage: Stage) -> None:
    folder = started(stage)
    os.kill(pid := stage.record.pid, signal.SIGKILL)
    ends(pid)
    assert not lock.is_held(folder)
    done = second(stage, folder)
    assert (done.returncode, done.stdout) == (0, "held\n"), done.stderr


def test_a_child_of_the_engine_does_not_inherit_its_hold(tmp_path: Path) -> None:
    held = runs.new_run(tmp_path, name="bench", preset="bench.toml", started_at=0.0)
    # close_fds=False: what an engine starts carelessly must not keep its run locked after it
    with subprocess.Popen(["sleep", "60"], close_fds=False) as child:
        held.release()
        try:
            assert not lock.is_held(held.folder)
        finally:
            child.kill()


def test_two_runs_never_write_one_results_file(stage: Stage) -> None:
    source = Path(stage.preset(jobs=100_000))
    source.write_text(f'{source.read_text()}[results]\npath = "{stage.folder / "results.jsonl"}"\n')
    assert stage.run("run", str(source), "--detach").returncode == 0
    other = stage.write("other.toml", source.read_text().replace("bench", "other"))
    done = stage.run("run", other)
    assert done.returncode == 74, done.stderr
    assert "another run is writing it" in done.stderr
    assert len(stage.records()) == 1, "a run that never began leaves nothing"
    stage.goes_on()
