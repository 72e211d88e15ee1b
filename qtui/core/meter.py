"""Rates, shares and series from single observations: fixed memory, no clock of its own, time only moves forward."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque

from qtui.core.snapshot import LATENCY_BUCKETS, LATENCY_FLOOR_S, LATENCY_STEP, Latency, Series

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
    def _when(self, second: int) -> float:
        """The sum as it was, or will have been, at the beginning of `second`."""

    def _begin(self, at: float, window: float) -> int:
        """The first of the whole seconds that the window, the present second included, reaches back to."""
        return max(0, int(at) - int(window) + 1, int(at) - len(self._marks) + 1)


class Level(_Sum):
    """A value that holds until it changes: its time-weighted mean over the last seconds and over the whole run."""

    __slots__ = ("_area", "_since", "_start", "value")

    def __init__(self, at: float = 0.0, value: float = 0.0, seconds: int = 64) -> None:
        super().__init__(at, seconds)
        self.value = value
        self._since = at
        self._start = at
        self._area = 0.0

    def restart(self, at: float) -> None:
        """Forget everything before `at`: the run did not live then."""
        self._start = self._since = at
        self._area = 0.0
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
        self._area += (at - self._since) * self.value
        self._since = at

    def _when(self, second: int) -> float:
        return self._area + (second - self._since) * self.value

    def mean(self, at: float, window: float) -> float:
        """The mean over the last `window` seconds (whole seconds and the present one), or since the start."""
        self.advance(at)
        begin = self._begin(at, window)
        if begin <= self._start:
            return self.mean_run(at)
        span = at - begin
        return (self._area - self._marks[begin % len(self._marks)]) / span if span > 0 else self.value

    def mean_run(self, at: float) -> float:
        """The mean since the start."""
        self.advance(at)
        span = at - self._start
        return self._area / span if span > 0 else self.value


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

    def _when(self, second: int) -> float:
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
