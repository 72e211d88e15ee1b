"""The part of the fold in which jobs come, wait and end without an attempt; and the count of every end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core import events as ev
from qtui.core.fold.entries import Ending, Open, RecentOutcome
from qtui.core.fold.groups import group_for, known_group
from qtui.core.job import DROPPED, REJECTED, Failed
from qtui.core.lifecycle import Move, State, step
from qtui.core.signature import signature

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger

_BACK = {"failed": Move.REFAIL, "held": Move.REHOLD, "cancelled": Move.RECANCEL}


def _job_accepted(ledger: Ledger, event: ev.JobAccepted) -> None:
    job, at = event.job, event.at
    seq = job.seq
    assert seq not in ledger.open, f"job {seq} was accepted twice"
    ledger.open[seq] = Open(job)
    ledger.accepted += 1
    ledger.counts[State.PENDING] += 1
    ledger.enqueue(seq, at)
    ledger.admitted.add(at)
    if (producer := ledger.producers.get(job.producer)) is not None:
        producer.admitted.add(at)


def _job_restored(ledger: Ledger, event: ev.JobRestored) -> None:
    entry = ledger.open[event.job.seq] = Open(event.job)
    ledger.accepted += 1
    if event.waiting:
        entry.state, entry.due_at = State.WAITING, event.due_at
        ledger.counts[State.WAITING] += 1
    else:
        ledger.counts[State.PENDING] += 1
        ledger.enqueue(event.job.seq, event.at)


def _retry_hastened(ledger: Ledger, event: ev.RetryHastened) -> None:
    ledger.open[event.seq].due_at = event.at
    if (track := ledger.slots.get(ledger.resting.get(event.seq, 0))) is not None:
        track.due_at = event.at


def _job_cancelled(ledger: Ledger, event: ev.JobCancelled) -> None:
    entry = ledger.open[event.seq]
    was = ledger.move(entry, Move.CANCEL)
    if (slot := ledger.resting.pop(event.seq, None)) is not None:
        ledger.empty_slot(slot, event.at)
    if was is State.PENDING:
        ledger.dequeue(event.seq, event.at)
    recent = RecentOutcome(event.at, entry.job, "cancelled", 0.0, None)
    ledger.endings.append(Ending(ledger.position, entry, was, State.CANCELLED, "", recent))


def _job_dropped(ledger: Ledger, event: ev.JobDropped) -> None:
    """One that never entered is accepted when its end is counted, so that the books balance in between."""
    job, at = event.job, event.at
    if event.fresh:
        entry = ledger.open[job.seq] = Open(job, State.NEW)
        ledger.counts[State.NEW] += 1
        if (producer := ledger.producers.get(job.producer)) is not None:
            producer.admitted.add(at)
    else:
        entry = ledger.open[job.seq]
        ledger.dequeue(job.seq, at)
    was, outcome, group = entry.state, REJECTED if event.rejected else DROPPED, ""
    entry.state = step(job.seq, was, Move.FAIL if event.rejected else Move.CANCEL)
    if isinstance(outcome, Failed):
        group = signature(outcome)
        group_for(ledger, group, at, outcome).add_attempt(at, job, outcome, True)
    ledger.lost += 1
    ledger.losses.add(at)
    recent = RecentOutcome(at, job, entry.state.value, 0.0, outcome)
    ledger.endings.append(Ending(ledger.position, entry, was, entry.state, group, recent))


def _job_requeued(ledger: Ledger, event: ev.JobRequeued) -> None:
    job, was = event.job, State(event.was)
    assert job.seq not in ledger.open, f"job {job.seq} is not final"
    state = step(job.seq, was, Move.REQUEUE)
    signature = event.signature if was is State.FAILED else ""  # a group counts no others
    ledger.open[job.seq] = Open(job, state, from_group=signature)
    ledger.outstanding.requeued(job.seq)
    ledger.counts[was] -= 1
    ledger.counts[State.PENDING] += 1
    ledger.enqueue(job.seq, event.at)
    if signature and (group := known_group(ledger, signature)):
        group.jobs -= 1
        group.retrying += 1


def _job_put_back(ledger: Ledger, event: ev.JobPutBack) -> None:
    """It counts as what it was when that is durable, like any end."""
    seq = event.job.seq
    entry = ledger.open[seq]
    was = ledger.move(entry, _BACK[event.was])
    ledger.dequeue(seq, event.at)
    ledger.endings.append(Ending(ledger.position, entry, was, entry.state, event.signature, None, event.aside))


def settle(ledger: Ledger, ending: Ending) -> bool:
    """Count an end; True when the job is done."""
    entry = ending.entry
    job, done = entry.job, ending.to is State.DONE
    ledger.counts[ending.was] -= 1
    ledger.counts[ending.to] += 1
    if ending.was is State.NEW:
        ledger.accepted += 1
    if ledger.open.get(job.seq) is entry:
        del ledger.open[job.seq]
    if entry.from_group and (group := known_group(ledger, entry.from_group)):
        group.retrying -= 1
        group.recovered += done
    if ending.recent is not None:
        ledger.recent.appendleft(ending.recent)
        ledger.outstanding.ended(ending.to, entry.from_group)
    elif ending.aside:
        ledger.outstanding.attention.set_aside("", [(job.seq, ending.signature)], aside=True)
    if ending.to is State.FAILED and (group := known_group(ledger, ending.signature)):
        group.jobs += 1
    if done and (job.attempt > 1 or entry.from_group):
        ledger.recovered += 1
    return done


HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    ev.JobAccepted: _job_accepted,
    ev.JobRestored: _job_restored,
    ev.RetryHastened: _retry_hastened,
    ev.JobCancelled: _job_cancelled,
    ev.JobDropped: _job_dropped,
    ev.JobRequeued: _job_requeued,
    ev.JobPutBack: _job_put_back,
}
"""What folds each of these events into a ledger."""
