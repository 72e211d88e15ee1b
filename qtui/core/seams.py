"""What the engine plugs in: sources, kinds and a journal, as Protocols; and the registry entry that finds them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from qtui.core.events import Event
from qtui.core.job import Done, Failed, Found, Job, Value
from qtui.core.queries import Answer, Query


class Row(msgspec.Struct, frozen=True, gc=False):
    """What a source gives for one job."""

    fields: dict[str, Value]
    problem: str = ""
    """Why the input of this row cannot be used, with its line; the job fails, the run goes on."""


class FinalJob(msgspec.Struct, frozen=True, gc=False):
    """A job whose story ended: failed, cancelled or held; a person may give it another round."""

    job: Job
    state: str
    signature: str
    """Its failure group, empty when it did not fail."""


class Source(Protocol):
    """Where jobs come from: a stream with a beginning, never held in memory as a whole."""

    @property
    def title(self) -> str:
        """What it is in a few words, e.g. `lines of urls.txt`."""
        ...

    @property
    def blocking(self) -> bool:
        """True when reading may block (files, pipes): it is then read in a thread."""
        ...

    @property
    def repeatable(self) -> bool:
        """True when it can be read to its end without harm before it is read again for its jobs."""
        ...

    def check(self) -> str:
        """Why it cannot be read, as one sentence, or empty. Called before anything starts; executes nothing."""
        ...

    @property
    def place(self) -> str | tuple[str, ...]:
        """The fields that only say where a row stands and are no part of what it is (a line number), or empty."""
        ...

    def fingerprint(self) -> str:
        """Equal to an earlier one only where the rows given then would be given again, in the same order.

        Empty where that cannot be known without reading.
        """
        ...

    def columns(self) -> Sequence[str] | None:
        """The fields its rows have, or None when only reading tells."""
        ...

    def total(self) -> int | None:
        """How many rows it gives, when that is known at once."""
        ...

    def count(self, stop: Callable[[], bool]) -> int | None:
        """How many rows it gives, found by looking through it; may take long, runs in a thread.

        `stop()` turns true when nobody wants to know any more. None when it cannot be known.
        """
        ...

    def batches(self, skip: int = 0) -> Iterator[list[Row]]:
        """The rows after the first `skip`, in batches as they become available (at most about 1,000 each).

        An empty batch says that there is nothing for now: whoever reads may stop there. Closing what this gives lets go
        of everything.

        Raises:
            InputError: when reading fails in the middle.
        """
        ...


@runtime_checkable
class Placed(Protocol):
    """A source that knows its place by the last row it gave: its input moves, and counting from its start would err."""

    def after(self, last: Mapping[str, Value]) -> Source:
        """The source that begins behind a row that was accepted in an earlier life of the run."""
        ...


@runtime_checkable
class Adopting(Protocol):
    """What a source is besides, when jobs find new ones for it: its own rows come first, then those found, in order."""

    @property
    def own(self) -> int:
        """How many rows it gives itself."""
        ...

    @property
    def most(self) -> int | None:
        """How many rows it gives at most, its own ones included."""
        ...

    def adopt(self, parent: Mapping[str, Value], found: Mapping[str, Value]) -> Found | None:
        """What the job with the row `parent` came across, as it is kept; None where it is not ours. Never raises."""
        ...

    def restore(self, found: Sequence[dict[str, Value]]) -> list[Row]:
        """Rows out of what was kept, without those that are no longer wanted."""
        ...


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A row for a new job as the journal has it."""

    id: int
    """Grows in the order in which they were found."""
    row: dict[str, Value]


class Unbound(Source, Protocol):
    """A source as the preset describes it, before the run's own fields are known."""

    def bind(self, run_fields: Mapping[str, Value]) -> Source:
        """The source with the run's fields (`site`) filled into its templates."""
        ...


