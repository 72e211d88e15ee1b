"""The engine on virtual time: intake, backpressure, slots, retries and the end of a run."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from itertools import pairwise

import pytest

from qtui.core import events as ev
from qtui.core.commands import (
    CancelJob,
    Command,
    Drain,
    Hold,
    KeepRunning,
    Pause,
    Redo,
    Release,
    Resume,
    RetryFailed,
    RetryGroup,
    RetryJob,
    SetAdaptive,
    SetCapacity,
    SetConcurrency,
    SetPerHost,
    SetRate,
    Stop,
    Undo,
)
from qtui.core.job import Done, Failed, Job
from qtui.core.past import Past, mark
from qtui.core.retry import FREE_WAITS
from qtui.core.snapshot import ProducerState, RunState, SlotState
from qtui.errors import InputError
from tests.engine.rig import BenchJournal, Numbers, Rig, no_op, sleeping


async def always_fails(job: Job) -> Failed:
    return Failed("http:503", f"no luck with {job.seq}")


# -- the plain run


async def test_every_job_is_done_once() -> None:
    async with Rig(sleeping(1), jobs=100, concurrency=7, capacity=3) as rig:
        assert await rig.ended() is RunState.FINISHED

    done = [event.job.seq for event in rig.of(ev.AttemptEnded)]
    assert sorted(done) == list(range(1, 101))
    assert rig.snap.counts.done == 100


async def test_thirty_jobs_of_an_hour_on_three_slots_take_ten_hours() -> None:
    async with Rig(sleeping(3600), jobs=30, concurrency=3) as rig:
        await rig.ended()

        assert rig.engine.now() == pytest.approx(36_000)


async def test_a_source_without_rows_finishes_at_once() -> None:
    async with Rig(jobs=0) as rig:
        assert await rig.ended() is RunState.FINISHED


async def test_the_queue_never_holds_more_than_its_capacity_and_producers_wait() -> None:
    async with Rig(sleeping(1), jobs=[50, 50], capacity=5, concurrency=2) as rig:
        await rig.after(10)

        assert rig.snap.queue.depth == 5
        assert rig.snap.queue.high_water == 5
        assert rig.snap.queue.full_share > 0.9
        assert {producer.state for producer in rig.snap.producers} == {ProducerState.BLOCKED}
        await rig.ended()


async def test_a_failing_source_ends_its_producer_and_not_the_run() -> None:
    class Torn(Numbers):
        def batches(self, skip: int = 0):  # type: ignore[no-untyped-def]
            yield from super().batches(skip)
            raise InputError("numbers.txt: line 4 cannot be read")

    async with Rig(sources=[Torn(3), Numbers(5)]) as rig:
        assert await rig.ended() is RunState.FINISHED

    assert rig.snap.counts.done == 8
    assert rig.snap.producers[0].state is ProducerState.ERROR
    assert "line 4" in rig.snap.producers[0].problem


async def test_a_bad_row_fails_its_job_and_not_the_run() -> None:
    async with Rig(sources=[Numbers(5, problem_at=3)], attempts=3) as rig:
        await rig.ended()

    assert (rig.snap.counts.done, rig.snap.counts.failed) == (4, 1)
    assert rig.snap.failures[0].title == "Input"


async def test_a_rated_producer_offers_at_its_rate() -> None:
    async with Rig(jobs=100, source_rate=10.0) as rig:
        await rig.ended()

        assert rig.engine.now() == pytest.approx(9.9, abs=0.2)


async def test_the_rate_limit_spaces_the_starts() -> None:
    async with Rig(jobs=50, rate=5.0, concurrency=8) as rig:
        await rig.after(5)
        assert rig.snap.throttle.holding > 0.9
        assert SlotState.HELD in {slot.state for slot in rig.snap.slots}
        await rig.ended()

        assert rig.engine.now() == pytest.approx(9.8, abs=0.2)


# -- durability


async def test_done_is_counted_only_after_its_commit() -> None:
    journal = BenchJournal()
    journal.stuck = True
    async with Rig(jobs=4, journal=journal) as rig:
        await rig.after(1)
        assert rig.snap.counts.done == 0
        assert rig.snap.counts.running == 2
        assert rig.engine.ledger.ended is None

        journal.release()
        await rig.ended()
        assert rig.snap.counts.done == 4


async def test_no_more_jobs_than_slots_are_ever_in_doubt() -> None:
    journal = BenchJournal()
    journal.stuck = True
    async with Rig(jobs=9, journal=journal, concurrency=3) as rig:
        await rig.after(1)
        assert len(rig.of(ev.AttemptStarted)) == 3

        journal.release()
        await rig.ended()
        assert rig.snap.counts.done == 9


async def test_slots_wait_when_the_journal_is_far_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtui.engine.durability.MAX_BACKLOG", 20)
    journal = BenchJournal()
    journal.stuck = True
    async with Rig(jobs=1000, journal=journal, concurrency=4) as rig:
        await rig.after(60)
        assert journal.backlog < 60

        journal.release()
        await rig.ended()
        assert rig.snap.counts.done == 1000


# -- concurrency


async def test_growing_starts_more_at_once() -> None:
    async with Rig(sleeping(100), jobs=50, capacity=20, concurrency=2) as rig:
        await rig.after(1)
        await rig.ask(SetConcurrency(6))
        await rig.after(1)

        assert rig.running == 6
        await rig.ask(Stop())


async def test_shrinking_cancels_nothing_and_slots_above_leave() -> None:
    async with Rig(sleeping(10), jobs=20, capacity=10, concurrency=8) as rig:
        await rig.after(1)
        await rig.ask(SetConcurrency(3))
        await rig.after(1)

        assert rig.running == 8
        assert [slot.state for slot in rig.snap.slots].count(SlotState.LEAVING) == 5
        await rig.after(9)
        assert rig.running == 3
        assert SlotState.RETIRED in {slot.state for slot in rig.snap.slots}
        await rig.ended()
        assert rig.snap.counts.done == 20


async def test_shrink_then_grow_while_over_full_never_exceeds_the_new_limit() -> None:
    async with Rig(sleeping(10), jobs=60, capacity=30, concurrency=10) as rig:
        await rig.after(1)
        await rig.ask(SetConcurrency(2))
        await rig.ask(SetConcurrency(4))
        await rig.after(8.9)
        assert rig.running == 10
        await rig.after(0.2)

        assert rig.running == 4


async def test_shrink_while_idle_is_kept_when_work_comes() -> None:
    async with Rig(sleeping(1), jobs=40, capacity=20, concurrency=10) as rig:
        await rig.ask(Pause())
        await rig.after(30)
        assert rig.running == 0
        await rig.ask(SetConcurrency(2))
        rig.most_running = 0
        await rig.ask(Resume())
        await rig.ended()

        assert rig.most_running == 2


async def test_concurrency_zero_starts_nothing_until_it_is_raised() -> None:
    async with Rig(sleeping(1), jobs=5, concurrency=0) as rig:
        await rig.after(100)
        assert rig.running == 0
        assert rig.engine.ledger.ended is None

        await rig.ask(SetConcurrency(1))
        assert await rig.ended() is RunState.FINISHED


async def test_the_smallest_free_slot_is_taken() -> None:
    async def by_number(job: Job) -> Done:
        await asyncio.sleep(5 if job.seq in (1, 3) else 1)
        return Done()

    async with Rig(by_number, jobs=4, concurrency=4, source_rate=100.0) as rig:
        await rig.ended()

    assert [event.slot for event in rig.of(ev.AttemptStarted)] == [1, 2, 3, 4]


async def test_hold_lets_running_jobs_finish_and_starts_nothing() -> None:
    async with Rig(sleeping(2), jobs=10, concurrency=2) as rig:
        await rig.after(1)
        await rig.ask(Hold())
        await rig.after(50)
        assert rig.running == 0
        assert rig.snap.counts.done == 2

        await rig.ask(Release())
        await rig.ended()
        assert rig.snap.counts.done == 10


# -- capacity and gates


async def test_capacity_below_what_is_pending_loses_nothing() -> None:
    async with Rig(sleeping(1), jobs=40, capacity=20, concurrency=1) as rig:
        await rig.after(0.5)
        await rig.ask(SetCapacity(5))
        assert rig.snap.queue.depth == 20 - 1 + 1 or rig.snap.queue.depth > 5
        await rig.after(25)
        assert rig.snap.queue.depth <= 5
        await rig.ended()

        assert rig.snap.counts.done == 40


async def test_raising_the_capacity_lets_blocked_producers_in_at_once() -> None:
    async with Rig(sleeping(100), jobs=40, capacity=5, concurrency=1) as rig:
        await rig.after(1)
        await rig.ask(SetCapacity(15))
        await rig.after(1)

        assert rig.snap.queue.depth == 15
        await rig.ask(Stop())


async def test_pausing_closes_the_gate_even_for_a_producer_that_already_waits() -> None:
    async with Rig(sleeping(1), jobs=40, capacity=5, concurrency=1) as rig:
        await rig.after(2.5)
        await rig.ask(Pause())
        accepted = rig.snap.counts.accepted
        assert rig.snap.producers[0].state is ProducerState.PAUSED
        assert rig.snap.state is RunState.PAUSED
        await rig.after(50)
        assert rig.snap.counts.accepted == accepted
        assert rig.snap.queue.depth == 0

        await rig.ask(Resume())
        await rig.ended()
        assert rig.snap.counts.done == 40


async def test_one_producer_can_be_paused_alone() -> None:
    async with Rig(sleeping(1), jobs=[10, 10], capacity=2, concurrency=1) as rig:
        await rig.ask(Pause(0))
        await rig.after(30)
        assert rig.snap.producers[1].accepted == 10
        assert rig.snap.producers[0].accepted <= 2

        await rig.ask(Resume(0))
        await rig.ended()
        assert rig.snap.counts.done == 20


async def test_cancelling_a_producer_blocked_in_put_withdraws_its_offer_and_leaves_the_room() -> None:
    async with Rig(sleeping(10), jobs=[20, 20], capacity=2, concurrency=1) as rig:
        await rig.after(1)
        victim = next(task for task in asyncio.all_tasks() if task.get_name() == "producer 0")
        victim.cancel()
        await asyncio.wait([victim])
        rig.engine.intake.source_ended(0, "")
        await rig.ended()

        assert rig.snap.counts.done == rig.snap.counts.accepted
        assert rig.snap.producers[1].accepted == 20


# -- retries


async def test_retries_wait_without_holding_a_slot() -> None:
    async def fails_once(job: Job) -> Done | Failed:
        return Failed("http:503") if job.attempt == 1 else Done()

    async with Rig(fails_once, jobs=10, concurrency=1, attempts=3, base=100.0) as rig:
        await rig.after(1)
        assert rig.snap.lane.count == 10
        assert rig.running == 0
        await rig.ended()

        assert rig.snap.counts.done == 10
        assert rig.snap.counts.retries == 10
        assert rig.snap.counts.recovered == 10


async def test_backoff_doubles_and_attempts_are_bounded() -> None:
    async with Rig(always_fails, jobs=1, attempts=4, base=1.0) as rig:
        await rig.ended()

        assert rig.engine.now() == pytest.approx(1 + 2 + 4)
    assert [event.delay_s for event in rig.of(ev.AttemptEnded)] == [1, 2, 4, 0]
    assert rig.snap.counts.failed == 1


async def test_retry_after_is_honoured_and_spends_no_try() -> None:
    async def told_to_wait(job: Job) -> Done | Failed:
        return Failed("http:429", retry_after=30.0) if job.waits < 2 else Failed("http:503")

    async with Rig(told_to_wait, jobs=1, attempts=2, base=1.0) as rig:
        await rig.ended()

    ends = rig.of(ev.AttemptEnded)
    assert [event.delay_s for event in ends] == [30.0, 30.0, 4.0, 0.0]
    assert [event.spared for event in ends] == [True, True, False, False]
    assert [event.job.attempt for event in ends] == [1, 1, 1, 2]


async def test_a_job_that_is_asked_to_wait_for_ever_fails_in_the_end() -> None:
    async def refused(job: Job) -> Done | Failed:
        return Failed("http:429", retry_after=1.0)

    async with Rig(refused, jobs=1, attempts=3, base=0.1) as rig:
        await rig.ended()

    assert rig.snap.counts.failed == 1
    assert len(rig.of(ev.AttemptStarted)) == FREE_WAITS + 3


async def test_jobs_that_were_refused_together_do_not_come_back_together() -> None:
    async def refused_once(job: Job) -> Done | Failed:
        return Done() if job.waits else Failed("http:429", retry_after=20.0)

    async with Rig(refused_once, jobs=100, capacity=100, concurrency=100, attempts=2, base=1.0, jitter="full") as rig:
        await rig.ended()

    again = sorted(event.at for event in rig.of(ev.AttemptStarted) if event.job.waits)
    assert len(again) == 100
    assert 20.0 <= again[0] < 20.3
    assert 21.7 < again[-1] <= 22.0
    assert max(later - sooner for sooner, later in pairwise(again)) < 0.2


async def test_another_round_is_spared_tries_anew() -> None:
    async def refused(job: Job) -> Done | Failed:
        return Failed("http:429", retry_after=1.0)

    async with Rig(refused, jobs=1, attempts=2, base=0.1) as rig:
        await rig.ended()
        assert (await rig.ask(RetryJob(1))).ok
        await rig.ended()

    assert len(rig.of(ev.AttemptStarted)) == 2 * (FREE_WAITS + 2)


async def test_fair_rejoin_lets_new_jobs_through_between_retries() -> None:
    async def fails_first(job: Job) -> Done | Failed:
        await asyncio.sleep(1)
        return Failed("http:503") if job.attempt == 1 and job.seq <= 10 else Done()

    async with Rig(fails_first, jobs=30, capacity=20, concurrency=1, attempts=2, base=0.001) as rig:
        await rig.ended()

    starts = [event.job.attempt for event in rig.of(ev.AttemptStarted)]
    assert all(pair != (2, 2) for pair in itertools.pairwise(starts))


async def test_a_person_retries_all_failed_jobs_of_a_finished_run() -> None:
    healthy = False

    async def sick_for_now(job: Job) -> Done | Failed:
        return Done() if healthy else Failed("http:503")

    async with Rig(sick_for_now, jobs=6) as rig:
        await rig.ended()
        assert rig.snap.counts.failed == 6
        healthy = True
        reply = await rig.ask(RetryFailed())
        assert reply.ok, reply.text
        await rig.ended()

        assert (rig.snap.counts.done, rig.snap.counts.failed, rig.snap.counts.accepted) == (6, 0, 6)
        assert rig.snap.failures[0].recovered == 6


@pytest.mark.parametrize("other", [RetryFailed(), RetryJob(6)])
async def test_a_job_that_two_commands_retry_gets_one_more_round(other: Command) -> None:
    """One of them knows it as failed from before the other's round, which has ended well meanwhile."""
    healthy = False
    rounds: Counter[int] = Counter()

    async def sick_for_now(job: Job) -> Done | Failed:
        rounds[job.seq] += 1
        await asyncio.sleep(1)
        return Done() if healthy else Failed("http:503")

    async with Rig(sick_for_now, jobs=6, capacity=1, concurrency=1) as rig:
        await rig.ended()
        healthy = True
        for command in (RetryFailed(), other):
            reply = await rig.ask(command)
            assert reply.ok, reply.text
        await rig.ended()

        assert (rig.snap.counts.done, rig.snap.counts.failed) == (6, 0)
        assert set(rounds.values()) == {2}


