"""What becomes of jobs that were in the air although the journal did not know it yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from qtui.core.events import Event
from qtui.journal import recovery, schema
from qtui.journal.flight import Flight
from qtui.journal.recovery import Policy
from qtui.journal.rows import Fold
from qtui.journal.store import Store
from tests.journal.story import STARTED, accepted, job, started


def crash_in_the_air(folder: Path, *events: Event) -> None:
    """An engine has saved `events` and begun job 1, and died before it could save that."""
    schema.create(folder / schema.FILE, {})
    store = Store(folder, None)
    store.begin()
    store.save(Fold(STARTED, lines=False).fold(list(enumerate(events, 1))))
    store.close()
    Flight(folder).begin(job(1))


def states(folder: Path, policy: Policy) -> dict[int, str]:
    """By number, after the recovery."""
    before = recovery.look(folder, STARTED)
    recovery.recover(folder, before, STARTED, policy, {})
    store = Store(folder, None)
    try:
        return {state.seq: state.state for state in store.states([1, 2])}
    finally:
        store.close()


@pytest.mark.parametrize("crashes", [1, 2])
def test_a_job_in_too_many_crashes_is_held_although_its_start_was_never_saved(tmp_path: Path, crashes: int) -> None:
    crash_in_the_air(tmp_path, accepted(1), accepted(2))
    for _ in range(1, crashes):
        assert states(tmp_path, Policy(crashes=crashes)) == {1: "pending", 2: "pending"}
        Flight(tmp_path).begin(job(1))
        store = Store(tmp_path, None)
        store.begin()
        store.close()
    assert states(tmp_path, Policy(crashes=crashes)) == {1: "held", 2: "pending"}


def test_with_on_crash_hold_a_job_whose_start_was_never_saved_has_not_begun(tmp_path: Path) -> None:
    crash_in_the_air(tmp_path, accepted(1), accepted(2), started(2))
    assert states(tmp_path, Policy(hold=True)) == {1: "pending", 2: "held"}
