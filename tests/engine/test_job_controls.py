"""Commands for many jobs: another round with a probe, cancelling in slices, and what a person sets aside."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.commands import (
    MAX_NAMED,
    Acknowledge,
    CancelJobs,
    RetryFailed,
    RetryGroup,
    RetryJob,
    RetryJobs,
    SetAsideGroup,
    SetAsideJobs,
    Undo,
)
from qtui.core.job import Done, Failed, Job
from qtui.core.queries import GroupQuery, GroupStory
from qtui.core.snapshot import FailureGroup
from tests.engine.rig import Rig


class Sick:
    """Fails every job whose number is in `sick`, with the code of its remainder by two."""

    def __init__(self, *sick: int) -> None:
        self.sick = set(sick)

    async def __call__(self, job: Job) -> Done | Failed:
        await asyncio.sleep(0.1)
        return Failed("http:503" if job.seq % 2 else "http:404", "no") if job.seq in self.sick else Done()


def group(rig: Rig, title: str = "HTTP 503") -> FailureGroup:
    return next(group for group in rig.snap.failures if group.title == title)


async def test_a_probe_that_passes_is_followed_by_the_others() -> None:
    sick = Sick(*range(1, 81, 2))
    async with Rig(sick, jobs=80) as rig:
        await rig.ended()
        sick.sick.clear()
        reply = await rig.ask(RetryGroup(group(rig).signature, probe=True))
        await rig.ended()

        assert reply.text == "retry of 40 jobs of http:503 no, one first"
        assert (group(rig).jobs, group(rig).ok_again, group(rig).failed_again) == (0, 40, 0)
        assert (rig.snap.triage.open, rig.snap.triage.ever) == (0, 40)


async def test_a_probe_that_fails_again_holds_the_others_back() -> None:
    async with Rig(Sick(*range(1, 81, 2)), jobs=80) as rig:
        await rig.ended()
        await rig.ask(RetryGroup(group(rig).signature, probe=True))
        await rig.ended()

        assert (group(rig).jobs, group(rig).failed_again, group(rig).held_back) == (40, 1, 39)
        assert len(rig.of(ev.JobRequeued)) == 1
        assert "the probe failed again; the other 39 stay failed" in rig.snap.log[0].text


@pytest.mark.parametrize(("still_sick", "goes_on"), [(4, True), (5, False)])
async def test_more_than_a_fifth_of_the_first_twenty_holds_the_rest_back(still_sick: int, goes_on: bool) -> None:
    sick = Sick(*range(1, 81, 2))
    async with Rig(sick, jobs=80) as rig:
        await rig.ended()
        sick.sick = set(range(3, 3 + 2 * still_sick, 2))
        await rig.ask(RetryGroup(group(rig).signature, probe=True))
        await rig.ended()

        tried = len(rig.of(ev.JobRequeued))
        assert tried == 40 if goes_on else tried <= 20
        assert group(rig).held_back == 40 - tried


async def test_without_a_probe_the_rest_is_held_back_as_soon_as_too_many_fail() -> None:
    async with Rig(Sick(*range(1, 201, 2)), jobs=200) as rig:
        await rig.ended()
        await rig.ask(RetryGroup(group(rig).signature))
        await rig.ended()

        assert 5 <= len(rig.of(ev.JobRequeued)) < 20
        assert group(rig).held_back == 100 - len(rig.of(ev.JobRequeued))


async def test_every_group_is_probed_for_itself() -> None:
    sick = Sick(*range(1, 81))
    async with Rig(sick, jobs=80) as rig:
        await rig.ended()
        sick.sick = set(range(2, 81, 2))
        reply = await rig.ask(RetryFailed(probe=True))
        await rig.ended()

        assert reply.text == "retry of all 80 failed jobs, one of each of 2 groups first"
        assert (group(rig).jobs, group(rig, "HTTP 404").jobs) == (0, 40)
        assert group(rig, "HTTP 404").held_back == 39


async def test_a_new_round_is_counted_anew() -> None:
    sick = Sick(1, 3, 5)
    async with Rig(sick, jobs=6) as rig:
        await rig.ended()
        await rig.ask(RetryGroup(group(rig).signature))
        await rig.ended()
        assert group(rig).failed_again == 3
        sick.sick.clear()
        await rig.ask(RetryGroup(group(rig).signature))
        await rig.ended()

        assert (group(rig).ok_again, group(rig).failed_again) == (3, 0)


async def test_marked_jobs_get_another_round() -> None:
    sick = Sick(1, 2, 3)
    async with Rig(sick, jobs=6) as rig:
        await rig.ended()
        sick.sick.clear()
        reply = await rig.ask(RetryJobs([3, 1, 6, 1]))
        await rig.ended()

        assert reply.text == "retry of 2 of 3 jobs"
        assert (rig.snap.counts.done, rig.snap.counts.failed) == (5, 1)


async def test_marked_jobs_are_cancelled_wherever_they_are() -> None:
    async def slow(job: Job) -> Done | Failed:
        await asyncio.sleep(10)
        return Failed("timeout") if job.seq == 1 else Done()

    async with Rig(slow, jobs=30, capacity=20, concurrency=2, attempts=2, base=1000.0) as rig:
        await rig.after(15)
        waiting, running, pending = 1, 4, [6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20]
        reply = await rig.ask(CancelJobs([waiting, 2, running, *pending]))
        await rig.after(1)

        assert reply.text == "cancel of 13 of 14 jobs"
        assert rig.snap.counts.cancelled == 13
        assert not {6, 9, 20} & set(rig.engine.ledger.open)


async def test_cancelling_thousands_lets_others_have_their_turn() -> None:
    async with Rig(jobs=5_000, capacity=5_000, concurrency=1, held=True) as rig:
        await rig.after(1)
        turns, cancelled = 0, 0
        await rig.ask(CancelJobs(list(range(1, 4_001))))
        while rig.snap.counts.cancelled < 4_000:
            before, cancelled = cancelled, len(rig.of(ev.JobCancelled))
            turns += before != cancelled
            await asyncio.sleep(0)

        assert turns >= 4


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (RetryJobs([]), "no job is named"),
        (RetryJobs([99]), "none of these jobs is failed, held, cancelled or waiting"),
        (CancelJobs([1]), "none of these jobs is open"),
        (CancelJobs(list(range(MAX_NAMED + 1))), "at most 5,000 jobs at once"),
        (SetAsideGroup("nothing"), "there is no such failure group"),
        (Acknowledge("nothing"), "there is no such failure group"),
        (SetAsideJobs([2]), "none of these jobs is failed and open"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(command: RetryJobs | CancelJobs, said: str) -> None:
    async with Rig(jobs=2) as rig:
        await rig.ended()
        reply = await rig.ask(command)

    assert not reply.ok
    assert said in reply.text


async def test_a_group_set_aside_is_not_open_and_not_in_the_next_retry_of_all() -> None:
    async with Rig(Sick(1, 2, 3, 4, 5), jobs=5) as rig:
        await rig.ended()
        signature = group(rig, "HTTP 404").signature
        await rig.ask(SetAsideGroup(signature))
        assert (rig.snap.triage.open, rig.snap.triage.aside, group(rig, "HTTP 404").open) == (3, 2, 0)
        await rig.ask(RetryFailed())
        await rig.ended()

        assert {event.job.seq for event in rig.of(ev.JobRequeued)} == {1, 3, 5}  # type: ignore[attr-defined]
        assert (await rig.ask(Undo())).text == "every job of that retry has started already"
        assert (await rig.ask(Undo())).ok
        assert rig.snap.triage.open == 5
        assert not (await rig.ask(SetAsideGroup(signature, aside=False))).ok


async def test_a_job_set_aside_stays_so_until_it_is_retried() -> None:
    sick = Sick(1, 3, 5)
    async with Rig(sick, jobs=5) as rig:
        await rig.ended()
        await rig.ask(SetAsideJobs([1, 3]))
        assert (rig.snap.triage.open, group(rig).open, group(rig).jobs) == (1, 1, 3)
        sick.sick.clear()
        await rig.ask(RetryFailed())
        await rig.ended()
        assert (rig.snap.counts.failed, rig.snap.triage.open) == (2, 0)
        await rig.ask(RetryJob(1))
        await rig.ended()

        assert (rig.snap.counts.failed, rig.snap.triage.aside) == (1, 1)


async def test_an_acknowledged_group_speaks_up_when_it_has_doubled() -> None:
    sick = Sick(1, 3, 5, 7)
    async with Rig(sick, jobs=8) as rig:
        await rig.ended()
        await rig.ask(Acknowledge(group(rig).signature))
        assert group(rig).acknowledged
        await rig.ask(RetryJobs([1, 3, 5]))
        await rig.ended()
        assert group(rig).acknowledged
        await rig.ask(RetryJobs([7]))
        await rig.ended()

        assert not group(rig).acknowledged


async def test_a_group_tells_how_its_failures_are_spread() -> None:
    async with Rig(Sick(1, 3, 5, 7), jobs=[4, 4]) as rig:
        await rig.ended()
        story = await rig.engine.query(GroupQuery(group(rig).signature))

    assert isinstance(story, GroupStory)
    facets = {facet.name: facet for facet in story.facets}
    assert sum(n for _, n in facets["producer"].values) == 4
    assert facets["attempt"].values == [("1", 4)]
    assert len(story.samples) == 4