async def test_a_drain_ends_although_not_every_retry_was_given() -> None:
    async def slowly_fails(job: Job) -> Failed:
        await asyncio.sleep(1)
        return Failed("http:503")

    async with Rig(slowly_fails, jobs=6, capacity=1, concurrency=1) as rig:
        await rig.ended()
        await rig.ask(RetryFailed())
        await rig.after(1.5)
        await rig.ask(Drain())
        async with asyncio.timeout(10):
            assert await rig.ended() is RunState.STOPPED
        assert (rig.snap.counts.failed, rig.snap.counts.pending) == (6, 0)


async def test_a_group_is_probed_with_one_job() -> None:
    async with Rig(always_fails, jobs=6) as rig:
        await rig.ended()
        signature = rig.snap.failures[0].signature
        await rig.ask(RetryGroup(signature, limit=1))
        await rig.ended()

    assert len(rig.of(ev.AttemptStarted)) == 7


async def test_retrying_a_job_whose_timer_is_pending_starts_it_now() -> None:
    async def fails_once(job: Job) -> Done | Failed:
        return Failed("http:503") if job.attempt == 1 else Done()

    async with Rig(fails_once, jobs=1, attempts=2, base=1000.0) as rig:
        await rig.after(1)
        reply = await rig.ask(RetryJob(1))
        assert reply.ok, reply.text
        await rig.ended()

        assert rig.engine.now() == pytest.approx(1)


