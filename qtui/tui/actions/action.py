"""What one entry of the registry of actions says, and where an action may work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Context(StrEnum):
    """Where the eyes are."""

    OVERVIEW = "overview"
    TIMELINE = "timeline"
    JOBS = "jobs"
    FAILURES = "failures"
    CHARTS = "charts"
    EVENTS = "events"
    FINISHED = "finished"
    INSPECTOR = "inspector"


EVERYWHERE = frozenset(Context)
LIVE = EVERYWHERE - {Context.FINISHED}
LISTS = frozenset({Context.JOBS, Context.FAILURES})
TIMELINE = frozenset({Context.TIMELINE})
SEEN_IN_TIME = frozenset({Context.OVERVIEW, Context.TIMELINE})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do."""

    id: str
    keys: tuple[str, ...]
    """As Textual names them; none where only the palette offers it."""
    label: str
    """The keys as people read them."""
    short: str
    """For the key bar, one or two words; empty leaves it out."""
    help: str
    """One sentence, without a full stop; empty leaves it out of the help."""
    contexts: frozenset[Context] = EVERYWHERE
    rank: int = 99
    """Its place in the fight for room in the key bar: 0 stays to the last."""
    title: str = ""
    """In the command palette; empty leaves it out."""
    bar: str = ""
    """The keys in the key bar where they differ from `label`, e.g. `+ -` for two actions."""
    beside: tuple[str, ...] = ()
    """The other actions whose keys `bar` names."""
    group: str = ""
    """The heading in the help and the README; the registry gives it."""
    changes: bool = False
    """Whether it asks the engine for a change; such keys are refused while the engine is away."""
