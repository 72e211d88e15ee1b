"""Rates, shares and series from single observations: fixed memory, no clock of its own, time only moves forward."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

from qtui.core.snapshot import LATENCY_BUCKETS, LATENCY_FLOOR_S, LATENCY_STEP, Latency, Law, Series

_LOG_STEP = math.log(LATENCY_STEP)


class _Sum(ABC):
    """A running sum, and what it was when each of the last `seconds` began: a window is a difference of two.

    Nearly every observation falls into the same second as the one before it, and then costs one comparison.
    """

    __slots__ = ("_marks", "_next")

    def __init__(self, at: float, seconds: int) -> None:
        self._marks = [0.0] * seconds
        self._next = int(at) + 1
        """The second whose beginning comes next."""

    def _turn(self, at: float) -> None:
        """Note the sum at the beginning of every second up to `at`."""
        now, size = int(at), len(self._marks)
        for second in range(max(self._next, now - size + 1), now + 1):
            self._marks[second % size] = self._when(second)
        self._next = now + 1

    @abstractmethod
    def _when(self, second: float) -> float:
        """The sum as it was, or will have been, at the beginning of `second`."""

    def at_second(self, second: int) -> float:
        """The sum at the beginning of a second; of one too long ago, that of the oldest still known."""
        if second >= self._next:
            return self._when(second)
        return self._marks[max(second, self._next - len(self._marks), 0) % len(self._marks)]

    def _begin(self, at: float, window: float) -> int:
        """The first of the whole seconds that the window, the present second included, reaches back to."""
        return max(0, int(at) - int(window) + 1, int(at) - len(self._marks) + 1)


class Level(_Sum):
    """A value that holds until it changes: its time-weighted mean over the last seconds and over the whole run."""

    __slots__ = ("_since", "_start", "area", "value")

    def __init__(self, at: float = 0.0, value: float = 0.0, seconds: int = 64) -> None:
        super().__init__(at, seconds)
        self.value = value
        self._since = at
        self._start = at
        self.area = 0.0

    def restart(self, at: float) -> None:
        """Forget everything before `at`: the run did not live then."""
        self._start = self._since = at
        self.area = 0.0
        self._turn(at)

    def set(self, at: float, value: float) -> None:
        """From `at` on the value is `value`."""
        if at > self._since:
            self.advance(at)
        self.value = value

    def add(self, at: float, change: float) -> None:
        if at > self._since:
            self.advance(at)
        self.value += change

    def advance(self, at: float) -> None:
        """Account for the time up to `at`."""
        if at <= self._since:
            return
        if at >= self._next:
            self._turn(at)
        self.area += (at - self._since) * self.value
        self._since = at

    def _when(self, second: float) -> float:
        return self.area + (second - self._since) * self.value

    def mean(self, at: float, window: float) -> float:
        """The mean over the last `window` seconds (whole seconds and the present one), or since the start."""
        self.advance(at)
        begin = self._begin(at, window)
        if begin <= self._start:
            return self.mean_run(at)
        span = at - begin
        return (self.area - self._marks[begin % len(self._marks)]) / span if span > 0 else self.value

    def mean_run(self, at: float) -> float:
        """The mean since the start."""
        self.advance(at)
        span = at - self._start
        return self.area / span if span > 0 else self.value


class Counter(_Sum):
    """Events per second, in whole seconds."""

    __slots__ = ("_start", "total")

    def __init__(self, seconds: int = 64, at: float = 0.0) -> None:
        super().__init__(at, seconds)
        self._start = at
        self.total = 0

    def restart(self, at: float) -> None:
        """Count from `at` on: the run did not live before."""
        self._start = at
        self._turn(at)

    def add(self, at: float, number: int = 1) -> None:
        if at >= self._next:
            self._turn(at)
        self.total += number

    def _when(self, second: float) -> float:
        return self.total

    def sum(self, at: float, window: int) -> int:
        """Events in the present second and the `window` - 1 before it."""
        if at >= self._next:
            self._turn(at)
        return self.total - int(self._marks[self._begin(at, window) % len(self._marks)])

    def rate(self, at: float, window: int) -> float:
        """Events per second over the last whole `window` seconds and the present one."""
        span = min(at - self._start, window - 1 + (at - int(at)))
        return self.sum(at, window) / span if span >= 0.2 else 0.0


class Stays(_Sum):
    """Things that stay somewhere for a while: how many are there, how fast they leave, how long they stayed."""

    __slots__ = ("_counts", "_entered", "_start", "_times", "inside", "left", "time")

    def __init__(self, at: float = 0.0, seconds: int = 64) -> None:
        super().__init__(at, seconds)
        self._counts, self._times = [0] * seconds, [0.0] * seconds
        self._start = at
        self._entered = 0.0
        """The sum of the times at which those entered that are inside: so nobody has to be asked one by one."""
        self.inside = self.left = 0
        self.time = 0.0
        """How long those stayed together that have left."""

    def restart(self, at: float) -> None:
        """Count from `at` on: the run did not live before."""
        self._start = at
        self._turn(at)

    def enter(self, at: float) -> None:
        if at >= self._next:
            self._turn(at)
        self.inside += 1
        self._entered += at

    def leave(self, at: float, since: float) -> None:
        """One that entered at `since` is gone."""
        if at >= self._next:
            self._turn(at)
        self.inside -= 1
        self._entered -= since
        self.left += 1
        self.time += at - since

    def law(self, at: float, window: int) -> Law:
        """The three over the last `window` seconds, each measured by itself."""
        if at >= self._next:
            self._turn(at)
        begin = self._begin(at, window)
        first = max(float(begin), self._start)
        span, place = at - first, begin % len(self._marks)
        if span < 0.2:
            return Law(float(self.inside))
        left, time = self.left - self._counts[place], self.time - self._times[place]
        area = self._when(at) - self._marks[place]
        return Law(max(0.0, area / span), left / span, time / left if left else 0.0)

    def _turn(self, at: float) -> None:
        now, size = int(at), len(self._counts)
        for second in range(max(self._next, now - size + 1), now + 1):
            self._counts[second % size], self._times[second % size] = self.left, self.time
        super()._turn(at)

    def _when(self, second: float) -> float:
        """All the time spent inside so far, by those who left and those who stay."""
        return self.time + self.inside * second - self._entered


class RunTimes:
    """Quantiles of the last thousand run times."""

    __slots__ = ("_times",)

    def __init__(self, keep: int = 1000) -> None:
        self._times: deque[float] = deque(maxlen=keep)

    def add(self, seconds: float) -> None:
        self._times.append(seconds)

    def latency(self) -> Latency:
        if not self._times:
            return Latency()
        ordered = sorted(self._times)
        return Latency(*(ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)))


def bucket(seconds: float) -> int:
    """The row of the latency heat map that a run time belongs to."""
    if seconds <= LATENCY_FLOOR_S:
        return 0
    return min(LATENCY_BUCKETS - 1, int(math.log(seconds / LATENCY_FLOOR_S) / _LOG_STEP + 1e-9))


Sums = Callable[[float], tuple[float, float]]
"""Slot-seconds spent busy, and jobs admitted, up to the beginning of a second or up to now."""


def _no_sums(second: float) -> tuple[float, float]:
    return 0.0, 0.0


class Column:
    """One column of a series on its way."""

    __slots__ = ("_sparse", "begin", "capacity", "depth", "done", "failed", "latency", "marks", "second", "workers")

    def __init__(
        self, second: int, depth: int, capacity: int, begin: tuple[float, float] = (0.0, 0.0), workers: int = 0
    ) -> None:
        self.second = second
        self.done = 0
        self.failed = 0
        self.depth = depth
        self.capacity = capacity
        self.workers = workers
        self.begin = begin
        """The sums as they were at its beginning: what is theirs between two columns is the columns' difference."""
        self.latency: dict[int, int] = {}
        self.marks: list[str] = []
        self._sparse: tuple[int, list[int]] = (0, [])

    def merge(self, later: Column) -> None:
        self.done += later.done
        self.failed += later.failed
        self.depth = max(self.depth, later.depth)
        self.capacity, self.workers = later.capacity, max(self.workers, later.workers)
        self.marks += later.marks
        for row, hits in later.latency.items():
            self.latency[row] = self.latency.get(row, 0) + hits

    def sparse(self) -> list[int]:
        """The heat map of the column; one that is past is made once, and shared."""
        number = sum(self.latency.values())
        if number != self._sparse[0]:
            self._sparse = (number, [n for pair in sorted(self.latency.items()) for n in pair])
        return self._sparse[1]


