"""What happened while nobody looked, most important first: from the journal's answer to a few lines and their views."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from qtui.core.eta import Certainty, Eta, retry_seconds
from qtui.core.queries import Failure, Period
from qtui.core.snapshot import FailureGroup, RunState, Snapshot
from qtui.text import clean, count, percent, plural, rate, size
from qtui.tui.memories import Past, standing
from qtui.tui.prose import about, wall

LINES = 8
"""What changed, in so many lines at most."""
LOW = 0.5
"""A stretch of the strip under half of the usual is told."""
SETTLED_S = 120.0
"""Failures that have not come for so long may be worth another try."""
TRIAGE = ("failures", "triage")
LOG = ("events", "log")
MOMENT = ("timeline", "moment")
WARNINGS = {"warning": ("▲", "pressure", 1), "error": ("×", "failed_text", 0)}


@dataclass(frozen=True, slots=True)
class Change:
    """One line: what, why, when, and the action that shows more of it."""

    rank: int
    at: float
    glyph: str
    ink: str
    what: str
    why: str = ""
    action: str = ""
    key_text: str = ""
    """What the key of the action is said to lead to."""
    group: str = ""
    """The failure group it is about."""


@dataclass(frozen=True, slots=True)
class Need:
    """The one thing that needs a person."""

    text: str
    title: str = ""
    note: str = ""
    action: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything the box says."""

    period: Period
    snap: Snapshot
    ends: tuple[float, float] | None
    """The estimated end then and now, wall clock."""
    full_share: float
    changes: Sequence[Change]
    need: Need | None
    asked: bool = False
    """The person asked for it and was perhaps here all the time."""


def digest(period: Period, snap: Snapshot, eta: Eta, past: Past | None, *, asked: bool = False) -> Digest:
    """`past` is what this face remembers of the beginning of the period, if it was there."""
    full = period.full_share
    if past is not None and snap.elapsed_s > past.elapsed_s:
        now_full = snap.queue.full_share_run * snap.elapsed_s
        full = max(0.0, min(1.0, (now_full - past.full_s) / (snap.elapsed_s - past.elapsed_s)))
    now = snap.started_at + snap.elapsed_s
    known = past is not None and past.ends_at is not None and eta.certainty is Certainty.KNOWN
    ends = (past.ends_at, now + eta.left_s) if known and past is not None and past.ends_at is not None else None
    changes = [*_told(period), *_slow(period), *_failed(period), *_steered(period), _state(period, snap)]
    ordered = sorted(changes, key=lambda change: (change.rank, change.at))
    if len(ordered) > LINES:
        ordered = [*ordered[: LINES - 1], ordered[-1]]
    return Digest(period, snap, ends, full, ordered, needed(snap), asked)


def from_memory(past: Past, snap: Snapshot) -> Period:
    """What is known without the journal: the counts of both moments, and the run's own chart."""
    now = snap.started_at + snap.elapsed_s
    step = snap.overview.step_s
    columns = max(1, round((now - past.at) / step))
    log = [line for line in snap.log if line.at >= past.at]
    failures = [
        Failure(group.signature, f"{group.title} {group.message}", group.jobs, max(past.at, now - group.first_s))
        for group in snap.failures
        if group.jobs and group.last_s <= now - past.at
    ]
    done, failed = snap.overview.done[-columns:], snap.overview.failed[-columns:]
    return Period(past.at, now, past.standing, standing(snap), done, failed, 0.0, failures, log)


def _told(period: Period) -> list[Change]:
    """Alerts and other notices that were more than information; each kind once, with how often it came."""
    found: dict[str, list[Change]] = {}
    for line in reversed(period.log):
        if line.level in WARNINGS:
            glyph, ink, rank = WARNINGS[line.level]
            leads = TRIAGE if "fail" in line.text or "HTTP" in line.text else LOG
            kind = re.sub(r"[\d.,:]+", "#", line.text)[:20]
            found.setdefault(kind, []).append(Change(rank, line.at, glyph, ink, clean(line.text, 200), "", *leads))
    told = []
    for changes in found.values():
        first, times = changes[0], len(changes)
        why = f"{times} times, the last at {wall(changes[-1].at)[:5]}" if times > 1 else ""
        told.append(replace(first, why=why))
    return told


def _slow(period: Period) -> list[Change]:
    """The longest stretch whose pace was under half of the usual, and that it is over."""
    columns = period.done
    usual = median(columns) if columns else 0
    if usual < 1:
        return []
    step = (period.end - period.start) / len(columns)
    best, length = 0, 0
    begin = None
    for index, number in enumerate([*columns, usual]):
        if number < LOW * usual and index < len(columns):
            begin = index if begin is None else begin
        elif begin is not None:
            if index - begin > length:
                best, length = begin, index - begin
            begin = None
    if length * step < 60 or length < 2:
        return []
    lowest = max(columns[best : best + length]) / step
    since = period.start + best * step
    what = f"throughput under {rate(max(lowest, 0.1))} for {about(length * step)}"
    found = [Change(1, since, "▲", "pressure", what, f"usually {rate(usual / step)}", *MOMENT)]
    if best + length < len(columns):
        back = period.start + (best + length) * step
        what = f"throughput back to {rate(columns[best + length] / step)}"
        found.append(Change(4, back, "✓", "done_text", what, "", *MOMENT))
    return found


