"""500 simulated runs keep the promises through crashes; three planted faults are each found within 200."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.journal import recovery, results
from qtui.journal.results import ResultsFile
from tests.faults.lives import Lives, live
from tests.faults.lives_journal import SimJournal

CHUNK = 100
ENOUGH = 200
"""Seeds within which a planted fault must be found."""


@pytest.mark.parametrize("first", range(0, 500, CHUNK))
def test_the_promises_hold_through_simulated_lives(first: int) -> None:
    for seed in range(first, first + CHUNK):
        live(seed)


@pytest.mark.parametrize("seed", [3287, 7536])
def test_after_a_full_disk_a_job_that_may_be_held_still_waits_until_its_start_is_saved(seed: int) -> None:
    live(seed)


def test_a_seed_gives_the_same_history_again(tmp_path: Path) -> None:
    told = []
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        lives = Lives(4, tmp_path / name)
        lives.run()
        told.append((lives.story, lives.world.starts, lives.world.effects, lives.world.wall))
    assert told[0] == told[1]


def found() -> str:
    """What the first seed says that is not kept."""
    for seed in range(ENOUGH):
        try:
            live(seed)
        except AssertionError as error:
            return str(error)
    return ""


def test_an_acknowledgement_before_the_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = SimJournal.commit

    def hasty(journal: SimJournal) -> None:
        if journal._waiting:
            journal.on_commit(journal._waiting[-1][0])
        commit(journal)

    monkeypatch.setattr(SimJournal, "commit", hasty)
    assert "G3: " in found()


def test_results_that_are_not_cut_at_the_committed_offset_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def uncut(path: Path, offset: int) -> ResultsFile:
        return ResultsFile(path, results._open(path), offset)

    monkeypatch.setattr(ResultsFile, "resumed", uncut)
    assert "G6: " in found()


def test_a_recovery_that_leaves_out_what_was_running_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "OPEN", "('pending', 'waiting')")
    assert "an attempt of a dead engine still runs" in found()
