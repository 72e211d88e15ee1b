"""Why nothing runs: one sentence with its numbers, for the run and for one job."""

from __future__ import annotations

from datetime import datetime, tzinfo

from qtui.core.queries import JobRow, JobStory
from qtui.core.snapshot import Grip, HostView, ProducerState, RunState, SlotState, Snapshot
from qtui.text import clean, count, percent, plural, rate, rate_limit, seconds, size, tenths

_OVER = {
    RunState.STOPPING: "the run is being stopped; what ran goes back to the queue",
    RunState.FINISHED: "the run has finished",
    RunState.STOPPED: "the run was stopped; starting it again goes on with it",
}


def why_run(snap: Snapshot, zone: tzinfo | None = None) -> str:
    """Why nothing new starts, or empty where work starts as it may; times of day are local, or those of `zone`."""
    if snap.state in _OVER:
        return _OVER[snap.state]
    if snap.state is RunState.STARTING:
        return f"the run is still starting: {clean(snap.doing)}" if snap.doing else "the run is still starting"
    return _closed(snap) or (_throttled(snap, zone) if _work(snap) else _no_work(snap, zone))


def why_job(story: JobStory, snap: Snapshot, zone: tzinfo | None = None) -> str:
    """What a job does or waits for, in one sentence."""
    match story.row.state:
        case "running":
            return _running(story, snap)
        case "waiting":
            return _waiting(story, snap, zone)
        case "pending":
            return _pending(story, snap, zone)
    return _final(story.row, zone)


# -- the run


def _closed(snap: Snapshot) -> str:
    """What keeps everything from starting, whatever there is to do."""
    throttle, health = snap.throttle, snap.health
    if health.journal == "blocked":
        return f"the journal cannot be written: {clean(snap.problem) or 'it goes on by itself when it can be'}"
    if throttle.halted:
        since = f" {ago(throttle.grip.since_s)}" if throttle.grip is not None else ""
        return f"halted{since}: {clean(throttle.halted)}; nothing starts until it is released"
    if throttle.held_by_person:
        return f"held{by_whom(throttle.grip)}, {_waiting_jobs(snap)}; nothing starts until they are released"
    if throttle.short_of_memory:
        used = f" {percent(health.memory_share)} of {size(health.memory_limit)}" if health.memory_limit else ""
        lasts = f" for {lasting(throttle.grip.since_s)}" if throttle.grip is not None else ""
        return f"memory{used} in use, nothing starts{lasts}; it goes on by itself when there is enough"
    if not snap.control.concurrency:
        return f"there are no workers, {_waiting_jobs(snap)}; add one to go on"
    return ""


def _work(snap: Snapshot) -> bool:
    """Whether there is anything that could start now."""
    return bool(snap.queue.depth or snap.throttle.holding > 0 or (snap.lane.count and snap.lane.next_s == 0))


def _throttled(snap: Snapshot, zone: tzinfo | None) -> str:
    throttle = snap.throttle
    if throttle.rate is not None and throttle.next_s >= 1:
        return f"rate limit {rate_limit(throttle.rate)}: the next start is at {in_time(snap, throttle.next_s, zone)}"
    if throttle.holding <= 0:
        return ""
    if throttle.hosts:
        return _hosts(snap, zone)
    return f"rate limit {rate_limit(throttle.rate)}" if throttle.rate is not None else ""


def _hosts(snap: Snapshot, zone: tzinfo | None) -> str:
    hosts = sorted(snap.throttle.hosts, key=lambda host: -host.waiting)
    others = len(hosts) - 1
    said = host_why(hosts[0], snap, zone)
    return f"{said}, and {plural(others, 'other host')}" if others else said


