"""The one sentence that names the bottleneck: thresholds with hysteresis in, words with numbers out."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from enum import StrEnum

import msgspec

from qtui.core.commands import MAX_CONCURRENCY
from qtui.core.hysteresis import Latch
from qtui.core.more_workers import MoreWorkers
from qtui.core.snapshot import ProducerState, RunState, SlotState, SlotView, Snapshot
from qtui.core.stall import Stall
from qtui.core.why import ago, by_whom, in_time, retries
from qtui.text import clock, count, percent, plural, rate, rate_limit, seconds, size, tenths


class Kind(StrEnum):
    STARTING = "starting"
    LOST = "engine lost"
    """The engine is gone; said by the face."""
    SILENT = "no answer"
    """The engine lives and does not answer; said by the face."""
    STALLED = "loop blocked"
    """The engine lives and its loop is held up by code that is known; said by the face."""
    DISK_FULL = "disk full"
    JOURNAL_BLOCKED = "journal blocked"
    JOURNAL_SLOW = "journal slow"
    LAGGING = "lagging"
    """The engine's own loop is late."""
    HALTED = "halted"
    FAILING = "failing"
    PAUSED = "paused"
    HELD = "held"
    PRESSURE = "pressure"
    STARVING = "starving"
    DRAINING = "draining"
    FLOWING = "flowing"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"


LAG_S = 0.25
"""From so late a loop on, numbers may lag behind what they count."""
FIRST_S = 3.0
"""Rates mean nothing before this age of a run."""
GLYPHS = {
    Kind.STARTING: "…",
    Kind.LOST: "×",
    Kind.SILENT: "×",
    Kind.STALLED: "×",
    Kind.DISK_FULL: "×",
    Kind.JOURNAL_BLOCKED: "×",
    Kind.JOURNAL_SLOW: "▲",
    Kind.LAGGING: "▲",
    Kind.HALTED: "×",
    Kind.FAILING: "×",
    Kind.PAUSED: "║",
    Kind.HELD: "≈",
    Kind.PRESSURE: "▲",
    Kind.STARVING: "·",
    Kind.DRAINING: "▼",
    Kind.FLOWING: "✓",
    Kind.STOPPING: "▼",
    Kind.FINISHED: "✓",
    Kind.STOPPED: "×",
}


class Verdict(msgspec.Struct, frozen=True):
    """What is going on, why, and the key that helps; every claim cites its number."""

    kind: Kind
    what: str = ""
    bottleneck: str = ""
    """What limits the run, or empty when nothing does."""
    key: str = ""
    key_text: str = ""
    """What `key` would do, e.g. `add a worker`."""
    pressure: bool = False
    """Somebody waits in put(), by hysteresis: true also where another kind won, so that a picture can show both."""
    held: bool = False
    """A throttle or a person keeps free slots from starting work."""

    @property
    def glyph(self) -> str:
        return GLYPHS[self.kind]

    @property
    def word(self) -> str:
        """The state in one word, stable enough to wait for: `BACKPRESSURE`, `FLOWING`, …"""
        return "BACKPRESSURE" if self.kind is Kind.PRESSURE else self.kind.value.upper()

    @property
    def sentence(self) -> str:
        """The line as text: `queue full, producers wait in put() · bottleneck: workers, 100% busy`."""
        parts = [self.what] if self.what else []
        if self.bottleneck:
            parts.append(f"bottleneck: {self.bottleneck}")
        return " · ".join(parts)


