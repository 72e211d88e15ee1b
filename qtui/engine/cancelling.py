"""Cancelling jobs that are open, wherever they are."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from qtui.core import events as ev
from qtui.core.job import Cancelled, Job

if TYPE_CHECKING:
    from qtui.engine.engine import Engine


def cancel_job(engine: Engine, seq: int, by: str, reason: str = "") -> None:
    """Cancel a job that runs or waits."""
    engine.emit(ev.CommandDone(engine.now(), by, f"cancel of job {seq}", reason))
    if not engine.dispatcher.cancel(seq, Cancelled(by)):
        cancel_waiting(engine, {seq}, by)


def cancel_waiting(engine: Engine, seqs: Set[int], by: str) -> None:
    """Cancel those of these jobs that wait in the queue or in the lane."""
    waited = {seq for seq in seqs if engine.lane.remove(seq)}
    for seq in waited:
        _leaves_host(engine, seq)
    for seq in sorted(waited | {job.seq for job in withdraw(engine, seqs)}):
        engine.rounds.left(seq)
        engine.emit(ev.JobCancelled(engine.now(), seq, by))
        engine.dispatcher.leave(seq)
    engine.check_ended()


def withdraw(engine: Engine, seqs: Set[int]) -> list[Job]:
    """Take those of these jobs that wait in the queue out of it; the caller says what becomes of them."""
    removed = engine.queue.remove_all(lambda job: job.seq in seqs)
    for job in removed:
        _leaves_host(engine, job.seq)
    return removed


def _leaves_host(engine: Engine, seq: int) -> None:
    if engine.hosts is not None:
        engine.hosts.forget(seq)
