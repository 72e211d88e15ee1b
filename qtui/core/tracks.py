"""What the ledger keeps per slot, per producer and per failure group: bounded, whatever the number of jobs."""

from __future__ import annotations

from collections import Counter as Tally
from collections import deque
from collections.abc import Iterable, Mapping

from qtui.core.job import Failed, Job
from qtui.core.meter import Counter, Level
from qtui.core.queries import Facet, GroupStory
from qtui.core.signature import describe, title
from qtui.core.snapshot import (
    SEVERITY,
    STRIP_SECONDS,
    Cell,
    FailureGroup,
    ProducerState,
    ProducerView,
    SlotState,
    SlotView,
)
from qtui.core.spread import SHOWN, Spread

RETIRED_SHOWN_S = 10.0

_BODY = {"waiting": Cell.RETRY_BODY, "failed": Cell.FAILED_BODY, "cancelled": Cell.ENDED, "pending": Cell.ENDED}
_END = {"waiting": Cell.RETRY_END, "failed": Cell.FAILED_END, "cancelled": Cell.ENDED, "pending": Cell.ENDED}


class SlotTrack:
    """A slot's present attempt and its history in one-second cells, where the worst outcome of a second wins."""

    __slots__ = ("_cells", "_second", "_shade", "born", "due_at", "job", "last", "note", "retired", "share", "started")

    def __init__(self, at: float) -> None:
        self.due_at: float | None = None
        """When the next attempt of its job may start; None when it is not kept for a job that waits."""
        self.born = at
        self.retired: float | None = None
        self.job: Job | None = None
        self.last = 0
        """The job whose attempt ended here last."""
        self.started = 0.0
        self.share: float | None = None
        """How far the attempt says it is."""
        self.note = ""
        self._second = int(at)
        self._cells = [Cell.IDLE] * STRIP_SECONDS
        self._shade = False

    def start(self, at: float, job: Job) -> None:
        if self.due_at is not None:
            self.leave(at)
        self.job = job
        self.started = at
        self.share, self.note = None, ""

    def rest(self, at: float, job: Job, due_at: float) -> None:
        """Keep the slot for a job that waits."""
        self.job, self.started, self.due_at = job, at, due_at
        self.share, self.note = None, ""

    def leave(self, at: float) -> None:
        """The slot is free; a wait in it is painted."""
        if self.due_at is not None:
            self._advance(int(at))
            for second in range(max(int(self.started), self._second - STRIP_SECONDS + 1), int(at) + 1):
                self._paint(second, Cell.RETRY_BODY)
        self.job = self.due_at = None

    def end(self, at: float, then: str) -> None:
        """Paint the attempt that is over."""
        if self.job is not None:
            self.last = self.job.seq
        self.job = None
        last = int(at)
        if last > self._second:
            self._advance(last)
        if then == "done":
            self._shade = not self._shade
            body = end = Cell.DONE_ALT if self._shade else Cell.DONE
        else:
            body, end = _BODY[then], _END[then]
        if self.started < last:
            for second in range(max(int(self.started), self._second - STRIP_SECONDS + 1), last):
                self._paint(second, body)
        self._paint(last, end)

    def _paint(self, second: int, cell: Cell) -> None:
        place = second % STRIP_SECONDS
        before = self._cells[place]
        if before is not cell and SEVERITY[cell] >= SEVERITY[before]:
            self._cells[place] = cell

    def _advance(self, second: int) -> None:
        if second <= self._second:
            return
        for passed in range(max(self._second + 1, second - STRIP_SECONDS + 1), second + 1):
            self._cells[passed % STRIP_SECONDS] = Cell.IDLE
        self._second = second

    def cell(self, second: int) -> Cell:
        """One second of the last two minutes."""
        if second > self._second:
            self._advance(second)
        if second < int(self.born) or second <= self._second - STRIP_SECONDS:
            return Cell.ABSENT
        cell = self._cells[second % STRIP_SECONDS]
        busy = self.job is not None and self.due_at is None and int(self.started) <= second
        return Cell.RUNNING if busy and cell is Cell.IDLE else cell

    def strip(self, at: float, length: int) -> str:
        """The newest `length` cells as text."""
        if not length:
            return ""
        now = int(at)
        self._advance(now)
        first = max(now - length + 1, int(self.born), now - STRIP_SECONDS + 1)
        cells = [self._cells[second % STRIP_SECONDS] for second in range(first, now + 1)]
        if self.job is not None:
            now_cell = Cell.RUNNING if self.due_at is None else Cell.RETRY_BODY
            for index in range(max(0, int(self.started) - first), len(cells)):
                if SEVERITY[cells[index]] <= SEVERITY[now_cell]:
                    cells[index] = now_cell
        return "".join(cells)

    def view(
        self, number: int, at: float, *, state: SlotState, attempts: int, timeout_s: float, length: int
    ) -> SlotView:
        job = self.job
        if job is None:
            return SlotView(number, state, strip=self.strip(at, length), last=self.last)
        return SlotView(
            number,
            state,
            job.seq,
            job.name,
            job.attempt,
            max(attempts, job.attempt),  # its error class may allow more
            at - self.started,
            timeout_s if self.due_at is None else 0.0,
            self.note,
            self.strip(at, length),
            self.share,
            0.0 if self.due_at is None else max(0.0, self.due_at - at),
            self.last,
        )


