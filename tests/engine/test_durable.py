"""Nobody outside is told of an outcome that a crash could still take back."""

from __future__ import annotations

from qtui.core import events as ev
from qtui.core.commands import SetConcurrency
from tests.engine.rig import BenchJournal, Rig


async def test_an_outcome_is_told_when_it_is_on_disk_and_not_before() -> None:
    journal = BenchJournal()
    journal.stuck = True
    async with Rig(jobs=3, concurrency=3, journal=journal) as rig:
        told: list[ev.Event] = []
        rig.engine.subscribe(told.append, durable=True)
        await rig.after(1)
        assert len(rig.of(ev.AttemptEnded)) == 3
        assert not [event for event in told if isinstance(event, ev.AttemptEnded)]

        journal.release()
        await rig.ended()
        assert len([event for event in told if isinstance(event, ev.AttemptEnded)]) == 3


async def test_what_is_told_keeps_its_order_and_lacks_nothing_at_the_end() -> None:
    async with Rig(jobs=50, concurrency=4, journal=BenchJournal(delay=0.02)) as rig:
        told: list[ev.Event] = []
        rig.engine.subscribe(told.append, durable=True)
        already = len(rig.events)
        await rig.ask(SetConcurrency(2))
        await rig.ended()

        assert told == rig.events[already:]
        assert isinstance(told[-1], ev.RunEnded)


async def test_the_picture_names_no_job_as_done_before_it_is_on_disk() -> None:
    journal = BenchJournal()
    journal.stuck = True
    async with Rig(jobs=3, concurrency=3, journal=journal) as rig:
        await rig.after(1)
        assert rig.snap.recent == []

        journal.release()
        await rig.ended()
        assert [(recent.seq, recent.kind) for recent in rig.snap.recent] == [(3, "done"), (2, "done"), (1, "done")]
