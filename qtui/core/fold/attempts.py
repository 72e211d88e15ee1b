"""The part of the fold in which jobs run: attempts, the slots they are in, and what became of their jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core import events as ev
from qtui.core.commands import MAX_CONCURRENCY
from qtui.core.fold.entries import GOES_ON, Ending, RecentOutcome
from qtui.core.fold.groups import attempt_failed
from qtui.core.job import Done, Failed
from qtui.core.lifecycle import Move, State
from qtui.core.meter import bucket
from qtui.core.tracks import SlotTrack

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger

_MOVES = {
    "done": Move.SUCCEED,
    "failed": Move.FAIL,
    "waiting": Move.RETRY,
    "pending": Move.INTERRUPT,
    "cancelled": Move.CANCEL,
}


def _attempt_started(ledger: Ledger, event: ev.AttemptStarted) -> None:
    job, at = event.job, event.at
    entry = ledger.open[job.seq]
    if ledger.move(entry, Move.START) is State.PENDING:
        ledger.dequeue(job.seq, at)
    entry.job, entry.started = job, at
    ledger.begun.add(at)
    ledger.runs.enter(at)
    new = not ledger.resting or ledger.resting.pop(job.seq, None) is None
    if new:
        ledger.busy.add(at, 1)
    if event.slot > ledger.concurrency and ledger.strategy == "unbounded":
        ledger.concurrency = event.slot
    if event.slot > MAX_CONCURRENCY:
        ledger.unseen += new
        return
    track = ledger.slots.get(event.slot)
    if track is None or track.retired is not None:
        track = ledger.slots[event.slot] = SlotTrack(at)
    track.start(at, job)


def _attempt_ended(ledger: Ledger, event: ev.AttemptEnded) -> None:
    job, at = event.job, event.at
    entry = ledger.open[job.seq]
    then = event.then
    was = ledger.move(entry, _MOVES[then])
    if event.slot <= MAX_CONCURRENCY:
        ledger.slots[event.slot].end(at, then)
    if event.keeps:
        ledger.resting[job.seq] = event.slot
        if event.slot <= MAX_CONCURRENCY:
            ledger.slots[event.slot].rest(at, job, at + event.delay_s)
    else:
        ledger.empty_slot(event.slot, at)
    ledger.runs.leave(at, entry.started)
    outcome = event.outcome
    if isinstance(outcome, Done):
        ledger.run_times.add(event.run_s)
        row = bucket(event.run_s)
        for column in ledger.columns(at):
            column.latency[row] = column.latency.get(row, 0) + 1
    elif isinstance(outcome, Failed):
        attempt_failed(ledger, event, outcome)
    if then == "waiting":
        entry.due_at = at + event.delay_s
        ledger.retries += isinstance(outcome, Failed)
    elif then == "pending":
        ledger.enqueue(job.seq, at)
    recent = RecentOutcome(at, job, then, event.run_s, outcome)
    if then in GOES_ON:
        ledger.recent.appendleft(recent)
    else:
        ledger.endings.append(Ending(ledger.position, entry, was, entry.state, event.signature, recent))


def _attempt_progressed(ledger: Ledger, event: ev.AttemptProgressed) -> None:
    track = ledger.slots.get(event.slot)
    if track is not None and track.job is not None and track.job.seq == event.seq:
        track.share, track.note = event.share, event.text


HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    ev.AttemptStarted: _attempt_started,
    ev.AttemptEnded: _attempt_ended,
    ev.AttemptProgressed: _attempt_progressed,
}
"""What folds each of these events into a ledger."""
