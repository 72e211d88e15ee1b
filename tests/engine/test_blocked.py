"""The disk is full: nothing starts that could not be recorded, and a person can still end the run."""

from __future__ import annotations

import asyncio

from qtui.core.snapshot import RunState
from tests.engine.rig import BenchJournal, Rig, sleeping


async def test_nothing_starts_while_the_journal_cannot_be_written() -> None:
    journal = BenchJournal()
    async with Rig(sleeping(1), jobs=100, concurrency=3, journal=journal) as rig:
        await rig.after(5.5)
        before = rig.snap.counts.attempts
        journal.stuck = True
        await rig.after(60)
        assert rig.snap.counts.attempts <= before + 3
        journal.release()
        assert await rig.ended() is RunState.FINISHED


async def test_a_stop_does_not_wait_for_a_full_disk() -> None:
    """What could not be saved is told by the journal when it is closed."""
    journal = BenchJournal()
    async with Rig(sleeping(1), jobs=100, journal=journal) as rig:
        await rig.after(5.5)
        journal.stuck = True
        await rig.after(5)
        assert rig.engine.ledger.unsettled
        rig.engine.stop("you")
        async with asyncio.timeout(60):
            assert await rig.ended() is RunState.STOPPED


async def test_a_disk_that_fills_up_during_a_stop_does_not_hold_it_up() -> None:
    journal = BenchJournal(delay=100)
    async with Rig(sleeping(1), jobs=100, journal=journal) as rig:
        await rig.after(10)
        rig.engine.stop("you")
        assert rig.engine.ledger.unsettled
        journal.stuck = True
        rig.engine.journal_told("disk full")
        async with asyncio.timeout(60):
            assert await rig.ended() is RunState.STOPPED
        rig.engine.journal_told("")
