"""A retry taken back: what has not started since is what it was, what has started goes on, and no more is given."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.commands import (
    Command,
    Hold,
    PutBack,
    Redo,
    Release,
    RetryFailed,
    RetryGroup,
    RetryJob,
    RetryJobs,
    SetAsideJobs,
    SetConcurrency,
    Undo,
)
from qtui.core.snapshot import RunState
from tests.engine.rig import Rig
from tests.engine.test_job_controls import Sick

ALL = range(1, 13)


async def failed(rig: Rig) -> None:
    """Every job has failed, and nothing starts for now."""
    await rig.ended()
    await rig.ask(Hold())


@pytest.mark.parametrize("strategy", ["pool", "semaphore"])
@pytest.mark.parametrize(
    "retry",
    [RetryJob(1), RetryJobs([1, 3]), RetryFailed(), RetryGroup("http:503 no"), RetryFailed(probe=True)],
    ids=lambda retry: type(retry).__name__,
)
async def test_a_retry_that_has_not_started_leaves_no_trace(retry: Command, strategy: str) -> None:
    sick = Sick(*ALL)
    async with Rig(sick, jobs=12, capacity=4, strategy=strategy) as rig:
        await failed(rig)
        await rig.ask(SetAsideJobs([1]))
        before, groups = rig.snap.triage, rig.snap.failures
        reply = await rig.ask(retry)
        await rig.after(1)
        assert reply.undo
        assert rig.snap.state is RunState.RUNNING
        taken_back = await rig.ask(Undo())
        await rig.ended()

        assert "put back" in taken_back.text or "stay as they were" in taken_back.text
        assert (rig.snap.counts.failed, rig.snap.counts.pending, rig.snap.triage) == (12, 0, before)
        assert [(g.signature, g.jobs, g.retrying) for g in rig.snap.failures] == [
            (g.signature, g.jobs, 0) for g in groups
        ]
        assert {final.signature for final in rig.journal.final.values()} == {"http:503 no", "http:404 no"}


async def test_what_has_started_goes_on_and_is_counted_in_the_answer() -> None:
    sick = Sick(*ALL)
    async with Rig(sick, jobs=12, capacity=6, concurrency=2) as rig:
        await rig.ended()
        sick.sick.clear()
        await rig.ask(RetryFailed())
        await rig.after(0.05)
        question = await rig.ask(Undo(), dry_run=True)
        reply = await rig.ask(Undo())
        await rig.ended()

        assert reply.text == (
            "retry taken back: 6 jobs put back, the jobs it had not reached stay as they were, 2 had started already"
        )
        assert question.text == f"would: {reply.text}"
        assert (rig.snap.counts.done, rig.snap.counts.failed) == (2, 10)


async def test_redo_gives_exactly_those_their_round_again() -> None:
    sick = Sick(*ALL)
    async with Rig(sick, jobs=12, capacity=20, concurrency=2) as rig:
        await rig.ended()
        await rig.ask(RetryJobs([1, 2, 3, 4, 5]))
        await rig.after(0.05)
        assert (await rig.ask(Undo())).text == "retry taken back: 3 jobs put back, 2 had started already"
        await rig.ended()
        sick.sick.clear()
        assert (await rig.ask(Redo())).text == "retry of 3 jobs"
        await rig.ended()
        assert (rig.snap.counts.done, rig.snap.counts.failed) == (3, 9)

        assert (await rig.ask(Undo())).text == "every job of that retry has started already"


async def test_a_retry_that_has_all_started_is_no_reason_to_take_an_older_change_back() -> None:
    async with Rig(Sick(1), jobs=3) as rig:
        await rig.ended()
        await rig.ask(SetConcurrency(7))
        await rig.ask(RetryJob(1))
        await rig.ended()
        refused = await rig.ask(Undo())
        assert (refused.ok, rig.snap.control.concurrency) == (False, 7)
        assert (await rig.ask(Undo())).ok

        assert rig.snap.control.concurrency == 2


async def test_an_interrupted_attempt_counts_as_started() -> None:
    runs = 0

    async def lacks(job: object) -> object:
        nonlocal runs
        runs += 1
        await asyncio.sleep(0.1)
        if runs == 1:
            raise ValueError("no")
        raise OSError(24, "Too many open files")

    async with Rig(lacks, jobs=1) as rig:  # type: ignore[arg-type]
        await rig.ended()
        await rig.ask(RetryJob(1))
        await rig.after(0.3)
        reply = await rig.ask(PutBack())

        assert not reply.ok
        assert rig.snap.counts.failed == 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (PutBack(), "there is no retry yet"),
        (PutBack(3), "there is no such retry in this life of the run"),
    ],
)
async def test_what_cannot_be_taken_back_is_refused(command: PutBack, said: str) -> None:
    async with Rig(jobs=2) as rig:
        await rig.ended()
        reply = await rig.ask(command)

    assert (reply.ok, reply.text) == (False, said)


async def test_an_older_retry_is_taken_back_by_its_number_and_only_that() -> None:
    async with Rig(Sick(*ALL), jobs=12, capacity=20) as rig:
        await failed(rig)
        await rig.ask(RetryJobs([1, 2]))
        await rig.ask(RetryJobs([3]))
        await rig.after(1)
        reply = await rig.ask(PutBack(1))
        await rig.after(1)

        assert reply.text == "retry taken back: 2 jobs put back"
        assert [event.job.seq for event in rig.of(ev.JobPutBack)] == [1, 2]  # type: ignore[attr-defined]
        assert set(rig.engine.ledger.open) == {3}
        await rig.ask(Release())
        await rig.ended()
