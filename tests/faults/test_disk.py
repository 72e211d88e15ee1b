"""Disks that are full, failing, slow or forbidden: said in one sentence, survived where it can be, nothing lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qtui.core.snapshot import Snapshot
from qtui.journal.journal import BACKLOG
from qtui.journal.reader import open_reader
from tests.faults import tracing
from tests.faults.places import enlarge, fill_up, plain_user, read_only, small_disk
from tests.faults.promises import verify
from tests.faults.tracing import child, inject
from tests.journal.child import make
from tests.wiring.stage import Stage

JOBS = 300
CONCURRENCY = 4


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as place:
        yield place


def preset(stage: Stage, results: Path, jobs: int = JOBS) -> str:
    path = Path(stage.preset(jobs=jobs, latency="20ms"))
    path.write_text(f'{path.read_text()}[results]\npath = "{results}"\n')
    return str(path)


def begin(stage: Stage, source: str, *words: str) -> subprocess.Popen[bytes]:
    """`qtui run`, when it has done some jobs."""
    run = subprocess.Popen(
        stage.command("run", source, *words),
        cwd=stage.folder,
        env={**os.environ, **stage.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # `communicate` would not find what `readline` had read ahead
    )
    assert run.stderr is not None
    run.stderr.readline()  # it has started, so it can be asked
    stage.picture(lambda snap: snap.counts.done > 10)
    return run


def blocked_by(what: Path) -> Callable[[Snapshot], bool]:
    return lambda snap: snap.problem == f"disk full: nothing is lost, the run goes on when there is space for {what}"


def stands_still(stage: Stage, seen: Snapshot) -> None:
    """Nothing starts beyond the slots that had their job already, and the engine answers."""
    later = stage.picture(lambda snap: snap.elapsed_s > seen.elapsed_s + 1.5)
    assert later.counts.attempts - seen.counts.attempts <= CONCURRENCY
    last = stage.picture(lambda snap: snap.elapsed_s > later.elapsed_s + 1.0)
    assert last.counts.attempts == later.counts.attempts
    assert last.health.journal == "blocked"


def end(run: subprocess.Popen[bytes], timeout: float) -> str:
    """Wait for it; what it has told after its first line."""
    _, told = run.communicate(timeout=timeout)
    return told.decode()


def goes_on_to_its_end(stage: Stage, run: subprocess.Popen[bytes], results: Path) -> None:
    freed = time.monotonic()
    stage.picture(lambda snap: not snap.problem)
    assert time.monotonic() - freed < 15, "it should go on within two seconds, and this machine may be busy"
    told = end(run, 60)
    assert run.returncode == 0, told
    assert "disk full: nothing is lost" in told
    assert "the trouble is over" in told
    assert f"{JOBS} done" in told
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    assert len(lines) == len({line["key"] for line in lines}) == JOBS


def test_a_full_disk_stops_starting_and_the_run_goes_on_when_there_is_space(stage: Stage, disk: Path) -> None:
    stage.state = disk / "state"
    results = stage.folder / "results.jsonl"
    run = begin(stage, preset(stage, results), "--state", str(stage.state))
    fill_up(disk)
    stage.picture(blocked_by(stage.state / stage.record.run_id), 20)
    fill_up(disk)  # the space that the journal had reserved and has given back
    stands_still(stage, stage.picture())
    enlarge(disk)
    goes_on_to_its_end(stage, run, results)
    (folder,) = stage.state.iterdir()
    with open_reader(folder) as reader:
        assert reader.summary().done == JOBS
        assert reader.choose("completion", ["done"]) == len(list(reader.results())) == JOBS
    assert stage.record.state == "finished"


@pytest.mark.long
def test_a_full_disk_of_the_results_file_is_named_and_waited_for(stage: Stage, disk: Path) -> None:
    results = disk / "results.jsonl"
    run = begin(stage, preset(stage, results))
    fill_up(disk)
    stands_still(stage, stage.picture(blocked_by(results), 20))
    enlarge(disk)
    goes_on_to_its_end(stage, run, results)


@pytest.mark.long
def test_a_full_disk_lets_a_run_be_stopped_and_says_what_is_not_saved(stage: Stage, disk: Path) -> None:
    stage.state = disk / "state"
    run = begin(stage, preset(stage, stage.folder / "results.jsonl"), "--state", str(stage.state))
    fill_up(disk)
    stage.picture(blocked_by(stage.state / stage.record.run_id), 20)
    fill_up(disk)
    stage.picture(lambda snap: snap.health.journal_lag > 0)
    for _ in range(2):
        run.send_signal(signal.SIGINT)
        time.sleep(0.4)  # two presses so far apart are two presses
    told = end(run, 40)
    assert run.returncode == 74, told
    assert re.search(r"disk full: \d+ records could not be saved; their jobs run again", told), told
    (folder,) = stage.state.iterdir()
    with open_reader(folder) as reader:
        assert reader.summary().done > 10


def test_a_disk_that_is_full_at_the_start_is_refused(stage: Stage, disk: Path) -> None:
    (disk / "state").mkdir()
    fill_up(disk)
    done = stage.run("run", stage.preset(), "--state", str(disk / "state"))
    assert done.returncode == 74, done.stderr
    assert re.search(r"no space left|is full", done.stderr)
    assert "--state DIR" in done.stderr
    assert not list((disk / "state").iterdir())


# -- a disk that fails


@pytest.mark.parametrize(("call", "when"), [("fdatasync", 10), ("pwrite64", 60)])
def test_one_failed_call_is_repaired_by_writing_again(tmp_path: Path, call: str, when: int) -> None:
    tracing.needed()
    done = child(tmp_path, 3_000, before=inject(call, f"error=EIO:when={when}"))
    assert done.returncode == 0, done.stderr
    assert b"trying once more" in done.stderr
    assert verify(tmp_path) == 3_000


@pytest.mark.parametrize(("call", "when"), [("fdatasync", "15+"), ("pwrite64", "60+")])
def test_calls_that_go_on_failing_end_the_run_with_a_sentence(tmp_path: Path, call: str, when: str) -> None:
    tracing.needed()
    done = child(tmp_path, 10**9, before=inject(call, f"error=EIO:when={when}"))
    assert done.returncode == 74, done.stderr
    assert re.search(rb"failed: (the journal in|the results file) .* cannot be written: .*error", done.stderr)
    verify(tmp_path)


def test_a_run_whose_disk_goes_on_failing_ends_with_74_and_a_readable_journal(stage: Stage) -> None:
    tracing.needed()
    command = stage.command("run", stage.preset(jobs=100_000, latency="1ms"))
    done = subprocess.run(
        [*inject("fdatasync", "error=EIO:when=15+"), *command],
        cwd=stage.folder,
        env={**os.environ, **stage.env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 74, done.stderr
    assert "cannot be written: disk I/O error" in done.stderr
    with open_reader(stage.state / stage.record.run_id) as reader:
        summary = reader.summary()
    assert 0 < summary.done < 100_000
    assert "state" not in stage.run("results", "--failed").stderr


# -- a disk that is slow


@pytest.mark.long
def test_a_slow_disk_slows_the_run_down_and_takes_no_memory(tmp_path: Path) -> None:
    tracing.needed()
    jobs = 6_000
    make(tmp_path)
    done = child(tmp_path, jobs, "--made", before=inject("fdatasync", "delay_enter=700000"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert "slow" in told["states"]
    assert BACKLOG / 2 < told["backlog"] < BACKLOG + 1_000, "workers must wait, and only when they must"
    assert verify(tmp_path) == jobs


# -- a disk that forbids


def test_a_read_only_place_is_refused_with_the_remedy(stage: Stage) -> None:
    with read_only(stage.folder / "forbidden") as place:
        done = stage.run("run", stage.preset(), "--state", str(place / "state"))
        refused(done, place)


AS_SOMEBODY = """
import sys
from pathlib import Path
from qtui.errors import QtuiError
from qtui.journal.runs import new_run
try:
    new_run(Path(sys.argv[1]), name="bench", preset="bench.toml", started_at=0.0)
