"""The preset as Structs: every table and key, its type, its default and its meaning.

The tables of kinds and sources live with them (`qtui.kinds`, `qtui.sources`) and are joined by the walker in `preset`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal

import msgspec

from qtui.core import error_classes
from qtui.core.capabilities import Capabilities
from qtui.core.commands import MAX_CAPACITY, MAX_CONCURRENCY
from qtui.core.job import Value
from qtui.core.units import Duration, Rate, Share, Tolerance

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
Count = Annotated[int, msgspec.Meta(ge=1)]
ErrorClass = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": error_classes.PATTERN})]
Attempts = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A TOML table; unknown keys are refused with the nearest spelling."""

    operational: ClassVar[frozenset[str]] = frozenset()
    """Keys that change how jobs are run and not what is executed: a run goes on when they have changed."""
    relative: ClassVar[tuple[str, ...]] = ()
    """Keys that hold paths relative to the preset's folder; `-` and nothing stay as they are."""
    example: ClassVar[str] = ""
    """For the table of a kind of job: a small preset in TOML that runs on any machine; `qtui new` begins with it.

    For a table inside of one: keys in TOML, where it cannot be without any.
    """

    finding: ClassVar[frozenset[str]] = frozenset()
    """For the table of a kind: keys by which its jobs find new ones, where they are set."""

    @property
    def finds(self) -> bool:
        """Whether jobs find new ones, which only a source of kind crawl takes."""
        return any(getattr(self, key) for key in self.finding)

    def capabilities(self) -> Capabilities:
        """What a run may do to the world because of this table. Looks at nothing but the table."""
        return Capabilities()

    def describe(self, fill: Callable[[str], str]) -> str:
        """For the table of a kind: what one job would execute, e.g. `GET https://…`, in one line; executes nothing.

        `fill` fills a template with the job's row, secrets masked. Raises TemplateError as `fill` does.
        """
        return ""

    def own_fields(self, fill: Callable[[str], str]) -> Mapping[str, Value]:
        """For the table of a kind: the fields that it adds for `job.name` and `job.key`, as `Kind.fields` gives them.

        Raises TemplateError.
        """
        return {}


class About(Table, frozen=True):
    """[preset]"""

    name: Text
    """What the run is called; its id begins with it."""
    description: str = ""
    """What it is for, in one sentence."""


class SourceTable(Table, frozen=True):
    """[[source]]: what every source has; each kind of source adds its own keys."""

    harmless: ClassVar[bool] = False
    """Reading it executes nothing: `qtui check` may then show its first rows."""
    adopts: ClassVar[bool] = False
    """It takes the new jobs that its jobs find."""

    kind: str
    """Where the jobs come from."""
    name: str = ""
    """What the screen calls its producer; the kind's name when empty."""
    rate: Rate | None = None
    """How fast this producer offers jobs; as fast as the queue takes them when absent."""


class QueueTable(Table, frozen=True):
    """[queue]"""

    capacity: Annotated[int, msgspec.Meta(ge=1, le=MAX_CAPACITY)] = 64
    """How many jobs may wait in the queue; producers wait while it is full. May be changed while running."""
    overflow: Literal["block", "drop-new", "drop-old", "reject"] = "block"
    """What becomes of a job that is offered to a full queue. block: its producer waits; drop-new: it is cancelled;
    drop-old: the oldest pending job is cancelled and it enters; reject: it fails with the class `rejected`. All but
    block count what they lose; what is lost stays in the journal and can be retried."""


