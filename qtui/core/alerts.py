"""What a person who does not look should be told: snapshots in, alerts out, each raised once while it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from qtui.core.eta import Eta, rounded, span
from qtui.core.hysteresis import Latch
from qtui.core.snapshot import AlertView, FailureGroup, RunState, SlotView, Snapshot
from qtui.core.trends import Growth, Pace, Quiet, Slip
from qtui.core.verdict import LAG_S, Kind, Verdict
from qtui.text import clock, count, percent, rate, seconds, size

QUIET_S = 60.0
"""No end of a job for so long, or for five times the slowest of a hundred, is a standstill."""
LOW_DISK = 0.05
LOW_DISK_BYTES = 10 << 30
"""A twentieth of a large disk is no shortage."""
LATE = 2.0
"""An attempt that has run so many times its timeout should have been ended."""
STORM = 20
"""Answers that ask for less, in the last two minutes, which are a storm if they are also a tenth of all."""
STORM_TITLES = ("HTTP 429", "HTTP 503")
LEARN_S = 60.0
"""Failures of the first minute are what a run begins with: nothing new."""
NEW_S = 60.0
"""How long a new kind of failure is told, and how often at most."""
FRESH_S = 15.0
"""A group that was first seen longer ago has only become large enough to be listed."""


class Severity(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


RANKS = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}


@dataclass(frozen=True, slots=True)
class Sight:
    """One snapshot with what those before it tell."""

    snap: Snapshot
    verdict: Verdict
    quiet_s: float
    missing: float
    usual: float
    slip: float
    later_s: float
    ago_s: float
    growth: float
    overdue: SlotView | None
    storm: list[FailureGroup]


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alert is raised and over, and what it says; `key` leads to it."""

    kind: str
    severity: Severity
    latch: Callable[[], Latch]
    level: Callable[[Sight], float]
    say: Callable[[Sight], str]
    key: str = ""
    key_text: str = ""


class Alarm:
    """Follows one run; snapshots must come in order of time."""

    def __init__(self) -> None:
        self._quiet, self._pace, self._slip, self._growth = Quiet(), Pace(), Slip(), Growth()
        self._latches = [(rule, rule.latch()) for rule in RULES]
        self._open: dict[str, AlertView] = {}
        self._last_id = 0
        self._known: set[str] | None = None
        self._news: list[FailureGroup] = []

    @property
    def open(self) -> list[AlertView]:
        """What holds now, the worst first, then the newest."""
        return sorted(self._open.values(), key=lambda alert: (RANKS[Severity(alert.severity)], -alert.id))

    def step(self, snap: Snapshot, verdict: Verdict, eta: Eta) -> list[AlertView]:
        """The alerts that `snap` raises."""
        sight = self._look(snap, verdict, eta)
        new = self._new_groups(snap)
        if snap.state in _SILENT:
            self._open.clear()
            self._news.clear()
            return []
        raised = []
        for rule, latch in self._latches:
            was = latch.on
            if latch.step(snap.elapsed_s, rule.level(sight)) and not was:
                raised.append(self._raise(rule.kind, rule.severity, rule.say(sight), snap, rule.key, rule.key_text))
            elif was and not latch.on:
                self._open.pop(rule.kind, None)
        raised += self._tell_new(snap, new)
        return raised

    def _raise(
        self, kind: str, severity: Severity, text: str, snap: Snapshot, key: str = "", key_text: str = ""
    ) -> AlertView:
        self._last_id += 1
        alert = AlertView(self._last_id, kind, severity.value, text, snap.elapsed_s, key, key_text)
        self._open[kind] = alert
        return alert

    def _look(self, snap: Snapshot, verdict: Verdict, eta: Eta) -> Sight:
        return Sight(
            snap,
            verdict,
            self._quiet.step(snap),
            self._pace.step(snap),
            self._pace.usual,
            self._slip.step(snap, eta),
            self._slip.later_s,
            self._slip.ago_s,
            self._growth.step(snap),
            _most_overdue(snap),
            _stormy(snap),
        )

    def _new_groups(self, snap: Snapshot) -> list[FailureGroup]:
        seen = {group.signature: group for group in snap.failures}
        known = set(seen) if self._known is None else self._known
        new = [group for signature, group in seen.items() if signature not in known and group.first_s <= FRESH_S]
        self._known = known | set(seen)
        return new if snap.elapsed_s >= LEARN_S else []

    def _tell_new(self, snap: Snapshot, new: list[FailureGroup]) -> list[AlertView]:
        """Several that come together are told together."""
        told = self._open.get("new")
        if told is not None and snap.elapsed_s - told.at_s >= NEW_S:
            del self._open["new"]
            told = None
        self._news += new
        if not self._news or told is not None:
            return []
        groups, self._news = self._news, []
        if len(groups) == 1:
            said = f"new kind of failure: {groups[0].title}" + (f" {groups[0].message}" if groups[0].message else "")
        else:
            said = f"{len(groups)} new kinds of failure: {', '.join(group.title for group in groups[:4])}"
        return [self._raise("new", Severity.NOTICE, said, snap, "4", "triage")]