async def test_a_running_job_cannot_be_retried() -> None:
    async with Rig(sleeping(10), jobs=1) as rig:
        await rig.after(1)

        reply = await rig.ask(RetryJob(1))

        assert not reply.ok
        assert "running" in reply.text


# -- jobs that misbehave


async def test_a_job_past_its_timeout_fails_and_frees_its_slot() -> None:
    async with Rig(sleeping(1000), jobs=2, concurrency=1, timeout=5.0) as rig:
        await rig.ended()

        assert rig.engine.now() == pytest.approx(10, abs=0.1)
    assert rig.snap.failures[0].title == "Timeout"


async def test_a_job_that_swallows_its_cancellation_loses_its_slot_after_the_grace() -> None:
    async def stubborn(job: Job) -> Done:
        for _ in range(100):
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                if rig.engine.now() > 60:
                    raise
        return Done()

    async with Rig(stubborn, jobs=2, concurrency=1, timeout=5.0) as rig:
        await rig.ended()

        assert rig.engine.now() == pytest.approx(20, abs=0.1)
        assert rig.snap.counts.failed == 2
        await asyncio.sleep(60)  # past the point where it gives in, so that its task can end


async def test_a_job_that_swallows_cancellation_and_then_succeeds_is_done_and_its_slot_lives() -> None:
    async def late(job: Job) -> Done:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            return Done("just in time")
        return Done()

    async with Rig(late, jobs=3, concurrency=1, timeout=5.0) as rig:
        await rig.ended()

    assert rig.snap.counts.done == 3


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), ValueError("[/b]")])
async def test_whatever_a_job_raises_is_its_own_failure(error: BaseException) -> None:
    async def explodes(job: Job) -> Done:
        if job.seq == 2:
            raise error
        return Done()

    async with Rig(explodes, jobs=4) as rig:
        assert await rig.ended() is RunState.FINISHED

    assert (rig.snap.counts.done, rig.snap.counts.failed) == (3, 1)
    assert rig.snap.failures[0].title == type(error).__name__


