"""A crawl: every job that is found runs once, and the run ends when nothing more can be found, never before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest

from qtui.core import events as ev
from qtui.core.commands import Pause, Resume, RetryJob
from qtui.core.job import Done, Failed, Found, Job, Value
from qtui.core.past import Past
from qtui.core.seams import Kept, Row
from qtui.core.snapshot import ProducerState, RunState
from qtui.engine.frontier import PAGE
from tests.engine.rig import BenchJournal, Numbers, Rig

Graph = Mapping[int, Sequence[int]]


class Web(Numbers):
    """Pages that are numbers; those from 1 to `own` are where it begins."""

    def __init__(self, own: int = 1, most: int | None = None) -> None:
        super().__init__(own)
        self.own = own
        self.most = most

    def total(self) -> None:  # type: ignore[override]
        return None

    def adopt(self, parent: Mapping[str, Value], found: Mapping[str, Value]) -> Found | None:
        n = found["n"]
        return Found(str(n), {"n": n}) if isinstance(n, int) and n > self.own else None

    def restore(self, found: Sequence[dict[str, Value]]) -> list[Row]:
        return [Row(row) for row in found]


class Pages:
    """A handler: a job takes a while, and finds what its page leads to."""

    def __init__(self, graph: Graph, seconds: float = 1.0, luck: random.Random | None = None) -> None:
        self.graph = graph
        self.seconds = seconds
        self.luck = luck
        self.seen: list[int] = []
        self.failing: set[int] = set()

    async def __call__(self, job: Job) -> Done | Failed:
        n = job.row["n"]
        assert isinstance(n, int)
        await asyncio.sleep(self.luck.uniform(0, self.seconds) if self.luck else self.seconds)
        if n in self.failing:
            return Failed("http:500")
        self.seen.append(n)
        return Done(n, found=tuple({"n": child} for child in self.graph.get(n, ())))


def star(children: int) -> dict[int, range]:
    return {1: range(2, children + 2)}


def reached(graph: Graph, own: int = 1) -> list[int]:
    seen, left = set(range(1, own + 1)), list(range(1, own + 1))
    while left:
        for child in graph.get(left.pop(), ()):
            if child not in seen:
                seen.add(child)
                left.append(child)
    return sorted(seen)


async def test_what_jobs_find_runs() -> None:
    pages = Pages({1: [2, 3], 2: [4], 4: [5]})
    async with Rig(pages, sources=[Web()]) as rig:
        assert await rig.ended() is RunState.FINISHED

        assert sorted(pages.seen) == [1, 2, 3, 4, 5]
        assert rig.snap.producers[0].state is ProducerState.DONE
        assert rig.snap.producers[0].found == 4


async def test_what_is_found_often_runs_once() -> None:
    pages = Pages({1: [2, 3, 2], 2: [3, 1, 2], 3: [2, 4], 4: [1, 3]})
    async with Rig(pages, sources=[Web()], concurrency=3) as rig:
        await rig.ended()

        assert sorted(pages.seen) == [1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(60))
async def test_every_page_of_any_web_runs_once(seed: int) -> None:
    luck = random.Random(seed)
    size = luck.randint(1, 120)
    graph = {n: [luck.randint(1, size) for _ in range(luck.choice((0, 0, 1, 3, 9)))] for n in range(1, size + 1)}
    own = luck.randint(1, min(3, size))
    pages = Pages(graph, luck.choice((0.0, 1.0)), luck)
    journal = BenchJournal(luck.choice((0.0, 0.3, 5.0)))
    async with Rig(
        pages, sources=[Web(own)], capacity=luck.randint(1, 8), concurrency=luck.randint(1, 8), journal=journal
    ) as rig:
        assert await rig.ended() is RunState.FINISHED

        assert sorted(pages.seen) == reached(graph, own)
        assert rig.snap.counts.done == len(pages.seen)


async def test_a_crawl_beside_another_source_ends_on_its_own() -> None:
    pages = Pages({1: [2], 2: [3]}, seconds=0.1)
    journal = BenchJournal()
    journal.kept.append([])
    async with Rig(pages, sources=[Web(), Numbers(50)], concurrency=1, journal=journal) as rig:
        await rig.ended()

        ends = [event.index for event in rig.events if isinstance(event, ev.ProducerEnded)]
        assert sorted(ends) == [0, 1]
        assert len(pages.seen) == 53, "what jobs of another source find is nobody's"


async def test_it_does_not_end_before_what_was_found_is_durable() -> None:
    journal = BenchJournal()
    async with Rig(Pages({1: [2]}), sources=[Web()], journal=journal) as rig:
        journal.stuck = True
        await rig.after(100)
        assert not rig.of(ev.ProducerEnded)

        journal.release()
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.counts.done == 2


async def test_a_crawl_that_finds_nothing_ends() -> None:
    async with Rig(Pages({}), sources=[Web(3)]) as rig:
        assert await rig.ended() is RunState.FINISHED
        assert rig.snap.producers[0].found == 0


async def test_what_is_found_waits_on_the_disk_and_not_in_memory() -> None:
    class Watched(BenchJournal):
        limits: ClassVar[list[int]] = []

        async def found(self, producer: int, after: int, limit: int, skip: int = 0) -> list[Kept]:
            self.limits.append(limit)
            return await super().found(producer, after, limit, skip)

    journal = Watched()
    pages = Pages(star(3 * PAGE))
    async with Rig(pages, sources=[Web()], capacity=4, concurrency=1, journal=journal) as rig:
        await rig.after(50)
        assert rig.snap.queue.depth == 4
        assert len(journal.limits) == 1, "the first page is not used up"
        assert rig.snap.producers[0].unread == 3 * PAGE + 1 - rig.snap.producers[0].accepted
        await rig.ended()

        assert max(journal.limits) <= PAGE
        assert pages.seen == list(range(1, 3 * PAGE + 2)), "in the order in which they were found"


async def test_a_paused_crawl_gives_nothing() -> None:
    pages = Pages(star(20))
    async with Rig(pages, sources=[Web()], capacity=2, concurrency=1) as rig:
        await rig.after(0.5)
        await rig.ask(Pause())
        await rig.after(100)
        assert pages.seen == [1]

        await rig.ask(Resume())
        await rig.ended()
        assert len(pages.seen) == 21


async def test_drained_it_leaves_what_was_found_and_is_not_finished() -> None:
    pages = Pages(star(20))
    async with Rig(pages, sources=[Web()], capacity=2, concurrency=1) as rig:
        await rig.after(3.5)
        rig.engine.drain("you")
        assert await rig.ended() is RunState.STOPPED
        assert rig.snap.queue.depth == 0
        assert len(pages.seen) < 21


async def test_drained_with_nothing_left_it_is_finished() -> None:
    pages = Pages({1: [2]}, seconds=10)
    async with Rig(pages, sources=[Web()], concurrency=1) as rig:
        await rig.after(15)  # the last one runs
        rig.engine.drain("you")
        assert await rig.ended() is RunState.FINISHED


async def test_what_the_last_job_finds_while_draining_is_left() -> None:
    pages = Pages({1: [2]}, seconds=10)
    async with Rig(pages, sources=[Web()], concurrency=1) as rig:
        await rig.after(5)
        rig.engine.drain("you")
        assert await rig.ended() is RunState.STOPPED
        assert pages.seen == [1]
        assert rig.snap.producers[0].unread == 1


async def test_stopped_it_ends_at_once() -> None:
    pages = Pages(star(20), seconds=10)
    async with Rig(pages, sources=[Web()], concurrency=1) as rig:
        await rig.after(15)
        rig.engine.stop("you")
        assert await rig.ended() is RunState.STOPPED
        assert pages.seen == [1]


async def test_it_goes_on_behind_what_was_accepted() -> None:
    journal = BenchJournal()
    journal.kept = [[{"n": n} for n in range(2, 7)]]
    before = Past(at=10.0, lives=1, accepted=4, done=4, last_seq=4, given=[4])
    pages = Pages({})
    async with Rig(pages, sources=[Web()], journal=journal, past=before) as rig:
        assert await rig.ended() is RunState.FINISHED

        assert sorted(pages.seen) == [5, 6]
        assert rig.snap.counts.done == 6


@pytest.mark.parametrize("given", [0, 1, 2])
async def test_it_goes_on_within_its_own_rows(given: int) -> None:
    before = Past(at=10.0, lives=1, accepted=given, done=given, last_seq=given, given=[given])
    pages = Pages({})
    async with Rig(pages, sources=[Web(2)], past=before) as rig:
        await rig.ended()

        assert sorted(pages.seen) == [1, 2][given:]


@pytest.mark.parametrize(("most", "ran"), [(1, 1), (5, 5), (100, 21)])
async def test_there_are_no_more_jobs_than_wanted(most: int, ran: int) -> None:
    pages = Pages(star(20))
    async with Rig(pages, sources=[Web(most=most)]) as rig:
        assert await rig.ended() is RunState.FINISHED

        assert len(pages.seen) == ran
        assert rig.snap.producers[0].unread == 0


async def test_another_round_after_the_end_opens_the_crawl_again() -> None:
    pages = Pages({1: [2], 2: [3], 3: [4]}, seconds=0.1)
    pages.failing = {2}
    async with Rig(pages, sources=[Web()]) as rig:
        assert await rig.ended() is RunState.FINISHED
        assert pages.seen == [1]

        pages.failing = set()
        await rig.ask(RetryJob(2))
        assert await rig.ended() is RunState.FINISHED
        assert pages.seen == [1, 2, 3, 4]
        assert rig.snap.producers[0].state is ProducerState.DONE


async def test_a_crawl_waits_for_a_job_that_is_to_be_tried_again() -> None:
    pages = Pages({1: [2], 2: [3]}, seconds=0.1)
    pages.failing = {1}
    async with Rig(pages, sources=[Web()], attempts=5, base=30.0) as rig:
        await rig.after(20)
        assert not rig.of(ev.ProducerEnded)

        pages.failing = set()
        assert await rig.ended() is RunState.FINISHED
        assert pages.seen == [1, 2, 3]


async def test_failed_jobs_find_nothing_and_the_crawl_ends() -> None:
    pages = Pages({1: [2, 3], 2: [4]}, seconds=0.1)
    pages.failing = {2}
    async with Rig(pages, sources=[Web()]) as rig:
        assert await rig.ended() is RunState.FINISHED

        assert sorted(pages.seen) == [1, 3]
