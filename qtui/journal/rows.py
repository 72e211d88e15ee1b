"""Events as rows: pure bookkeeping, which remembers only the jobs that are not final.

Everything that happens to a job within one batch becomes one row; what happens to it later becomes one change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TypeAlias, final

import msgspec

from qtui.core.events import (
    PASSING,
    AttemptEnded,
    AttemptStarted,
    Event,
    JobAccepted,
    JobCancelled,
    JobRequeued,
    ProducerEnded,
    ProducerStarted,
    RetryHastened,
    RunStarted,
    TotalKnown,
)
from qtui.core.job import Cancelled, Done, Failed, Job
from qtui.journal.encoding import Stored, encode, keep, result_line
from qtui.text import clean, clean_block

Record: TypeAlias = tuple[int, Event]
"""An event with its position."""
Cells: TypeAlias = list[Stored]

DETAIL = 20_000
"""Characters of an attempt's detail that are kept."""
ERROR = 300
FINAL = frozenset({"done", "failed", "cancelled", "held"})

# Where things stand in a change of a job; None there means "as it was".
STATE, TRIES, ATTEMPTS, INTERRUPTIONS, SIGNATURE, ERROR_TEXT, STARTED, ENDED, RUN_S, NEXT = range(1, 11)


class Totals(msgspec.Struct):
    """How many jobs there are, and in which final state."""

    accepted: int = 0
    done: int = 0
    failed: int = 0
    held: int = 0
    cancelled: int = 0

    def add(self, state: str, number: int) -> None:
        if state in FINAL:
            setattr(self, state, getattr(self, state) + number)


class Batch(msgspec.Struct):
    """The rows of one transaction."""

    position: int = 0
    """Of its last record."""
    newest: float = 0.0
    """Wall clock of its last event."""
    jobs: list[Cells] = []
    changes: list[Cells] = []
    attempts: list[Cells] = []
    ends: list[Cells] = []
    """Ends of attempts that an earlier batch has begun."""
    results: list[Cells] = []
    lines: list[bytes] = []
    """For the results file."""
    events: list[Cells] = []
    producers: list[Cells] = []
    totals: Totals = msgspec.field(default_factory=Totals)