async def test_lack_of_descriptors_spends_no_try() -> None:
    lacking = True

    async def needs_a_descriptor(job: Job) -> Done:
        if lacking:
            raise OSError(24, "Too many open files")
        return Done()

    async with Rig(needs_a_descriptor, jobs=3, attempts=1) as rig:
        await rig.after(20)
        assert rig.snap.counts.failed == 0
        lacking = False
        await rig.ended()

        assert rig.snap.counts.done == 3


async def test_a_subscriber_that_raises_is_dropped_and_the_run_goes_on() -> None:
    def bad(event: ev.Event) -> None:
        raise RuntimeError("not my day")

    async with Rig(sleeping(1), jobs=5) as rig:
        rig.engine.subscribe(bad)
        assert await rig.ended() is RunState.FINISHED

    assert rig.snap.counts.done == 5


async def test_jobs_that_never_wait_leave_the_loop_alive() -> None:
    async with Rig(no_op, jobs=30_000, capacity=100, concurrency=8) as rig:
        turns = 0
        ended = asyncio.ensure_future(rig.ended())
        while not ended.done():
            turns += 1
            await asyncio.sleep(0)
        ended.result()

    assert turns > 10


# -- cancel, undo, dry run


async def test_cancel_reaches_a_job_wherever_it_is() -> None:
    async def slow_or_failing(job: Job) -> Done | Failed:
        if job.seq == 1:
            return Failed("http:503")
        await asyncio.sleep(100)
        return Done()

    async with Rig(slow_or_failing, jobs=4, capacity=4, concurrency=1, attempts=2, base=1000.0) as rig:
        await rig.after(1)
        states = []
        for seq in (1, 2, 4):
            states.append(rig.engine.ledger.open[seq].state)
            assert (await rig.ask(CancelJob(seq))).ok
        assert states == ["waiting", "running", "pending"]
        await rig.ended()

        assert (rig.snap.counts.cancelled, rig.snap.counts.done) == (3, 1)


