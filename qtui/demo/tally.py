"""What the site has counted since it started; `/stats.json` shows it."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct


class Stats(Struct, frozen=True):
    """The counts at one moment; asking for them is not counted as a request."""

    requests: int
    by_status: dict[str, int]
    """Whole answers by status code."""
    cut: int
    """Requests answered by no proper HTTP answer at all: resets, garbage, short bodies."""
    abandoned: int
    """Requests whose client went away first."""
    in_flight: int
    most_in_flight: int
    connections: int
    most_connections: int


class Tally:
    """Counters of one site."""

    def __init__(self) -> None:
        self._statuses: Counter[int] = Counter()
        self._requests = 0
        self._cut = 0
        self._abandoned = 0
        self._in_flight = 0
        self._most_in_flight = 0
        self._connections = 0
        self._most_connections = 0

    def opened(self) -> None:
        """A client has connected."""
        self._connections += 1
        self._most_connections = max(self._most_connections, self._connections)

    def closed(self) -> None:
        """A connection has ended."""
        self._connections -= 1

    def arrived(self) -> None:
        """A request has come in; exactly one of `answered`, `cut` and `abandoned` follows."""
        self._requests += 1
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)

    def answered(self, status: int) -> None:
        """A request has its answer."""
        self._in_flight -= 1
        self._statuses[status] += 1

    def cut(self) -> None:
        """A request has been refused an answer on purpose."""
        self._in_flight -= 1
        self._cut += 1

    def abandoned(self) -> None:
        """The client of a request has gone."""
        self._in_flight -= 1
        self._abandoned += 1

    def stats(self) -> Stats:
        """The counts now."""
        return Stats(
            requests=self._requests,
            by_status={str(status): count for status, count in sorted(self._statuses.items())},
            cut=self._cut,
            abandoned=self._abandoned,
            in_flight=self._in_flight,
            most_in_flight=self._most_in_flight,
            connections=self._connections,
            most_connections=self._most_connections,
        )