class Judge:
    """Turns snapshots into verdicts; remembers just enough to keep them from flickering."""

    def __init__(self) -> None:
        self._pressure = Latch(0.10, 0.03, calm_s=2.0)
        self._held = Latch(0.10, 0.03)
        self._starving = Latch(0.25, 0.25, dwell_s=3.0)
        self._failing = Latch(1.0, 0.5)
        self._slack = Latch(0.15, 0.08, calm_s=1.0)
        self._lagging = Latch(LAG_S, 0.1, calm_s=2.0)
        self._slow = Latch(1.0, 1.0, calm_s=2.0)
        self._pause_seen: float | None = None
        self._state: RunState | None = None
        self._more = MoreWorkers()

    def step(self, snap: Snapshot) -> Verdict:
        """The verdict on `snap`; snapshots must come in order of time."""
        now = snap.elapsed_s
        waits = any(p.state in (ProducerState.ACTIVE, ProducerState.BLOCKED) for p in snap.producers)
        pressure = self._pressure.step(now, max((p.pressure for p in snap.producers), default=0.0)) and waits
        throttled = self._held.step(now, snap.throttle.holding)
        starving = self._starving.step(now, _idle_share(snap) if snap.queue.depth == 0 else 0.0)
        failing = self._failing.step(now, _failure_level(snap))
        slack = self._slack.step(now, 1.0 - snap.rates.busy_share)
        lagging = self._lagging.step(now, snap.health.loop_lag_s)
        slow = self._slow.step(now, float(snap.health.journal == "slow"))
        in_vain = self._more.step(snap, pressure or throttled, throttled)
        self._follow_pause(snap)

        if snap.state in _ENDS:
            return _ENDS[snap.state](snap)
        rules: tuple[tuple[bool, Callable[[], Verdict]], ...] = (
            (snap.health.journal == "blocked", lambda: _blocked(snap)),
            (bool(snap.problem), lambda: Verdict(Kind.FAILING, snap.problem)),
            (bool(snap.throttle.halted), lambda: _halted(snap)),
            (failing, lambda: _failing(snap)),
            (snap.state is RunState.PAUSED, lambda: _paused(snap, self._pause_seen)),
            (snap.throttle.held_by_person, lambda: _held_by_person(snap)),
            (snap.throttle.short_of_memory, lambda: _short_of_memory(snap)),
            (not snap.control.concurrency and not pressure, lambda: _no_workers(snap)),
            (lagging, lambda: _lagging(snap)),
            (pressure, lambda: _pressure(snap, throttled, in_vain)),
            (slow, lambda: _slow(snap)),
            (throttled, lambda: _throttled(snap, in_vain)),
            (snap.state is RunState.DRAINING, lambda: _draining(snap)),
            (starving and _more_to_come(snap), lambda: _starving(snap)),
        )
        verdict = next((make() for holds, make in rules if holds), None) or _flowing(snap, slack)
        return msgspec.structs.replace(verdict, pressure=pressure, held=throttled or snap.throttle.closed)

    def _follow_pause(self, snap: Snapshot) -> None:
        """Note when a pause began; one that was there before the first snapshot has no known beginning."""
        if snap.state is RunState.PAUSED and self._state not in (None, RunState.PAUSED):
            self._pause_seen = snap.elapsed_s
        elif snap.state is not RunState.PAUSED:
            self._pause_seen = None
        self._state = snap.state


def _live(snap: Snapshot) -> int:
    return sum(slot.state is not SlotState.RETIRED for slot in snap.slots)


def _number(snap: Snapshot, state: SlotState) -> int:
    return sum(slot.state is state for slot in snap.slots)


def _idle_share(snap: Snapshot) -> float:
    live = _live(snap)
    return _number(snap, SlotState.IDLE) / live if live else 0.0


def _last_minute(snap: Snapshot) -> tuple[int, int]:
    """Failed and all ended attempts of the last minute."""
    columns = max(1, round(60 / snap.series.step_s))
    failed = sum(snap.series.failed[-columns:])
    return failed, failed + sum(snap.series.done[-columns:])


def _failure_level(snap: Snapshot) -> float:
    """1 and more: many, and more than a tenth of all attempts, fail; or all of at least five do."""
    failed, ended = _last_minute(snap)
    if not failed:
        return 0.0
    if failed == ended:
        return failed / 5
    return min(failed / 20, failed / ended / 0.10)


def _more_to_come(snap: Snapshot) -> bool:
    return any(p.state in (ProducerState.ACTIVE, ProducerState.BLOCKED, ProducerState.PAUSED) for p in snap.producers)


def _to_finish(snap: Snapshot) -> int:
    return snap.counts.accepted - snap.counts.finished


def _limit(snap: Snapshot) -> tuple[str, tuple[str, str]]:
    """What keeps free slots from starting work, and the key that changes it."""
    if snap.throttle.hosts:
        return _host_limit(snap), ("", "")
    throttle = snap.throttle
    allowed = rate_limit(throttle.rate) if throttle.rate is not None else "the throttle"
    until = f" until {in_time(snap, throttle.next_s)}" if throttle.next_s >= 1 else ""
    return f"rate limit {allowed}{until}, not the workers", ("t", "change limit")


