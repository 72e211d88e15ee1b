"""250 simulated runs, and 60 with limits, keep the promises through crashes; planted faults are each found soon."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from qtui.core import halt
from qtui.core.events import JobDropped
from qtui.core.job import Job
from qtui.engine.lanes import Hosts
from qtui.engine.limits import RateLimit
from qtui.engine.starts import Starts
from qtui.journal import outflow, recovery, results
from qtui.journal.results import ResultsFile
from qtui.journal.rows import Fold
from tests.faults import lives_form
from tests.faults.lives import Lives, live
from tests.faults.lives_form import Form
from tests.faults.lives_journal import SimJournal

CHUNK = 50
ENOUGH = 200
"""Seeds within which a planted fault must be found."""


@pytest.mark.parametrize("first", range(0, 250, CHUNK))
def test_the_promises_hold_through_simulated_lives(first: int) -> None:
    for seed in range(first, first + CHUNK):
        live(seed)


@pytest.mark.parametrize("seed", [3287, 7536])
def test_after_a_full_disk_a_job_that_may_be_held_still_waits_until_its_start_is_saved(seed: int) -> None:
    live(seed)


@pytest.mark.parametrize("first", range(0, 60, 30))
def test_the_promises_and_the_limits_hold_through_simulated_lives(first: int) -> None:
    for seed in range(first, first + 30):
        live(seed, limited=True)


@pytest.mark.parametrize("form", [None, lives_form.draw(random.Random(1))])
def test_a_seed_gives_the_same_history_again(tmp_path: Path, form: Form | None) -> None:
    told = []
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        lives = Lives(4, tmp_path / name, form)
        lives.run()
        told.append((lives.story, lives.world.starts, lives.world.effects, lives.world.wall))
    assert told[0] == told[1]


def found(*, limited: bool = False, first: int = 0) -> str:
    """What the first seed from `first` on says that is not kept."""
    for seed in range(first, ENOUGH):
        try:
            live(seed, limited=limited)
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


def test_a_host_that_is_asked_too_often_at_once_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    started = Hosts.started

    def forgetful(hosts: Hosts, job: Job, now: float) -> None:
        started(hosts, job, now)
        hosts.of(job).running -= 1

    monkeypatch.setattr(Hosts, "started", forgetful)
    assert re.search("LIMIT: . at once for |HOST: ", found(limited=True))


def test_a_start_against_the_rate_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RateLimit, "spend", lambda limit, now: None)
    assert "LIMIT: " in found(limited=True)


def test_a_wake_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Starts, "_arm", lambda starts, when, now: None)
    assert "STUCK: " in found(limited=True, first=1)  # in seed 0 only the end is late, which takes long to find


def test_a_job_that_is_dropped_and_not_counted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped = Fold._dropped

    def silent(fold: Fold, event: JobDropped) -> None:
        dropped(fold, event)
        fold._totals.lost -= 1

    monkeypatch.setattr(Fold, "_dropped", silent)
    assert "were lost to a full queue, 0 are counted" in found(limited=True)


def test_a_run_that_halts_too_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = halt.reason
    monkeypatch.setattr(halt, "reason", lambda policy, tally: reason(policy, tally) if tally.ended > 6 else "")
    assert "started after too many failures" in found(limited=True)


def test_results_that_overtake_each_other_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "OPEN", frozenset())
    assert "G6: " in found(limited=True)
