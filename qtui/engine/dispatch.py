"""Slots, and who starts in them.

In a pool slots are long-lived tasks, so that an attempt costs no task of its own; without one each job has a task from
the moment it is accepted (`crowd`). In all designs the dispatcher hands a job to the smallest free slot, one at a time,
as long as `starts` finds one that may start.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from qtui.core.job import Done, Failed, Interrupted, Job, Outcome
from qtui.engine.collector import Collector
from qtui.engine.crowd import Crowd, Numbers
from qtui.engine.deadlines import GRACE_S, Deadlines, Slot
from qtui.engine.lane import Lane
from qtui.engine.lanes import Hosts
from qtui.engine.limits import RateLimit
from qtui.engine.outcomes import outcome_of, with_last_words
from qtui.engine.starts import Pending, Starts
from qtui.text import seconds

BROKEN_BY_SLEEP = ("timeout", "connection")
"""Errors that an attempt makes because the process did not run, although the job is not to blame."""
STOPPED = Interrupted("stopped")
STOPPED_AT_ONCE = 500
"""So many attempts are interrupted in one turn of the loop."""
SLICE_S = 0.002
"""After so long without a real pause the loop gets a turn, or jobs that never wait would freeze everything else."""


class Story(Protocol):
    """What the dispatcher tells about attempts, in order; `now` is the clock's time, read once for all who need it."""

    def attempt_started(self, job: Job, slot: int, now: float) -> None: ...

    def attempt_ended(self, job: Job, slot: int, run_s: float, outcome: Outcome, now: float, *, keeps: bool) -> bool:
        """`keeps`: the slot can be kept for the job. True: the job waits for another attempt, and is to keep it."""
        ...

    def limit_holds(self, held: bool, now: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """Where jobs come from and what runs them."""

    queue: Pending
    lane: Lane
    run: Callable[[Job], Awaitable[Done | Failed]]
    ready: Callable[[Job], Awaitable[None] | None]
    """None when an attempt of this job may begin at once, otherwise what to wait for: the journal comes first."""
    hurry: Callable[[], None]
    """A slot waits until outcomes are durable."""


@dataclass(frozen=True, slots=True)
class Policy:
    timeout_s: float
    rejoin: str
    strategy: str = "pool"
    holds_slot: bool = False
    """A job keeps its slot while it waits for another attempt."""


class Dispatcher:
    """Runs at most `concurrency` attempts at once; 0 or `held` starts nothing new."""

    def __init__(
        self, work: Work, policy: Policy, story: Story, limit: RateLimit, now: Callable[[], float], concurrency: int
    ) -> None:
        self.starts = Starts(work.queue, work.lane, limit, policy.rejoin, self, concurrency)
        self._queue = work.queue
        self._run_job, self._ready, self.hurry = work.run, work.ready, work.hurry
        self._policy = policy
        self._story = story
        self._now = now
        self._slots: dict[int, Slot] = {}
        self._numbers = Numbers()
        self._idle: list[int] = []
        """Heap of the numbers of slots that wait for a job."""
        self._resting: dict[int, Slot] = {}
        """By the numbers of the jobs that they rest for."""
        self._crowd: Crowd[Slot] | None = None if policy.strategy == "pool" else Crowd(self._turn)
        self._collector = Collector()
        self.most_tasks = 0
        """The most tasks of slots and jobs that there ever were at once."""
        self._abandoned: set[asyncio.Task[None]] = set()
        self._waking = self._missed = False
        """Missed: somebody hoped for a start at a moment at which not everything was counted yet."""
        self._deadlines = Deadlines(policy.timeout_s, now, self._passed)
        # Kept, because until Python 3.12 every look for the running loop asks the system for the process's id.
        self._loop = asyncio.get_running_loop()
        self._slice = now()

    # -- controls

    @property
    def concurrency(self) -> int:
        return self.starts.concurrency

    @concurrency.setter
    def concurrency(self, value: int) -> None:
        self.starts.concurrency = value
        for seq in [seq for seq, slot in self._resting.items() if slot.number > value]:
            self._let_go(seq)
            self.join(seq)
        for number in [number for number in self._idle if number > value]:
            self._dismiss(self._slots[number])
        self._idle = [number for number in self._idle if number <= value]
        heapq.heapify(self._idle)
        self.wake()

    @property
    def held(self) -> bool:
        return self.starts.held

    @held.setter
    def held(self, value: bool) -> None:
        self.starts.held = value
        self.wake()

    @property
    def running(self) -> int:
        """Attempts started and not ended, those of leaving slots included."""
        return self.starts.running

    def mind(self, hosts: Hosts) -> None:
        """From now on hosts have limits."""
        self.starts.mind(hosts, [slot.job for slot in self._slots.values() if slot.job is not None])

    def join(self, seq: int) -> None:
        """A job was accepted or gets another attempt; where there is no pool, its task begins to wait."""
        if self._crowd is not None:
            self._crowd.join(seq)
            tasks = len(self._crowd) + len(self._slots)
            self.most_tasks = max(self.most_tasks, tasks)
            self._collector.grown(tasks)

    def leave(self, seq: int) -> None:
        """A job that was not running was cancelled."""
        if self._crowd is not None:
            self._crowd.leave(seq)
        if seq in self._resting:
            self._let_go(seq)
            self.wake()

    def cancel(self, seq: int, outcome: Outcome) -> bool:
        """End the running attempt of a job; False when it has none."""
        for slot in self._slots.values():
            if slot.job is not None and slot.job.seq == seq:
                self._cancel(slot, outcome)
                return True
        return False

    def stop(self) -> None:
        """Interrupt every attempt and start nothing any more."""
        self.starts.stopping = True
        self._in_turns(iter(list(self._slots.values())), self._interrupt)

    def abandon(self) -> None:
        """After `stop`: go on without the attempts that have not ended yet."""
        self._in_turns(iter(list(self._slots.values())), self._give_up)

    def _in_turns(self, slots: Iterator[Slot], end: Callable[[Slot], None]) -> None:
        """Some at a time: the ends of a hundred thousand attempts in one turn of the loop would be taken for a hang."""
        if not self.starts.stopping:
            return
        some = list(islice(slots, STOPPED_AT_ONCE))
        for slot in some:
            end(slot)
        if some:
            self._loop.call_soon(self._in_turns, slots, end)

    def _interrupt(self, slot: Slot) -> None:
        if slot.job is not None and not slot.stale:
            self._cancel(slot, STOPPED)

    def _give_up(self, slot: Slot) -> None:
        if slot.job is not None and not slot.stale:
            self._abandon(slot, slot.job, slot.reason or STOPPED)

    def resume(self) -> None:
        """Start again after `stop`."""
        self.starts.stopping = False
        self.wake()

    def forgive(self, gap: float) -> None:
        """The process did not run for `gap` seconds: no attempt is to blame for that time.

        What the sweep has noticed already is not forgiven twice.
        """
        self._deadlines.forgive(gap, self._now())

    async def close(self) -> None:
        """End every slot's task; attempts that still run are cut off without a word."""
        self.starts.stopping = True
        self.starts.close()
        self._deadlines.close()
        tasks = [slot.task for slot in self._slots.values() if slot.task is not None]
        for slot in self._slots.values():
            slot.stale = True
        for task in (*tasks, *self._abandoned):
            task.cancel()
        if self._crowd is not None:
            tasks += self._crowd.close()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)
        self._collector.close()

    # -- what starts

    def holds(self, held: bool, now: float) -> None:
        self._story.limit_holds(held, now)

    def wake(self) -> None:
        """Start whatever may start now. Call it after anything that could allow a start."""
        if self._waking:
            self._missed = True
            return  # beginning an attempt makes room in the queue, which comes back here; the loop below goes on
        self._waking = True
        until = self._now() + SLICE_S
        try:
            while (job := self.starts.next(now := self._now())) is not None:
                if self._goes_back(job, now):
                    pass
                elif self._crowd is not None:
                    self._permit(self._crowd, job, now)
                elif self._idle:
                    slot = self._slots[heapq.heappop(self._idle)]
                    assert slot.future is not None, "an idle slot waits for its future"
                    slot.future.set_result(job)
                    self._begin(slot, job, now)
                else:
                    self._open(job, now)
                if now > until:  # a hundred thousand that came back at once would freeze everything else
                    self._loop.call_soon(self.wake)
                    return
        finally:
            self._waking = False

    # -- slots

    def _open(self, job: Job, now: float) -> None:
        slot = self._new_slot()
        self._begin(slot, job, now)
        slot.task = self._loop.create_task(self._serve(slot, job), name=f"slot {slot.number}")
        self.most_tasks = max(self.most_tasks, len(self._slots))

    def _goes_back(self, job: Job, now: float) -> bool:
        """Into the slot that it has kept, if it has."""
        if not self._resting or (slot := self._resting.pop(job.seq, None)) is None:
            return False
        assert slot.future is not None, "a resting slot waits for its future"
        slot.rests = False
        slot.future.set_result(job)
        self._begin(slot, job, now)
        return True

    def _let_go(self, seq: int) -> None:
        """The slot no longer rests for this job."""
        slot = self._resting.pop(seq)
        slot.rests = False
        self.starts.resting.discard(seq)
        if self._leaves(slot):
            self._dismiss(slot)
        else:
            heapq.heappush(self._idle, slot.number)

    def _permit(self, crowd: Crowd[Slot], job: Job, now: float) -> None:
        """The task of the job becomes the slot that it runs in."""
        slot = self._new_slot()
        slot.task, permit = crowd.take(job.seq)
        self._collector.grown(len(crowd) + len(self._slots))
        self._begin(slot, job, now)
        permit.set_result(slot)

    async def _turn(self, permit: asyncio.Future[Slot]) -> None:
        """What the task of a job does."""
        slot = await permit
        if slot.job is not None:  # otherwise it was abandoned before it could begin
            await self._serve(slot, slot.job)

    def _new_slot(self) -> Slot:
        number = self._numbers.take()
        slot = self._slots[number] = Slot(number)
        return slot

    def _remove(self, slot: Slot) -> None:
        del self._slots[slot.number]
        self._numbers.give_back(slot.number)
        if self._crowd is not None:
            self._collector.shrunk(len(self._crowd) + len(self._slots))

    def _begin(self, slot: Slot, job: Job, now: float) -> None:
        """The job leaves its place and enters the slot in one step, so that every count agrees at every moment."""
        slot.assign(job, now)
        self._story.attempt_started(job, slot.number, now)
        self._queue.settle()

    def _dismiss(self, slot: Slot) -> None:
        self._remove(slot)
        assert slot.future is not None, "only slots that wait are dismissed"
        slot.future.set_result(None)

    async def _serve(self, slot: Slot, first: Job) -> None:
        job: Job | None = first
        while job is not None:
            await self._attempt(slot, job)
            job = None if slot.stale else self._next(slot) or await self._wait(slot)

    def _leaves(self, slot: Slot) -> bool:
        return slot.number > self.starts.concurrency or self.starts.stopping or self._crowd is not None

    def _next(self, slot: Slot) -> Job | None:
        """A job that the slot can begin at once."""
        if slot.rests or self._leaves(slot):
            return None
        while (job := self.starts.next(now := self._now())) is not None:
            if not self._goes_back(job, now):
                self._begin(slot, job, now)
                return job
        return None

    async def _wait(self, slot: Slot) -> Job | None:
        """The next job when there is one, already begun; None when the slot is to go."""
        if not slot.rests and self._leaves(slot):
            self._remove(slot)
            self.wake()  # while it was leaving, it took the room of a smaller number
            return None
        slot.future = self._loop.create_future()
        if not slot.rests:
            heapq.heappush(self._idle, slot.number)
        try:
            return await slot.future
        finally:
            slot.future = None

    async def _attempt(self, slot: Slot, job: Job) -> None:
        """One attempt that has begun; nothing that the job does gets out of here."""
        slot.active = True
        outcome: Outcome
        try:
            outcome = slot.reason or await self._run(slot, job)
        except asyncio.CancelledError as error:
            outcome = with_last_words(self._why_cancelled(slot), error)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            outcome = outcome_of(error)
        finally:
            slot.active = False
        if slot.stale:
            return
        if slot.task is not None and slot.reason is not None and slot.task.cancelling():
            slot.task.uncancel()  # the request was ours and has been dealt with; the slot itself goes on
        self._end(slot, job, outcome)

    async def _run(self, slot: Slot, job: Job) -> Outcome:
        if slot.started - self._slice > SLICE_S:
            await asyncio.sleep(0)
            self._slice = self._now()
        if (journal := self._ready(job)) is not None:
            await journal
        if job.problem:
            return Failed("input", job.problem, permanent=True)
        if self._policy.timeout_s:
            slot.started = now = self._now()
            self._deadlines.limit(slot, now)
        return await self._run_job(job)

    def _why_cancelled(self, slot: Slot) -> Outcome:
        if slot.reason is not None:
            return slot.reason
        if slot.task is not None and slot.task.cancelling():
            raise asyncio.CancelledError  # the slot itself is being ended
        return Failed("exception:CancelledError", "the job cancelled itself")

    def _end(self, slot: Slot, job: Job, outcome: Outcome) -> None:
        slot.job = None
        self._deadlines.over(slot)
        self.starts.ended()
        now = self._now()
        if isinstance(outcome, Failed) and self._broken_by_sleep(slot, outcome):
            outcome = Interrupted(f"qtui did not run in between: {outcome.message}")
        keeps = self._policy.holds_slot and not (slot.stale or self.starts.stopping)
        keeps = keeps and slot.number <= self.starts.concurrency
        if self._told(job, slot, outcome, now, keeps=keeps):
            if slot.number <= self.starts.concurrency:
                slot.rests = True
                self._resting[job.seq] = slot
                self.starts.resting.add(job.seq)
            else:  # this very end has lowered the limit
                self.join(job.seq)

    def _told(self, job: Job, slot: Slot, outcome: Outcome, now: float, *, keeps: bool) -> bool:
        """Tell the end of an attempt. Nothing starts before all that follows from it is counted."""
        waking, self._waking, self._missed = self._waking, True, False
        try:
            return self._story.attempt_ended(job, slot.number, now - slot.started, outcome, now, keeps=keeps)
        finally:
            self._waking = waking
            if self._missed:
                self._loop.call_soon(self.wake)

    def _broken_by_sleep(self, slot: Slot, failed: Failed) -> bool:
        ours = slot.reason is not None  # our own deadlines leave out the time in which we did not run
        return not ours and failed.code in BROKEN_BY_SLEEP and slot.started < self._deadlines.ran_again()

    # -- the end that is not its own

    def _cancel(self, slot: Slot, outcome: Outcome) -> None:
        if slot.reason is not None:
            return
        slot.reason = outcome
        self._deadlines.grace(slot, self._now())
        if slot.active and slot.task is not None:
            slot.task.cancel()

    def _passed(self, slot: Slot) -> None:
        """A deadline of the slot is over."""
        if slot.job is None:
            return
        if slot.reason is None:
            self._cancel(slot, Failed("timeout", f"no result after {seconds(self._policy.timeout_s)}"))
        else:
            self._abandon(slot, slot.job, slot.reason)

    def _abandon(self, slot: Slot, job: Job, outcome: Outcome) -> None:
        """The attempt swallowed its cancellation: its slot goes on without it."""
        slot.stale = True
        self._remove(slot)
        if slot.task is not None:
            self._abandoned.add(slot.task)
            slot.task.add_done_callback(self._abandoned.discard)
        if isinstance(outcome, Failed):
            outcome = Failed(outcome.code, f"{outcome.message}, and it did not stop when it was cancelled")
        self._end(slot, job, outcome)
        self.wake()