def _host_limit(snap: Snapshot) -> str:
    """The host that most jobs wait for, and why."""
    host = max(snap.throttle.hosts, key=lambda host: host.waiting)
    name = host.name or "jobs without a host"
    left = f" {tenths(host.left_s)}" if host.left_s is not None else ""
    match host.why:
        case "cooling":
            return f"{name} cooling down{left} (Retry-After)"
        case "open":
            return f"{name} left alone{left} (circuit open)"
        case "probing":
            return f"{name} probed (circuit half open)"
    busy = _number(snap, SlotState.RUNNING)
    if snap.throttle.per_host is not None and host.running >= snap.throttle.per_host:
        return f"one host ({name} has {host.running} of {busy} running), limit {snap.throttle.per_host} per host"
    allowed = f" {rate_limit(snap.throttle.per_host_rate)}" if snap.throttle.per_host_rate is not None else ""
    return f"one host ({name}), rate limit{allowed} per host"


def unreachable(
    snap: Snapshot, last: Verdict, age_s: float, *, lost: bool, gone: bool, stall: Stall | None = None
) -> Verdict:
    """What a face says of a run whose engine it cannot hear: it hangs, it is lost, or it is gone and what to type.

    `last` is the verdict on the last picture, which stays as it was.
    """
    key = ("", "")
    if not lost and stall is not None:
        kind = Kind.STALLED
        what = f"the loop has been blocked for {stall.span_s:.0f} s by {stall.where}"
        what += ' · workers.executor = "process" keeps such work off it'
    elif not lost:
        kind = Kind.SILENT
        what = f"the engine has not answered for {age_s:.0f} s · this is the last picture · nothing can be changed"
    elif not gone:
        kind = Kind.LOST
        what = "looking for the engine · this is the last picture · nothing can be changed"
    else:
        kind, key = Kind.LOST, ("q", "quit")
        again = f"`qtui {shlex.quote(snap.preset)}` resumes the run"
        what = f"{again} · `qtui results {snap.run_id}` · nothing that was shown as done is lost"
    return Verdict(kind, what, "", *key, pressure=last.pressure, held=last.held)


def _blocked(snap: Snapshot) -> Verdict:
    """The journal cannot be written for now: nothing is started that could not be recorded."""
    if snap.problem.startswith("disk full"):
        what = f"nothing new starts until there is space · what runs is finished · {snap.problem}"
        return Verdict(Kind.DISK_FULL, what)
    return Verdict(Kind.JOURNAL_BLOCKED, f"nothing new starts · {snap.problem or 'it goes on by itself'}")


def _slow(snap: Snapshot) -> Verdict:
    waiting = plural(snap.health.journal_lag, "record")
    return Verdict(Kind.JOURNAL_SLOW, "done jobs are shown late", f"the disk, {waiting} not yet written")


def _lagging(snap: Snapshot) -> Verdict:
    lag = snap.health.loop_lag_s
    late = f"its loop is {seconds(lag)} late" if lag >= 0.1 else "its loop was late just now"
    return Verdict(Kind.LAGGING, "numbers may lag", f"the engine itself, {late}")


def _failing(snap: Snapshot) -> Verdict:
    failed, ended = _last_minute(snap)
    what = f"{plural(failed, 'failed attempt')} of {count(ended)} in the last minute"
    groups = [group for group in snap.failures if sum(group.per_minute[-2:])] or snap.failures
    if groups:
        worst = max(groups, key=lambda group: sum(group.per_minute[-2:]))
        what += f" · {worst.title}" + (f" on {worst.hosts[0][0]}" if worst.hosts else "")
    return Verdict(Kind.FAILING, what, "", "4", "triage")


def _paused(snap: Snapshot, since: float | None) -> Verdict:
    what = "producers paused"
    if snap.paused is not None:
        what += by_whom(snap.paused)
    elif since is not None:
        what += f" {ago(snap.elapsed_s - since)}"
    if snap.queue.depth:
        started = snap.rates.started
        what += f" · queue empty in ~{_about(snap.queue.depth / started)}" if started > 0.05 else ""
    elif snap.slots:
        what += f" · queue empty, {_idle_of(snap)}{_and_retries(snap)}"
    return Verdict(Kind.PAUSED, what, "", "p", "resume")


def _throttled(snap: Snapshot, in_vain: tuple[int, int] | None) -> Verdict:
    bottleneck, key = _limit(snap)
    what = f"{plural(snap.queue.depth, 'job')} waiting"
    return Verdict(Kind.HELD, _no_help(in_vain) if in_vain else what, bottleneck, *key)