def host_why(host: HostView, snap: Snapshot, zone: tzinfo | None = None) -> str:
    """Why a host is not asked: `api.example:443 is cooling down until 14:02:10, in 12s; 9 jobs wait for it`."""
    name = clean(host.name, 80) or "what has no host"
    until = f" until {in_time(snap, host.left_s, zone)}" if host.left_s is not None else ""
    jobs = f"{plural(host.waiting, 'job')} wait{'s' if host.waiting == 1 else ''} for it"
    match host.why:
        case "cooling":
            return f"{name} is cooling down{until} as it asked for; {jobs}"
        case "open":
            return f"{name} is left alone{until} after errors in a row; {jobs}"
        case "probing":
            return f"{name} is probed with one job after errors in a row; {jobs}"
    per_host, per_rate = snap.throttle.per_host, snap.throttle.per_host_rate
    if per_host is not None and host.running >= per_host:
        return f"{name} has {host.running} running of {per_host} allowed per host; {jobs}"
    allowed = f" {rate_limit(per_rate)}" if per_rate is not None else ""
    return f"{name} is asked no faster than the rate limit{allowed} per host; {jobs}"


def _no_work(snap: Snapshot, zone: tzinfo | None) -> str:
    """Why there is nothing in the queue."""
    retried = retries(snap, zone)
    going = [p for p in snap.producers if p.state not in (ProducerState.DONE, ProducerState.ERROR)]
    if going and all(producer.state is ProducerState.PAUSED for producer in going):
        return f"paused{by_whom(snap.paused)} and the queue is empty" + (f"; {retried}" if retried else "")
    if retried and not snap.counts.running:
        return retried
    if going:
        offered = sum(producer.offer_rate for producer in going)
        more = f", they offer {rate(offered)}" if offered >= 0.05 else ", they give nothing now"
        return f"the queue is empty and waits for the producers{more}" + (f"; {retried}" if retried else "")
    failed = next((p for p in snap.producers if p.state is ProducerState.ERROR), None)
    if failed is not None:
        return f"the queue is empty and producer {clean(failed.name, 40)} failed: {clean(failed.problem)}"
    if snap.counts.running:
        running = snap.counts.running
        return f"the producers are done; the last {f'{count(running)} jobs run' if running > 1 else 'job runs'}"
    return "" if snap.counts.accepted > snap.counts.finished else "everything is done"


def retries(snap: Snapshot, zone: tzinfo | None = None) -> str:
    """`all 5 jobs wait for a retry, the next at 14:02:10, in 12s`, or empty."""
    waiting = snap.counts.waiting
    if not waiting:
        return ""
    everything = not snap.counts.running and not snap.counts.pending
    number = f"all {plural(waiting, 'job')}" if everything and waiting > 1 else plural(waiting, "job")
    said = f"{number} wait{'s' if waiting == 1 else ''} for a retry"
    return f"{said}, the next at {in_time(snap, snap.lane.next_s, zone)}" if snap.lane.next_s is not None else said


def _waiting_jobs(snap: Snapshot) -> str:
    number = snap.queue.depth + snap.counts.waiting
    return f"{plural(number, 'job')} wait{'s' if number == 1 else ''}"


# -- one job


def _running(story: JobStory, snap: Snapshot) -> str:
    slot = next((slot for slot in snap.slots if slot.seq == story.row.seq and slot.state in _AT_WORK), None)
    ran = tenths(slot.elapsed_s if slot is not None else story.row.run_s)
    number = slot.number if slot is not None else story.attempts[-1].slot if story.attempts else 0
    said = f"running for {ran}" + (f" in slot {number}" if number else "")
    if slot is not None and slot.timeout_s > 0:
        said += f", at most {seconds(slot.timeout_s)}"
    said += f", attempt {_attempt(story.row.attempts, snap)}"
    leaving = slot is not None and slot.state is SlotState.LEAVING
    return f"{said}; its slot then goes" if leaving else said


_AT_WORK = (SlotState.RUNNING, SlotState.LEAVING)


def _waiting(story: JobStory, snap: Snapshot, zone: tzinfo | None) -> str:
    row = story.row
    after = f", after {clean(row.error, 120)}" if row.error else ""
    number = _attempt(row.attempts + 1, snap)
    if story.next_try_s is not None and story.next_try_s > 0:
        when = in_time(snap, story.next_try_s, zone)
        closed = _closed(snap)
        return f"waits for attempt {number} at {when}{after}" + (f"; but {closed}" if closed else "")
    return f"attempt {number} is due{after}; {_held_up(story, snap, zone)}"


