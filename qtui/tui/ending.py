"""How the screen was left, for the launcher that prints the summary afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qtui.core.snapshot import Snapshot


class Left(StrEnum):
    QUIT = "quit"
    """Before any run was shown."""
    REFUSED = "refused"
    """The run could not be started or reached; `reason` says why."""
    DETACHED = "detached"
    """The run goes on in the background."""
    FINISHED = "finished"
    STOPPED = "stopped"
    LOST = "lost"
    """The engine went away without an end."""
    SIGNAL = "signal"
    """A signal ended this face; the run goes on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the launcher needs to say goodbye."""

    how: Left
    snapshot: Snapshot | None = None
    """The last one seen."""
    reason: str = ""
    signal: int = 0
    code: int = 0
    """The exit code that goes with a refusal, or with the end of a run that was never seen."""
    picked: str | None = None
    """The preset that was picked on the screen, empty for a run that was joined; None when nothing was."""
