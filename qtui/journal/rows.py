"""Events as rows: pure bookkeeping, which remembers only the jobs that are not final.

Everything that happens to a job within one batch becomes one row; what happens to it later becomes one change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TypeAlias, final

from msgspec.structs import astuple, replace

from qtui.core.attention import Attention
from qtui.core.events import (
    GONE,
    PASSING,
    Acknowledged,
    AsideChanged,
    AttemptEnded,
    AttemptStarted,
    Event,
    JobAccepted,
    JobCancelled,
    JobDropped,
    JobPutBack,
    JobRequeued,
    ProducerEnded,
    ProducerStarted,
    RetryHastened,
    RunResumed,
    RunStarted,
    Sampled,
    TotalKnown,
)
from qtui.core.job import REJECTED, Cancelled, Done, Failed, Found, Job
from qtui.core.signature import line, signature
from qtui.journal import stretch
from qtui.journal.columns import CHANGING, DROPPED_SAID, FINAL, GONE_SAID, Attempt, Batch, JobState, NewJob, Totals
from qtui.journal.encoding import encode, keep
from qtui.text import clean, clean_block

Record: TypeAlias = tuple[int, Event]
"""An event with its position."""
DETAIL = 20_000
"""Characters of an attempt's detail that are kept."""
STEPS = 20_000
"""How far the lowest open job is looked for after one batch."""


