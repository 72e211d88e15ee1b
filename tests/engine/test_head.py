"""Who holds back results in the order of submission, as the picture tells it."""

from __future__ import annotations

import asyncio

from qtui.core.job import Done, Failed, Job
from qtui.core.snapshot import HeadView
from tests.engine.rig import BenchJournal, Rig


class InOrder(BenchJournal):
    """Says how far the results are, as the real journal does."""

    head: tuple[int, int] | None = None


async def second_is_slow(job: Job) -> Done | Failed:
    if job.seq != 2:
        return Done()
    await asyncio.sleep(5)
    return Failed("timeout", "once") if job.attempt == 1 else Done()


async def test_the_first_open_job_is_named_with_what_it_does() -> None:
    journal = InOrder()
    async with Rig(second_is_slow, jobs=9, attempts=2, base=2, journal=journal) as rig:
        await rig.after(1)
        assert rig.snap.head is None, "nobody waits"
        journal.head = (2, 7)
        assert rig.snap.head == HeadView(2, "job 2", "running", 1, 7)
        await rig.after(5)
        assert rig.snap.head == HeadView(2, "job 2", "waiting", 1, 7)
        await rig.ended()
        assert rig.snap.head is None, "it has ended"


async def test_other_journals_name_nobody() -> None:
    async with Rig(second_is_slow, jobs=9) as rig:
        await rig.ended()
        assert rig.snap.head is None
