"""The law: which moves a job can make. Everything that decides about states of jobs lives in this table."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a job is. `new` is the moment before it is accepted."""

    NEW = "new"
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


FINAL = frozenset({State.DONE, State.FAILED, State.HELD, State.CANCELLED})
"""Only a person moves a job out of these."""


class Move(StrEnum):
    ACCEPT = "accept"
    START = "start"
    SUCCEED = "succeed"
    RETRY = "retry"
    FAIL = "fail"
    INTERRUPT = "interrupt"
    CANCEL = "cancel"
    HOLD = "hold"
    REQUEUE = "requeue"
    REFAIL = "be failed again"
    REHOLD = "be held again"
    RECANCEL = "be cancelled again"
    """The last three take a requeue back, of a job that has not started since."""


LAW: dict[tuple[State, Move], State] = {
    (State.NEW, Move.ACCEPT): State.PENDING,
    (State.NEW, Move.CANCEL): State.CANCELLED,
    (State.NEW, Move.FAIL): State.FAILED,
    (State.PENDING, Move.START): State.RUNNING,
    (State.PENDING, Move.CANCEL): State.CANCELLED,
    (State.WAITING, Move.START): State.RUNNING,
    (State.WAITING, Move.CANCEL): State.CANCELLED,
    (State.RUNNING, Move.SUCCEED): State.DONE,
    (State.RUNNING, Move.RETRY): State.WAITING,
    (State.RUNNING, Move.FAIL): State.FAILED,
    (State.RUNNING, Move.INTERRUPT): State.PENDING,
    (State.RUNNING, Move.CANCEL): State.CANCELLED,
    (State.RUNNING, Move.HOLD): State.HELD,
    (State.FAILED, Move.REQUEUE): State.PENDING,
    (State.HELD, Move.REQUEUE): State.PENDING,
    (State.CANCELLED, Move.REQUEUE): State.PENDING,
    (State.PENDING, Move.REFAIL): State.FAILED,
    (State.PENDING, Move.REHOLD): State.HELD,
    (State.PENDING, Move.RECANCEL): State.CANCELLED,
}


class IllegalTransition(Exception):
    """A move the law does not know: a bug in qtui, never the fault of a job or a preset."""

    def __init__(self, seq: int, state: State, move: Move) -> None:
        super().__init__(f"job {seq} cannot {move} while it is {state}")


def step(seq: int, state: State, move: Move) -> State:
    """The state after `move`. Raises IllegalTransition, and then nothing has changed."""
    try:
        return LAW[state, move]
    except KeyError:
        raise IllegalTransition(seq, state, move) from None
