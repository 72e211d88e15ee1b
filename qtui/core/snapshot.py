"""The picture of a run at one moment: frozen, O(slots + windows), never O(jobs); the only thing a face draws from.

Times called *_s are durations in seconds up to the moment of the snapshot: a face needs no clock of the engine.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

STRIP_SECONDS = 120
"""How many one-second cells a slot strip holds at most, newest last."""
SERIES_SECONDS = 180
"""How many one-second columns `Series` holds at most, newest last."""
LATENCY_BUCKETS = 24
"""Rows of the latency heat map: bucket i holds run times from LATENCY_FLOOR_S * LATENCY_STEP**i on."""
LATENCY_FLOOR_S = 0.001
LATENCY_STEP = 10 ** (1 / 5)
"""Five buckets per factor of ten: 1 ms up to 63 s and more."""


class RunState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    """Every producer is paused by a person."""
    HALTED = "halted"
    """Too many attempts failed; nothing new starts until a person releases it."""
    DRAINING = "draining"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"


class ProducerState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    """Waiting in put() because the queue is full."""
    PAUSED = "paused"
    DONE = "done"
    ERROR = "error"


class SlotState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    LEAVING = "leaving"
    """Above the concurrency; it finishes its attempt, then goes."""
    HELD = "held"
    """Idle although there is work: a throttle or a hold keeps it."""
    BACKOFF = "back-off"
    """Nothing runs in it: it is kept for a job that waits for another attempt."""
    RETIRED = "retired"
    """Gone; the row is shown for ten seconds more."""


class Cell(StrEnum):
    """One second of a slot's history; a strip is a string of these."""

    ABSENT = " "
    IDLE = "."
    DONE = "a"
    DONE_ALT = "b"
    """The other shade, so that neighbouring jobs stay separate."""
    RETRY_BODY = "r"
    RETRY_END = "R"
    FAILED_BODY = "f"
    FAILED_END = "F"
    ENDED = "c"
    """Cancelled or interrupted."""
    RUNNING = "n"


SEVERITY: dict[str, int] = {
    cell: rank
    for rank, cells in enumerate(
        (
            (Cell.ABSENT,),
            (Cell.IDLE,),
            (Cell.DONE, Cell.DONE_ALT),
            (Cell.ENDED,),
            (Cell.RETRY_BODY,),
            (Cell.FAILED_BODY,),
            (Cell.RUNNING,),
            (Cell.RETRY_END,),
            (Cell.FAILED_END,),
        )
    )
    for cell in cells
}
"""How bad a cell is: where several share a place, the worst is shown."""


class Counts(msgspec.Struct, frozen=True):
    """accepted = pending + running + waiting + done + failed + held + cancelled, always."""

    accepted: int = 0
    pending: int = 0
    """In the queue; those that a full queue has dropped and that are not yet on disk as such included."""
    running: int = 0
    """Started and not yet ended on disk; may exceed the busy slots for one commit."""
    waiting: int = 0
    done: int = 0
    failed: int = 0
    held: int = 0
    cancelled: int = 0
    attempts: int = 0
    """Attempts started."""
    retries: int = 0
    """Attempts that failed and were given another."""
    recovered: int = 0
    """Jobs done after at least one failed attempt."""
    total: int | None = None
    """Jobs the sources will give, or None while unknown."""
    lost: int = 0
    """Jobs lost to a full queue so far: cancelled as dropped or failed as rejected, whatever became of them later."""
    dropped: int = 0
    """Of the cancelled: those that a full queue dropped."""

    @property
    def finished(self) -> int:
        return self.done + self.failed + self.held + self.cancelled


class QueueView(msgspec.Struct, frozen=True):
    capacity: int = 1
    """0: it has no bound."""
    depth: int = 0
    high_water: int = 0
    oldest_s: float = 0.0
    """How long the job at the head has waited."""
    wait_s: float = 0.0
    """What a job entering now will wait: depth over start rate; 0 when unknown."""
    full_share: float = 0.0
    """Share of the last minute in which the queue was full, time-weighted."""
    full_share_run: float = 0.0
    """The same over the whole run."""
    empty_share: float = 0.0
    overflow: str = "block"
    """What becomes of a job that is offered when it is full: block, drop-new, drop-old or reject."""
    lost_rate: float = 0.0
    """Jobs per second lost to that, last 10 s."""


