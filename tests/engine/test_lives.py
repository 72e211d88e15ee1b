"""A run that goes on: what was open comes back in order, nothing runs twice, nobody is suspected for nothing."""

from __future__ import annotations

import asyncio

import pytest

from qtui.core import events as ev
from qtui.core.commands import RetryJob
from qtui.core.job import Done, Failed, Job
from qtui.core.lifecycle import State
from qtui.core.past import OpenJob, Past, PastGroup, mark
from qtui.core.seams import FinalJob
from qtui.core.snapshot import RunState
from qtui.engine.sampler import Sampler
from tests.engine.rig import BenchJournal, Rig, sleeping


def job(seq: int, *, attempt: int = 1) -> Job:
    return Job(seq, f'{{"n":{seq}}}', f"job {seq}", {"n": seq}, 0, attempt)


def pending(*seqs: int) -> list[OpenJob]:
    return [OpenJob(job(seq), waiting=False) for seq in seqs]


def past(*entries: OpenJob, done: int = 0, failed: int = 0, held: int = 0, **more: object) -> Past:
    accepted = done + failed + held + len(entries)
    told: dict[str, object] = {"at": 100.0, "last_seq": accepted, "given": [accepted], **more}
    return Past(accepted=accepted, done=done, failed=failed, held=held, open=list(entries), **told)  # type: ignore[arg-type]


def started(rig: Rig) -> list[int]:
    return [event.job.seq for event in rig.events if isinstance(event, ev.AttemptStarted)]


# -- what comes back


async def test_open_jobs_come_back_in_order_and_above_the_capacity() -> None:
    async with Rig(sleeping(1), jobs=8, capacity=2, concurrency=1, past=past(*pending(1, 2, 3, 4, 5, 6, 7))) as rig:
        assert rig.snap.queue.depth == 6
        await rig.ended()

        assert started(rig) == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_producers_wait_until_there_is_room_again() -> None:
    async with Rig(sleeping(1), jobs=9, capacity=2, concurrency=1, past=past(*pending(1, 2, 3, 4, 5))) as rig:
        await rig.after(2.5)
        assert rig.snap.counts.accepted == 5
        await rig.ended()

        assert rig.snap.counts.done == 9


async def test_a_waiting_job_keeps_the_rest_of_its_delay_and_its_tries() -> None:
    waiting = OpenJob(job(1, attempt=2), waiting=True, due_in_s=7.0)
    async with Rig(jobs=1, past=past(waiting)) as rig:
        await rig.ended()
        (start,) = rig.of(ev.AttemptStarted)

        assert isinstance(start, ev.AttemptStarted)
        assert (start.at, start.job.attempt) == (pytest.approx(107.0), 2)


async def test_producers_skip_what_was_given() -> None:
    async with Rig(jobs=10, past=past(done=7)) as rig:
        await rig.ended()

        assert [event.job.row["n"] for event in rig.of(ev.JobAccepted)] == [8, 9, 10]  # type: ignore[attr-defined]
        assert [event.job.seq for event in rig.of(ev.JobAccepted)] == [8, 9, 10]  # type: ignore[attr-defined]
        assert rig.snap.counts.done == 10


async def test_sources_that_leave_out_what_is_known_are_read_from_the_beginning() -> None:
    async with Rig(jobs=3, past=past(done=7, given=[7]), skip=False) as rig:
        await rig.ended()

        assert [event.job.row["n"] for event in rig.of(ev.JobAccepted)] == [1, 2, 3]  # type: ignore[attr-defined]
        assert rig.snap.producers[0].accepted == 10


async def test_jobs_whose_rows_are_gone_are_cancelled_and_never_start() -> None:
    async with Rig(jobs=3, past=past(*pending(1, 2, 3)), gone=frozenset({2})) as rig:
        await rig.ended()

        assert started(rig) == [1, 3]
        assert rig.of(ev.JobCancelled) == [ev.JobCancelled(100.0, 2, ev.GONE)]
        assert (rig.snap.counts.done, rig.snap.counts.cancelled) == (2, 1)


async def test_nothing_left_to_do_is_the_end() -> None:
    async with Rig(jobs=3, past=past(done=3)) as rig:
        assert await rig.ended() is RunState.FINISHED
        assert started(rig) == []


async def test_the_clock_goes_on_where_the_last_life_ended() -> None:
    async with Rig(sleeping(5), jobs=1, past=past(at=3_600.0)) as rig:
        await rig.ended()

        assert rig.snap.elapsed_s == pytest.approx(3_605.0)


async def test_the_groups_of_earlier_lives_are_shown() -> None:
    group = PastGroup("http:503", Failed("http:503", "x"), 2, 4, [1, 2])
    async with Rig(jobs=2, past=past(failed=2, groups=[group])) as rig:
        assert [(found.signature, found.jobs) for found in rig.snap.failures] == [("http:503", 2)]


