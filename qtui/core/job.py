"""What a job is, and how one attempt of it can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

JobKey: TypeAlias = str
"""What the job *is*, as the preset's `key` says: its identity across resumes."""

Scalar: TypeAlias = str | int | float | bool | None
if TYPE_CHECKING:
    Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
else:
    Value = Any  # msgspec knows no recursive aliases; at run time JSON is JSON
"""JSON as Python sees it; everything that enters the journal or a wire is made of it."""


class Job(msgspec.Struct, frozen=True, gc=False):
    """One unit of work: made once by a producer, then only passed on."""

    seq: int
    """Its number in the run, counted from 1 in order of acceptance."""
    key: JobKey
    name: str
    """What the screen calls it; already cleaned."""
    row: dict[str, Value]
    """The fields its source gave it; templates are filled from them."""
    producer: int = 0
    """The index of its producer in the preset."""
    attempt: int = 1
    """Which attempt runs next, counted from 1."""
    problem: str = ""
    """Why its input cannot be used; such a job fails at its first attempt without being run."""
    waits: int = 0
    """Attempts of this round that spent no try, because the other side asked to come back later."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """A row that its source adopted for a new job, on its way to the journal."""

    key: str
    """What it is: of those with the same key and producer only the first is kept."""
    row: dict[str, Value]


class Done(msgspec.Struct, frozen=True, tag="done", gc=False):
    """The attempt succeeded."""

    value: Value = None
    """What goes to the results."""
    note: str = ""
    """A few cleaned words for the screen, e.g. `200 · 4.1 kB`."""
    found: tuple[dict[str, Value], ...] = ()
    """Rows for new jobs that this one came across (links, the next page); what becomes of them is the source's affair.
    """
    detail: str = ""
    """Several cleaned lines for the inspector: what it has said meanwhile, where that is no part of its value."""


class Failed(msgspec.Struct, frozen=True, tag="failed", gc=False):
    """The attempt failed by the job's own fault; it has spent a try, but for some that end with `retry_after`."""

    code: str
    """The error class that `retry.on` matches: timeout, connection, http:503, exit:2, exception:KeyError, input."""
    message: str = ""
    """One cleaned line."""
    detail: str = ""
    """Several cleaned lines for the inspector: a traceback, the tail of an output."""
    retry_after: float | None = None
    """Seconds the other side asked us to wait."""
    permanent: bool = False
    """True where another attempt cannot help, whatever the policy says."""


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled", gc=False):
    """A person cancelled the job."""

    by: str = "you"
    detail: str = ""
    """Several cleaned lines for the inspector: what it had written until then."""


DROPPED = Cancelled("queue full")
"""How a job ends that a full queue drops."""
REJECTED = Failed("rejected", "the queue was full")
"""How a job ends that a full queue rejects; its policy is not asked, a person may be."""


class Interrupted(msgspec.Struct, frozen=True, tag="interrupted", gc=False):
    """We ended the attempt (stop, crash, no descriptors); it spends no try."""

    why: str = "stopped"
    detail: str = ""
    """As that of Cancelled."""


NO_DESCRIPTORS = Interrupted("this machine has no file descriptors left")
"""How an attempt ends that this machine could not open a file or a connection for."""


class LastWords(msgspec.Struct, frozen=True):
    """The argument of the CancelledError of an attempt that was cancelled and has something to show for it."""

    detail: str
    """Several cleaned lines, e.g. the tail of an output: what its end is told with, whoever ended it."""


Outcome: TypeAlias = Done | Failed | Cancelled | Interrupted