class ProducerView(msgspec.Struct, frozen=True):
    index: int
    name: str
    state: ProducerState
    accepted: int = 0
    total: int | None = None
    admit_rate: float = 0.0
    """Jobs per second that passed the gate, last 10 s."""
    offer_rate: float = 0.0
    """Jobs per second it would give if nothing held it: its configured rate, or measured between puts.

    0 when it gives nothing, or hardly ever was free to give.
    """
    blocked_s: float = 0.0
    """How long it has been blocked now."""
    blocked_share: float = 0.0
    """Share of the last minute it was blocked."""
    pressure: float = 0.0
    """Share of the last 3 s it was blocked; drives the verdict."""
    problem: str = ""
    found: int | None = None
    """Rows for new jobs that its jobs have found; None where they find none."""
    unread: int = 0
    """Rows known and not accepted yet: what of its frontier waits on the disk."""


class SlotView(msgspec.Struct, frozen=True, gc=False):
    number: int
    state: SlotState
    seq: int = 0
    """The job in it, 0 when idle."""
    name: str = ""
    attempt: int = 0
    attempts: int = 0
    """Attempts the policy allows."""
    elapsed_s: float = 0.0
    timeout_s: float = 0.0
    """0 when the job has no deadline."""
    note: str = ""
    """What the job itself says of how far it is."""
    strip: str = ""
    """One `Cell` per second, newest last, the present second included."""
    share: float | None = None
    """How much of itself the job says it has done, 0 to 1; None when it says nothing."""
    left_s: float = 0.0
    """Seconds until the next attempt may start, in back-off."""
    last: int = 0
    """The job that was in it before, 0 when none was since the engine began."""


BUSY_LEVELS = "012345678"
FAILED_LEVELS = "abcdefghi"
UNUSED = " "


class Use(msgspec.Struct, frozen=True):
    """How busy groups of slots were, one character per second, newest last, the present second included.

    A digit is the busy share of the slots there were, in eighths rounded up; a letter from `a` on the same, and a job
    failed; a space: there were no slots.
    """

    size: int
    """Slots in a group: 1 to `size` are the first."""
    rows: list[str]


class LaneView(msgspec.Struct, frozen=True):
    """Retries waiting for their back-off, without a slot."""

    count: int = 0
    next_s: float | None = None
    due_s: list[float] = []
    """Seconds left of the soonest 64."""


class HostView(msgspec.Struct, frozen=True):
    """A host that is left alone, or whose jobs wait behind its limit."""

    name: str
    running: int
    waiting: int
    """Jobs that may start as soon as the host may be asked."""
    why: str
    """cooling (it asked for a pause), open or probing (its circuit), limit."""
    left_s: float | None = None
    """Until when, where that is known."""


class Grip(msgspec.Struct, frozen=True):
    """Who keeps the run, or a part of it, from going on."""

    by: str
    since_s: float
    """How long ago it began."""
    reason: str = ""


class AutoView(msgspec.Struct, frozen=True):
    """The adaptive limit on attempts at once."""

    limit: int
    min: int
    max: int
    frozen: bool = False
    """A person keeps it where it is."""
    reason: str = ""
    """Why it was cut last; why it is what it is when it never was."""


class ThrottleView(msgspec.Struct, frozen=True):
    rate: float | None = None
    """Starts per second allowed, or None."""
    holding: float = 0.0
    """Share of the last 3 s in which a free slot waited for the limit while there was work."""
    held_by_person: bool = False
    per_host: int | None = None
    per_host_rate: float | None = None
    hosts: list[HostView] = []
    """Hosts that are left alone, then those at their limit; most waiting first, at most 8."""
    adaptive: AutoView | None = None
    """None while it is off."""
    descriptors: int | None = None
    """Attempts at once that this machine has file descriptors for; None while they suffice."""
    halted: str = ""
    """Why nothing new starts until a person releases the run, in numbers; or empty."""
    short_of_memory: bool = False
    """Nothing new starts until there is memory again."""
    grip: Grip | None = None
    """Since when nothing at all may start; None where it may, or where that is not known."""
    next_s: float = 0.0
    """Seconds until the rate limit allows the next start."""

    @property
    def closed(self) -> bool:
        """Nothing at all may start."""
        return self.held_by_person or bool(self.halted) or self.short_of_memory