async def test_a_cancelled_job_can_be_retried() -> None:
    async with Rig(sleeping(5), jobs=1) as rig:
        await rig.after(1)
        await rig.ask(CancelJob(1))
        await rig.ended()
        assert rig.snap.counts.cancelled == 1
        assert (await rig.ask(RetryJob(1))).ok
        await rig.ended()

        assert (rig.snap.counts.cancelled, rig.snap.counts.done) == (0, 1)


async def test_undo_takes_controls_back_one_by_one() -> None:
    async with Rig(sleeping(10), jobs=50, capacity=8, concurrency=2) as rig:
        for command in (SetConcurrency(5), SetCapacity(16), SetRate(3.0), Pause(), Hold()):
            assert (await rig.ask(command)).ok
        control = rig.snap.control
        assert (control.concurrency, control.capacity, control.rate) == (5, 16, 3.0)
        for _ in range(5):
            assert (await rig.ask(Undo())).ok

        control = rig.snap.control
        assert (control.concurrency, control.capacity, control.rate) == (2, 8, None)
        assert rig.snap.state is RunState.RUNNING
        assert not (await rig.ask(Undo())).ok
        await rig.ask(Stop())


async def test_redo_does_again_what_undo_took_back() -> None:
    async with Rig(sleeping(10), jobs=50, capacity=8, concurrency=2) as rig:
        for command in (SetConcurrency(5), SetCapacity(16), SetPerHost(3), SetAdaptive("on"), Pause(), Hold()):
            assert (await rig.ask(command)).ok
        for _ in range(6):
            assert (await rig.ask(Undo())).ok
        assert rig.snap.control.redo == "concurrency 2 → 5"
        said = [(await rig.ask(Redo())).text for _ in range(6)]

        assert said[0] == "concurrency 2 → 5"
        assert said[-1] == "workers held: nothing new starts"
        control = rig.snap.control
        assert (control.concurrency, control.capacity, control.redo) == (5, 16, "")
        assert rig.snap.throttle.per_host == 3
        assert rig.snap.throttle.held_by_person
        assert (await rig.ask(Redo())).text == "there is nothing to redo"
        assert (await rig.ask(Undo())).text == "workers released"
        await rig.ask(Stop())


