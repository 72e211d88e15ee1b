"""What the ledger keeps of single jobs: those that are open, their ends on the way to the disk, and the last few."""

from __future__ import annotations

import msgspec

from qtui import text
from qtui.core.job import DROPPED, Failed, Job, Outcome
from qtui.core.lifecycle import State
from qtui.core.signature import title
from qtui.core.snapshot import Recent

GOES_ON = {"waiting": "retry", "pending": "interrupted"}
"""What an attempt was called that did not end its job, by what became of the job."""


class Open(msgspec.Struct, gc=False):
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
        kind = GOES_ON.get(self.then, self.then)
        if self.outcome is DROPPED:
            return Recent(self.job.seq, self.job.name, kind, "dropped, the queue was full", now - self.at)
        said = title(self.outcome.code) if isinstance(self.outcome, Failed) else text.seconds(self.run_s)
        return Recent(self.job.seq, self.job.name, kind, said, now - self.at)


class Ending(msgspec.Struct, frozen=True, gc=False):
    """A final outcome on its way to the disk."""

    position: int
    entry: Open
    was: State
    to: State
    signature: str
    recent: RecentOutcome | None
    """None: a retry was taken back, and nothing has happened to the job."""
    aside: bool = False
    """It is set aside again."""
