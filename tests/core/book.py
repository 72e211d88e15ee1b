"""A ledger that is told stories in a few words and balances its books after every one of them."""

from __future__ import annotations

from qtui.core import events as ev
from qtui.core import picture
from qtui.core.job import Cancelled, Done, Failed, Interrupted, Job, Outcome
from qtui.core.ledger import Ledger
from qtui.core.lifecycle import State
from qtui.core.signature import signature
from qtui.core.snapshot import Snapshot

FAILED = Failed("http:503", "Service Unavailable")


class Book:
    """Times are seconds since the start; every final outcome has a journal position of its own."""

    def __init__(self, concurrency: int = 2, capacity: int = 4) -> None:
        self.ledger = Ledger()
        self.position = 0
        self.jobs: dict[int, Job] = {}
        self.tell(ev.RunStarted(0.0, "bench", "bench.toml", 1_000.0, concurrency, capacity, None, 3, 30.0))

    def tell(self, event: ev.Event, position: int = 0) -> None:
        self.ledger.apply(event, position)
        self.ledger.validate()

    def accept(self, seq: int, at: float, name: str = "", producer: int = 0) -> None:
        job = self.jobs[seq] = Job(seq, str(seq), name or f"job {seq}", {}, producer)
        self.tell(ev.JobAccepted(at, job))

    def start(self, seq: int, at: float, slot: int = 1) -> None:
        self.tell(ev.AttemptStarted(at, self.jobs[seq], slot))

    def end(self, seq: int, at: float, outcome: Outcome, then: str, *, slot: int = 1, delay: float = 0.0) -> int:
        """The attempt's end; the position at which it will be durable."""
        self.position += 1
        group = signature(outcome) if isinstance(outcome, Failed) else ""
        job = self.jobs[seq]
        self.tell(ev.AttemptEnded(at, job, slot, 0.5, outcome, then, delay, group), self.position)
        if then == "waiting":
            self.jobs[seq] = Job(job.seq, job.key, job.name, job.row, job.producer, job.attempt + 1)
        return self.position

    def commit(self, at: float) -> None:
        self.ledger.commit(self.position, at)
        self.ledger.validate()

    def through(self, seq: int, at: float, outcome: Outcome) -> None:
        """A job from its acceptance to its durable end."""
        self.accept(seq, at)
        self.start(seq, at)
        then = {Done: "done", Failed: "failed", Cancelled: "cancelled", Interrupted: "pending"}[type(outcome)]
        self.end(seq, at + 0.5, outcome, then)
        self.commit(at + 0.5)

    def requeue(self, seq: int, at: float, group: str = "", was: str = "failed") -> None:
        job = self.jobs[seq] = Job(seq, str(seq), f"job {seq}", {})
        self.tell(ev.JobRequeued(at, job, "you", was, group))

    def count(self, state: State) -> int:
        return self.ledger.counts[state]

    def picture(self, at: float) -> Snapshot:
        return picture.take(self.ledger, at, picture.Surroundings("run-1"))
