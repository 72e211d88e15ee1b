"""Killed at any system call: nothing shown is lost, nothing is done twice, and the run goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults import tracing
from tests.faults.calls import kill_at
from tests.journal.child import PLAIN, How

HOWS = (PLAIN, How("submission", "csv"))


@pytest.fixture(autouse=True)
def _traced() -> None:
    tracing.needed()


def sampled(last: int, count: int) -> list[int]:
    return sorted(random.sample(range(1, last), count))


@pytest.mark.parametrize(
    ("call", "last", "count"), [("pwrite64", 150, 6), ("fdatasync", 40, 3), ("ftruncate", 7, 1), ("unlink", 4, 1)]
)
def test_a_run_killed_at_a_call_of_its_journal_loses_nothing_shown(
    tmp_path: Path, call: str, last: int, count: int
) -> None:
    for when in sampled(last, count):
        print(f"call {when}")  # pytest shows it when this fails
        folder = tmp_path / str(when)
        assert kill_at(folder, call, when, made=True, how=random.choice(HOWS)), (
            "it has fewer calls than before: sample fewer"
        )


@pytest.mark.parametrize(("call", "last", "count"), [("pwrite64", 30, 3), ("fsync", 3, 1), ("write", 12, 1)])
def test_a_run_killed_while_it_is_made_has_promised_nothing(tmp_path: Path, call: str, last: int, count: int) -> None:
    for when in sampled(last, count):
        print(f"call {when}")
        folder = tmp_path / str(when)
        folder.mkdir()
        assert kill_at(folder, call, when, made=False), "it has fewer calls than before: sample fewer"


def test_a_run_with_fewer_calls_survives_and_is_whole(tmp_path: Path) -> None:
    assert not kill_at(tmp_path / "case", "pwrite64", 10_000, made=True)
