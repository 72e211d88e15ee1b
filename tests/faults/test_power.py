"""The power fails: what was shown before is there when it returns, and the results file is that of the journal."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults import power, tracing

STATES = 150


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> power.Recording:
    tracing.needed()
    return power.record(tmp_path_factory.mktemp("power"))


def test_after_a_power_cut_nothing_shown_is_lost(recording: power.Recording, tmp_path: Path) -> None:
    problems = power.lost(recording, STATES, random.randrange(10**6), tmp_path)
    assert not problems, f"{len(problems)} states, e.g. {problems[0]}"


def test_a_run_with_too_few_syncs_loses_what_was_shown(tmp_path: Path) -> None:
    """Or the test above would prove nothing."""
    tracing.needed()
    problems = power.lost(power.record(tmp_path, *power.NORMAL), STATES, 1, tmp_path)
    assert len([problem for problem in problems if "shown as done and lost" in problem]) > STATES // 10


def test_once_begun_a_run_writes_no_rollback_journal(recording: power.Recording) -> None:
    """A file that has one cannot be read by `qtui ls` or `qtui results` before somebody who may write opens it."""
    begun = next(at for at, moment in enumerate(recording.moments) if moment.call.name == "stdout")
    names = {moment.call.path.name for moment in recording.moments[begun:]}
    assert "journal.db-wal" in names
    assert not {name for name in names if name.endswith("-journal")}


def test_the_recording_is_the_whole_truth(recording: power.Recording, tmp_path: Path) -> None:
    """With every write kept, replaying it gives the files that the run really left."""
    disk = power.Disk()
    for moment in recording.moments:
        disk.replay(moment)
    left = {path: path.read_bytes() for path in recording.folder.rglob("*") if path.is_file()}
    assert {Path(path): content for path, content in disk.now().items()} == left