class Kind(Protocol):
    """What a job does. One instance serves all attempts of a run."""

    async def open(self, concurrency: int) -> None:
        """Get ready; raises QtuiError when the preset asks for something this machine lacks."""
        ...

    def resize(self, concurrency: int) -> None:
        """The number of attempts at once has changed."""
        ...

    def fields(self, row: Mapping[str, Value]) -> Mapping[str, Value]:
        """Extra fields for `job.name` and `job.key`, e.g. the rendered `url`. Raises TemplateError."""
        ...

    def lane(self, job: Job) -> str:
        """What it uses that others share, such as `shop.example:443`: limits per host count by it. Empty for nothing.

        Never raises: a job whose templates cannot be filled has none.
        """
        ...

    async def run(self, job: Job) -> Done | Failed:
        """Do one attempt. Failures are values; an exception is a failure too, of class `exception:Name`."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


@runtime_checkable
class Reproducible(Protocol):
    """A kind whose jobs a person can do by hand."""

    def reproduce(self, job: Job) -> str:
        """A command line that does what an attempt does, secrets masked; empty where its templates cannot be filled."""
        ...


@runtime_checkable
class Speaking(Protocol):
    """A kind or an executor whose attempts write something while they run."""

    def said(self, seq: int) -> str:
        """The last that the running attempt of a job has written, cleaned and with secrets masked; may be empty."""
        ...


class Executor(Protocol):
    """Where jobs run: it takes a kind's attempts to this loop, to other processes or to other machines."""

    async def open(self, concurrency: int) -> None:
        """Get ready, the kind included; raises QtuiError as the kind does."""
        ...

    def resize(self, concurrency: int) -> None:
        """The number of attempts at once has changed."""
        ...

    async def run(self, job: Job) -> Done | Failed:
        """Do one attempt, as `Kind.run` does. Cancelling it ends the attempt, wherever it runs."""
        ...

    async def close(self) -> None:
        """Let go of everything, the kind included."""
        ...


@runtime_checkable
class Ordered(Protocol):
    """A journal that can write results in the order of submission."""

    @property
    def head(self) -> tuple[int, int] | None:
        """The number of the job whose result is written next, and how many results wait behind it; None: any order."""
        ...


class Journal(Protocol):
    """What is remembered. `append` is cheap and never blocks; durability is told later through `on_commit`."""

    on_commit: Callable[[int], None]
    """Called on the engine's loop with the highest position that is durable."""

    def append(self, position: int, event: Event) -> None:
        """Take note of an event; positions grow."""
        ...

    def hurry(self) -> None:
        """Somebody waits for what was appended; do not wait for more to make it durable."""
        ...

    @property
    def backlog(self) -> int:
        """Events taken and not yet durable."""
        ...

    @property
    def state(self) -> str:
        """ok, slow, blocked or off."""
        ...

    async def room(self) -> None:
        """Return when the backlog is small enough for more work."""
        ...

    async def query(self, query: Query) -> Answer: ...

    def found_count(self, producer: int) -> int:
        """How many rows for new jobs of a producer are durable; at least those told by `on_commit`."""
        ...

    def found(self, producer: int, after: int, limit: int, skip: int = 0) -> Awaitable[list[Kept]]:
        """Durable rows for new jobs of a producer whose id is above `after`, in order, without the first `skip`."""
        ...

    def failed_jobs(
        self, signature: str | None, after: int, limit: int, state: str = "failed"
    ) -> Awaitable[list[FinalJob]]:
        """Failed (or held) jobs with a number above `after`, in order; of one failure group or of all."""
        ...

    def job(self, seq: int) -> Awaitable[FinalJob | None]:
        """A job whose state is failed, cancelled or held."""
        ...

    def lost_jobs(self, seqs: Sequence[int]) -> Awaitable[list[FinalJob]]:
        """Those of these jobs that are failed, cancelled or held, in order."""
        ...

    async def close(self, how: str) -> None:
        """Make everything durable and end: how is `finished`, `stopped` or `crashed`."""
        ...
