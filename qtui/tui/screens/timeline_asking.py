"""What the timeline has to ask for: the part of the past that is seen and not known, never more."""

from __future__ import annotations

from dataclasses import dataclass

from qtui.core.queries import TimelineQuery
from qtui.core.snapshot import RunState, Snapshot
from qtui.tui.screens.timeline_look import Look

REFRESH_S = 1.0
"""What has ended since is asked for at most so often."""
LAG_S = 0.5
"""What ended so lately may not be on the disk yet, and is asked for once more."""
SLOW_LAG_S = 10.0
"""The same while the journal is slow."""
ALL_SLOTS = 256
"""Up to so many slots are asked for together; of more only those near what is seen."""
_ALL = (1, 1 << 31)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and until when all of what it asks for is known by its answer."""

    query: TimelineQuery
    known: float

    @property
    def slots(self) -> tuple[int, int]:
        return self.query.first_slot, self.query.last_slot


def covered(look: Look) -> bool:
    """Whether what is seen has been asked for, but for the newest seconds, for which there is a time of its own."""
    since, until = look.wanted()
    fresh = REFRESH_S + SLOW_LAG_S if look.end is None else 0.0
    past, (low, high) = look.past, _slots(look)
    return bool(look.trouble) or (
        not past.empty
        and since >= past.since
        and until - fresh <= past.until
        and low >= past.slot_range[0]
        and high <= past.slot_range[1]
    )


def behind(look: Look, snap: Snapshot) -> bool:
    """Whether there is something new to ask for, as far as the picture goes on."""
    news = look.past.empty or snap.started_at + snap.elapsed_s - look.past.until > 2 * LAG_S
    return bool(look.trouble) or (news and look.end is None and look.frozen is None)


def missing(look: Look, snap: Snapshot) -> Asked:
    """What to ask for: all that is seen, or what it lacks at either end."""
    past, (low, high) = look.past, _slots(look)
    slots = past.slot_range
    if past.empty or low < slots[0] or high > slots[1]:
        slots = _ALL if (low, high) == _ALL else (max(1, low - (high - low)), high + (high - low))
    since, until = look.wanted()
    newest, margin = snap.started_at + snap.elapsed_s, (until - since) / 2
    ahead = newest if look.end is None else min(newest, until + margin)
    parts = max(1, min(400, look.window.columns))
    if slots != past.slot_range or past.empty or since > past.until or until < past.since:
        since, until = since - (0.0 if look.end is None else margin), ahead
    elif since < past.since:
        return Asked(TimelineQuery(since - margin, past.since, *slots, parts), past.since)
    else:
        since, until = past.until, ahead
    return Asked(TimelineQuery(since, until, *slots, parts), max(since, min(until, newest - _lag(snap))))


def _lag(snap: Snapshot) -> float:
    if snap.state in (RunState.FINISHED, RunState.STOPPED):
        return 0.0
    return SLOW_LAG_S if snap.health.journal == "slow" else LAG_S


def _slots(look: Look) -> tuple[int, int]:
    """The numbers of the slots seen; all where they are not too many, or do not stand in order."""
    if len(look.rows) <= ALL_SLOTS or look.order != "slot":
        return _ALL
    seen = look.rows[look.top : look.top + max(1, look.place.rows)]
    return seen[0], seen[-1]
