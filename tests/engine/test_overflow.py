"""A full queue on virtual time: who waits, who is lost, and what a person can do about it."""

from __future__ import annotations

import pytest

from qtui.core import events as ev
from qtui.core.commands import Drain, RetryFailed, RetryJob, SetCapacity
from qtui.core.ending import exit_words
from qtui.core.past import OpenJob, Past
from qtui.core.snapshot import RunState
from tests.engine.rig import Rig, sleeping


def numbers(rig: Rig, kind: type) -> list[int]:
    return [event.job.seq for event in rig.of(kind)]  # type: ignore[attr-defined]


def done(rig: Rig) -> list[int]:
    return sorted(event.job.seq for event in rig.of(ev.AttemptEnded) if event.then == "done")  # type: ignore[attr-defined]


async def test_drop_new_cancels_what_finds_no_room() -> None:
    async with Rig(sleeping(10), jobs=20, capacity=3, concurrency=2, overflow="drop-new") as rig:
        assert await rig.ended() is RunState.FINISHED

    counts = rig.snap.counts
    assert done(rig) == [1, 2, 3, 4, 5], "two slots and a queue of three take the first five"
    assert (counts.accepted, counts.done, counts.cancelled, counts.lost) == (20, 5, 15, 15)
    assert (counts.dropped, exit_words(rig.snap)) == (15, "all done but 15 dropped by a full queue")
    assert rig.snap.queue.high_water == 3


async def test_drop_old_cancels_the_oldest_and_keeps_the_newest() -> None:
    async with Rig(sleeping(10), jobs=20, capacity=3, concurrency=2, overflow="drop-old") as rig:
        assert await rig.ended() is RunState.FINISHED

    assert done(rig) == [1, 2, 18, 19, 20]
    assert numbers(rig, ev.JobDropped) == list(range(3, 18))
    assert rig.snap.counts.cancelled == rig.snap.counts.lost == 15
    assert rig.snap.queue.high_water == 3


async def test_reject_fails_the_offered_job_without_an_attempt() -> None:
    async with Rig(sleeping(10), jobs=20, capacity=3, concurrency=2, overflow="reject") as rig:
        assert await rig.ended() is RunState.FINISHED

        (group,) = rig.snap.failures
        assert (group.title, group.message, group.jobs) == ("Rejected", "the queue was full", 15)
        assert len(rig.of(ev.AttemptStarted)) == 5
        assert (rig.snap.counts.failed, rig.snap.counts.lost, rig.snap.counts.dropped) == (15, 15, 0)


@pytest.mark.parametrize("overflow", ["drop-new", "drop-old", "reject"])
async def test_retries_of_a_person_wait_for_room_and_are_never_dropped(overflow: str) -> None:
    async with Rig(sleeping(10), jobs=20, capacity=3, concurrency=2, overflow=overflow) as rig:
        await rig.ended()
        lost = numbers(rig, ev.JobDropped)
        for seq in lost:
            assert (await rig.ask(RetryJob(seq))).ok
        await rig.ended()

    assert done(rig) == list(range(1, 21))
    assert numbers(rig, ev.JobDropped) == lost
    assert (rig.snap.counts.done, rig.snap.counts.lost) == (20, 15), "what was lost once stays counted"


async def test_rejected_jobs_are_retried_as_a_group() -> None:
    async with Rig(sleeping(1), jobs=20, capacity=3, concurrency=2, overflow="reject") as rig:
        await rig.ended()
        assert (await rig.ask(RetryFailed())).ok
        await rig.ended()

        assert rig.snap.counts.done == 20
        assert rig.snap.failures[0].jobs == 0
        assert rig.snap.failures[0].recovered == 15


async def test_a_retry_that_is_pending_is_not_the_oldest_that_goes() -> None:
    past = Past(accepted=1, cancelled=0, last_seq=0)
    async with Rig(
        sleeping(10), jobs=6, source_rate=1.0, capacity=1, concurrency=1, overflow="drop-old", past=past
    ) as rig:
        await rig.after(2.5)  # 1 runs; 2 was pushed out by 3
        assert numbers(rig, ev.JobDropped) == [2]
        await rig.ask(RetryJob(2))
        await rig.ask(SetCapacity(2))  # the retry enters
        await rig.ended()

    assert 2 in done(rig)
    assert numbers(rig, ev.JobDropped).count(2) == 1


async def test_nothing_is_dropped_while_the_queue_has_room() -> None:
    async with Rig(sleeping(1), jobs=20, source_rate=1.0, capacity=3, concurrency=2, overflow="drop-new") as rig:
        await rig.ended()

    assert rig.snap.counts.lost == 0
    assert rig.snap.counts.done == 20


async def test_a_closed_gate_makes_offers_wait_and_loses_none() -> None:
    async with Rig(sleeping(10), jobs=20, source_rate=1.0, capacity=1, concurrency=1, overflow="drop-new") as rig:
        await rig.after(0.5)
        await rig.ask(Drain())
        await rig.ended()

        assert rig.snap.counts.lost == 0
        assert rig.snap.counts.accepted == 1


async def test_a_resumed_run_goes_on_behind_what_was_lost() -> None:
    past = Past(accepted=8, done=2, cancelled=6, lost=6, last_seq=8, given=[8])
    async with Rig(sleeping(1), jobs=10, source_rate=1.0, overflow="drop-new", past=past) as rig:
        await rig.ended()

        assert [event.job.row["n"] for event in rig.of(ev.JobAccepted)] == [9, 10]  # type: ignore[attr-defined]
        assert (rig.snap.counts.accepted, rig.snap.counts.lost, rig.snap.counts.dropped) == (10, 6, 6)


async def test_jobs_of_an_earlier_life_above_the_capacity_are_not_dropped_by_coming_back() -> None:
    from tests.journal.story import job

    past = Past(accepted=5, last_seq=5, given=[5], open=[OpenJob(job(seq), waiting=False) for seq in range(1, 6)])
    async with Rig(sleeping(1), jobs=5, capacity=2, concurrency=1, overflow="drop-old", past=past) as rig:
        await rig.ended()

        assert rig.snap.counts.done == 5
        assert rig.snap.counts.lost == 0