async def test_undo_of_a_pause_leaves_paused_what_had_been_paused_alone() -> None:
    async with Rig(sleeping(10), jobs=[50, 50, 50], capacity=8, concurrency=2) as rig:

        def paused() -> list[int]:
            return [each.index for each in rig.snap.producers if each.state is ProducerState.PAUSED]

        for command, left in (
            (Pause(1), [1]),
            (Pause(), [0, 1, 2]),
            (Undo(), [1]),
            (Redo(), [0, 1, 2]),
            (Undo(), [1]),
            (Resume(), []),
            (Undo(), [1]),
            (Undo(), []),
        ):
            assert (await rig.ask(command)).ok
            assert paused() == left, command
        await rig.ask(Stop())


async def test_a_new_change_forgets_what_could_be_done_again() -> None:
    async with Rig(sleeping(10), jobs=50, capacity=8, concurrency=2) as rig:
        await rig.ask(SetConcurrency(5))
        await rig.ask(Undo())
        await rig.ask(SetCapacity(16))

        assert not (await rig.ask(Redo())).ok
        assert rig.snap.control.concurrency == 2
        await rig.ask(Stop())


async def test_ten_changes_can_be_taken_back() -> None:
    async with Rig(sleeping(10), jobs=50, concurrency=2) as rig:
        for number in range(3, 15):
            await rig.ask(SetConcurrency(number))
        undone = 0
        while (await rig.ask(Undo())).ok:
            undone += 1

        assert (undone, rig.snap.control.concurrency) == (10, 4)
        await rig.ask(Stop())