# -- another round


def lost(journal: BenchJournal, state: str, *seqs: int) -> None:
    for seq in seqs:
        journal.final[seq] = FinalJob(job(seq, attempt=3), state, "http:503" if state == "failed" else "")


async def test_failed_jobs_are_given_another_round_when_that_was_asked_for() -> None:
    journal = BenchJournal()
    lost(journal, "failed", 1, 2, 3)
    lost(journal, "held", 4)
    async with Rig(jobs=4, journal=journal, past=past(failed=3, held=1), retry=("failed",)) as rig:
        await rig.ended()

        assert sorted(started(rig)) == [1, 2, 3]
        assert (rig.snap.counts.done, rig.snap.counts.failed, rig.snap.counts.held) == (3, 0, 1)


async def test_held_jobs_are_given_another_round_when_that_was_asked_for() -> None:
    journal = BenchJournal()
    lost(journal, "failed", 1)
    lost(journal, "held", 2, 3)
    async with Rig(jobs=3, journal=journal, past=past(failed=1, held=2), retry=("held",)) as rig:
        await rig.ended()

        assert sorted(started(rig)) == [2, 3]
        assert (rig.snap.counts.done, rig.snap.counts.failed, rig.snap.counts.held) == (2, 1, 0)


async def test_a_bulk_retry_leaves_out_what_is_gone() -> None:
    """Its row stands no longer in the input, or says something else and runs as a new job."""
    journal = BenchJournal()
    lost(journal, "failed", 1, 2)
    given = past(failed=2)
    async with Rig(jobs=2, journal=journal, past=given, gone=frozenset({1}), retry=("failed",)) as rig:
        await rig.ended()

        assert started(rig) == [2]
        assert rig.snap.counts.failed == 1


async def test_a_held_job_is_retried_by_hand() -> None:
    journal = BenchJournal()
    lost(journal, "held", 1)
    async with Rig(jobs=1, journal=journal, past=past(held=1)) as rig:
        await rig.ended()
        reply = await rig.ask(RetryJob(1))
        await rig.ended()

        assert reply.ok
        assert (rig.snap.counts.done, rig.snap.counts.held) == (1, 0)


async def test_a_retried_job_of_another_life_runs_as_it_is_now() -> None:
    """The embedded site has another address in this life, and so have the jobs that name it."""
    ran: list[str] = []

    async def handler(given: Job) -> Done:
        ran.append(given.key)
        return Done()

    journal = BenchJournal()
    journal.final[1] = FinalJob(Job(1, "old/1", "one", {"line": "old/1"}), "failed", "")

    def renew(given: Job) -> Job:
        return Job(given.seq, given.key.replace("old", "new"), given.name, given.row)

    async with Rig(handler, jobs=1, journal=journal, past=past(failed=1), retry=("failed",), renew=renew) as rig:
        await rig.ended()

    assert ran == ["new/1"]


# -- suspects


class Watch:
    """What was running beside each job when it started."""

    def __init__(self) -> None:
        self.running: set[int] = set()
        self.beside: dict[int, set[int]] = {}
        self.order: list[int] = []

    async def __call__(self, given: Job) -> Done:
        for other in self.running:
            self.beside[other].add(given.seq)
        self.beside[given.seq] = set(self.running)
        self.running.add(given.seq)
        self.order.append(given.seq)
        await asyncio.sleep(1 + given.seq % 2)
        self.running.discard(given.seq)
        return Done()


def suspected(*seqs: int, crashes: int = 2) -> dict[str, int]:
    return {mark(job(seq).key): crashes for seq in seqs}


async def test_a_suspect_runs_alone_and_nothing_overtakes_it() -> None:
    watch = Watch()
    given = past(*pending(1, 2, 3, 4, 5, 6), suspects=suspected(3))
    async with Rig(watch, jobs=12, concurrency=3, past=given) as rig:
        await rig.ended()

    assert watch.beside[3] == set()
    assert watch.order[:3] == [1, 2, 3]
    assert len(watch.order) == 12


async def test_several_suspects_run_one_after_the_other() -> None:
    watch = Watch()
    async with Rig(watch, jobs=6, concurrency=4, past=past(*pending(1, 2, 3, 4), suspects=suspected(1, 2, 3))) as rig:
        await rig.ended()

    assert [watch.beside[seq] for seq in (1, 2, 3)] == [set(), set(), set()]
    assert watch.order[:3] == [1, 2, 3]


async def test_who_was_running_in_one_crash_runs_with_the_others() -> None:
    watch = Watch()
    async with Rig(watch, jobs=3, concurrency=3, past=past(*pending(1, 2, 3), suspects=suspected(1, crashes=1))) as rig:
        await rig.ended()

    assert watch.beside[1] == {2, 3}