def _no_help(change: tuple[int, int]) -> str:
    return f"more workers did not help, {change[0]} → {change[1]}"


def _no_workers(snap: Snapshot) -> Verdict:
    what = f"no workers: concurrency is 0 · {count(snap.queue.depth)} waiting"
    return Verdict(Kind.HELD, what, "", "+", "add a worker")


def _held_by_person(snap: Snapshot) -> Verdict:
    running = _number(snap, SlotState.RUNNING) + _number(snap, SlotState.LEAVING)
    since = f"held{by_whom(snap.throttle.grip)} · " if snap.throttle.grip is not None else ""
    what = f"{since}nothing new starts · {count(snap.queue.depth)} waiting"
    if running:
        what += f" · {plural(running, 'running job')} to finish"
    return Verdict(Kind.HELD, what, "", "P", "release")


def _halted(snap: Snapshot) -> Verdict:
    grip = snap.throttle.grip
    since = f" {ago(grip.since_s)}" if grip is not None else ""
    return Verdict(Kind.HALTED, f"stopped starting{since}: {snap.throttle.halted}", "", "P", "release")


def _short_of_memory(snap: Snapshot) -> Verdict:
    health = snap.health
    used = f"memory {percent(health.memory_share)} of {size(health.memory_limit)}" if health.memory_limit else "memory"
    return Verdict(Kind.HELD, f"{used}: nothing new starts")


def _pressure(snap: Snapshot, throttled: bool, in_vain: tuple[int, int] | None) -> Verdict:
    full = f"queue full, producers wait in put(){_holding_back(snap)}"
    workers = snap.control.concurrency
    resting = _number(snap, SlotState.BACKOFF)
    leaving = [slot for slot in snap.slots if slot.state is SlotState.LEAVING]
    key = ("+", "add a worker") if workers < MAX_CONCURRENCY else ("", "")
    bottleneck = f"workers, {percent(snap.rates.busy_share)} busy"
    if throttled:
        full, (bottleneck, key) = _no_help(in_vain) if in_vain else "queue full", _limit(snap)
    elif snap.health.journal in ("slow", "blocked"):
        bottleneck, key = f"the disk, {count(snap.health.journal_lag)} records not yet written", ("", "")
    elif workers == 0:
        bottleneck = "no workers"
    elif snap.workers < workers:
        bottleneck, key = _auto_limit(snap), ("", "")
    elif leaving:
        full, bottleneck = f"{_leaving(leaving)} · queue full", ""
        key = ("z", "undo") if snap.control.undo else key
    elif resting * 2 > _live(snap):
        bottleneck = f"back-off, it holds {resting} of {plural(_live(snap), 'slot')}"
    elif in_vain:
        full, bottleneck = _no_help(in_vain), f"not the workers, still {rate(snap.rates.done)}"
        key = ("-", "remove a worker")
    return Verdict(Kind.PRESSURE, full, bottleneck, *key)


def _auto_limit(snap: Snapshot) -> str:
    """What of qtui's own keeps the number of attempts below what was asked for."""
    auto, asked, descriptors = snap.throttle.adaptive, snap.control.concurrency, snap.throttle.descriptors
    if descriptors is not None and descriptors == snap.workers:
        return f"this machine, file descriptors for {snap.workers} of {asked} workers"
    assert auto is not None, "something is below what was asked for"
    frozen = "frozen " if auto.frozen else ""
    return f"{frozen}auto limit {auto.limit} of {min(auto.max, asked)}" + (f": {auto.reason}" if auto.reason else "")


def _leaving(slots: list[SlotView]) -> str:
    slowest = max((slot.timeout_s - slot.elapsed_s for slot in slots if slot.timeout_s), default=0.0)
    return f"{plural(len(slots), 'slot')} leaving" + (f", slowest up to {tenths(slowest)}" if slowest > 0 else "")


def _starving(snap: Snapshot) -> Verdict:
    offered = sum(p.offer_rate for p in snap.producers if p.state is ProducerState.ACTIVE)
    bottleneck = f"producers, they offer {rate(offered)}" if offered > 0.05 else "producers"
    what = f"queue empty, {_idle_of(snap)}{_and_retries(snap)}"
    return Verdict(Kind.STARVING, what, bottleneck, "-", "remove a worker")


def _and_retries(snap: Snapshot) -> str:
    """What waits for another attempt, where nothing runs meanwhile."""
    return f" · {retries(snap)}" if snap.counts.waiting and not snap.counts.running else ""