class Rates(msgspec.Struct, frozen=True):
    """Per second over the last 10 s, and over the run."""

    admitted: float = 0.0
    started: float = 0.0
    done: float = 0.0
    failed_attempts: float = 0.0
    done_30s: float = 0.0
    done_run: float = 0.0
    done_peak: float = 0.0
    """The best 5 s of the run."""
    busy_share: float = 0.0
    """Busy share of the slots, last 10 s."""
    busy_share_run: float = 0.0
    blocked_share_run: float = 0.0


class Latency(msgspec.Struct, frozen=True):
    """Run time of successful attempts in seconds, last minutes; 0 when nothing has ended yet."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


class Series(msgspec.Struct, frozen=True):
    """Columns of equal width in time, oldest first; the last one is still growing."""

    step_s: float = 1.0
    done: list[int] = []
    failed: list[int] = []
    """Attempts that failed."""
    depth: list[int] = []
    """Largest queue depth in the column."""
    capacity: list[int] = []
    latency: list[list[int]] = []
    """Sparse heat map column: [bucket, count, bucket, count, …]."""
    marks: list[list[str]] = []
    """Marks of control actions in the column: `║` paused, `►` resumed, `▲12` more workers, `▼6` fewer, `■32` bound;
    `~` before it: qtui did so itself."""
    admitted: list[int] = []
    """Jobs that entered the queue from a producer."""
    busy: list[int] = []
    """Busy share of the workers in per cent, by time."""


class Law(msgspec.Struct, frozen=True):
    """Little's law, L = λ·W, over the last 30 s: all three measured by themselves."""

    level: float = 0.0
    """L: how many were there, on average over time."""
    rate: float = 0.0
    """λ: how many left per second."""
    span_s: float = 0.0
    """W: how long those who left had stayed, on average."""


class FailureGroup(msgspec.Struct, frozen=True):
    """Failed jobs with the same signature: error class and message with the particulars removed."""

    signature: str
    title: str
    """The error class in words: `HTTP 503`, `Timeout`, `ConnectionReset`."""
    message: str
    jobs: int
    """Jobs that are failed now."""
    attempts: int
    """Failed attempts, those that were retried included."""
    first_s: float
    last_s: float
    per_minute: list[int]
    """Failed attempts in each of the last ten minutes, oldest first."""
    retryable: bool
    retrying: int = 0
    """Jobs of the group that a person gave another round and that have not ended yet."""
    recovered: int = 0
    """Jobs that left the group by such a retry and were done."""
    samples: list[int] = []
    """Up to five job numbers."""
    hosts: list[tuple[str, int]] = []
    """Where it happened and how often, most first, at most five."""
    detail: str = ""
    """The detail of the newest failure."""
    open: int = 0
    """Failed jobs that are not set aside."""
    aside: bool = False
    """A person has set the group aside."""
    acknowledged: bool = False
    """A person knows of it, and it has not grown to twice its size since."""
    ok_again: int = 0
    """Of the jobs in the last round that a person gave: those that are done."""
    failed_again: int = 0
    """Of the same: those that failed again."""
    held_back: int = 0
    """Of the same: those that were not tried, because the first ones failed again."""


class Recent(msgspec.Struct, frozen=True):
    """An attempt that ended lately."""

    seq: int
    name: str
    kind: str
    """done, retry, failed, cancelled or interrupted."""
    text: str
    """The run time for done, the error otherwise."""
    ago_s: float


class LogLine(msgspec.Struct, frozen=True):
    """A control action or a notice."""

    at: float
    """Wall clock, seconds since 1970."""
    actor: str
    """`you`, `qtui`, `auto` or the name of a client."""
    text: str
    level: str = "info"
    """info, warning or error."""


class AlertView(msgspec.Struct, frozen=True):
    """Something a person who does not look should be told; every claim cites its number."""

    id: int
    """Counted up in the life of the engine: a face tells each once."""
    kind: str
    """stalled, slow, failing, halted, new, storm, eta, overdue, disk, memory or lag."""
    severity: str
    """notice, warning or critical."""
    text: str
    at_s: float
    """When it was raised, seconds since the start of the run."""
    key: str = ""
    """The key that leads to it, or helps."""
    key_text: str = ""


