"""The journal that remembers nothing beyond the process."""

from __future__ import annotations

from qtui.core.events import Event
from qtui.core.queries import JobsQuery, Unknown
from qtui.core.seams import Journal
from qtui.journal.memory import MemoryJournal
from tests.journal.story import accepted, failed, lifetime, requeued, started


def told(*events: Event, kept: int = 100) -> MemoryJournal:
    journal = MemoryJournal(kept)
    for position, event in enumerate(events, 1):
        journal.append(position, event)
    return journal


def test_it_is_a_journal() -> None:
    journal: Journal = MemoryJournal()
    assert (journal.state, journal.backlog) == ("off", 0)


def test_it_acknowledges_inside_append() -> None:
    journal = MemoryJournal()
    seen: list[int] = []
    journal.on_commit = seen.append
    for position, event in enumerate(lifetime(1), 1):
        journal.append(position, event)
        assert seen[-1] == position


async def test_failed_jobs_can_be_given_another_round_once() -> None:
    events = [event for seq in (2, 1) for event in (accepted(seq), started(seq), failed(seq))]
    journal = told(*events)
    assert [final.job.seq for final in await journal.failed_jobs(None, 0, 10)] == [1, 2]
    assert [final.job.seq for final in await journal.failed_jobs("group http:503", 1, 10)] == [2]
    assert await journal.failed_jobs("another", 0, 10) == []
    journal.append(7, requeued(1))
    assert await journal.job(1) is None
    job = await journal.job(2)
    assert job is not None
    assert job.job.attempt == 1


async def test_memory_is_bounded() -> None:
    journal = told(*[failed(seq) for seq in range(1, 1_000)], kept=10)
    assert [final.job.seq for final in await journal.failed_jobs(None, 0, 100)] == list(range(990, 1_000))


async def test_it_answers_no_questions_and_says_so() -> None:
    journal = MemoryJournal()
    await journal.room()
    assert await journal.query(JobsQuery()) == Unknown("this run keeps no journal")
    await journal.close("finished")
