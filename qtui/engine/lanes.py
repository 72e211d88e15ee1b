"""Lanes: jobs in order of arrival, of which those are passed over whose host may not be asked now.

Every host has a line of its own; a heap holds the first of every line that may start. So the next job is found without
looking at those that wait, and of two jobs of one host the older one starts first.
"""

from __future__ import annotations

import heapq
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from qtui.core import circuit as circuits
from qtui.core.circuit import CLOSED, WARM, Circuit, Cooling
from qtui.core.job import Failed, Job, Outcome
from qtui.core.snapshot import HostView
from qtui.core.tables import Throttle
from qtui.engine.limits import EXACT_S, RateLimit

SWEEP = 256
"""So many more hosts than after the last look, and those that nobody needs are forgotten."""
SHOWN = 8


class Change(NamedTuple):
    """What became of a host when an attempt ended."""

    host: str
    why: str
    """cooling, open, or closed."""
    for_s: float
    """How long nothing starts."""


class Host:
    """What attempts share; limits per host count by it. The one without a name is shared by jobs that share nothing."""

    __slots__ = ("circuit", "cooling", "name", "open", "probe", "rate", "running", "waiting")

    def __init__(self, name: str, rate: RateLimit) -> None:
        self.name = name
        self.rate = rate
        self.open = 0
        """Jobs that are not final."""
        self.running = 0
        self.waiting = 0
        """Jobs that stand in a line for it."""
        self.circuit: Circuit = CLOSED
        self.cooling: Cooling = WARM
        self.probe = 0
        """The job whose attempt finds out whether the host is well again."""

    def idle(self, now: float) -> bool:
        """Whether it can be forgotten."""
        remembers = self.circuit != CLOSED or self.cooling.until > now or not self.rate.idle(now)
        return not self.open and not remembers


class Hosts:
    """Every host that has open jobs, and when it may be asked."""

    def __init__(self, lane_of: Callable[[Job], str], throttle: Throttle, longest_s: float) -> None:
        self._lane_of = lane_of
        self._throttle = throttle
        self._longest_s = longest_s
        self._hosts: dict[str, Host] = {}
        self._of: dict[int, Host] = {}
        """Open jobs by number."""
        self._timed: list[tuple[float, str]] = []
        """Heap: when a host that could not be asked can be."""
        self._lines: list[Line] = []
        self._known = SWEEP

    def __len__(self) -> int:
        """How many open jobs it knows."""
        return len(self._of)

    def of(self, job: Job) -> Host:
        """The host of an open job; asked of its kind once."""
        host = self._of.get(job.seq)
        if host is None:
            host = self._of[job.seq] = self._named(self._lane_of(job))
            host.open += 1
        return host

    def _named(self, name: str) -> Host:
        host = self._hosts.get(name)
        if host is None:
            rate = self._throttle.per_host_rate if name else None
            host = self._hosts[name] = Host(name, RateLimit(rate, 1))
        return host

    def forget(self, seq: int) -> None:
        """The job is final."""
        if (host := self._of.pop(seq, None)) is not None:
            host.open -= 1

    def join(self, line: Line) -> None:
        self._lines.append(line)

    # -- may it start

    def opens_at(self, host: Host, now: float) -> float:
        """When an attempt may start; `now` when at once, infinity when only the end of another one tells."""
        most = self._throttle.per_host
        if most is not None and host.name and host.running >= most:
            return math.inf
        when = max(now, host.cooling.until)
        if host.circuit is not CLOSED:
            when = max(when, host.circuit.opens_at(now))
        return max(when, now + host.rate.wait(now))

    def park(self, host: Host, when: float) -> None:
        """No line offers it any more until `when`."""
        if when < math.inf:
            heapq.heappush(self._timed, (when, host.name))

    def due(self, now: float) -> float:
        """Offer the hosts again whose time has come; returns when the next one's comes."""
        while self._timed and self._timed[0][0] <= now + EXACT_S:
            if (host := self._hosts.get(heapq.heappop(self._timed)[1])) is not None:
                self._offer(host)
        return self._timed[0][0] if self._timed else math.inf

    def _offer(self, host: Host) -> None:
        for line in self._lines:
            line.offer(host)

    # -- what happens

    def started(self, job: Job, now: float) -> None:
        host = self.of(job)
        host.running += 1
        host.rate.spend(now)
        if host.circuit.until is not None:
            host.circuit = circuits.started(host.circuit)
            host.probe = job.seq

    def running(self, jobs: Iterable[Job]) -> None:
        """These attempts run already."""
        for job in jobs:
            self.of(job).running += 1

    def ended(self, job: Job, outcome: Outcome, now: float) -> list[Change]:
        """An attempt is over; what that changes for its host."""
        host = self.of(job)
        host.running -= 1
        changes = []
        policy, was = self._throttle.circuit, host.circuit
        if policy is not None or was is not CLOSED:
            probe = host.probe == job.seq and was.probing
            host.circuit = circuits.ended(policy, was, outcome, now, probe=probe) if policy is not None else CLOSED
            changes += _circuit_change(host, was, now)
        if isinstance(outcome, Failed) and outcome.retry_after is not None and host.name:
            before = host.cooling
            host.cooling = circuits.cooled(before, outcome.retry_after, self._longest_s, now)
            if before.until <= now < host.cooling.until:
                changes.append(Change(host.name, "cooling", host.cooling.until - now))
        self._offer(host)
        if len(self._hosts) > self._known:
            self._sweep(now)
        return changes

    def _sweep(self, now: float) -> None:
        for name in [name for name, host in self._hosts.items() if host.idle(now)]:
            del self._hosts[name]
        self._known = len(self._hosts) + SWEEP

    def reset(self, name: str, now: float) -> bool:
        """Ask a host again at once; False when nothing keeps us from it."""
        host = self._hosts.get(name)
        if host is None or not _left_alone(host, now):
            return False
        host.circuit, host.cooling = CLOSED, WARM
        self._offer(host)
        return True

    def left_alone(self, now: float) -> list[str]:
        """The hosts that `reset` is for, by name."""
        return sorted(name for name, host in self._hosts.items() if _left_alone(host, now))

    def change(self, throttle: Throttle, now: float) -> None:
        """Other limits from now on."""
        self._throttle = throttle
        for host in self._hosts.values():
            if host.name:
                host.rate.change(throttle.per_host_rate, 1, now)
            if throttle.circuit is None:
                host.circuit = CLOSED
            self._offer(host)

    # -- the picture

    def views(self, now: float) -> list[HostView]:
        """The hosts that are left alone or have jobs waiting behind a limit; those with most waiting first."""
        told = [(host, why) for host in self._hosts.values() if (why := self._why(host, now))]
        told.sort(key=lambda pair: (pair[1] == "limit", -pair[0].waiting, -pair[0].running, pair[0].name))
        return [self._view(host, why, now) for host, why in told[:SHOWN]]

    def _why(self, host: Host, now: float) -> str:
        if host.circuit.until is not None:
            return "probing" if host.circuit.probing or host.circuit.until <= now else "open"
        if host.cooling.until > now:
            return "cooling"
        if host.waiting and self.opens_at(host, now) > now:
            return "limit"
        return ""

    def _view(self, host: Host, why: str, now: float) -> HostView:
        until = {"open": host.circuit.until, "cooling": host.cooling.until}.get(why)
        return HostView(host.name, host.running, host.waiting, why, until - now if until is not None else None)


