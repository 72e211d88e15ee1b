"""From the ledger to the snapshot a face draws: O(slots + windows), never O(jobs)."""

from __future__ import annotations

import heapq

import msgspec

from qtui.core.ledger import Ledger
from qtui.core.lifecycle import FINAL, State
from qtui.core.snapshot import (
    STRIP_SECONDS,
    AlertView,
    AutoView,
    Control,
    Counts,
    FailureGroup,
    Grip,
    HeadView,
    Health,
    HostView,
    LaneView,
    QueueView,
    Rates,
    SlotState,
    SlotView,
    Snapshot,
    ThrottleView,
)
from qtui.core.tables import Throttle
from qtui.core.tracks import RETIRED_SHOWN_S, GroupTrack

MAX_GROUPS_SHOWN = 50
EACH_TOLD = 128
"""Up to so many slots each has its whole history told."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a snapshot says and no event tells."""

    run_id: str = ""
    health: Health = Health()
    undo: str = ""
    redo: str = ""
    problem: str = ""
    doing: str = ""
    note: str = ""
    results: str = ""
    limits: Throttle = Throttle()
    hosts: list[HostView] = []
    head: tuple[int, int] | None = None
    """The job whose result is written next, and how many results wait behind it."""
    adaptive: AutoView | None = None
    next_s: float = 0.0
    """Seconds until the rate limit allows the next start."""
    alerts: list[AlertView] = []
    alone_from: float | None = None


def take(ledger: Ledger, at: float, around: Surroundings) -> Snapshot:
    """The picture at `at`, seconds since the start of the run."""
    started = ledger.started
    if ledger.ended is not None:
        at = ledger.ended.at  # a finished run's picture no longer moves
    for history in (ledger.series, ledger.overview):
        history.column(
            at, len(ledger.queued), ledger.capacity, ledger.workers
        )  # time passes in the charts even when nothing happens
    groups = sorted(ledger.groups.items(), key=lambda item: (item[1].jobs, item[1].attempts), reverse=True)
    return Snapshot(
        around.run_id,
        started.name if started else "",
        started.preset if started else "",
        ledger.state,
        started.started_at if started else 0.0,
        at,
        _counts(ledger),
        Control(ledger.concurrency, ledger.capacity, ledger.rate, around.undo, around.redo, ledger.strategy),
        _queue(ledger, at),
        [producer.view(index, at) for index, producer in sorted(ledger.producers.items())],
        _slots(ledger, at),
        _lane(ledger, at),
        _throttle(ledger, at, around),
        _rates(ledger, at),
        ledger.run_times.latency(),
        ledger.series.series(at),
        ledger.overview.series(at),
        [_group(ledger, signature, track, at) for signature, track in groups[:MAX_GROUPS_SHOWN]],
        len(groups),
        [outcome.view(at) for outcome in ledger.recent],
        list(ledger.log),
        around.health,
        around.problem,
        around.results,
        around.doing,
        around.note,
        ledger.unseen,
        _head(ledger, around.head),
        use=ledger.use.look(at, ledger.slots) if len(ledger.slots) > EACH_TOLD else None,
        paused=_grip(ledger, at, "paused"),
        waiting=ledger.stays.law(at, 30),
        running=ledger.runs.law(at, 30),
        alerts=around.alerts,
        alone_from=around.alone_from,
        triage=ledger.outstanding.view(),
    )


def _group(ledger: Ledger, signature: str, track: GroupTrack, at: float) -> FailureGroup:
    attention = ledger.outstanding.attention
    return msgspec.structs.replace(
        track.view(signature, at),
        open=ledger.outstanding.open_of(signature, track.jobs),
        aside=signature in attention.groups,
        acknowledged=attention.is_quiet(signature, track.attempts),
    )


def _grip(ledger: Ledger, at: float, *kinds: str) -> Grip | None:
    """The first of these that there is."""
    found = next((ledger.grips[kind] for kind in kinds if kind in ledger.grips), None)
    return Grip(found.by, max(0.0, at - found.at), found.reason) if found else None


