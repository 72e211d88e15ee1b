"""The judge of the limits on starts: knows them from the events alone, and blames every start that breaks one."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable

from qtui.core import events as ev
from qtui.core.job import Done, Failed, Job
from qtui.core.tables import Preset
from qtui.engine.engine import Engine
from qtui.engine.limits import BURST_S
from tests.faults.lives_form import Form

CLOSE = 1e-6
"""Closer than times that were computed in different ways can tell."""
HOSTLESS = ""


class Spacing:
    """At most `burst + rate * t` starts in any span of t seconds."""

    def __init__(self, rate: float | None, burst: int | None) -> None:
        self._rate = rate
        self._most = float(burst) if burst is not None else max(1.0, BURST_S * (rate or 0.0))
        self._starts = 0
        self._least = math.inf

    def start(self, at: float) -> bool:
        """Note one; whether it was allowed."""
        if self._rate is None:
            return True
        surplus = self._starts - self._rate * at
        self._starts += 1
        self._least = min(self._least, surplus)
        return surplus - self._least + 1 <= self._most + CLOSE * max(1.0, self._rate)


class Ceiling:
    """How many attempts may run at once: the least of what was told."""

    def __init__(self, preset: Preset) -> None:
        self._bounded = preset.workers.strategy != "unbounded"
        self.asked = preset.workers.concurrency
        self.own: dict[str, int | None] = {}
        """What the engine allows of its own accord, by what for."""

    @property
    def value(self) -> float:
        if not self._bounded:
            return math.inf
        return min([self.asked, *(number for number in self.own.values() if number is not None)])


class Failures:
    """When a run has to halt, counted without any running total."""

    def __init__(self, preset: Preset) -> None:
        self._policy = preset.halt
        self._ends: list[bool] = []

    def forget(self) -> None:
        self._ends.clear()

    def ended(self, *, failed: bool) -> None:
        self._ends.append(failed)

    @property
    def too_many(self) -> bool:
        policy, recent = self._policy, self._ends[-self._policy.of :]
        if policy.consecutive is not None and sum(self._ends[-policy.consecutive :]) == policy.consecutive:
            return True
        if policy.failures is None or not any(recent):
            return False
        if isinstance(policy.failures, int):
            return sum(recent) >= policy.failures
        return 2 * len(recent) >= policy.of and sum(recent) >= policy.failures * len(recent)


class Alone:
    """A host that is left alone for a while, and then asked once to see whether it is well."""

    def __init__(self) -> None:
        self.cool_until = -math.inf
        self.open_until: float | None = None
        """None while its circuit is closed."""
        self.probes: set[int] = set()
        """Attempts that started while it was not."""


class Judge:
    """Hears every event of one life, at once."""

    def __init__(
        self, preset: Preset, form: Form, engine: Engine, blame: Callable[[str], None], told: Callable[[], int]
    ) -> None:
        """`told`: the position up to which the engine knows everything to be on the disk."""
        self._preset, self._form, self._engine, self._blame = preset, form, engine, blame
        self._told = told
        self._ends: list[int] = []
        """Positions of the ends of attempts that were not on the disk when last looked at."""
        self.ceiling = Ceiling(preset)
        self.running: dict[int, tuple[int, str]] = {}
        """Job → slot and host of its attempt."""
        self.kept: dict[int, int] = {}
        """Job → the slot that it keeps while it waits."""
        self.by_host: Counter[str] = Counter()
        self.shut: set[str] = set()
        """What keeps everything from starting."""
        self.starts = 0
        self._intake_shut = False
        self._paused: set[int] = set()
        self._rate = Spacing(preset.throttle.rate, preset.throttle.burst)
        self._per_host = preset.throttle.per_host
        self._per_host_rate = preset.throttle.per_host_rate
        self._host_rates: dict[str, Spacing] = {}
        self._alone: defaultdict[str, Alone] = defaultdict(Alone)
        self._failures = Failures(preset)
        self._dropped: set[int] = set()
        self._asked_for: set[int] = set()
        self._put_away: set[int] = set()
        self._made_room = False
        self._hears: dict[type, Callable[..., None]] = {
            ev.AttemptStarted: self._started,
            ev.AttemptEnded: self._ended,
            ev.JobAccepted: self._accepted,
            ev.JobDropped: self._lost,
            ev.JobRequeued: self._requeued,
            ev.JobPutBack: self._put_back,
            ev.JobCancelled: lambda event: self.kept.pop(event.seq, None),
            ev.ConcurrencyChanged: self._concurrency,
            ev.LimitChanged: self._own_limit,
            ev.RateChanged: self._rate_changed,
            ev.PerHostChanged: self._per_host_changed,
            ev.PerHostRateChanged: self._per_host_rate_changed,
            ev.HostPaused: self._host_paused,
            ev.HostOpened: self._host_opened,
            ev.Held: lambda event: self.shut.add("held"),
            ev.Halted: self._halted,
            ev.Released: self._released,
            ev.MemoryHolds: self._memory,
            ev.StopStarted: self._stopped,
            ev.DrainStarted: lambda event: self._intake(shut=True),
            ev.DrainTakenBack: lambda event: self._intake(shut=False),
            ev.ProducersPaused: lambda event: self._paused.update(self._whom(event.producer)),
            ev.ProducersResumed: lambda event: self._paused.difference_update(self._whom(event.producer)),
        }

    def hear(self, event: ev.Event) -> None:
        if (hears := self._hears.get(type(event))) is not None:
            hears(event)

    def _agree(self, holds: bool, problem: str) -> None:
        if not holds:
            self._blame(f"LIMIT: {problem}")

    def _whom(self, producer: int | None) -> list[int]:
        return [producer] if producer is not None else list(range(len(self._preset.sources)))

    # -- starts

    def _started(self, event: ev.AttemptStarted) -> None:
        job, at, slot = event.job, event.at, event.slot
        host = self._form.host_of(job)
        self.starts += 1
        self._agree(not self.shut, f"{job.seq} started, and there was {sorted(self.shut)}")
        self._agree(not self._failures.too_many or "halted" in self.shut, f"{job.seq} started after too many failures")
        self._agree(job.seq not in self.running, f"{job.seq} started twice at once")
        self._agree(job.seq not in self._dropped, f"{job.seq} started and had been dropped")
        self._agree(job.seq not in self._put_away, f"{job.seq} started and had been put back")
        own = self.kept.pop(job.seq, slot)
        self._agree(own == slot, f"{job.seq} kept slot {own} and started in {slot}")
        taken = {*(slot for slot, _ in self.running.values()), *self.kept.values()}
        self._agree(slot not in taken, f"{job.seq} started in slot {slot}, which was taken")
        self.running[job.seq] = (slot, host)
        number, most = len(self.running) + len(self.kept), self.ceiling.value
        self._agree(number <= most, f"{number} at once, {most} allowed")
        self._ends = [position for position in self._ends if position > self._told()]
        number = len(self.running) + len(self._ends)
        self._agree(number <= most, f"{number} would run again after a crash, {most} are allowed")
        self._agree(self._rate.start(at), f"{job.seq} started at {at} against the rate")
        self._asked_for.discard(job.seq)
        self._host_asked(job, host, at)

    def _host_asked(self, job: Job, host: str, at: float) -> None:
        self.by_host[host] += 1
        if host != HOSTLESS:
            number, most = self.by_host[host], self._per_host
            self._agree(most is None or number <= most, f"{number} at once for {host}, {most} allowed")
            if host not in self._host_rates:
                self._host_rates[host] = Spacing(self._per_host_rate, 1)
            self._agree(self._host_rates[host].start(at), f"{host} was asked at {at} against its rate")
        alone = self._alone[host]
        self._agree(at >= alone.cool_until - CLOSE, f"{host} was asked at {at} and cools until {alone.cool_until}")
        if alone.open_until is not None:
            self._agree(at >= alone.open_until - CLOSE, f"{host} was asked at {at} and is open")
            self._agree(not alone.probes, f"{host} is probed by {job.seq} and by {alone.probes}")
            alone.probes.add(job.seq)

    def _ended(self, event: ev.AttemptEnded) -> None:
        seq = event.job.seq
        slot, host = self.running.pop(seq)
        self._agree(slot == event.slot, f"{seq} ended in slot {event.slot} and had started in {slot}")
        self.by_host[host] -= 1
        self._alone[host].probes.discard(seq)
        self._ends.append(self._engine.durability.position)
        if event.keeps:
            self._agree(self._form.holds_slot and event.then == "waiting", f"{seq} keeps its slot and is {event.then}")
            self.kept[seq] = slot
        if isinstance(event.outcome, Done | Failed):
            self._failures.ended(failed=isinstance(event.outcome, Failed))

    # -- the queue

    def _room(self) -> int:
        return self._engine.queue.capacity - len(self._engine.queue)

    def _accepted(self, event: ev.JobAccepted) -> None:
        self._offered(event.job)
        self._agree(self._made_room or self._room() > 0, f"{event.job.seq} entered a full queue")
        self._made_room = False

    def _offered(self, job: Job) -> None:
        self._agree(not self._intake_shut, f"{job.seq} was accepted, and intake is shut")
        self._agree(job.producer not in self._paused, f"{job.seq} was accepted from a paused producer")

    def _lost(self, event: ev.JobDropped) -> None:
        seq, overflow = event.job.seq, self._form.overflow
        self._agree(overflow != "block", f"{seq} was dropped, and a full queue blocks")
        self._agree(self._room() <= 0, f"{seq} was dropped, and there was room")
        self._agree(event.rejected == (overflow == "reject"), f"{seq} was rejected: {event.rejected}")
        waiting = [job.seq for job in self._engine.queue.items if job.seq not in self._asked_for]
        oldest = waiting[:1] if overflow == "drop-old" else []
        self._agree(event.fresh == (not oldest), f"{seq} was dropped, fresh: {event.fresh}, oldest: {oldest}")
        if event.fresh:
            self._offered(event.job)
        else:
            self._agree([seq] == oldest, f"{seq} was dropped instead of {oldest}")
            self._made_room = True
        self._dropped.add(seq)

    def _requeued(self, event: ev.JobRequeued) -> None:
        self._agree(not self._intake_shut, f"{event.job.seq} was given another round, and intake is shut")
        self._agree(self._room() > 0, f"{event.job.seq} was given another round in a full queue")
        self._dropped.discard(event.job.seq)
        self._put_away.discard(event.job.seq)
        self._asked_for.add(event.job.seq)

    def _put_back(self, event: ev.JobPutBack) -> None:
        seq = event.job.seq
        self._agree(seq not in self.running and seq not in self.kept, f"{seq} was put back and had started")
        self._asked_for.discard(seq)
        self._put_away.add(seq)

    # -- what changes

    def _concurrency(self, event: ev.ConcurrencyChanged) -> None:
        self.ceiling.asked = event.new
        self._let_go()

    def _own_limit(self, event: ev.LimitChanged) -> None:
        self._agree(event.new is None or event.new >= 1, f"an own limit of {event.new} for {event.what}")
        self.ceiling.own[event.what] = event.new
        self._let_go()

    def _let_go(self) -> None:
        self.kept = {seq: slot for seq, slot in self.kept.items() if slot <= self.ceiling.value}

    def _rate_changed(self, event: ev.RateChanged) -> None:
        self._rate = Spacing(event.new, self._preset.throttle.burst)

    def _per_host_changed(self, event: ev.PerHostChanged) -> None:
        self._per_host = event.new

    def _per_host_rate_changed(self, event: ev.PerHostRateChanged) -> None:
        self._per_host_rate = event.new
        self._host_rates.clear()

    def _host_paused(self, event: ev.HostPaused) -> None:
        alone = self._alone[event.host]
        if event.why == "cooling":
            alone.cool_until = event.at + event.for_s
        else:
            alone.open_until = event.at + event.for_s
            alone.probes.clear()

    def _host_opened(self, event: ev.HostOpened) -> None:
        alone = self._alone[event.host]
        alone.open_until = None
        alone.probes.clear()
        if event.by != "auto":
            alone.cool_until = -math.inf

    def _halted(self, event: ev.Halted) -> None:
        self._agree(self._failures.too_many, f"halted for no reason: {event.reason}")
        self.shut.add("halted")

    def _released(self, event: ev.Released) -> None:
        self.shut -= {"held", "halted"}
        self._failures.forget()

    def _memory(self, event: ev.MemoryHolds) -> None:
        (self.shut.add if event.held else self.shut.discard)("too little memory")

    def _stopped(self, event: ev.StopStarted) -> None:
        self.shut.add("a stop")
        self._intake(shut=True)

    def _intake(self, *, shut: bool) -> None:
        self._intake_shut = shut
