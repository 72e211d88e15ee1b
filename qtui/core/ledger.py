"""The fold of the facts: the only place where a counter changes, live, resumed or replayed alike.

Always: accepted = pending + running + waiting + done + failed + held + cancelled. A final outcome is counted when it
is durable: `apply` notes it with its journal position, `commit` counts it. What each event changes is in `fold`; the
fields, and what several events change in the same way, are here.
"""

from __future__ import annotations

from collections import deque

from qtui import text
from qtui.core import events as ev
from qtui.core.commands import MAX_CONCURRENCY
from qtui.core.fold import HANDLERS
from qtui.core.fold.entries import Ending, Open, RecentOutcome
from qtui.core.fold.jobs import settle
from qtui.core.fold.outstanding import Outstanding
from qtui.core.lifecycle import FINAL, Move, State, step
from qtui.core.meter import Column, Counter, History, Level, RunTimes, Stays
from qtui.core.snapshot import SERIES_SECONDS, LogLine, RunState
from qtui.core.told import told
from qtui.core.tracks import GroupTrack, ProducerTrack, SlotTrack
from qtui.core.utilisation import GroupUse

PEAK_S = 5
"""The best rate is that of the best so many seconds."""


class Ledger:
    """Feed it every event in order; read the fields freely, change them never."""

    def __init__(self) -> None:
        self.started: ev.RunStarted | None = None
        self.ended: ev.RunEnded | None = None
        self.draining = self.stopping = self.held_by_person = False
        self.halted = ""
        """Why nothing new starts until a person releases the run, or empty."""
        self.short_of_memory = False
        self.grips: dict[str, ev.Held] = {}
        """Who keeps what from going on since when: producers, or `halted`, `held`, `memory` everything new."""
        self.concurrency = self.capacity = 0
        self.limits: dict[str, int] = {}
        """What qtui itself allows at once, by its reason."""
        self.rate: float | None = None
        self.counts: dict[State, int] = dict.fromkeys(State, 0)
        self.accepted = self.retries = self.recovered = 0
        self.lost, self.losses = 0, Counter()
        """Jobs lost to a full queue, those of earlier lives included."""
        self.began = 0.0
        """When the present life of the run began."""
        self.open: dict[int, Open] = {}
        self.queued: dict[int, float] = {}
        """Pending jobs by number with the time they entered, oldest first."""
        self.use = GroupUse()
        self.slots: dict[int, SlotTrack] = {}
        """At most MAX_CONCURRENCY; what runs beyond is only counted."""
        self.resting: dict[int, int] = {}
        """Jobs that wait for another attempt and keep their slots, with the numbers of those."""
        self.unseen = 0
        """Attempts that run in slots with higher numbers."""
        self.producers: dict[int, ProducerTrack] = {}
        self.blocked = 0
        """Producers that are blocked."""
        self.groups: dict[str, GroupTrack] = {}
        self.outstanding = Outstanding(self)
        self.recent: deque[RecentOutcome] = deque(maxlen=20)
        self.log: deque[LogLine] = deque(maxlen=50)
        self.high_water, self.peak_rate = 0, 0.0
        self.busy, self.full, self.empty, self.holding = Level(), Level(), Level(value=1.0), Level()
        self.pressed = Level()
        """1 while any producer is blocked."""
        self.admitted, self.begun, self.finished, self.failed_attempts = Counter(), Counter(), Counter(), Counter()
        self.stays, self.runs = Stays(), Stays()
        """Of jobs in the queue, and of attempts."""
        self.run_times = RunTimes()
        self.series = History(SERIES_SECONDS, sums=self._sums)
        self.overview = History(240, fold=True, sums=self._sums)
        self._next_second = 1
        self._column, self._wide = self.series.column(0.0, 0, 0), self.overview.column(0.0, 0, 0)
        self.position, self.endings = 0, deque[Ending]()
        """Of the event being folded in, in the journal; and the final outcomes that are not durable yet."""

    def apply(self, event: ev.Event, position: int = 0) -> None:
        """Fold one event in. Raises IllegalTransition for a move the law does not know; then nothing has changed."""
        self.position = position
        HANDLERS[type(event)](self, event)

    def commit(self, position: int, at: float) -> None:
        """Everything up to `position` is durable: count the ends that waited for it."""
        endings, done = self.endings, 0
        while endings and endings[0].position <= position:
            done += settle(self, endings.popleft())
        if done:
            for column in self.columns(at):
                column.done += done
            self.finished.add(at, done)

    # -- what the rest reads

    @property
    def state(self) -> RunState:
        if self.started is None:
            return RunState.STARTING
        if self.ended is not None:
            return RunState.FINISHED if self.ended.how == "finished" else RunState.STOPPED
        if self.stopping:
            return RunState.STOPPING
        if self.draining:
            return RunState.DRAINING
        if self.halted:
            return RunState.HALTED
        giving = [producer for producer in self.producers.values() if not producer.ended]
        return RunState.PAUSED if giving and all(p.paused for p in giving) else RunState.RUNNING

    @property
    def workers(self) -> int:
        """How many attempts may run at once."""
        return min(self.concurrency, *self.limits.values()) if self.limits else self.concurrency

    @property
    def strategy(self) -> str:
        return self.started.strategy if self.started else "pool"

    @property
    def total(self) -> int | None:
        """Jobs the sources will give, or None while any of them does not know."""
        total = 0
        for producer in self.producers.values():
            if producer.total is None:
                return None
            total += producer.total
        return total

    @property
    def unsettled(self) -> int:
        """Final outcomes that are not durable yet."""
        return len(self.endings)

    def validate(self) -> None:
        """Raise AssertionError unless the books balance."""
        counts = self.counts
        parts = sum(counts[state] for state in State if state is not State.NEW)
        assert counts[State.NEW] <= self.unsettled, "what is new and ended is on its way to the disk"
        assert self.accepted == parts, f"accepted {self.accepted} but the states add up to {parts}: {counts}"
        assert all(number >= 0 for number in counts.values()), counts
        assert len(self.open) == self.accepted + counts[State.NEW] - sum(counts[state] for state in FINAL)
        assert len(self.queued) == sum(entry.state is State.PENDING for entry in self.open.values())
        busy = sum(track.job is not None for track in self.slots.values())
        running = sum(entry.state is State.RUNNING for entry in self.open.values())
        assert busy + self.unseen == running + len(self.resting) == self.busy.value or self.ended is not None

    # -- what the fold changes in several places

    @property
    def levels(self) -> tuple[Level, ...]:
        """All of them, none of which goes on when the run ends."""
        return (self.busy, self.full, self.empty, self.holding, self.pressed)

    def enqueue(self, seq: int, at: float) -> None:
        """A job is pending from now on."""
        self.queued[seq] = at
        self.stays.enter(at)
        depth = self.depth_changed(at)
        if depth > self._column.depth:  # the wider column has seen every depth that this second has
            self._column.depth = depth
            self._wide.depth = max(self._wide.depth, depth)
        self.high_water = max(self.high_water, depth)

    def dequeue(self, seq: int, at: float) -> None:
        """A job is pending no longer."""
        self.stays.leave(at, self.queued.pop(seq))
        self.depth_changed(at)

    def depth_changed(self, at: float) -> int:
        """Note how many are pending now, and tell it."""
        depth = len(self.queued)
        full, empty = 0 < self.capacity <= depth, depth == 0
        if full != self.full.value:
            self.full.set(at, float(full))
        if empty != self.empty.value:
            self.empty.set(at, float(empty))
        if at >= self._next_second:
            self.turn(at)
        return depth

    def turn(self, at: float) -> None:
        """A new second: its columns are looked up once, not for every event."""
        self._next_second = int(at) + 1
        if at > PEAK_S + 1:
            self.peak_rate = max(self.peak_rate, self.finished.sum(at, PEAK_S + 1) / PEAK_S)
        self._column = self.series.column(at, len(self.queued), self.capacity, self.workers)
        self._wide = self.overview.column(at, len(self.queued), self.capacity, self.workers)

    def columns(self, at: float) -> tuple[Column, Column]:
        """Those of now, in the series and in the overview."""
        if at >= self._next_second:
            self.turn(at)
        return self._column, self._wide

    def move(self, entry: Open, move: Move) -> State:
        """Change a job's state and its count, unless the new state is final: that waits for the disk."""
        was = entry.state
        entry.state = now = step(entry.job.seq, was, move)
        if now not in FINAL:
            self.counts[was] -= 1
            self.counts[now] += 1
        return was

    def empty_slot(self, number: int, at: float) -> None:
        """Its job has left it."""
        self.busy.add(at, -1)
        if number > MAX_CONCURRENCY:
            self.unseen -= 1
            return
        track = self.slots[number]
        track.leave(at)
        if number > self.concurrency or (self.limits and number > self.workers):
            track.retired = at

    def grip(self, what: str, at: float, by: str, reason: str = "") -> None:
        """Note since when; what has begun already has begun then."""
        self.grips.setdefault(what, ev.Held(at, text.clean(by, 40), text.clean(reason)))

    def workers_changed(self, at: float) -> None:
        """The slots follow how many may run now."""
        workers = self.workers
        for number in range(1, workers + 1):
            track = self.slots.get(number)
            if track is None or track.retired is not None:
                self.slots[number] = SlotTrack(at)
        for seq, number in [(seq, number) for seq, number in self.resting.items() if number > workers]:
            del self.resting[seq]
            self.empty_slot(number, at)
        for number, track in self.slots.items():
            if number > workers and track.job is None and track.retired is None:
                track.retired = at

    def _sums(self, second: float) -> tuple[float, float]:
        whole = int(second)
        if whole == second:
            return self.busy.at_second(whole), self.admitted.at_second(whole)
        self.busy.advance(second)
        return self.busy.area, self.admitted.total

    def mark(self, at: float, glyph: str) -> None:
        """Put a sign into the columns of now."""
        for column in self.columns(at):
            column.marks.append(glyph)

    def say(self, event: ev.Event) -> None:
        """Write down what people are told of it."""
        line = told(event, {index: producer.name for index, producer in self.producers.items()})
        if line is not None:
            wall = (self.started.started_at if self.started else 0.0) + event.at
            self.log.appendleft(LogLine(wall, text.clean(line.who, 40), text.clean(line.text), line.level))