def _failed(period: Period) -> list[Change]:
    shown = []
    for each in period.failures[:4]:
        error = clean(each.error, 120)
        what = f"{plural(each.jobs, 'job')} failed"
        shown.append(Change(2, each.first_at, "×", "failed_text", what, error, *TRIAGE, each.signature))
    rest = period.failures[4:]
    if rest:
        what = f"{plural(sum(each.jobs for each in rest), 'job')} more failed"
        first = min(each.first_at for each in rest)
        shown.append(Change(3, first, "×", "failed_text", what, f"{len(rest)} other kinds", *TRIAGE))
    return shown


_ARROW = re.compile(r"(?P<what>.*?)(?P<old>[\w./]+) → (?P<new>[\w./]+)(?P<why>.*)")


def _grew(chain: Sequence[str]) -> bool:
    """Whether there is more of it in the end than there was."""
    try:
        return float(chain[-1]) > float(chain[0])
    except ValueError:
        return False


def _steered(period: Period) -> list[Change]:
    """What people and qtui itself changed; several changes of the same thing are one chain."""
    chains: dict[tuple[str, str], tuple[float, list[str], str]] = {}
    plain: list[Change] = []
    for line in reversed(period.log):
        if line.level != "info":
            continue
        match = _ARROW.fullmatch(line.text)
        if match is None:
            plain.append(Change(5, line.at, "·", "dim", clean(line.text, 120), f"by {clean(line.actor, 40)}", *LOG))
            continue
        key = line.actor, match["what"]
        at, chain, why = chains.get(key, (line.at, [match["old"]], ""))
        chains[key] = at, [*chain, match["new"]], match["why"].strip(" ()") or why
    told = []
    for (actor, what), (at, chain, why) in chains.items():
        links = chain if len(chain) <= 4 else [chain[0], "…", *chain[-2:]]
        by = f"by {clean(actor, 40)}" + (f": {clean(why, 80)}" if why else "")
        told.append(
            Change(3, at, "▲" if _grew(chain) else "▼", "pressure", f"{clean(what, 60)}{' → '.join(links)}", by, *LOG)
        )
    return [*told, *plain]


def _state(period: Period, snap: Snapshot) -> Change:
    """How the run itself is: its journal, the disk, its memory."""
    health = snap.health
    behind = f"{plural(health.journal_lag, 'record')} to write" if health.journal_lag else "every attempt is written"
    kept = {"off": "no journal is kept", "blocked": "the journal cannot be written"}.get(health.journal, behind)
    room = [f"disk {size(health.disk_free)} free"] if health.disk_total else []
    room += [f"memory {size(health.rss_bytes)}"] if health.rss_bytes else []
    return Change(9, period.end, "·", "dim", f"journal: {kept}", ", ".join(room))


def needed(snap: Snapshot) -> Need | None:
    """At most one thing, the worst: what stands still first, then what failed, then what is paused."""
    return _stands_still(snap) or _has_failed(snap) or _is_paused(snap)


def _stands_still(snap: Snapshot) -> Need | None:
    if snap.throttle.halted:
        return Need(f"The run has halted: {snap.throttle.halted}.", "release it", "", "hold")
    if snap.health.journal == "blocked":
        return Need(f"Nothing new starts: {snap.problem or 'the journal cannot be written'}.")
    if snap.throttle.held_by_person:
        text = f"The workers are held: {plural(snap.counts.pending, 'job')} wait."
        return Need(text, "release them", "", "hold")
    return None


def _has_failed(snap: Snapshot) -> Need | None:
    settled = [group for group in snap.failures if group.jobs and group.retryable and group.last_s >= SETTLED_S]
    if settled and snap.rates.done_30s > 0:
        return _worth_a_try(max(settled, key=lambda group: group.jobs), snap)
    if snap.counts.failed:
        text = f"{plural(snap.counts.failed, 'job')} failed, of {plural(snap.groups, 'kind')}."
        return Need(text, "triage", "", "failures")
    return None


def _is_paused(snap: Snapshot) -> Need | None:
    if snap.state is RunState.PAUSED:
        return Need("The producers are paused.", "let them go on", "", "pause")
    return None


def _worth_a_try(group: FailureGroup, snap: Snapshot) -> Need:
    host = f" from {group.hosts[0][0]}" if len(group.hosts) == 1 else ""
    jobs = plural(group.jobs, "job")
    text = f"{jobs} failed with {group.title}{host}, and none has for {about(group.last_s)}."
    took = retry_seconds(snap, group.jobs)
    title = f"probe one, then retry all {count(group.jobs)}" if group.jobs > 1 else "retry it"
    note = f"adds about {about(took)}" if took is not None else ""
    return Need(text, title, note, "retry", group.signature)


def summary(told: Digest) -> str:
    """One line, for where there is no room for the box."""
    before, after = told.period.before, told.period.after
    failed = after.failed - before.failed
    parts = [f"+{count(max(0, after.done - before.done))} done", f"+{count(max(0, failed))} failed"]
    if told.full_share >= 0.005:
        parts.append(f"queue full {percent(told.full_share)}")
    return f"{about(told.period.end - told.period.start)} away: {', '.join(parts)}"