@final
class Fold:
    """Turns records into batches of rows, in order.

    Attempts are numbered through all rounds a job is given, so `(seq, n)` never comes twice.
    """

    def __init__(self, started_at: float, *, lines: bool) -> None:
        self._zero = started_at
        """Wall clock of `at` = 0."""
        self._lines = lines
        self._totals = Totals()
        self._attempts: dict[int, int] = {}
        """Attempts so far of jobs that have some and are not final, or became final in this batch."""
        self._final: set[int] = set()
        self._running: dict[int, tuple[int, Cells]] = {}
        """The open attempt of a job, and the batch that began it."""
        self._ordinal = 0
        self._batch = Batch()
        self._changes: dict[int, Cells] = {}
        """What this batch has on each job it touches."""
        self._takers: dict[type, Callable[..., None]] = {
            JobAccepted: self._accepted,
            AttemptStarted: self._started,
            AttemptEnded: self._ended,
            JobCancelled: self._cancelled,
            JobRequeued: self._requeued,
            RetryHastened: self._hastened,
            RunStarted: self._run_started,
            ProducerStarted: self._producer_started,
            TotalKnown: self._total_known,
            ProducerEnded: self._producer_ended,
        }

    def unknown(self, records: Iterable[Record]) -> list[int]:
        """Jobs that are given another round and whose attempts must be looked up first."""
        known = self._attempts
        return [e.job.seq for _, e in records if type(e) is JobRequeued and e.job.seq not in known]

    def learn(self, attempts: Mapping[int, int]) -> None:
        """Take the numbers that `unknown` asked for."""
        self._attempts.update(attempts)

    def fold(self, records: Sequence[Record]) -> Batch:
        """The rows of `records`, which follow the ones folded before."""
        for seq in self._final:
            self._attempts.pop(seq, None)
        self._final.clear()
        self._changes = {}
        self._ordinal += 1
        batch = self._batch = Batch(position=records[-1][0], newest=self._zero + records[-1][1].at)
        takers = self._takers
        for _, event in records:
            taker = takers.get(type(event))
            if taker is not None:
                taker(event)
            elif type(event) not in PASSING:
                self._note(event)
        batch.totals = msgspec.structs.replace(self._totals)
        return batch

    def _accepted(self, event: JobAccepted) -> None:
        job = event.job
        change: Cells = [job.seq, "pending", 0, 0, 0, "", "", 0.0, 0.0, 0.0, 0.0]
        self._changes[job.seq] = change
        self._batch.jobs.append(change)
        key, name = keep(job.key), clean(job.name)
        # The fixed columns go behind the changing ones: until the batch is written, both are one list.
        change += [
            digest(key),
            None if key == name else key,
            name,
            encode(job.row).decode(),
            job.producer,
            job.problem or None,
            self._zero + event.at,
        ]
        self._totals.accepted += 1

    def _started(self, event: AttemptStarted) -> None:
        seq = event.job.seq
        at = self._zero + event.at
        number = self._attempts.get(seq, 0) + 1
        self._attempts[seq] = number
        attempt: Cells = [seq, number, event.slot, at, None, None, None, None, None]
        self._batch.attempts.append(attempt)
        self._running[seq] = (self._ordinal, attempt)
        change = self._change(seq)
        change[STATE] = "running"
        change[ATTEMPTS] = number
        change[STARTED] = at

    def _ended(self, event: AttemptEnded) -> None:
        job, outcome = event.job, event.outcome
        at = self._zero + event.at
        change = self._change(job.seq)
        spent = job.attempt
        match outcome:
            case Done():
                told: Cells = [at, "done", None, clean(outcome.note) if outcome.note else None, None]
                change[SIGNATURE] = ""
                self._result(job, outcome)
            case Failed():
                told = [at, "failed" if event.then == "failed" else "retry", *_told(outcome)]
                change[SIGNATURE] = clean(event.signature)
                change[ERROR_TEXT] = clean(_error(outcome), ERROR)
            case Cancelled():
                told = [at, "cancelled", None, clean(outcome.by), None]
            case _:
                told = [at, "interrupted", None, clean(outcome.why), None]
                spent -= 1
                change[INTERRUPTIONS] += 1  # type: ignore[operator]  # always a number
        change[STATE] = event.then
        change[TRIES] = spent
        change[RUN_S] = event.run_s
        if event.then == "waiting":
            change[NEXT] = at + event.delay_s
        self._close_attempt(event, told)
        if event.then in FINAL:
            self._finish(job.seq, event.then, change, at)

    def _close_attempt(self, event: AttemptEnded, told: Cells) -> None:
        seq = event.job.seq
        ordinal, attempt = self._running.pop(seq, (0, []))
        if not attempt:  # it ended without having been told to start
            number = self._attempts[seq] = self._attempts.get(seq, 0) + 1
            self._change(seq)[ATTEMPTS] = number
            self._batch.attempts.append([seq, number, event.slot, self._zero + event.at - event.run_s, *told])
        elif ordinal == self._ordinal:
            attempt[4:] = told
        else:
            self._batch.ends.append([*attempt[:2], *told])

    def _result(self, job: Job, outcome: Done) -> None:
        value = outcome.value
        if value is None and not self._lines:
            return
        encoded = encode(value)
        if value is not None:
            self._batch.results.append([job.seq, encoded.decode()])
        if self._lines:
            self._batch.lines.append(result_line(job, value, encoded))

    def _finish(self, seq: int, state: str, change: Cells, at: float) -> None:
        change[ENDED] = at
        self._final.add(seq)
        self._totals.add(state, 1)

    def _cancelled(self, event: JobCancelled) -> None:
        change = self._change(event.seq)
        change[STATE] = "cancelled"
        self._finish(event.seq, "cancelled", change, self._zero + event.at)
        self._note(event)

    def _requeued(self, event: JobRequeued) -> None:
        change = self._change(event.job.seq)
        change[STATE] = "pending"
        change[TRIES] = 0
        change[ENDED] = 0.0
        self._totals.add(event.was, -1)
        self._final.discard(event.job.seq)
        told = {"seq": event.job.seq, "by": event.by, "was": event.was, "signature": event.signature}
        self._put_event(event.at, "requeued", told)

    def _hastened(self, event: RetryHastened) -> None:
        self._change(event.seq)[NEXT] = self._zero + event.at
        self._note(event)

    def _run_started(self, event: RunStarted) -> None:
        self._zero = event.started_at - event.at
        self._note(event)

    def _producer_started(self, event: ProducerStarted) -> None:
        self._batch.producers.append([event.index, clean(event.name), event.total, ""])
        self._note(event)

    def _total_known(self, event: TotalKnown) -> None:
        self._batch.producers.append([event.index, "", event.total, ""])
        self._note(event)

    def _producer_ended(self, event: ProducerEnded) -> None:
        self._batch.producers.append([event.index, "", None, clean(event.problem)])
        self._note(event)

    def _note(self, event: Event) -> None:
        self._put_event(event.at, str(event.__struct_config__.tag), event)

    def _put_event(self, at: float, kind: str, told: object) -> None:
        self._batch.events.append([self._zero + at, kind, encode(told).decode()])

    def _change(self, seq: int) -> Cells:
        change = self._changes.get(seq)
        if change is None:
            change = self._changes[seq] = [seq, None, None, None, 0, None, None, None, 0.0, None, None]
            self._batch.changes.append(change)
        return change


def digest(key: str | bytes) -> bytes:
    """A job's key as 16 bytes: what a resume compares."""
    return blake2b(key if isinstance(key, bytes) else key.encode(), digest_size=16).digest()


def title(code: str) -> str:
    """An error class in words: `http:503` → `HTTP 503`, `exception:KeyError` → `KeyError`, `timeout` → `Timeout`."""
    family, _, member = code.partition(":")
    match family:
        case "http":
            return f"HTTP {member}".rstrip()
        case "exception" if member:
            return member
        case _:
            return f"{family[:1].upper()}{family[1:].replace('-', ' ')} {member}".rstrip()


def _error(failed: Failed) -> str:
    return f"{title(failed.code)}: {failed.message}" if failed.message else title(failed.code)


def _told(failed: Failed) -> Cells:
    return [clean(failed.code), clean(failed.message), clean_block(failed.detail, DETAIL) if failed.detail else None]
