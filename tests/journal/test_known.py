"""What a run knows, found by what it is."""

from __future__ import annotations

import time
from pathlib import Path

from qtui.core.events import GONE, Event, JobAccepted, JobCancelled
from qtui.core.job import Job
from qtui.journal.known import Known, Match, read_known
from tests.journal.lives import ended_well
from tests.journal.story import accepted, lifetime

FIRST, OTHER = 11, 22


def known(*jobs: tuple[str, int, int]) -> Known:
    found = Known(len(jobs))
    for key, seq, content in jobs:
        found.add(key, seq, content)
    return found


def by_key(seq: int, producer: int, key: str, row: str) -> tuple[str, int]:
    return key, FIRST


def test_a_row_is_new_the_same_or_changed() -> None:
    found = known(("a", 1, FIRST), ("b", 2, FIRST))

    assert found.take("a", FIRST) is Match.SAME
    assert found.take("b", OTHER) is Match.CHANGED
    assert found.last == 2
    assert found.take("c", FIRST) is Match.NEW


def test_a_job_matches_one_row() -> None:
    found = known(("a", 1, FIRST))

    assert [found.take("a", FIRST) for _ in range(2)] == [Match.SAME, Match.NEW]


def test_a_key_that_was_given_several_times_matches_as_many_rows() -> None:
    found = known(*(("a", seq, FIRST) for seq in (1, 2, 3)))
    told = []
    for _ in range(3):
        assert found.take("a", FIRST) is Match.SAME
        told.append(found.last)

    assert told == [1, 2, 3]
    assert found.take("a", FIRST) is Match.NEW


def test_of_several_jobs_with_one_key_the_one_of_the_same_content_is_taken() -> None:
    found = known(("a", 1, FIRST), ("a", 2, OTHER))

    assert (found.take("a", OTHER), found.last) == (Match.SAME, 2)
    assert (found.take("a", FIRST), found.last) == (Match.SAME, 1)


def test_of_several_jobs_with_another_content_the_first_added_is_changed() -> None:
    found = known(("a", 9, FIRST), ("a", 1, FIRST))

    assert (found.take("a", OTHER), found.last) == (Match.CHANGED, 9)


def test_the_rest_are_those_that_no_row_has_matched() -> None:
    found = known(("a", 1, FIRST), ("b", 2, FIRST), ("b", 3, FIRST), ("b", 4, FIRST))
    found.take("b", FIRST)
    found.take("b", FIRST)

    assert sorted(found.rest()) == [1, 4]


def test_what_was_run_again_as_something_else_is_not_gone() -> None:
    found = Known(3)
    found.add("a", 3, OTHER, final=True)
    found.add("a", 1, FIRST, final=True)
    found.add("b", 2, FIRST, final=True)
    found.take("a", OTHER)

    assert list(found.rest()) == [2]


def test_where_the_newest_is_gone_all_of_its_key_are() -> None:
    found = Known(2)
    found.add("a", 3, OTHER, final=True)
    found.add("a", 1, FIRST, final=True)

    assert sorted(found.rest()) == [1, 3]


def test_an_open_job_whose_row_is_gone_is_gone_whatever_has_its_key() -> None:
    found = Known(2)
    found.add("a", 3, OTHER, final=True)
    found.add("a", 1, FIRST)
    found.take("a", OTHER)

    assert list(found.rest()) == [1]


def test_after_a_restart_every_job_may_be_matched_again() -> None:
    found = known(("a", 1, FIRST), ("a", 2, FIRST))
    first = [found.take("a", FIRST) for _ in range(3)]
    found.restart()

    assert [found.take("a", FIRST) for _ in range(3)] == first == [Match.SAME, Match.SAME, Match.NEW]


def test_many_equal_lines_take_no_longer_than_others() -> None:
    number = 20_000
    found = Known(number)
    begun = time.process_time()
    for seq in range(number):
        found.add("the same", seq, FIRST)
    assert all(found.take("the same", FIRST) is Match.SAME for _ in range(number))

    assert time.process_time() - begun < 2.0  # side by side it is a hundred times as much
    assert found.take("the same", FIRST) is Match.NEW


def test_any_key_can_be_asked_for() -> None:
    keys = ["", "\0", "\ud800", "ä", "x" * 100_000, "a 1"]
    found = known(*((key, seq, FIRST) for seq, key in enumerate(keys, 1)))

    assert [found.take(key, FIRST) for key in keys] == [Match.SAME] * len(keys)
    assert len(found) == len(keys)


async def test_the_newest_job_of_a_key_stands_for_it(tmp_path: Path) -> None:
    job = Job(3, "key-1", "job 1", {"n": 3})
    folder = await ended_well(tmp_path, *lifetime(1), *lifetime(2), JobAccepted(3.0, job))
    found = read_known(folder, 3, by_key)
    found.take("key-1", FIRST)

    assert found.last == 3


async def test_a_row_that_was_gone_may_come_back(tmp_path: Path) -> None:
    story: list[Event] = [accepted(1), accepted(2), JobCancelled(1.0, 1, GONE), JobCancelled(1.0, 2, "you")]
    found = read_known(await ended_well(tmp_path, *story), 2, by_key)

    assert found.take("key-1", FIRST) is Match.NEW
    assert found.take("key-2", FIRST) is Match.SAME


async def test_each_job_is_known_by_its_own_producer(tmp_path: Path) -> None:
    told: list[tuple[int, str]] = []

    def content(seq: int, producer: int, key: str, row: str) -> tuple[str, int]:
        told.append((producer, row))
        return key, FIRST

    other = JobAccepted(0.0, Job(2, "b", "b", {"n": 2}, producer=1))
    read_known(await ended_well(tmp_path, accepted(1), other), 2, content)

    assert told == [(1, '{"n":2}'), (0, '{"n":1}')]