def _throttle(ledger: Ledger, at: float, around: Surroundings) -> ThrottleView:
    limits, holding = around.limits, ledger.holding.mean(at, 3)
    per_host, per_host_rate = limits.per_host, limits.per_host_rate
    return ThrottleView(
        ledger.rate,
        holding,
        ledger.held_by_person,
        per_host,
        per_host_rate,
        around.hosts,
        around.adaptive,
        ledger.limits.get("descriptors"),
        halted=ledger.halted,
        short_of_memory=ledger.short_of_memory,
        grip=_grip(ledger, at, "halted", "held", "memory"),
        next_s=around.next_s,
    )


def _head(ledger: Ledger, head: tuple[int, int] | None) -> HeadView | None:
    if head is None or not head[1]:
        return None
    entry = ledger.open.get(head[0])
    if entry is None or entry.state in FINAL:
        return None  # it has just ended; they are on their way
    return HeadView(head[0], entry.job.name, entry.state.value, entry.job.attempt, head[1])


def _counts(ledger: Ledger) -> Counts:
    count = ledger.counts
    return Counts(
        ledger.accepted,
        count[State.PENDING],
        count[State.RUNNING],
        count[State.WAITING],
        count[State.DONE],
        count[State.FAILED],
        count[State.HELD],
        count[State.CANCELLED],
        ledger.begun.total,
        ledger.retries,
        ledger.recovered,
        ledger.total,
        ledger.lost,
        min(ledger.lost, count[State.CANCELLED]) if _drops(ledger) else 0,
    )


def _drops(ledger: Ledger) -> bool:
    return ledger.started is not None and ledger.started.overflow in ("drop-new", "drop-old")


def _queue(ledger: Ledger, at: float) -> QueueView:
    depth = len(ledger.queued)
    head = next(iter(ledger.queued.values()), at)
    start_rate = ledger.begun.rate(at, 10)
    return QueueView(
        ledger.capacity,
        depth,
        ledger.high_water,
        max(0.0, at - head),
        depth / start_rate if start_rate > 0 else 0.0,
        ledger.full.mean(at, 60),
        ledger.full.mean_run(at),
        ledger.empty.mean(at, 60),
        ledger.started.overflow if ledger.started else "block",
        ledger.losses.rate(at, 10),
    )


def _slots(ledger: Ledger, at: float) -> list[SlotView]:
    for number in [n for n, t in ledger.slots.items() if t.retired is not None and at - t.retired > RETIRED_SHOWN_S]:
        del ledger.slots[number]
    shown = len(ledger.slots)
    length = STRIP_SECONDS if shown <= EACH_TOLD else 8 if shown <= 512 else 0
    attempts = ledger.started.attempts if ledger.started else 0
    timeout = ledger.started.timeout_s if ledger.started else 0.0
    has_work = bool(ledger.queued)
    closed = ledger.held_by_person or bool(ledger.halted) or ledger.short_of_memory
    keeps = closed or (ledger.holding.value > 0 and has_work)
    workers = ledger.workers
    views = []
    for number, track in sorted(ledger.slots.items()):
        if track.due_at is not None:
            state = SlotState.BACKOFF
        elif track.job is not None:
            state = SlotState.LEAVING if number > workers else SlotState.RUNNING
        elif track.retired is not None:
            state = SlotState.RETIRED
        else:
            state = SlotState.HELD if keeps else SlotState.IDLE
        views.append(track.view(number, at, state=state, attempts=attempts, timeout_s=timeout, length=length))
    return views


def _lane(ledger: Ledger, at: float) -> LaneView:
    count = ledger.counts[State.WAITING]
    if not count:
        return LaneView()
    waiting = (entry.due_at - at for entry in ledger.open.values() if entry.state is State.WAITING)
    due = [max(0.0, left) for left in heapq.nsmallest(64, waiting)]
    return LaneView(count, due[0] if due else None, due)


def _rates(ledger: Ledger, at: float) -> Rates:
    slots = max(1, ledger.workers)
    lived = at - ledger.began
    average = ledger.finished.total / lived if lived > 0.2 else 0.0
    return Rates(
        ledger.admitted.rate(at, 10),
        ledger.begun.rate(at, 10),
        ledger.finished.rate(at, 10),
        ledger.failed_attempts.rate(at, 10),
        ledger.finished.rate(at, 30),
        average,
        max(ledger.peak_rate, average),  # a run of a few seconds has no better one
        min(1.0, ledger.busy.mean(at, 10) / slots),
        min(1.0, ledger.busy.mean_run(at) / slots),
        ledger.pressed.mean_run(at),
    )