def _left_alone(host: Host, now: float) -> bool:
    return host.circuit.until is not None or host.cooling.until > now


def _circuit_change(host: Host, was: Circuit, now: float) -> list[Change]:
    until = host.circuit.until
    if until is None:
        return [Change(host.name, "closed", 0.0)] if was.until is not None else []
    return [Change(host.name, "open", until - now)] if until != was.until and until > now else []


class Line:
    """Jobs in order of arrival, as a deque has them; `head` and `take` are for those whose host may be asked."""

    def __init__(self, hosts: Hosts, jobs: Iterable[Job] = ()) -> None:
        self._hosts = hosts
        self._jobs: OrderedDict[int, tuple[int, Job]] = OrderedDict()
        """By number, oldest first; a place in a host's line that disagrees is dead."""
        self._places: dict[Host, deque[tuple[int, Job]]] = {}
        self._heads: list[tuple[int, str, Host]] = []
        """Heap of the first place of every line that may be asked, as far as is known."""
        self._listed: dict[Host, int] = {}
        """What the heap says of a host; an entry that disagrees is dead."""
        self._last = self._first = 0
        hosts.join(self)
        for job in jobs:
            self.append(job)

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        return (job for _, job in self._jobs.values())

    def append(self, job: Job) -> None:
        self._last += 1
        host = self._hosts.of(job)
        host.waiting += 1
        self._jobs[job.seq] = (self._last, job)
        place = self._places.get(host)
        if place is None:
            self._places[host] = deque([(self._last, job)])
            self._list(host, self._last)
        else:
            place.append((self._last, job))
            if len(place) == 1:
                self.offer(host)

    def appendleft(self, job: Job) -> None:
        self._first -= 1
        host = self._hosts.of(job)
        host.waiting += 1
        self._jobs[job.seq] = (self._first, job)
        self._jobs.move_to_end(job.seq, last=False)
        self._places.setdefault(host, deque()).appendleft((self._first, job))
        self._list(host, self._first)

    def popleft(self) -> Job:
        """The oldest of all, whether its host may be asked or not. Raises IndexError when there is none."""
        if not self._jobs:
            raise IndexError("no job waits")
        _, (_, job) = self._jobs.popitem(last=False)
        self._hosts.of(job).waiting -= 1
        return job

    def remove(self, job: Job) -> None:
        """Take a job out. Raises KeyError when it is not here."""
        del self._jobs[job.seq]
        self._hosts.of(job).waiting -= 1

    def offer(self, host: Host) -> None:
        """It may be possible to ask `host` again."""
        if host not in self._listed and (order := self._order(host)) is not None:
            self._list(host, order)

    def head(self, now: float) -> Job | None:
        """The oldest job whose host may be asked now."""
        heads = self._heads
        while heads:
            order, _, host = heads[0]
            if self._listed.get(host) != order:
                heapq.heappop(heads)
                continue
            if (first := self._order(host)) == order:
                if (when := self._hosts.opens_at(host, now)) <= now + EXACT_S:
                    return self._places[host][0][1]
                self._hosts.park(host, when)
                first = None
            heapq.heappop(heads)
            del self._listed[host]
            if first is not None:
                self._list(host, first)
        return None

    def take(self) -> Job:
        """The job that `head` has just told."""
        _, _, host = heapq.heappop(self._heads)
        del self._listed[host]
        _, job = self._places[host].popleft()
        self.remove(job)
        self.offer(host)
        return job

    def _order(self, host: Host) -> int | None:
        """Where the first job of a host stands that is still here."""
        place = self._places.get(host)
        if place is None:
            return None
        while place:
            order, job = place[0]
            if (known := self._jobs.get(job.seq)) is not None and known[0] == order:
                return order
            place.popleft()
        del self._places[host]
        return None

    def _list(self, host: Host, order: int) -> None:
        self._listed[host] = order
        heapq.heappush(self._heads, (order, host.name, host))
