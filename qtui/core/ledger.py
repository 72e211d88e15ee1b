"""The fold of the facts: the only place where a counter changes, live, resumed or replayed alike.

Always: accepted = pending + running + waiting + done + failed + held + cancelled. A final outcome is counted when it
is durable: `apply` notes it with its journal position, `commit` counts it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from qtui import text
from qtui.core import events as ev
from qtui.core import steered
from qtui.core.commands import MAX_CONCURRENCY
from qtui.core.job import DROPPED, REJECTED, Done, Failed, Job, Outcome
from qtui.core.lifecycle import FINAL, Move, State, step
from qtui.core.meter import Column, Counter, History, Level, RunTimes, Stays, bucket
from qtui.core.outstanding import Outstanding
from qtui.core.signature import signature, title
from qtui.core.snapshot import SERIES_SECONDS, LogLine, Recent, RunState
from qtui.core.told import told
from qtui.core.tracks import GroupTrack, ProducerTrack, SlotTrack
from qtui.core.utilisation import GroupUse

MAX_GROUPS = 200
PEAK_S = 5
"""The best rate is that of the best so many seconds."""
OTHER = "other errors"
"""The group of everything beyond MAX_GROUPS."""

_MOVES = {
    "done": Move.SUCCEED,
    "failed": Move.FAIL,
    "waiting": Move.RETRY,
    "pending": Move.INTERRUPT,
    "cancelled": Move.CANCEL,
}


_BACK = {"failed": Move.REFAIL, "held": Move.REHOLD, "cancelled": Move.RECANCEL}
_RECENT = {"waiting": "retry", "pending": "interrupted"}


class _Open(msgspec.Struct, gc=False):
    """A job that is not final, or whose end is not durable yet."""

    job: Job
    state: State = State.PENDING
    due_at: float = 0.0
    started: float = 0.0
    """When its attempt began."""
    from_group: str = ""
    """The failure group a person took it out of."""


class RecentOutcome(msgspec.Struct, frozen=True, gc=False):
    """Kept as it came; it becomes words only when somebody looks."""

    at: float
    job: Job
    then: str
    run_s: float
    outcome: Outcome | None

    def view(self, now: float) -> Recent:
        kind = _RECENT.get(self.then, self.then)
        if self.outcome is DROPPED:
            return Recent(self.job.seq, self.job.name, kind, "dropped, the queue was full", now - self.at)
        said = title(self.outcome.code) if isinstance(self.outcome, Failed) else text.seconds(self.run_s)
        return Recent(self.job.seq, self.job.name, kind, said, now - self.at)


class _Ending(msgspec.Struct, frozen=True, gc=False):
    """A final outcome on its way to the disk."""

    position: int
    entry: _Open
    was: State
    to: State
    signature: str
    recent: RecentOutcome | None
    """None: a retry was taken back, and nothing has happened to the job."""
    aside: bool = False
    """It is set aside again."""


class Ledger:
    """Feed it every event in order; read the fields freely, change them never."""

    def __init__(self) -> None:
        self.started: ev.RunStarted | None = None
        self.ended: ev.RunEnded | None = None
        self.draining = self.stopping = self.held_by_person = False
        self.halted = ""
        """Why nothing new starts until a person releases the run, or empty."""
        self.short_of_memory = False
        self.grips: dict[str, ev.Held] = {}
        """Who keeps what from going on since when: producers, or `halted`, `held`, `memory` everything new."""
        self.concurrency = self.capacity = 0
        self.limits: dict[str, int] = {}
        """What qtui itself allows at once, by its reason."""
        self.rate: float | None = None
        self.counts: dict[State, int] = dict.fromkeys(State, 0)
        self.accepted = self.retries = self.recovered = 0
        self.lost, self.losses = 0, Counter()
        """Jobs lost to a full queue, those of earlier lives included."""
        self.began = 0.0
        """When the present life of the run began."""
        self.open: dict[int, _Open] = {}
        self.queued: dict[int, float] = {}
        """Pending jobs by number with the time they entered, oldest first."""
        self.slots: dict[int, SlotTrack] = {}
        self.use = GroupUse()
        """At most MAX_CONCURRENCY; what runs beyond is only counted."""
        self.resting: dict[int, int] = {}
        """Jobs that wait for another attempt and keep their slots, with the numbers of those."""
        self.unseen = 0
        """Attempts that run in slots with higher numbers."""
        self.producers: dict[int, ProducerTrack] = {}
        self.groups: dict[str, GroupTrack] = {}
        self.outstanding = Outstanding(self)
        self.recent: deque[RecentOutcome] = deque(maxlen=20)
        self.log: deque[LogLine] = deque(maxlen=50)
        self.high_water = 0
        self.busy, self.full, self.empty, self.holding = Level(), Level(), Level(value=1.0), Level()
        self.pressed = Level()
        """1 while any producer is blocked."""
        self.admitted, self.begun, self.finished, self.failed_attempts = Counter(), Counter(), Counter(), Counter()
        self.stays, self.runs = Stays(), Stays()
        """Of jobs in the queue, and of attempts."""
        self.peak_rate = 0.0
        self.run_times = RunTimes()
        self.series = History(SERIES_SECONDS, sums=self._sums)
        self.overview = History(240, fold=True, sums=self._sums)
        self._next_second = 1
        self._column = self.series.column(0.0, 0, 0)
        self._wide = self.overview.column(0.0, 0, 0)
        self._endings: deque[_Ending] = deque()
        self._blocked = 0
        self._handlers: dict[type, Callable[[Any, int], None]] = {
            ev.JobAccepted: self._job_accepted,
            ev.AttemptStarted: self._attempt_started,
            ev.AttemptEnded: self._attempt_ended,
            ev.AttemptProgressed: self._attempt_progressed,
            ev.JobCancelled: self._job_cancelled,
            ev.JobDropped: self._job_dropped,
            ev.JobRequeued: self._job_requeued,
            ev.JobPutBack: self._job_put_back,
            ev.RetryHastened: self._retry_hastened,
            ev.ProducerStarted: self._producer_started,
            ev.TotalKnown: self._total_known,
            ev.ProducerEnded: self._producer_ended,
            ev.FrontierGrew: self._frontier_grew,
            ev.ProducerBlocked: self._producer_blocked,
            ev.ProducerUnblocked: self._producer_unblocked,
            ev.RunStarted: self._run_started,
            ev.RunResumed: self._run_resumed,
            ev.JobRestored: self._job_restored,
            ev.GroupRestored: self._group_restored,
            ev.Sampled: self._sampled,
            ev.RunEnded: self._run_ended,
            ev.RunReopened: self._run_reopened,
            ev.Notice: self._notice,
            **self.outstanding.handlers,
            **{event: self._steered(handler) for event, handler in steered.HANDLERS.items()},
        }

    def _steered(self, handler: Callable[[Ledger, Any], None]) -> Callable[[Any, int], None]:
        return lambda event, _: handler(self, event)

    def apply(self, event: ev.Event, position: int = 0) -> None:
        """Fold one event in. Raises IllegalTransition for a move the law does not know; then nothing has changed."""
        self._handlers[type(event)](event, position)

    def commit(self, position: int, at: float) -> None:
        """Everything up to `position` is durable: count the ends that waited for it."""
        endings, done = self._endings, 0
        while endings and endings[0].position <= position:
            done += self._settle(endings.popleft())
        if done:
            for column in self._columns(at):
                column.done += done
            self.finished.add(at, done)

    # -- what the rest reads

    @property
    def state(self) -> RunState:
        if self.started is None:
            return RunState.STARTING
        if self.ended is not None:
            return RunState.FINISHED if self.ended.how == "finished" else RunState.STOPPED
        if self.stopping:
            return RunState.STOPPING
        if self.draining:
            return RunState.DRAINING
        if self.halted:
            return RunState.HALTED
        giving = [producer for producer in self.producers.values() if not producer.ended]
        return RunState.PAUSED if giving and all(p.paused for p in giving) else RunState.RUNNING

    @property
    def workers(self) -> int:
        """How many attempts may run at once."""
        return min(self.concurrency, *self.limits.values()) if self.limits else self.concurrency

    @property
    def strategy(self) -> str:
        return self.started.strategy if self.started else "pool"

    @property
    def total(self) -> int | None:
        """Jobs the sources will give, or None while any of them does not know."""
        total = 0
        for producer in self.producers.values():
            if producer.total is None:
                return None
            total += producer.total
        return total

    @property
    def unsettled(self) -> int:
        """Final outcomes that are not durable yet."""
        return len(self._endings)

    def validate(self) -> None:
        """Raise AssertionError unless the books balance."""
        counts = self.counts
        parts = sum(counts[state] for state in State if state is not State.NEW)
        assert counts[State.NEW] <= self.unsettled, "what is new and ended is on its way to the disk"
        assert self.accepted == parts, f"accepted {self.accepted} but the states add up to {parts}: {counts}"
        assert all(number >= 0 for number in counts.values()), counts
        assert len(self.open) == self.accepted + counts[State.NEW] - sum(counts[state] for state in FINAL)
        assert len(self.queued) == sum(entry.state is State.PENDING for entry in self.open.values())
        busy = sum(track.job is not None for track in self.slots.values())
        running = sum(entry.state is State.RUNNING for entry in self.open.values())
        assert busy + self.unseen == running + len(self.resting) == self.busy.value or self.ended is not None

    # -- jobs

    def _job_accepted(self, event: ev.JobAccepted, _: int) -> None:
        job, at = event.job, event.at
        seq = job.seq
        assert seq not in self.open, f"job {seq} was accepted twice"
        self.open[seq] = _Open(job)
        self.accepted += 1
        self.counts[State.PENDING] += 1
        self._enqueue(seq, at)
        self.admitted.add(at)
        if (producer := self.producers.get(job.producer)) is not None:
            producer.admitted.add(at)

    def _sums(self, second: float) -> tuple[float, float]:
        whole = int(second)
        if whole == second:
            return self.busy.at_second(whole), self.admitted.at_second(whole)
        self.busy.advance(second)
        return self.busy.area, self.admitted.total

    def _enqueue(self, seq: int, at: float) -> None:
        self.queued[seq] = at
        self.stays.enter(at)
        depth = self.depth_changed(at)
        if depth > self._column.depth:  # the wider column has seen every depth that this second has
            self._column.depth = depth
            self._wide.depth = max(self._wide.depth, depth)
        self.high_water = max(self.high_water, depth)

    def _dequeue(self, seq: int, at: float) -> None:
        self.stays.leave(at, self.queued.pop(seq))
        self.depth_changed(at)

    def depth_changed(self, at: float) -> int:
        """Note how many are pending now, and tell it."""
        depth = len(self.queued)
        full, empty = 0 < self.capacity <= depth, depth == 0
        if full != self.full.value:
            self.full.set(at, float(full))
        if empty != self.empty.value:
            self.empty.set(at, float(empty))
        if at >= self._next_second:
            self.turn(at)
        return depth

    def turn(self, at: float) -> None:
        """A new second: its columns are looked up once, not for every event."""
        self._next_second = int(at) + 1
        if at > PEAK_S + 1:
            self.peak_rate = max(self.peak_rate, self.finished.sum(at, PEAK_S + 1) / PEAK_S)
        self._column = self.series.column(at, len(self.queued), self.capacity, self.workers)
        self._wide = self.overview.column(at, len(self.queued), self.capacity, self.workers)

    def _columns(self, at: float) -> tuple[Column, Column]:
        if at >= self._next_second:
            self.turn(at)
        return self._column, self._wide

    def _move(self, entry: _Open, move: Move) -> State:
        """Change a job's state and its count, unless the new state is final: that waits for the disk."""
        was = entry.state
        entry.state = now = step(entry.job.seq, was, move)
        if now not in FINAL:
            self.counts[was] -= 1
            self.counts[now] += 1
        return was

    def _attempt_started(self, event: ev.AttemptStarted, _: int) -> None:
        job, at = event.job, event.at
        entry = self.open[job.seq]
        if self._move(entry, Move.START) is State.PENDING:
            self._dequeue(job.seq, at)
        entry.job, entry.started = job, at
        self.begun.add(at)
        self.runs.enter(at)
        new = not self.resting or self.resting.pop(job.seq, None) is None
        if new:
            self.busy.add(at, 1)
        if event.slot > self.concurrency and self.strategy == "unbounded":
            self.concurrency = event.slot
        if event.slot > MAX_CONCURRENCY:
            self.unseen += new
            return
        track = self.slots.get(event.slot)
        if track is None or track.retired is not None:
            track = self.slots[event.slot] = SlotTrack(at)
        track.start(at, job)

    def _attempt_ended(self, event: ev.AttemptEnded, position: int) -> None:
        job, at = event.job, event.at
        entry = self.open[job.seq]
        then = event.then
        was = self._move(entry, _MOVES[then])
        if event.slot <= MAX_CONCURRENCY:
            self.slots[event.slot].end(at, then)
        if event.keeps:
            self.resting[job.seq] = event.slot
            if event.slot <= MAX_CONCURRENCY:
                self.slots[event.slot].rest(at, job, at + event.delay_s)
        else:
            self._empty_slot(event.slot, at)
        self.runs.leave(at, entry.started)
        outcome = event.outcome
        if isinstance(outcome, Done):
            self.run_times.add(event.run_s)
            row = bucket(event.run_s)
            for column in self._columns(at):
                column.latency[row] = column.latency.get(row, 0) + 1
        elif isinstance(outcome, Failed):
            self._failure(event, outcome)
        if then == "waiting":
            entry.due_at = at + event.delay_s
            self.retries += isinstance(outcome, Failed)
        elif then == "pending":
            self._enqueue(job.seq, at)
        recent = RecentOutcome(at, job, then, event.run_s, outcome)
        if then in _RECENT:
            self.recent.appendleft(recent)
        else:
            self._endings.append(_Ending(position, entry, was, entry.state, event.signature, recent))

    def _empty_slot(self, number: int, at: float) -> None:
        """Its job has left it."""
        self.busy.add(at, -1)
        if number > MAX_CONCURRENCY:
            self.unseen -= 1
            return
        track = self.slots[number]
        track.leave(at)
        if number > self.concurrency or (self.limits and number > self.workers):
            track.retired = at

    def _attempt_progressed(self, event: ev.AttemptProgressed, _: int) -> None:
        track = self.slots.get(event.slot)
        if track is not None and track.job is not None and track.job.seq == event.seq:
            track.share, track.note = event.share, event.text

    def _failure(self, event: ev.AttemptEnded, failed: Failed) -> None:
        self.failed_attempts.add(event.at)
        for column in self._columns(event.at):
            column.failed += 1
        group = self._group(event.signature, event.at, failed)
        group.add_attempt(event.at, event.job, failed, event.then == "waiting" or group.retryable)

    def _group(self, signature: str, at: float, failed: Failed) -> GroupTrack:
        if signature not in self.groups and len(self.groups) >= MAX_GROUPS:
            signature = OTHER
        if signature not in self.groups:
            self.groups[signature] = GroupTrack(at, failed)
        return self.groups[signature]

    def _settle(self, ending: _Ending) -> bool:
        """Count an end; True when the job is done."""
        entry = ending.entry
        job, done = entry.job, ending.to is State.DONE
        self.counts[ending.was] -= 1
        self.counts[ending.to] += 1
        if ending.was is State.NEW:
            self.accepted += 1
        if self.open.get(job.seq) is entry:
            del self.open[job.seq]
        if entry.from_group and (group := self._known_group(entry.from_group)):
            group.retrying -= 1
            group.recovered += done
        if ending.recent is not None:
            self.recent.appendleft(ending.recent)
            self.outstanding.ended(ending.to, entry.from_group)
        elif ending.aside:
            self.outstanding.attention.set_aside("", [(job.seq, ending.signature)], aside=True)
        if ending.to is State.FAILED and (group := self._known_group(ending.signature)):
            group.jobs += 1
        if done and (job.attempt > 1 or entry.from_group):
            self.recovered += 1
        return done

    def _known_group(self, signature: str) -> GroupTrack | None:
        return self.groups.get(signature) or self.groups.get(OTHER)

    def _job_cancelled(self, event: ev.JobCancelled, position: int) -> None:
        entry = self.open[event.seq]
        was = self._move(entry, Move.CANCEL)
        if (slot := self.resting.pop(event.seq, None)) is not None:
            self._empty_slot(slot, event.at)
        if was is State.PENDING:
            self._dequeue(event.seq, event.at)
        recent = RecentOutcome(event.at, entry.job, "cancelled", 0.0, None)
        self._endings.append(_Ending(position, entry, was, State.CANCELLED, "", recent))

    def _job_dropped(self, event: ev.JobDropped, position: int) -> None:
        """One that never entered is accepted when its end is counted, so that the books balance in between."""
        job, at = event.job, event.at
        if event.fresh:
            entry = self.open[job.seq] = _Open(job, State.NEW)
            self.counts[State.NEW] += 1
            if (producer := self.producers.get(job.producer)) is not None:
                producer.admitted.add(at)
        else:
            entry = self.open[job.seq]
            self._dequeue(job.seq, at)
        was, outcome, group = entry.state, REJECTED if event.rejected else DROPPED, ""
        entry.state = step(job.seq, was, Move.FAIL if event.rejected else Move.CANCEL)
        if isinstance(outcome, Failed):
            group = signature(outcome)
            self._group(group, at, outcome).add_attempt(at, job, outcome, True)
        self.lost += 1
        self.losses.add(at)
        recent = RecentOutcome(at, job, entry.state.value, 0.0, outcome)
        self._endings.append(_Ending(position, entry, was, entry.state, group, recent))

    def _job_requeued(self, event: ev.JobRequeued, _: int) -> None:
        job, was = event.job, State(event.was)
        assert job.seq not in self.open, f"job {job.seq} is not final"
        state = step(job.seq, was, Move.REQUEUE)
        signature = event.signature if was is State.FAILED else ""  # a group counts no others
        self.open[job.seq] = _Open(job, state, from_group=signature)
        self.outstanding.requeued(job.seq)
        self.counts[was] -= 1
        self.counts[State.PENDING] += 1
        self._enqueue(job.seq, event.at)
        if signature and (group := self._known_group(signature)):
            group.jobs -= 1
            group.retrying += 1

    def _job_put_back(self, event: ev.JobPutBack, position: int) -> None:
        """It counts as what it was when that is durable, like any end."""
        seq = event.job.seq
        entry = self.open[seq]
        was = self._move(entry, _BACK[event.was])
        self._dequeue(seq, event.at)
        self._endings.append(_Ending(position, entry, was, entry.state, event.signature, None, event.aside))

    def _retry_hastened(self, event: ev.RetryHastened, _: int) -> None:
        self.open[event.seq].due_at = event.at
        if (track := self.slots.get(self.resting.get(event.seq, 0))) is not None:
            track.due_at = event.at

    # -- producers

    def _producer_started(self, event: ev.ProducerStarted, _: int) -> None:
        track = self.producers[event.index] = ProducerTrack(event.at, event.name, event.total, event.rate)
        track.before = event.given

    def _total_known(self, event: ev.TotalKnown, _: int) -> None:
        self.producers[event.index].total = event.total

    def _producer_ended(self, event: ev.ProducerEnded, _: int) -> None:
        producer = self.producers[event.index]
        producer.ended = True
        producer.problem = event.problem
        producer.total = producer.given
        if event.problem:
            self.say(event)

    def _frontier_grew(self, event: ev.FrontierGrew, _: int) -> None:
        producer = self.producers[event.index]
        producer.found, producer.rows = event.found, event.rows

    def _producer_blocked(self, event: ev.ProducerBlocked, _: int) -> None:
        self.producers[event.index].set_blocked(event.at, True)
        self._blocked += 1
        self.pressed.set(event.at, 1.0)

    def _producer_unblocked(self, event: ev.ProducerUnblocked, _: int) -> None:
        self.producers[event.index].set_blocked(event.at, False)
        self._blocked -= 1
        self.pressed.set(event.at, float(self._blocked > 0))

    def grip(self, what: str, at: float, by: str, reason: str = "") -> None:
        """Note since when; what has begun already has begun then."""
        self.grips.setdefault(what, ev.Held(at, text.clean(by, 40), text.clean(reason)))

    def workers_changed(self, at: float) -> None:
        """The slots follow how many may run now."""
        workers = self.workers
        for number in range(1, workers + 1):
            track = self.slots.get(number)
            if track is None or track.retired is not None:
                self.slots[number] = SlotTrack(at)
        for seq, number in [(seq, number) for seq, number in self.resting.items() if number > workers]:
            del self.resting[seq]
            self._empty_slot(number, at)
        for number, track in self.slots.items():
            if number > workers and track.job is None and track.retired is None:
                track.retired = at

    # -- the run

    def _run_started(self, event: ev.RunStarted, _: int) -> None:
        self.started = event
        self.concurrency, self.capacity, self.rate = event.concurrency, event.capacity, event.rate
        self.limits.clear()
        for number in range(1, event.concurrency + 1):
            self.slots[number] = SlotTrack(event.at)
        self.depth_changed(event.at)
        self.turn(event.at)

    def _run_resumed(self, event: ev.RunResumed, position: int) -> None:
        finals = (event.done, event.failed, event.held, event.cancelled)
        self.counts.update(zip((State.DONE, State.FAILED, State.HELD, State.CANCELLED), finals, strict=True))
        self.accepted = sum(finals)  # what is open comes back one by one
        self.lost = event.lost
        self.outstanding.began_with(event.failed)
        self.began = event.at
        for level in (self.busy, self.full, self.empty, self.holding, self.pressed):
            level.restart(event.at)
        for counter in (self.admitted, self.begun, self.finished, self.failed_attempts, self.losses):
            counter.restart(event.at)
        self.stays.restart(event.at)
        self.runs.restart(event.at)
        self._run_started(event.started, position)
        self.mark(event.at, "►")
        self.say(event)

    def _job_restored(self, event: ev.JobRestored, _: int) -> None:
        entry = self.open[event.job.seq] = _Open(event.job)
        self.accepted += 1
        if event.waiting:
            entry.state, entry.due_at = State.WAITING, event.due_at
            self.counts[State.WAITING] += 1
        else:
            self.counts[State.PENDING] += 1
            self._enqueue(event.job.seq, event.at)

    def _group_restored(self, event: ev.GroupRestored, _: int) -> None:
        told = event.group
        group = self._group(told.signature, event.at, told.failed)
        group.jobs += told.jobs
        group.attempts += told.attempts
        group.remember(told.samples)

    def _sampled(self, event: ev.Sampled, _: int) -> None:
        """For replays; the ledger knows it all."""

    def _run_ended(self, event: ev.RunEnded, _: int) -> None:
        self.ended = event
        for level in (self.busy, self.full, self.empty, self.holding, self.pressed):
            level.set(event.at, 0.0)

    def _run_reopened(self, event: ev.RunReopened, _: int) -> None:
        self.ended = None
        self.depth_changed(event.at)
        self.mark(event.at, "►")

    def _notice(self, event: ev.Notice, _: int) -> None:
        self.say(event)

    def mark(self, at: float, glyph: str) -> None:
        """Put a sign into the columns of now."""
        for column in self._columns(at):
            column.marks.append(glyph)

    def say(self, event: ev.Event) -> None:
        """Write down what people are told of it."""
        line = told(event, {index: producer.name for index, producer in self.producers.items()})
        if line is not None:
            self._write(event.at, line.who, line.text, line.level)

    def _write(self, at: float, actor: str, said: str, level: str = "info") -> None:
        """Note something in the log."""
        wall = (self.started.started_at if self.started else 0.0) + at
        self.log.appendleft(LogLine(wall, text.clean(actor, 40), text.clean(said), level))