async def test_a_dry_run_changes_nothing() -> None:
    async with Rig(sleeping(10), jobs=50, concurrency=2) as rig:
        await rig.after(1)
        before = len(rig.events)
        reply = await rig.ask(SetConcurrency(9), dry_run=True)

        assert reply.ok
        assert reply.text == "would: concurrency 2 → 9"
        assert len(rig.events) == before
        await rig.ask(Stop())


@pytest.mark.parametrize("command", [SetConcurrency(-1), SetConcurrency(2), SetCapacity(0), SetRate(0.0), Resume()])
async def test_nonsense_is_refused_with_a_reason(command: SetConcurrency) -> None:
    async with Rig(sleeping(10), jobs=5, concurrency=2) as rig:
        reply = await rig.ask(command)

        assert not reply.ok
        assert len(reply.text) > 10
        assert rig.of(ev.CommandRefused)
        await rig.ask(Stop())


# -- drain and stop


async def test_drain_finishes_what_was_accepted_and_takes_no_more() -> None:
    async with Rig(sleeping(1), jobs=100, capacity=5, concurrency=2) as rig:
        await rig.after(3.5)
        accepted = rig.snap.counts.accepted
        await rig.ask(Drain())
        assert rig.snap.state is RunState.DRAINING
        assert await rig.ended() is RunState.STOPPED

        assert rig.snap.counts.done == rig.snap.counts.accepted == accepted


async def test_a_job_that_fails_during_drain_still_gets_its_attempts() -> None:
    async def fails_once(job: Job) -> Done | Failed:
        await asyncio.sleep(1)
        return Failed("http:503") if job.attempt == 1 else Done()

    async with Rig(fails_once, jobs=50, capacity=3, concurrency=2, attempts=2, base=5.0) as rig:
        await rig.after(0.5)
        await rig.ask(Drain())
        await rig.ended()

        assert rig.snap.counts.done == rig.snap.counts.accepted > 0


async def test_a_drain_can_be_taken_back() -> None:
    async with Rig(sleeping(1), jobs=20, capacity=3, concurrency=2) as rig:
        await rig.after(2.5)
        await rig.ask(Drain())
        await rig.after(0.1)
        assert (await rig.ask(KeepRunning())).ok
        assert await rig.ended() is RunState.FINISHED

        assert rig.snap.counts.done == 20


async def test_stop_interrupts_and_spends_no_try() -> None:
    async with Rig(sleeping(100), jobs=20, capacity=5, concurrency=3) as rig:
        await rig.after(1)
        await rig.ask(Stop())
        assert await rig.ended() is RunState.STOPPED

        assert rig.snap.counts.failed == 0
        assert rig.snap.counts.pending == rig.snap.counts.accepted
        assert {event.outcome.why for event in rig.of(ev.AttemptEnded)} == {"stopped"}
    assert rig.journal.closed == "stopped"


async def test_stop_during_a_drain_ends_at_once() -> None:
    async with Rig(sleeping(1000), jobs=20, capacity=5, concurrency=3) as rig:
        await rig.after(1)
        await rig.ask(Drain())
        await rig.ask(Stop())
        assert await rig.ended() is RunState.STOPPED

        assert rig.engine.now() == pytest.approx(1)


async def test_a_suspended_machine_fails_no_job() -> None:
    async with Rig(sleeping(4), jobs=4, concurrency=4, timeout=5.0) as rig:
        await rig.after(1)
        asyncio.get_running_loop().jump(60)  # type: ignore[attr-defined]
        rig.engine.dispatcher.forgive(60)
        await rig.ended()

        assert rig.snap.counts.done == 4


@pytest.mark.parametrize(("crashes", "limit", "alone"), [(1, 1, True), (1, 2, True), (1, 3, False), (2, 3, True)])
async def test_a_job_that_one_more_crash_would_hold_runs_alone(crashes: int, limit: int, alone: bool) -> None:
    suspect = mark('{"n":2}')
    beside: list[int] = []

    async def look_around(job: Job) -> Done:
        await asyncio.sleep(1)
        if job.seq == 2:
            beside.append(rig.running - 1)
        return Done()

    rig = Rig(look_around, jobs=4, concurrency=4, crashes=limit, past=Past(suspects={suspect: crashes}))
    async with rig:
        await rig.ended()
        assert (beside == [0]) is alone
