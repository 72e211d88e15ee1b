"""How the failed attempts of a group are spread over what they have: producer, attempt, and the fields of the jobs.

Bounded: of every field the first fifty values are told apart, and a field of which nearly every value differs is no
use to anybody and not told.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping

from qtui.core.job import Job
from qtui.core.queries import Facet
from qtui.text import clean

SHOWN = 5
MAX_FIELDS = 6
MAX_VALUES = 50
MAX_TEXT = 60
LEAST = 4
"""Attempts before which a field tells nothing."""


class Spread:
    """Of one failure group."""

    __slots__ = ("_attempts", "_fields", "_producers", "_seen")

    def __init__(self) -> None:
        self._producers: Tally[int] = Tally()
        self._attempts: Tally[int] = Tally()
        self._fields: dict[str, Tally[str]] = {}
        self._seen = 0

    def add(self, job: Job) -> None:
        """Another attempt failed."""
        self._seen += 1
        self._producers[job.producer] += 1
        if job.attempt in self._attempts or len(self._attempts) < MAX_VALUES:
            self._attempts[job.attempt] += 1
        for name, value in job.row.items():
            tally = self._fields.get(name)
            if tally is None:
                if len(self._fields) >= MAX_FIELDS:
                    continue
                tally = self._fields[name] = Tally()
            said = str(value)[:MAX_TEXT] if isinstance(value, str | int | float | bool) or value is None else ""
            if said and (said in tally or len(tally) < MAX_VALUES):
                tally[said] += 1

    def facets(self, producers: Mapping[int, str]) -> list[Facet]:
        """Producer and attempt, then the field that tells most."""
        named = [(clean(producers.get(index, f"{index + 1}"), 40), n) for index, n in self._producers.most_common()]
        numbered = [(str(attempt), n) for attempt, n in sorted(self._attempts.items())]
        facets = [
            Facet("producer", named[:SHOWN], len(named)),
            Facet("attempt", numbered[:SHOWN], len(numbered)),
        ]
        if (name := self._telling()) is not None:
            tally = self._fields[name]
            values = [(clean(value, MAX_TEXT), n) for value, n in tally.most_common(SHOWN)]
            facets.append(Facet(clean(name, 40), values, len(tally)))
        return [facet for facet in facets if facet.values]

    def _telling(self) -> str | None:
        """The field whose five most frequent values cover most; None when all differ nearly always."""
        if self._seen < LEAST:
            return None
        covered = {
            name: sum(n for _, n in tally.most_common(SHOWN))
            for name, tally in self._fields.items()
            if tally and tally.most_common(1)[0][1] > max(1, self._seen // 20)
        }
        return max(covered, key=lambda name: (covered[name], name)) if covered else None