class ProducerTrack:
    """A producer's state, its intake and the time it is blocked."""

    __slots__ = (
        "admitted",
        "before",
        "blocked",
        "blocked_since",
        "ended",
        "found",
        "name",
        "paused",
        "problem",
        "rate",
        "rows",
        "total",
    )

    def __init__(self, at: float, name: str, total: int | None, rate: float | None) -> None:
        self.name = name
        self.total = total
        self.rate = rate
        self.admitted = Counter(at=at)
        self.before = 0
        """Rows accepted in earlier lives of the run."""
        self.found: int | None = None
        """Rows for new jobs that its jobs have found."""
        self.rows = 0
        """Those, and the rows it began with."""
        self.blocked = Level(at)
        self.blocked_since: float | None = None
        self.paused = False
        self.ended = False
        self.problem = ""

    def set_blocked(self, at: float, blocked: bool) -> None:
        self.blocked.set(at, float(blocked))
        self.blocked_since = at if blocked else None

    @property
    def given(self) -> int:
        """Rows accepted in all."""
        return self.before + self.admitted.total

    @property
    def state(self) -> ProducerState:
        if self.ended:
            return ProducerState.ERROR if self.problem else ProducerState.DONE
        if self.paused:
            return ProducerState.PAUSED
        return ProducerState.ACTIVE if self.blocked_since is None else ProducerState.BLOCKED

    def view(self, index: int, at: float) -> ProducerView:
        admit = self.admitted.rate(at, 10)
        share = self.blocked.mean(at, 10)
        free = admit / (1 - share) if share < 0.95 else 0.0
        return ProducerView(
            index,
            self.name,
            self.state,
            self.given,
            self.total,
            admit,
            0.0 if self.ended else (self.rate or free),
            at - self.blocked_since if self.blocked_since is not None else 0.0,
            self.blocked.mean(at, 60),
            self.blocked.mean(at, 3),
            self.problem,
            self.found,
            max(0, self.rows - self.given),
        )


class GroupTrack:
    """Failures that share a signature."""

    __slots__ = (
        "_failed",
        "_hosts",
        "_minute",
        "_minutes",
        "_samples",
        "_spread",
        "attempts",
        "failed_again",
        "first",
        "held_back",
        "jobs",
        "last",
        "ok_again",
        "recovered",
        "retryable",
        "retrying",
    )

    def __init__(self, at: float, failed: Failed) -> None:
        self._failed = failed
        self._hosts: Tally[str] = Tally()
        self._spread = Spread()
        self._samples: deque[tuple[int, str]] = deque(maxlen=5)
        self._minutes = [0] * 10
        self._minute = int(at // 60)
        self.first = self.last = at
        self.jobs = self.attempts = self.retrying = self.recovered = 0
        self.ok_again = self.failed_again = self.held_back = 0
        """What became of the jobs in the last round a person gave."""
        self.retryable = False

    def remember(self, samples: Iterable[int]) -> None:
        """Jobs of earlier lives that failed like this."""
        self._samples.extend((seq, "") for seq in samples)

    def add_attempt(self, at: float, job: Job, failed: Failed, retryable: bool) -> None:
        self._turn(at)
        self._minutes[self._minute % 10] += 1
        self._failed = failed
        self.last = at
        self.attempts += 1
        self.retryable = retryable
        if all(seq != job.seq for seq, _ in self._samples):
            self._samples.append((job.seq, job.name))
        self._spread.add(job)
        host = _host(job)
        if host and (host in self._hosts or len(self._hosts) < 50):
            self._hosts[host] += 1

    def _turn(self, at: float) -> None:
        minute = int(at // 60)
        for passed in range(max(self._minute + 1, minute - 9), minute + 1):
            self._minutes[passed % 10] = 0
        self._minute = max(self._minute, minute)

    def view(self, signature: str, at: float) -> FailureGroup:
        self._turn(at)
        return FailureGroup(
            signature,
            title(self._failed.code),
            describe(self._failed),
            self.jobs,
            self.attempts,
            at - self.first,
            at - self.last,
            [self._minutes[(self._minute + 1 + k) % 10] for k in range(10)],
            self.retryable,
            self.retrying,
            self.recovered,
            [seq for seq, _ in self._samples],
            self._hosts.most_common(5),
            self._failed.detail,
            ok_again=self.ok_again,
            failed_again=self.failed_again,
            held_back=self.held_back,
        )

    def story(self, signature: str, producers: Mapping[int, str]) -> GroupStory:
        """What is told only of the group that a person looks at; `producers` are names by index."""
        hosts = [Facet("host", self._hosts.most_common(SHOWN), len(self._hosts))] if self._hosts else []
        return GroupStory(signature, [*hosts, *self._spread.facets(producers)], list(reversed(self._samples)))


def _host(job: Job) -> str:
    """Where a job goes, for the facets of a failure: the host of its address, nothing for other jobs."""
    address = job.key if "://" in job.key else job.name
    _, found, rest = address.partition("://")
    return rest.partition("/")[0].rpartition("@")[2][:80] if found else ""