_SILENT = (RunState.STARTING, RunState.STOPPING, RunState.FINISHED, RunState.STOPPED)


def _most_overdue(snap: Snapshot) -> SlotView | None:
    late = [slot for slot in snap.slots if slot.seq and slot.timeout_s and slot.elapsed_s > LATE * slot.timeout_s]
    return max(late, key=lambda slot: slot.elapsed_s / slot.timeout_s, default=None)


def _stormy(snap: Snapshot) -> list[FailureGroup]:
    groups = [group for group in snap.failures if group.title in STORM_TITLES and any(group.per_minute[-2:])]
    return sorted(groups, key=lambda group: -sum(group.per_minute[-2:]))


def _asked(sight: Sight) -> int:
    return sum(sum(group.per_minute[-2:]) for group in sight.storm)


def _storm_level(sight: Sight) -> float:
    asked = _asked(sight)
    columns = max(1, round(120 / sight.snap.series.step_s))
    ended = sum(sight.snap.series.done[-columns:]) + sum(sight.snap.series.failed[-columns:])
    return min(asked / STORM, asked / ended / 0.10) if ended else 0.0


def _disk_level(sight: Sight) -> float:
    """1 and more: a journal that cannot be written, or too little room for it."""
    health = sight.snap.health
    if health.journal == "blocked":
        return 9.0
    if not health.disk_total or health.disk_free >= LOW_DISK_BYTES:
        return 0.0
    return LOW_DISK / max(health.disk_free / health.disk_total, 1e-6)


def _say_stalled(sight: Sight) -> str:
    return f"stalled: no job has ended for {clock(sight.quiet_s)}, {count(sight.snap.counts.running)} are running"


def _say_slow(sight: Sight) -> str:
    return f"throughput {rate(sight.snap.rates.done_30s)} for 2 min, usually {rate(sight.usual)}"


def _say_storm(sight: Sight) -> str:
    number = _asked(sight)
    titles = " and ".join(dict.fromkeys(group.title for group in sight.storm))
    hosts = [group.hosts[0][0] for group in sight.storm if group.hosts]
    return f"{titles}: {count(number)} in 2 min" + (f", most from {hosts[0]}" if hosts else "")


def _say_eta(sight: Sight) -> str:
    return f"the end is {span(rounded(sight.later_s))} later than it looked {clock(sight.ago_s)} ago"


def _say_overdue(sight: Sight) -> str:
    slot = sight.overdue
    assert slot is not None, "the level is above nothing"
    timeout = seconds(slot.timeout_s)
    return f"job {slot.seq} {slot.name} has run for {seconds(slot.elapsed_s)}, its timeout is {timeout}"


def _say_disk(sight: Sight) -> str:
    health = sight.snap.health
    if health.journal == "blocked":
        why = sight.snap.problem or "nothing new starts"
        return f"the journal cannot be written: {why}"
    return f"disk low: {size(health.disk_free)} free, {percent(health.disk_free / health.disk_total)}"