@final
class Fold:
    """Turns records into batches of rows, in order; a batch must be written before the next is folded.

    Attempts are numbered through all rounds a job is given, so `(seq, n)` never comes twice.
    """

    def __init__(self, started_at: float, *, lines: bool) -> None:
        self._zero = started_at
        """Wall clock of `at` = 0."""
        self._lines = lines
        self._totals = Totals()
        self._open: set[int] = set()
        self._open_from = 1
        self._next = 1
        """Behind the greatest number accepted."""
        self._given: dict[int, int] = {}
        """Jobs accepted from each producer."""
        self._grown: set[int] = set()
        """Producers this batch has accepted jobs from."""
        self._states: dict[int, JobState] = {}
        """Jobs that have been started and are not final; a job that has never been started has no history."""
        self._before: dict[int, tuple[int, float]] = {}
        """Tries and end of the jobs that were given another round and have not started since."""
        self._batch = Batch()
        self._touched: dict[int, JobState] = {}
        """Jobs this batch has something on."""
        self._fresh: list[NewJob] = []
        """Jobs this batch has accepted."""
        self._attempts: list[Attempt] = []
        """Attempts this batch has begun."""
        self._begun: dict[int, Attempt] = {}
        """Those of them that have not ended, by job."""
        self._ends: list[Attempt] = []
        """Attempts of earlier batches that this one ends."""
        self._takers: dict[type, Callable[..., None]] = {
            JobAccepted: self._accepted,
            AttemptStarted: self._started,
            AttemptEnded: self._ended,
            JobCancelled: self._cancelled,
            JobDropped: self._dropped,
            JobRequeued: self._requeued,
            JobPutBack: self._put_back,
            RetryHastened: self._hastened,
            RunStarted: self._run_started,
            RunResumed: self._run_resumed,
            Sampled: self._sampled,
            ProducerStarted: self._producer_started,
            TotalKnown: self._total_known,
            ProducerEnded: self._producer_ended,
            AsideChanged: self._aside_changed,
            Acknowledged: self._acknowledged,
        }
        self._attention = Attention()
        self._remarked = False
        """Whether this batch changes what a person has said about failures."""

    def go_on(
        self,
        totals: Totals,
        given: Mapping[int, int],
        states: Iterable[JobState],
        last_seq: int,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Take up where an earlier life of the run ended; `states` are its open jobs, `facts` are kept with it."""
        self._attention.restore(facts or {})
        self._totals = replace(totals)
        self._given = dict(given)
        self._next = self._open_from = last_seq + 1
        for state in states:
            self._open.add(state.seq)
            self._open_from = min(self._open_from, state.seq)
            if state.attempts:
                self._states[state.seq] = state

    def unknown(self, records: Iterable[Record]) -> list[int]:
        """Jobs that are given another round; `learn` must be told their history before `fold`."""
        return [event.job.seq for _, event in records if type(event) is JobRequeued]

    def learn(self, states: Iterable[JobState]) -> None:
        """Take the history that `unknown` asked for, as it stands after the batches folded so far."""
        self._states.update((state.seq, state) for state in states)

    def fold(self, records: Sequence[Record]) -> Batch:
        """The rows of `records`, which follow the ones folded before."""
        self._touched, self._fresh, self._attempts, self._begun, self._ends = {}, [], [], {}, []
        self._grown, self._remarked = set(), False
        batch = self._batch = Batch(position=records[-1][0])
        takers = self._takers
        for _, event in records:
            taker = takers.get(type(event))
            if taker is not None:
                taker(event)
            elif type(event) not in PASSING:
                self._note(event)
        batch.producers += [[index, "", None, "", self._given[index]] for index in sorted(self._grown)]
        batch.lived = records[-1][1].at
        batch.newest = self._zero + batch.lived
        fresh = {job.seq for job in self._fresh}
        batch.jobs = [astuple(job) for job in self._fresh]
        batch.changes = [astuple(state)[:CHANGING] for seq, state in self._touched.items() if seq not in fresh]
        batch.attempts = [astuple(attempt) for attempt in self._attempts]
        batch.ends = [astuple(attempt) for attempt in self._ends]
        batch.facts = [[*fact] for fact in self._attention.facts().items()] if self._remarked else []
        batch.stretch, batch.failures = stretch.rows(batch.newest, [*self._attempts, *self._ends])
        batch.totals = replace(self._totals)
        batch.open_from = self._lowest_open()
        for seq in self._touched:
            if seq not in self._open:
                self._states.pop(seq, None)
        return batch

    def _accepted(self, event: JobAccepted | JobDropped) -> None:
        job = event.job
        seq, name = job.seq, clean(job.name)
        new = self._touched[seq] = NewJob(
            seq,
            key=None if job.key == name else keep(job.key),
            name=name,
            row=encode(job.row).decode(),
            producer=job.producer,
            problem=job.problem or None,
            accepted_at=self._zero + event.at,
        )
        self._fresh.append(new)
        self._totals.accepted += 1
        self._given[job.producer] = self._given.get(job.producer, 0) + 1
        self._grown.add(job.producer)
        self._open.add(seq)
        self._next = max(self._next, seq + 1)

    def _started(self, event: AttemptStarted) -> None:
        state = self._touch(event.job.seq)
        self._before.pop(state.seq, None)
        state.state = "running"
        state.attempts += 1
        state.started_at = at = self._zero + event.at
        self._states[state.seq] = state
        attempt = self._begun[state.seq] = Attempt(state.seq, state.attempts, event.slot, at)
        self._attempts.append(attempt)

    def _ended(self, event: AttemptEnded) -> None:
        job, outcome = event.job, event.outcome
        at = self._zero + event.at
        state = self._touch(job.seq)
        state.tries = job.attempt
        attempt = self._end_attempt(event, state)
        attempt.t1 = at
        match outcome:
            case Done():
                attempt.outcome, attempt.message = "done", clean(outcome.note) if outcome.note else None
                state.signature = ""
                self._result(job, outcome)
                if event.found:
                    self._found(job, event.found)
            case Failed():
                attempt.outcome = "failed" if event.then == "failed" else "retry"
                attempt.code, attempt.message = clean(outcome.code), clean(outcome.message)
                state.signature, state.error = clean(event.signature), clean(line(outcome))
                state.tries -= event.spared
            case Cancelled():
                attempt.outcome, attempt.message = "cancelled", clean(outcome.by)
            case _:
                attempt.outcome, attempt.message = "interrupted", clean(outcome.why)
                state.tries -= 1
                state.interruptions += 1
        if outcome.detail:
            attempt.detail = clean_block(outcome.detail, DETAIL)
        state.state = event.then
        state.run_s = event.run_s
        if event.then == "waiting":
            state.next_at = at + event.delay_s
        elif event.then in FINAL:
            self._finish(state, at)

    def _end_attempt(self, event: AttemptEnded, state: JobState) -> Attempt:
        """The attempt that has ended, to be filled in."""
        if begun := self._begun.pop(state.seq, None):
            return begun
        if state.state == "running":
            ended = Attempt(state.seq, state.attempts, event.slot, state.started_at)
            self._ends.append(ended)
            return ended
        # It ended without having been told to start: a plain row, which the file refuses if it is there already.
        state.attempts += 1
        state.started_at = self._zero + event.at - event.run_s
        self._states[state.seq] = state
        self._attempts.append(Attempt(state.seq, state.attempts, event.slot, state.started_at))
        return self._attempts[-1]

    def _found(self, job: Job, found: Iterable[Found]) -> None:
        self._batch.found += [[job.producer, _mark(one.key), encode(one.row).decode(), job.seq] for one in found]

    def _result(self, job: Job, outcome: Done) -> None:
        value = outcome.value
        if value is None and not self._lines:
            return
        encoded = encode(value)
        if value is not None:
            self._batch.results.append([job.seq, encoded.decode()])
        if self._lines:
            self._batch.done.append((job, value, encoded))

    def _finish(self, state: JobState, at: float) -> None:
        self._before.pop(state.seq, None)
        state.ended_at = at
        self._totals.add(state.state, 1)
        self._open.discard(state.seq)

    def _cancelled(self, event: JobCancelled) -> None:
        state = self._touch(event.seq)
        state.state = "cancelled"
        if event.by == GONE:
            state.error = GONE_SAID
        self._finish(state, self._zero + event.at)
        self._note(event)

    def _dropped(self, event: JobDropped) -> None:
        if event.fresh:
            self._accepted(event)
        state = self._touch(event.job.seq)
        if event.rejected:
            state.state, state.signature, state.error = "failed", signature(REJECTED), line(REJECTED)
        else:
            state.state, state.error = "cancelled", DROPPED_SAID
        self._totals.lost += 1
        self._finish(state, self._zero + event.at)

    def _requeued(self, event: JobRequeued) -> None:
        state = self._touch(event.job.seq)
        self._before[state.seq] = (state.tries, state.ended_at)
        state.state, state.tries, state.ended_at = "pending", 0, 0.0
        self._states[state.seq] = state
        self._open.add(state.seq)
        self._open_from = min(self._open_from, state.seq)
        self._totals.add(event.was, -1)
        self._remarked |= self._attention.left(state.seq)
        told = {"seq": state.seq, "by": event.by, "was": event.was, "signature": event.signature}
        self._put_event(event.at, "requeued", told)

    def _put_back(self, event: JobPutBack) -> None:
        state = self._touch(event.job.seq)
        state.tries, ended_at = self._before.pop(state.seq)
        state.state = event.was
        self._finish(state, ended_at)
        if event.aside:
            self._attention.set_aside("", [(state.seq, event.signature)], aside=True)
            self._remarked = True
        self._put_event(event.at, "put-back", {"seq": state.seq, "by": event.by, "was": event.was})

    def _aside_changed(self, event: AsideChanged) -> None:
        self._attention.set_aside(event.signature, event.jobs, aside=event.aside)
        self._remarked = True
        self._note(event)

    def _acknowledged(self, event: Acknowledged) -> None:
        self._attention.acknowledge(event.signature, event.attempts)
        self._remarked = True
        self._note(event)

    def _hastened(self, event: RetryHastened) -> None:
        self._touch(event.seq).next_at = self._zero + event.at
        self._note(event)

    def _run_started(self, event: RunStarted) -> None:
        self._zero = event.started_at - event.at
        self._note(event)

    def _run_resumed(self, event: RunResumed) -> None:
        self._zero = event.started.started_at
        self._note(event)

    def _sampled(self, event: Sampled) -> None:
        self._batch.samples.append([self._zero + event.at, encode(astuple(event)[1:]).decode()])

    def _producer_started(self, event: ProducerStarted) -> None:
        self._batch.producers.append([event.index, clean(event.name), event.total, "", 0])
        self._note(event)

    def _total_known(self, event: TotalKnown) -> None:
        self._batch.producers.append([event.index, "", event.total, "", 0])
        self._note(event)

    def _producer_ended(self, event: ProducerEnded) -> None:
        self._batch.producers.append([event.index, "", None, clean(event.problem), 0])
        self._note(event)

    def _note(self, event: Event) -> None:
        self._put_event(event.at, str(event.__struct_config__.tag), event)

    def _put_event(self, at: float, kind: str, told: object) -> None:
        self._batch.events.append([self._zero + at, kind, encode(told).decode()])

    def _touch(self, seq: int) -> JobState:
        """The state of a job, to be changed and written with this batch."""
        state = self._touched.get(seq)
        if state is None:
            state = self._touched[seq] = self._states.get(seq) or JobState(seq)
        return state

    def _lowest_open(self) -> int:
        # A lower bound is enough, so that after a retry of an old job the way up again is shared between batches.
        last = min(self._next, self._open_from + STEPS)
        while self._open_from < last and self._open_from not in self._open:
            self._open_from += 1
        return self._open_from


def _mark(key: str) -> int:
    """Stands for a key in 64 bits: of a million, two are taken for one with a chance of one in thirty million."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)
