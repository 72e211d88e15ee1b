"""Rates, shares and series from single observations: fixed memory, no clock of its own, time only moves forward."""

from __future__ import annotations

import math
from collections import deque

from qtui.core.snapshot import LATENCY_BUCKETS, LATENCY_FLOOR_S, LATENCY_STEP, Latency, Series


class Level:
    """A value that holds until it changes: its time-weighted mean over the last seconds and over the whole run."""

    __slots__ = ("_area", "_seconds", "_since", "_start", "_sums", "value")

    def __init__(self, at: float = 0.0, value: float = 0.0, seconds: int = 64) -> None:
        self.value = value
        self._since = at
        self._start = at
        self._area = 0.0
        self._seconds = [-1] * seconds
        """Which second each ring place holds."""
        self._sums = [0.0] * seconds

    def set(self, at: float, value: float) -> None:
        """From `at` on the value is `value`."""
        self.advance(at)
        self.value = value

    def add(self, at: float, change: float) -> None:
        self.set(at, self.value + change)

    def advance(self, at: float) -> None:
        """Account for the time up to `at`."""
        since, value, size = self._since, self.value, len(self._sums)
        if at <= since:
            return
        self._area += (at - since) * value
        first, last = int(since), int(at)
        if first == last and self._seconds[last % size] == last:
            self._sums[last % size] += (at - since) * value  # nearly always: the same second as before
            self._since = at
            return
        start = since if last - first < size else float(last - size + 1)
        for second in range(int(start), last + 1):
            place = second % size
            if self._seconds[place] != second:
                self._seconds[place] = second
                self._sums[place] = 0.0
            self._sums[place] += (min(at, second + 1.0) - max(start, float(second))) * value
        self._since = at

    def mean(self, at: float, window: float) -> float:
        """The mean over the last `window` seconds (whole seconds and the present one), or since the start."""
        self.advance(at)
        now = int(at)
        begin = max(now - int(window) + 1, int(self._start))
        total, size = 0.0, len(self._sums)
        for second in range(max(begin, now - size + 1), now + 1):
            if self._seconds[second % size] == second:
                total += self._sums[second % size]
        span = at - max(float(begin), self._start)
        return total / span if span > 0 else self.value

    def mean_run(self, at: float) -> float:
        """The mean since the start."""
        self.advance(at)
        span = at - self._start
        return self._area / span if span > 0 else self.value


class Counter:
    """Events per second, in whole seconds."""

    __slots__ = ("_counts", "_seconds", "total")

    def __init__(self, seconds: int = 64) -> None:
        self.total = 0
        self._seconds = [-1] * seconds
        self._counts = [0] * seconds

    def add(self, at: float, number: int = 1) -> None:
        self.total += number
        second = int(at)
        place = second % len(self._counts)
        if self._seconds[place] != second:
            self._seconds[place] = second
            self._counts[place] = 0
        self._counts[place] += number

    def sum(self, at: float, window: int) -> int:
        """Events in the present second and the `window` - 1 before it."""
        now, size = int(at), len(self._counts)
        return sum(
            self._counts[second % size]
            for second in range(max(0, now - window + 1), now + 1)
            if self._seconds[second % size] == second
        )

    def rate(self, at: float, window: int) -> float:
        """Events per second over the last whole `window` seconds and the present one."""
        span = min(at, window - 1 + (at - int(at)))
        return self.sum(at, window) / span if span >= 0.2 else 0.0


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
    return min(LATENCY_BUCKETS - 1, int(math.log(seconds / LATENCY_FLOOR_S) / math.log(LATENCY_STEP) + 1e-9))


class Column:
    """One column of a series on its way."""

    __slots__ = ("capacity", "depth", "done", "failed", "latency", "marks", "second")

    def __init__(self, second: int, depth: int, capacity: int) -> None:
        self.second = second
        self.done = 0
        self.failed = 0
        self.depth = depth
        self.capacity = capacity
        self.latency: dict[int, int] = {}
        self.marks: list[str] = []

    def merge(self, later: Column) -> None:
        self.done += later.done
        self.failed += later.failed
        self.depth = max(self.depth, later.depth)
        self.capacity = later.capacity
        self.marks += later.marks


class History:
    """Columns of equal width; at most `keep` of them.

    With `fold` the width doubles whenever they are full, so that they always cover the whole run; without it the
    oldest columns go.
    """

    __slots__ = ("_columns", "_fold", "_keep", "step")

    def __init__(self, keep: int, *, fold: bool = False) -> None:
        self._keep = keep
        self._fold = fold
        self._columns: deque[Column] = deque()
        self.step = 1

    def column(self, at: float, depth: int, capacity: int) -> Column:
        """The column that `at` belongs to; quiet columns before it are filled in."""
        place = int(at) // self.step
        if not self._columns:
            self._columns.append(Column(place, depth, capacity))
        last = self._columns[-1]
        if place - last.second > self._keep and not self._fold:
            self._columns.clear()
            last = Column(place - self._keep, depth, capacity)
        while last.second < place:
            last = Column(last.second + 1, depth, capacity)
            self._columns.append(last)
            if len(self._columns) > self._keep:
                if not self._fold:
                    self._columns.popleft()
                else:
                    self._halve()
                    return self.column(at, depth, capacity)
        last.depth = max(last.depth, depth)
        last.capacity = capacity
        return last

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

    def series(self) -> Series:
        columns = self._columns
        return Series(
            float(self.step),
            [c.done for c in columns],
            [c.failed for c in columns],
            [c.depth for c in columns],
            [c.capacity for c in columns],
            [] if self._fold else [[n for pair in sorted(c.latency.items()) for n in pair] for c in columns],
            [list(c.marks) for c in columns],
        )