def _say_memory(sight: Sight) -> str:
    return f"memory grew {percent(sight.growth)} in 10 min, to {size(sight.snap.health.rss_bytes)}"


def _say_lag(sight: Sight) -> str:
    return f"the engine's loop is {seconds(sight.snap.health.loop_lag_s)} late: numbers may lag"


RULES = (
    Rule(
        "disk",
        Severity.CRITICAL,
        lambda: Latch(1.0, 0.8, calm_s=5.0),
        _disk_level,
        _say_disk,
    ),
    Rule(
        "halted",
        Severity.CRITICAL,
        lambda: Latch(1.0, 1.0),
        lambda sight: float(bool(sight.snap.throttle.halted)),
        lambda sight: f"halted: {sight.snap.throttle.halted}",
        "P",
        "release",
    ),
    Rule(
        "stalled",
        Severity.CRITICAL,
        lambda: Latch(1.0, 1.0),
        lambda sight: sight.quiet_s / max(QUIET_S, 5 * sight.snap.latency.p99),
        _say_stalled,
    ),
    Rule(
        "failing",
        Severity.WARNING,
        lambda: Latch(1.0, 1.0, calm_s=10.0),
        lambda sight: float(sight.verdict.kind is Kind.FAILING),
        lambda sight: f"failing: {sight.verdict.what}",
        "4",
        "triage",
    ),
    Rule(
        "storm",
        Severity.WARNING,
        lambda: Latch(1.0, 0.5, calm_s=30.0),
        _storm_level,
        _say_storm,
        "4",
        "triage",
    ),
    Rule(
        "slow",
        Severity.WARNING,
        lambda: Latch(0.5, 0.4, dwell_s=120.0, calm_s=10.0),
        lambda sight: sight.missing,
        _say_slow,
    ),
    Rule(
        "eta",
        Severity.NOTICE,
        lambda: Latch(0.2, 0.1, dwell_s=30.0, calm_s=60.0),
        lambda sight: sight.slip,
        _say_eta,
    ),
    Rule(
        "overdue",
        Severity.WARNING,
        lambda: Latch(1.0, 1.0, calm_s=2.0),
        lambda sight: float(sight.overdue is not None),
        _say_overdue,
        "3",
        "jobs",
    ),
    Rule(
        "memory",
        Severity.WARNING,
        lambda: Latch(0.1, 0.05, calm_s=60.0),
        lambda sight: sight.growth,
        _say_memory,
    ),
    Rule(
        "lag",
        Severity.WARNING,
        lambda: Latch(LAG_S, 0.1, dwell_s=2.0, calm_s=10.0),
        lambda sight: sight.snap.health.loop_lag_s,
        _say_lag,
    ),
)


MUTE_S = 600.0


class Attention:
    """Which alerts one face still has to tell its person; nothing of it changes the run."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int]] = set()
        self._acknowledged: set[tuple[str, int]] = set()
        self._muted_until = float("-inf")

    def step(self, run_id: str, alerts: list[AlertView], now: float) -> list[AlertView]:
        """The alerts not told before; none while they are muted, and none later for those that came meanwhile."""
        fresh = [alert for alert in alerts if (run_id, alert.id) not in self._told]
        present = {(run_id, alert.id) for alert in alerts}
        self._told = (self._told & present) | present
        self._acknowledged &= present
        return [] if self.muted(now) else fresh

    def pinned(self, run_id: str, alerts: list[AlertView], now: float) -> AlertView | None:
        """The worst that holds and that nobody has acknowledged."""
        if self.muted(now):
            return None
        return next((alert for alert in alerts if (run_id, alert.id) not in self._acknowledged), None)

    def acknowledge(self, run_id: str, alerts: list[AlertView]) -> int:
        """They have been seen; returns how many had not been before."""
        present = {(run_id, alert.id) for alert in alerts}
        new = len(present - self._acknowledged)
        self._acknowledged |= present
        return new

    def mute(self, now: float, span_s: float = MUTE_S) -> None:
        """Nothing is told for so long; 0 ends it."""
        self._muted_until = now + span_s

    def muted(self, now: float) -> bool:
        return now < self._muted_until