def _pending(story: JobStory, snap: Snapshot, zone: tzinfo | None) -> str:
    others = max(0, snap.queue.depth - 1)
    return f"in the queue with {count(others)} other{'' if others == 1 else 's'}; {_held_up(story, snap, zone)}"


def _held_up(story: JobStory, snap: Snapshot, zone: tzinfo | None) -> str:
    """What keeps a job from starting that could run."""
    if closed := _closed(snap):
        return closed
    if (host := _host_of(story, snap)) is not None:
        return host_why(host, snap, zone)
    if snap.throttle.holding > 0 and not snap.throttle.hosts and (held := _throttled(snap, zone)):
        return held
    if snap.state in _OVER:
        return _OVER[snap.state]
    workers = snap.workers
    busy = snap.counts.running >= workers
    said = f"all {plural(workers, 'worker')} are busy" if busy and workers > 1 else "it starts next"
    if busy and workers == 1:
        said = "the one worker is busy"
    if snap.queue.wait_s > 0 and busy:
        said += f", the wait is at most about {seconds(snap.queue.wait_s)}"
    return said


def _host_of(story: JobStory, snap: Snapshot) -> HostView | None:
    """The host that is not asked now and that the job goes to."""
    for text in (story.key, story.row.name, *(str(value) for value in story.fields.values())):
        scheme, found, rest = text.strip().partition("://")
        if not found:
            continue
        authority = rest.partition("/")[0].partition("?")[0].rpartition("@")[2].lower()
        full = authority if ":" in authority else f"{authority}:{443 if scheme.lower() == 'https' else 80}"
        for host in snap.throttle.hosts:
            if host.name == full:
                return host
    return None


def _final(row: JobRow, zone: tzinfo | None) -> str:
    at = f" at {_clock(row.ended_at, zone)}" if row.ended_at > 0 else ""
    tries = plural(row.attempts, "attempt")
    error = f": {clean(row.error, 200)}" if row.error else ""
    match row.state:
        case "done":
            return f"done{at} in {seconds(row.run_s)}" + (f", {tries}" if row.attempts > 1 else "")
        case "failed":
            return f"failed{at} after {tries}{error}; a retry gives it another round"
        case "held":
            return f"held until a person decides{error}; a retry gives it another round"
        case "cancelled":
            return f"cancelled{at}{error}; a retry gives it another round"
    return clean(row.state)


# -- words


def _attempt(number: int, snap: Snapshot) -> str:
    allowed = max((slot.attempts for slot in snap.slots), default=0)
    return f"{number} of {allowed}" if number <= allowed else str(number)  # another round counts on


def by_whom(grip: Grip | None) -> str:
    """` by you 3 min ago (because)`, with the space before it; empty where nothing is known."""
    if grip is None:
        return ""
    reason = f" ({clean(grip.reason, 80)})" if grip.reason else ""
    return f" by {clean(grip.by, 40)} {ago(grip.since_s)}{reason}"


def lasting(span: float) -> str:
    """How long something has lasted, no more precise than anybody needs: `12s`, `3 min`, `2 h 10 min`."""
    if span < 99.5:
        return f"{span:.0f}s"
    minutes = round(span / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def ago(span: float) -> str:
    """`just now`, `12s ago`, `3 min ago`."""
    return f"{lasting(span)} ago" if span >= 1 else "just now"


def in_time(snap: Snapshot, left_s: float, zone: tzinfo | None = None) -> str:
    """A moment `left_s` seconds from now: `14:02:10, in 12s`."""
    left = tenths(left_s) if left_s < 10 else seconds(left_s)
    return f"{_clock(snap.started_at + snap.elapsed_s + left_s, zone)}, in {left}"


def _clock(at: float, zone: tzinfo | None) -> str:
    try:
        return f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"
    except (OverflowError, ValueError, OSError):
        return "--:--:--"  # a clock far out of range, e.g. in a damaged journal
