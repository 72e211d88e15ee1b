"""Deadlines of attempts leave out the time in which the process itself did not run.

A stopped or starved process finds its timers overdue and the answers in its sockets. Whoever keeps deadlines looks at
them every `LOOK_S`, so that a look that comes late tells how long nobody ran.
"""

from __future__ import annotations

LOOK_S = 0.1
LATE_S = 0.1
"""A look so much too late was held up by more than a busy loop."""
LONG_S = 1.0
"""What broke while nobody ran for so long was broken by that."""


def overdue(due: float, now: float) -> float:
    """Seconds in which nobody ran before a look that was due at `due`; 0 when it comes as it should."""
    late = now - due
    return late if late > LATE_S else 0.0
