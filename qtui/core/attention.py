"""What a person has said about failures: set aside, so that they count as open no more, or acknowledged.

A group stays acknowledged until it has twice as many failed attempts. All of it fits into three short facts that are
kept with a run, so that it survives the engine.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T")

GROWN = 2
"""An acknowledged group speaks up again when it has so many times the attempts."""
MAX_JOBS = 100_000
"""Jobs that may be set aside one by one; of more the whole group is meant."""

_GROUPS, _JOBS, _QUIET = "aside_groups", "aside_jobs", "acknowledged"


class Attention:
    """Changed by the events that tell of it, in the engine, in the journal and in a replay alike."""

    __slots__ = ("_by_group", "acknowledged", "groups", "jobs")

    def __init__(self) -> None:
        self.groups: set[str] = set()
        """Signatures of the groups set aside."""
        self.jobs: dict[int, str] = {}
        """Jobs set aside one by one, with their groups."""
        self.acknowledged: dict[str, int] = {}
        """How many failed attempts a group had when it was acknowledged."""
        self._by_group: Tally[str] = Tally()

    def set_aside(self, signature: str, jobs: Iterable[tuple[int, str]], *, aside: bool) -> None:
        """A group, or some jobs."""
        if signature:
            self.groups.add(signature) if aside else self.groups.discard(signature)
        for seq, group in jobs:
            if not aside:
                self.left(seq)
            elif seq not in self.jobs:
                self.jobs[seq] = group
                self._by_group[group] += 1

    def acknowledge(self, signature: str, attempts: int) -> None:
        """0 attempts take it back."""
        if attempts:
            self.acknowledged[signature] = attempts
        else:
            self.acknowledged.pop(signature, None)

    def left(self, seq: int) -> bool:
        """A job is no longer failed, or no longer set aside; True when it was set aside."""
        group = self.jobs.pop(seq, None)
        if group is not None:
            self._by_group[group] -= 1
        return group is not None

    def jobs_of(self, signature: str) -> int:
        """How many jobs of a group were set aside one by one."""
        return self._by_group[signature]

    def is_aside(self, seq: int, signature: str) -> bool:
        return signature in self.groups or seq in self.jobs

    def is_quiet(self, signature: str, attempts: int) -> bool:
        """Whether a group with so many failed attempts is acknowledged."""
        return attempts < GROWN * self.acknowledged.get(signature, 0)

    def facts(self) -> dict[str, str]:
        """To be kept with a run."""
        told = {_GROUPS: sorted(self.groups), _JOBS: sorted(self.jobs.items()), _QUIET: self.acknowledged}
        return {name: msgspec.json.encode(value).decode() for name, value in told.items()}

    def restore(self, facts: Mapping[str, str]) -> None:
        """Take up what was kept; what cannot be read is left out, because only a person's remarks are lost by it."""
        self.groups = set(_read(facts, _GROUPS, list[str], []))
        self.acknowledged = dict(_read(facts, _QUIET, dict[str, int], {}))
        self.jobs = dict(_read(facts, _JOBS, list[tuple[int, str]], []))
        self._by_group = Tally(self.jobs.values())


FACTS = (_GROUPS, _JOBS, _QUIET)


def _read(facts: Mapping[str, str], name: str, kind: type[T], empty: T) -> T:
    try:
        return msgspec.json.decode(facts.get(name, ""), type=kind)
    except msgspec.MsgspecError:
        return empty
