"""What a run that goes on knows of its earlier lives, and the plan of going on that a person is shown."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from qtui import text
from qtui.core.job import Failed, Job

NAMED = 8
"""Interrupted jobs that a plan names; the others are counted."""


def mark(key: str) -> str:
    """A short stand-in for a job's key, the same in every life: sixteen hexadecimal digits."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class OpenJob(msgspec.Struct, frozen=True, gc=False):
    """A job that was accepted and is not final."""

    job: Job
    waiting: bool
    """It waits in the back-off lane; otherwise it is pending."""
    due_in_s: float = 0.0
    interrupted: bool = False
    """The last life ended in the middle of its attempt."""


class PastGroup(msgspec.Struct, frozen=True):
    """A failure group as it stood."""

    signature: str
    failed: Failed
    jobs: int
    attempts: int
    samples: list[int]


SUSPICIOUS = 2
"""A job that was running in so many crashes of the engine runs alone, to see whether it was the cause; in fewer where
one more would have it held."""


class Past(msgspec.Struct, frozen=True):
    """A run at the end of its last life. Sizes: open jobs, groups and producers; never all jobs."""

    at: float = 0.0
    """Seconds the run has lived so far."""
    lives: int = 1
    accepted: int = 0
    done: int = 0
    failed: int = 0
    held: int = 0
    cancelled: int = 0
    last_seq: int = 0
    open: list[OpenJob] = []
    """In the order of their numbers."""
    given: list[int] = []
    """Rows that each producer has had accepted."""
    groups: list[PastGroup] = []
    suspects: dict[str, int] = {}
    """Marks of the keys of jobs that were running when the engine crashed, and how often."""
    lost: int = 0
    """Jobs lost to a full queue."""
    attention: dict[str, str] = {}
    """What a person has said about failures, as it was kept."""

    def suspicious(self, limit: int) -> set[str]:
        """Marks of jobs that run alone: they were running in several crashes, or one more would have them held.

        `limit` is how many crashes have a job held; 0: none.
        """
        least = min(SUSPICIOUS, max(1, limit - 1)) if limit else SUSPICIOUS
        return {key for key, crashes in self.suspects.items() if crashes >= least}


class Plan(msgspec.Struct, frozen=True):
    """What starting a preset will do with its unfinished run."""

    run_id: str
    done: int = 0
    """Kept."""
    failed: int = 0
    """Kept as failed; a person may retry them."""
    held: int = 0
    cancelled: int = 0
    interrupted: int = 0
    """Were running; they run again."""
    queued: int = 0
    """Accepted and not started, or waiting for their next attempt."""
    new: int | None = None
    """Rows not accepted yet, or None while that is unknown."""
    gone: int = 0
    """In the journal, no longer in the input."""
    changed: int = 0
    """The same key, but something else would be executed."""
    names: list[str] = []
    """Of the first interrupted jobs that run again."""
    surprises: list[str] = []
    """Sentences: what a person should agree to before it goes on."""
    notes: list[str] = []
    """Sentences: what is worth saying and needs no consent."""
    undecided: int = 0
    """Were running; they are held until a person gives them another round."""
    dropped: int = 0
    """Of the cancelled: those that a full queue dropped."""

    @property
    def over(self) -> bool:
        """Nothing is left to do but what a person gives another round."""
        return self.new == 0 and not (self.interrupted or self.queued or self.gone or self.changed)

    @property
    def summary(self) -> str:
        """One line of numbers, e.g. `812,331 done kept · 1,204 failed · 14 interrupted run again · 187,669 new`."""
        parts = [f"{self.done:,} done kept"]
        parts += [f"{number:,} {word}" for number, word in ((self.failed, "failed"), (self.held, "held")) if number]
        if self.cancelled > self.dropped:
            parts.append(f"{self.cancelled - self.dropped:,} cancelled")
        if self.dropped:
            parts.append(f"{self.dropped:,} dropped by a full queue")
        if self.interrupted:
            parts.append(f"{self.interrupted:,} interrupted run again")
        if self.undecided:
            parts.append(f"{self.undecided:,} interrupted are held")
        if self.queued:
            parts.append(f"{self.queued:,} queued go on")
        parts.append("new ones follow" if self.new is None else f"{self.new:,} new")
        parts += [f"{number:,} {word}" for number, word in ((self.changed, "changed"), (self.gone, "gone")) if number]
        return " · ".join(parts)

    @property
    def lines(self) -> list[str]:
        """The whole plan in sentences, the numbers first."""
        told = [self.summary]
        if self.names:
            more = self.interrupted - len(self.names)
            rest = f" and {text.plural(more, 'other')}" if more else ""
            told.append(f"run again: {', '.join(self.names)}{rest}")
        return [*told, *self.notes, *self.surprises]