def _draining(snap: Snapshot) -> Verdict:
    left = _to_finish(snap)
    what = f"{plural(left, 'job')} to finish"
    if snap.rates.done_30s > 0.05 and left > _live(snap):
        what += f", ~{_about(left / snap.rates.done_30s)}"
    return Verdict(Kind.DRAINING, f"{what} · no new jobs are taken", "", "esc", "keep running")


def _holding_back(snap: Snapshot) -> str:
    """Who holds back results in the order of submission, once more wait than the workers mix up by themselves."""
    head = snap.head
    if head is None or head.behind <= snap.control.concurrency:
        return ""
    attempt = f", attempt {head.attempt}" if head.attempt > 1 else ""
    return f" · {plural(head.behind, 'result')} behind job {head.seq} ({head.state}{attempt}) {head.name}"


def _flowing(snap: Snapshot, slack: bool) -> Verdict:
    if not _more_to_come(snap) and snap.counts.accepted:
        return Verdict(Kind.FLOWING, _last_jobs(snap))
    if snap.elapsed_s < FIRST_S:
        return Verdict(Kind.FLOWING, "the first jobs are on their way")
    if snap.queue.lost_rate > 0:
        what = f"queue full, {rate(snap.queue.lost_rate)} lost by {snap.queue.overflow}"
        return Verdict(Kind.FLOWING, what, f"workers, {percent(snap.rates.busy_share)} busy", "+", "add a worker")
    what = f"{rate(snap.rates.admitted)} in, {rate(snap.rates.done)} out{_holding_back(snap)}"
    busy = percent(snap.rates.busy_share)
    if slack and snap.rates.busy_share < 0.995:
        return Verdict(Kind.FLOWING, what, f"producers, workers have slack ({busy} busy)")
    return Verdict(Kind.FLOWING, what, f"none, workers {busy} busy and nobody waits")


def _last_jobs(snap: Snapshot) -> str:
    left = _to_finish(snap)
    if left == snap.counts.waiting and left:
        soon = f", next in {tenths(snap.lane.next_s)}" if snap.lane.next_s is not None else ""
        return f"{plural(left, 'job')} left, in back-off{soon}"
    return f"producers are done, {plural(left, 'job')} to finish{_holding_back(snap)}"


def _idle_of(snap: Snapshot) -> str:
    return f"{_number(snap, SlotState.IDLE)} of {plural(_live(snap), 'worker')} idle"


def _starting(snap: Snapshot) -> Verdict:
    return Verdict(Kind.STARTING, snap.doing or "getting ready")


def _stopping(snap: Snapshot) -> Verdict:
    return Verdict(Kind.STOPPING, f"{plural(snap.counts.running, 'running job')} interrupted, no try is spent")


def _finished(snap: Snapshot) -> Verdict:
    counts = snap.counts
    took = f"in {clock(snap.elapsed_s)}" if snap.elapsed_s >= 60 else f"in {seconds(snap.elapsed_s)}"
    if not counts.accepted:
        return Verdict(Kind.FINISHED, "the sources gave no jobs", "", "q", "quit")
    if counts.done == counts.accepted:
        return Verdict(Kind.FINISHED, f"all {plural(counts.done, 'job')} done {took}", "", "q", "quit")
    rest = [
        f"{count(number)} {word}"
        for number, word in (
            (counts.failed, "failed"),
            (counts.held, "held"),
            (counts.cancelled - counts.dropped, "cancelled"),
            (counts.dropped, "dropped"),
        )
        if number
    ]
    key = ("4", "triage") if counts.failed else ("q", "quit")
    return Verdict(Kind.FINISHED, f"{count(counts.done)} done, {', '.join(rest)} {took}", "", *key)


def _stopped(snap: Snapshot) -> Verdict:
    left = _to_finish(snap) if snap.counts.total is None else snap.counts.total - snap.counts.finished
    what = snap.problem or f"{plural(left, 'job')} left, kept in the journal"
    return Verdict(Kind.STOPPED, f"{what} · start it again to go on", "", "q", "quit")


_ENDS = {
    RunState.STARTING: _starting,
    RunState.STOPPING: _stopping,
    RunState.FINISHED: _finished,
    RunState.STOPPED: _stopped,
}


def _about(span: float) -> str:
    """A duration no more precise than an estimate deserves."""
    return f"{max(1, round(span))}s" if span < 99.5 else clock(round(span / 10) * 10)