class Workers(Table, frozen=True):
    """[workers]"""

    concurrency: Annotated[int, msgspec.Meta(ge=0, le=MAX_CONCURRENCY)] = 8
    """How many attempts may run at once; 0 holds. May be changed while running."""
    strategy: Literal["pool", "semaphore", "unbounded"] = "pool"
    """Three designs, to be compared on the same work. pool: so many workers take jobs from the bounded queue.
    semaphore: every job becomes a task as soon as a source gives it, and waits there for one of `concurrency` permits;
    the queue has no bound. unbounded: every job becomes a task that starts at once; nothing is bounded."""
    executor: Literal["auto", "local", "process"] = "auto"
    """Where attempts run: local, on the engine's own loop, for jobs that wait; process, in worker processes, one job
    at a time in each, for jobs that compute or may crash. auto: process for plain Python functions, otherwise local.
    """
    recycle: Annotated[int, msgspec.Meta(ge=0)] = 10_000
    """A worker process is replaced after so many jobs, which returns what they have leaked; 0: never."""


class JobTable(Table, frozen=True):
    """[job]; the table named like the kind, e.g. [job.http], is checked by the kind itself."""

    kind: str
    """What a job does."""
    name: str = ""
    """A template; what the screen calls the job. The key when empty."""
    key: str = ""
    """A template; what the job is. All fields of its row when empty."""
    timeout: Duration = 30.0
    """The longest an attempt may take; 0 for no limit."""
    on_crash: Literal["run", "hold"] = "run"
    """What becomes of a job that was running when the engine died: run it again, or hold it for a person."""
    crashes: Annotated[int, msgspec.Meta(ge=0)] = 3
    """A job that was running in so many crashes of the engine is held; 0: never."""
    changed: Literal["ask", "keep", "rerun"] = "ask"
    """When a run goes on and the same key means something else to execute: ask, keep what was done, or run it again."""


class Backoff(Table, frozen=True):
    """retry.backoff: base * factor**(attempt - 1), at most max, then jitter."""

    base: Duration = 0.5
    """The delay after the first attempt."""
    factor: Annotated[float, msgspec.Meta(ge=1, le=100)] = 2.0
    """How much longer each delay is than the one before."""
    max: Duration = 60.0
    """The longest delay."""
    jitter: Literal["full", "none"] = "full"
    """full: a random delay between nothing and the computed one."""


class Retry(Table, frozen=True):
    """[retry]"""

    attempts: Attempts = 3
    """How often a job is tried in all, the first attempt included."""
    attempts_for: dict[ErrorClass, Attempts] = {}
    """Other numbers for some error classes, e.g. { timeout = 5, "http:429" = 10 }; a class named here need not be in
    `on`, and 1 means that it is never tried again. The most exact name counts.
    """
    backoff: Backoff = Backoff()
    """How long a job waits before it is tried again."""
    on: list[ErrorClass] = msgspec.field(default_factory=lambda: ["timeout", "connection", "http:429", "http:5xx"])
    """Classes of errors worth another attempt: timeout, connection, killed, http:NNN, http:5xx, exit:N, exception:Name,
    any.
    """
    rejoin: Literal["fair", "front", "back"] = "fair"
    """fair: at most every other start is a retry; front: retries first; back: only when the queue is empty."""
    holds_slot: bool = False
    """A job keeps its slot while it waits for another attempt, so that nothing else can run there; true only to show
    why that is a bad idea."""
    max_retry_after: Duration = 120.0
    """The longest wait that another side may ask for by Retry-After."""


class Breaker(Table, frozen=True):
    """[throttle.circuit]: after some errors in a row a host is left alone for a while, then one attempt probes."""

    failures: Count = 5
    """So many timeouts, failed connections or answers of class http:5xx in a row."""
    open: Duration = 30.0
    """How long nothing starts for that host; no job spends a try meanwhile."""


class Adaptive(Table, frozen=True):
    """[throttle.adaptive]: the number of attempts at once follows what the other side bears, up to the concurrency.

    It doubles every window until the first trouble, then grows by one in a window that went well and used it. 429, 503
    with Retry-After and refused connections halve it, other 5xx and timeouts stop its growth for the window.
    """

    min: Count = 1
    """It begins with so many and never allows fewer."""
    max: Annotated[int, msgspec.Meta(ge=1, le=MAX_CONCURRENCY)] | None = None
    """It never allows more; as many as `workers.concurrency` when absent."""
    window: Duration = 5.0
    """How often it may change; longer than most attempts take."""

    def __post_init__(self) -> None:
        if self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min} and max only {self.max}: it could allow nothing")
        if self.window <= 0:
            raise ValueError("window must be longer than nothing")