class Health(msgspec.Struct, frozen=True):
    loop_lag_s: float = 0.0
    rss_bytes: int = 0
    rss_peak_bytes: int = 0
    journal: str = "ok"
    """ok, slow, blocked or off."""
    journal_lag: int = 0
    """Records not yet committed."""
    tasks: int = 0
    """asyncio tasks of the engine; counted once a second."""
    tasks_peak: int = 0
    connections: int = 0
    """Sockets that the engine has open; counted once a second."""
    memory_share: float = 0.0
    """What is in use of the memory that this process may use with all others around it; 0 when that is not known."""
    memory_limit: int = 0
    """How many bytes those are."""
    disk_free: int = 0
    """Bytes free where the journal is; of `disk_total`, which is 0 when that is not known."""
    disk_total: int = 0


class HeadView(msgspec.Struct, frozen=True):
    """The job that holds back the results of others, because they are written in the order of submission."""

    seq: int
    name: str
    state: str
    """pending, running or waiting."""
    attempt: int
    behind: int
    """Results that wait for it."""


class Control(msgspec.Struct, frozen=True):
    """The values in force that a person can change."""

    concurrency: int = 0
    capacity: int = 0
    rate: float | None = None
    undo: str = ""
    """What `undo` would take back, or empty."""
    redo: str = ""
    """What `redo` would do again, or empty."""
    strategy: str = "pool"
    """pool, semaphore or unbounded; cannot be changed. Without a pool `capacity` is 0, and where it is unbounded
    `concurrency` is the most attempts that ran at once so far."""


class Triage(msgspec.Struct, frozen=True):
    """How much of what failed still needs a person."""

    open: int = 0
    """Failed jobs that are not set aside."""
    aside: int = 0
    ever: int = 0
    """Jobs that have failed for good at least once, whatever became of them later."""


class Snapshot(msgspec.Struct, frozen=True):
    run_id: str
    name: str
    preset: str
    """Where the preset came from: a path or the name of a bundled one."""
    state: RunState
    started_at: float
    """Wall clock of the start, seconds since 1970."""
    elapsed_s: float
    counts: Counts
    control: Control
    queue: QueueView
    producers: list[ProducerView]
    slots: list[SlotView]
    lane: LaneView = LaneView()
    throttle: ThrottleView = ThrottleView()
    rates: Rates = Rates()
    latency: Latency = Latency()
    series: Series = Series()
    """The last three minutes in one-second columns."""
    overview: Series = Series()
    """The whole run in at most 240 columns."""
    failures: list[FailureGroup] = []
    """Largest first, at most 50."""
    groups: int = 0
    """How many groups there are in all."""
    recent: list[Recent] = []
    """The newest first, at most 20."""
    log: list[LogLine] = []
    """The newest first, at most 50."""
    health: Health = Health()
    problem: str = ""
    """Why the run cannot go on, or empty."""
    results: str = ""
    """Where results are written, or empty."""
    doing: str = ""
    """While starting: what is being done, e.g. `counting urls.txt, 1.2M lines`."""
    note: str = ""
    """Anything the person should read once, e.g. where an older results file was moved."""
    more_slots: int = 0
    """Attempts that run in slots beyond those of `slots`, which are at most 4,096."""
    head: HeadView | None = None
    """Who holds back results, when somebody does."""
    use: Use | None = None
    """Instead of a history of each slot, where there are many."""
    paused: Grip | None = None
    """Who paused producers; None while none is paused."""
    waiting: Law = Law()
    """Of the jobs in the queue."""
    running: Law = Law()
    """Of the attempts in the slots."""
    alerts: list[AlertView] = []
    """What holds now, the worst first."""
    alone_from: float | None = None
    """When nobody looked any more the last time, seconds since the start of the run; None when that never was."""
    triage: Triage = Triage()

    @property
    def workers(self) -> int:
        """How many attempts may run at once: what a person asked for, or less where a limit of qtui's own holds."""
        auto, descriptors = self.throttle.adaptive, self.throttle.descriptors
        limits = [limit for limit in (auto.limit if auto is not None else None, descriptors) if limit is not None]
        return min([self.control.concurrency, *limits])