async def test_a_suspect_that_has_ended_is_none_any_more() -> None:
    """It failed and is tried again: beside the others, for the engine is still here."""
    watch = Watch()

    async def handler(given: Job) -> Done | Failed:
        done = await watch(given)
        return Failed("http:503", "x") if given.seq == 1 and given.attempt == 1 else done

    given = past(*pending(1), suspects=suspected(1))
    async with Rig(handler, jobs=20, concurrency=2, attempts=2, base=1.0, past=given) as rig:
        await rig.ended()

    assert watch.order.count(1) == 2
    assert watch.beside[1], "it was alone the second time, too"


async def test_when_a_suspect_has_ended_every_slot_goes_on_and_not_only_its_own() -> None:
    given = past(*pending(1, 2, 3, 4, 5, 6), suspects=suspected(1))
    async with Rig(sleeping(10), jobs=6, concurrency=4, journal=BenchJournal(delay=20.0), past=given) as rig:
        await rig.after(29)
        assert rig.running == 1
        await rig.after(2)
        assert rig.running == 3, "its end is not on the disk yet, and may still count as running"


async def test_a_suspect_starts_when_what_ran_before_it_is_on_the_disk() -> None:
    """Otherwise a crash would still count against those that have ended."""
    journal = BenchJournal()
    watch = Watch()
    given = past(*pending(1, 2), suspects=suspected(2))
    async with Rig(watch, jobs=2, concurrency=2, journal=journal, past=given) as rig:
        await rig.after(0.5)
        journal.stuck = True
        await rig.after(60)
        assert watch.order == [1]
        journal.release()
        await rig.ended()

    assert watch.order == [1, 2]


# -- on_crash = "hold"


async def test_with_hold_an_attempt_begins_only_when_its_start_is_durable() -> None:
    ran: list[int] = []

    async def handler(given: Job) -> Done:
        ran.append(given.seq)
        return Done()

    journal = BenchJournal()
    journal.stuck = True
    async with Rig(handler, jobs=1, journal=journal, on_crash="hold") as rig:
        await rig.after(60)
        assert rig.snap.counts.running == 1
        assert ran == []
        journal.release()
        await rig.ended()

    assert ran == [1]


async def test_with_hold_a_blocked_journal_is_waited_for_to_the_last() -> None:
    """That there is room for more does not say that the start is on the disk."""
    ran: list[int] = []

    async def handler(given: Job) -> Done:
        ran.append(given.seq)
        return Done()

    journal = BenchJournal()
    journal.stuck = True
    async with Rig(handler, jobs=1, journal=journal, on_crash="hold", held=True) as rig:
        rig.engine.journal_told("the disk is full")
        rig.engine.dispatcher.held = False
        rig.engine.dispatcher.wake()
        await rig.after(1)
        journal.let_in()
        await rig.after(1)
        assert ran == []
        journal.release()
        rig.engine.journal_told("")
        await rig.ended()

    assert ran == [1]


async def test_a_job_whose_start_is_never_saved_can_be_stopped() -> None:
    journal = BenchJournal()
    journal.stuck = True
    async with Rig(jobs=1, journal=journal, on_crash="hold") as rig:
        await rig.after(1)
        rig.engine.stop("you")

        assert await rig.ended() is RunState.STOPPED
        assert rig.engine.ledger.counts[State.DONE] == 0


# -- samples


async def test_nothing_is_sampled_while_nothing_changes() -> None:
    async with Rig(sleeping(60), jobs=2, concurrency=2) as rig:
        sampling = asyncio.create_task(Sampler(rig.engine).run())
        await rig.after(30)
        quiet = len(rig.of(ev.Sampled))
        await rig.ended()
        await rig.after(30)
        sampling.cancel()

        assert quiet == 1
        assert len(rig.of(ev.Sampled)) <= 2


async def test_a_sample_has_the_numbers_of_its_moment() -> None:
    async with Rig(sleeping(10), jobs=9, capacity=3, concurrency=2) as rig:
        sampling = asyncio.create_task(Sampler(rig.engine).run())
        await rig.after(1)
        sampling.cancel()

        assert rig.of(ev.Sampled) == [ev.Sampled(0.25, 3, 2, 0, 0, 0, 0, 0, 2, 3, 1)]


async def test_samples_come_at_most_four_times_a_second() -> None:
    async with Rig(sleeping(0.01), jobs=1000, concurrency=2) as rig:
        sampling = asyncio.create_task(Sampler(rig.engine).run())
        await rig.after(2)
        sampling.cancel()

        assert len(rig.of(ev.Sampled)) == 8