class Throttle(Table, frozen=True):
    """[throttle]"""

    rate: Rate | None = None
    """Attempts started per second, all together."""
    burst: Count | None = None
    """How many starts may come at once after a pause; without it they are spaced evenly."""
    per_host: Count | None = None
    """Attempts at once for one host; jobs of other hosts pass those that wait for it."""
    per_host_rate: Rate | None = None
    """Attempts started per second for one host."""
    circuit: Breaker | None = None
    """When a host that only fails is left alone; jobs without a host share one circuit."""
    adaptive: bool | Adaptive = False
    """Whether the number of attempts at once follows what the other side bears; true stands for the defaults."""
    memory: Share = 0.9
    """Nothing new starts above this share of the memory that the control group allows or, without such a limit, that
    the machine has; it goes on 5 points below. "off": whatever the memory. Where the system does not tell it, off.
    """

    @property
    def adapts(self) -> Adaptive | None:
        """How it adapts, or None where it does not."""
        if isinstance(self.adaptive, Adaptive):
            return self.adaptive
        return Adaptive() if self.adaptive else None


class Halt(Table, frozen=True):
    """[halt]: when so many attempts fail that going on does harm, nothing new starts until a person releases the run.

    Without a screen the run is stopped then, and the next start goes on with it.
    """

    failures: Tolerance | None = None
    """So many of the last attempts that ended: a share such as "20%", which counts from half of `of` on, or a number.
    Every failed attempt counts, also one that is tried again; cancelled and interrupted ones count nowhere.
    """
    of: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    """How many attempts are looked back on."""
    consecutive: Count | None = None
    """Or so many failed attempts in a row."""

    def __post_init__(self) -> None:
        if isinstance(self.failures, int) and self.failures > self.of:
            raise ValueError(f"{self.failures:,} failures of the last {self.of:,} attempts can never be; raise `of`")


class Alerts(Table, frozen=True):
    """[alerts]: who is told of what a person should know who does not look."""

    on_alert: list[Text] = []
    """A program and its arguments, run once for every alert, never by a shell. What it is about is in the environment:
    QTUI_ALERT is the sentence, QTUI_ALERT_KIND and QTUI_ALERT_SEVERITY say what and how bad, QTUI_RUN which run.
    """
    timeout: Duration = 10.0
    """How long it may take; it is ended then."""

    def __post_init__(self) -> None:
        if self.timeout <= 0:
            raise ValueError("timeout must be longer than nothing")


class Results(Table, frozen=True):
    """[results]"""

    path: str = ""
    """Where done jobs are written, relative to where qtui was started; nowhere when empty."""
    order: Literal["completion", "submission"] = "completion"
    """completion: as they are done; submission: as their sources gave them."""
    format: Literal["auto", "jsonl", "csv"] = "auto"
    """auto: CSV when the path ends in .csv, otherwise JSON lines."""

    @property
    def shape(self) -> Literal["jsonl", "csv"]:
        """The format that is meant."""
        if self.format != "auto":
            return self.format
        return "csv" if self.path.lower().endswith(".csv") else "jsonl"


class Preset(msgspec.Struct, frozen=True):
    """A preset that has been checked whole."""

    about: About
    sources: list[SourceTable]
    job: JobTable
    kind: Table
    """The table of the job's kind."""
    queue: QueueTable = QueueTable()
    workers: Workers = Workers()
    retry: Retry = Retry()
    throttle: Throttle = Throttle()
    halt: Halt = Halt()
    alerts: Alerts = Alerts()
    results: Results = Results()
    demo: msgspec.Struct | None = None
    """The embedded site's table, when the preset wants it."""
    source: str = ""
    """The path it was read from, or the name of a bundled preset."""