except QtuiError as error:
    print("qtui:", error, file=sys.stderr)
    sys.exit(error.exit_code)
"""
"""What `qtui run` does first; in one process, since somebody else may not be able to start this Python again."""


def test_a_place_of_somebody_else_is_refused_with_the_remedy(stage: Stage) -> None:
    place = stage.folder / "forbidden"
    place.mkdir(mode=0o755)
    for folder in list(place.parents)[:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)
    command = [*plain_user(place), sys.executable, "-c", AS_SOMEBODY, str(place / "state")]
    done = subprocess.run(
        command, env={**os.environ, **stage.env}, capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode == 1:
        pytest.skip(f"somebody else may not run this Python: {done.stderr.splitlines()[-1:]}")
    refused(done, place)


def refused(done: subprocess.CompletedProcess[str], place: Path) -> None:
    assert done.returncode == 74, done.stderr
    assert f"cannot keep runs in {place / 'state'}" in done.stderr
    assert done.stderr.rstrip().endswith("choose another place with --state DIR")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not list(place.iterdir())


def test_results_that_cannot_be_written_are_refused_before_anything_starts(stage: Stage) -> None:
    with read_only(stage.folder / "forbidden") as place:
        done = stage.run("run", preset(stage, place / "results.jsonl"))
        assert done.returncode == 74, done.stderr
        assert f"cannot write results to {place / 'results.jsonl'}: read-only file system" in done.stderr
        assert not stage.records(), "a run that never began leaves nothing"
