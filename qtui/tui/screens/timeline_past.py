"""What the timeline knows of attempts that are over: one stretch of time, grown at either end as it is asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import count
from typing import final

from qtui.core.queries import Span, Timeline

MOST = 60_000
"""Attempts that are kept at most."""
_versions = count(1)


@final
class Track:
    """The attempts of one slot in the order of their ends; neighbours have different shades, which never change."""

    __slots__ = ("ends", "shades", "spans")

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.ends: list[float] = []
        self.shades: list[bool] = []

    def add(self, spans: list[Span]) -> None:
        """Add attempts that are not here yet, in the order of their ends."""
        if not self.ends or spans[0].end >= self.ends[-1]:
            for span in spans:
                self._put(len(self.ends), span, not self.shades[-1] if self.shades else False)
        elif spans[-1].end <= self.ends[0]:
            for span in reversed(spans):
                self._put(0, span, not self.shades[0])
        else:
            for span in spans:
                place = bisect_right(self.ends, span.end)
                self._put(place, span, not self.shades[place - 1] if place else not self.shades[0])

    def _put(self, place: int, span: Span, shade: bool) -> None:
        self.spans.insert(place, span)
        self.ends.insert(place, span.end)
        self.shades.insert(place, shade)

    def since(self, at: float) -> int:
        """The index of the first attempt that had not ended before `at`."""
        return bisect_left(self.ends, at)

    def drop(self, number: int) -> None:
        del self.spans[:number], self.ends[:number], self.shades[:number]

    def thin(self) -> None:
        """Keep what went wrong and every second of the others."""
        kept = [index for index, span in enumerate(self.spans) if index % 2 or span.outcome != "done"]
        self.spans = [self.spans[index] for index in kept]
        self.ends = [self.ends[index] for index in kept]
        self.shades = [self.shades[index] for index in kept]


@final
class Past:
    """Times are wall clock. `since` and `until` say from when to when nothing is missing, unless it is sampled."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.tracks: dict[int, Track] = {}
        self.marks: list[tuple[float, str]] = []
        self.slots: list[tuple[float, int]] = []
        """How many slots there were, from when on."""
        self.since = self.until = 0.0
        self.sampled = False
        self.slot_range = (1, 1 << 31)
        self.version = next(_versions)
        self._known: set[tuple[int, int]] = set()

    @property
    def empty(self) -> bool:
        """Nothing has been asked for yet."""
        return self.until <= self.since

    def take(self, answer: Timeline, since: float, until: float) -> None:
        """Take in what was asked for that stretch; it touches what is known, or takes its place."""
        if not self.empty and (since > self.until or until < self.since):
            kept = self.slot_range
            self.clear()
            self.slot_range = kept
        newer = self.empty or until > self.until
        self.since = since if self.empty else min(self.since, since)
        self.until = max(self.until, until)
        self.sampled = self.sampled or answer.sampled
        self._add(answer.spans)
        self.marks = _joined(self.marks, answer.marks)
        self.slots = _changes(sorted([*self.slots, *answer.slots] if newer else [*answer.slots, *self.slots]))
        self.version = next(_versions)

    def _add(self, spans: Iterable[Span]) -> None:
        by_slot: dict[int, list[Span]] = {}
        for span in spans:
            key = (span.seq, span.number)
            if key not in self._known:
                self._known.add(key)
                by_slot.setdefault(span.slot, []).append(span)
        for slot, fresh in by_slot.items():
            fresh.sort(key=lambda span: span.end)
            self.tracks.setdefault(slot, Track()).add(fresh)

    def trim(self, since: float) -> None:
        """When there is too much, let go of what ended before `since`; and if that is not enough, of every second."""
        if len(self._known) <= MOST:
            return
        for track in self.tracks.values():
            track.drop(track.since(since))
        self.since = max(self.since, since)
        self._count()
        if len(self._known) > MOST:
            for track in self.tracks.values():
                track.thin()
            self.sampled = True
            self._count()

    def _count(self) -> None:
        self._known = {(span.seq, span.number) for track in self.tracks.values() for span in track.spans}
        self.version = next(_versions)

    def over(self, slot: int, since: float, until: float) -> list[Span]:
        """The attempts of a slot that ran at any time of a stretch."""
        track = self.tracks.get(slot)
        if track is None:
            return []
        found = []
        for span in track.spans[track.since(since) :]:
            if span.start >= until:
                break
            found.append(span)
        return found

    def slots_at(self, at: float) -> int | None:
        """How many slots there were; None where nobody has told."""
        place = bisect_right(self.slots, (at, 1 << 31))
        return self.slots[place - 1][1] if place else None


def _joined(old: list[tuple[float, str]], new: list[tuple[float, str]]) -> list[tuple[float, str]]:
    known = set(old)
    return sorted([*old, *(mark for mark in new if mark not in known)]) if new else old


def _changes(told: list[tuple[float, int]]) -> list[tuple[float, int]]:
    kept: list[tuple[float, int]] = []
    for at, number in told:
        if not kept or kept[-1][1] != number:
            kept.append((at, number))
    return kept