class History:
    """Columns of equal width; at most `keep` of them.

    With `fold` the width doubles whenever they are full, so that they always cover the whole run; without it the
    oldest columns go.
    """

    __slots__ = ("_columns", "_fold", "_keep", "_sums", "step")

    def __init__(self, keep: int, *, fold: bool = False, sums: Sums = _no_sums) -> None:
        self._keep = keep
        self._fold = fold
        self._sums = sums
        self._columns: deque[Column] = deque()
        self.step = 1

    def column(self, at: float, depth: int, capacity: int, workers: int = 0) -> Column:
        """The column that `at` belongs to; quiet columns before it are filled in."""
        place = int(at) // self.step
        if not self._columns:
            self._columns.append(self._new(place, depth, capacity, workers))
        last = self._columns[-1]
        if place - last.second > self._keep and not self._fold:
            self._columns.clear()
            last = self._new(place - self._keep, depth, capacity, workers)
        while last.second < place:
            last = self._new(last.second + 1, depth, capacity, workers)
            self._columns.append(last)
            if len(self._columns) > self._keep:
                if not self._fold:
                    self._columns.popleft()
                else:
                    self._halve()
                    return self.column(at, depth, capacity, workers)
        last.depth = max(last.depth, depth)
        last.capacity, last.workers = capacity, max(last.workers, workers)
        return last

    def _new(self, place: int, depth: int, capacity: int, workers: int) -> Column:
        return Column(place, depth, capacity, self._sums(place * self.step), workers)

    def _halve(self) -> None:
        self.step *= 2
        merged: deque[Column] = deque()
        for column in self._columns:
            place = column.second // 2
            if merged and merged[-1].second == place:
                merged[-1].merge(column)
            else:
                column.second = place
                merged.append(column)
        self._columns = merged

    def series(self, at: float = 0.0) -> Series:
        """The columns up to `at`, the last one as far as it has grown."""
        columns = self._columns
        sums = [column.begin for column in columns] + [self._sums(at)]
        spans = [float(self.step)] * len(columns)
        if columns:
            spans[-1] = max(0.0, at - columns[-1].second * self.step)
        return Series(
            float(self.step),
            [c.done for c in columns],
            [c.failed for c in columns],
            [c.depth for c in columns],
            [c.capacity for c in columns],
            [c.sparse() for c in columns],
            [list(c.marks) for c in columns],
            [max(0, round(sums[n + 1][1] - sums[n][1])) for n in range(len(columns))],
            [_share(sums[n + 1][0] - sums[n][0], column.workers * spans[n]) for n, column in enumerate(columns)],
        )


def _share(part: float, whole: float) -> int:
    """In whole per cent."""
    return max(0, min(100, round(100 * part / whole))) if whole > 1e-9 else 0
