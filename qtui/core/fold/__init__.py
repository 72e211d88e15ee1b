"""How each event changes the ledger: one table of functions, a file for each part of the run that they tell of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtui.core.fold import attempts, jobs, outstanding, producers, run, steering

if TYPE_CHECKING:
    from qtui.core.ledger import Ledger

HANDLERS: dict[type, Callable[[Ledger, Any], None]] = {
    **jobs.HANDLERS,
    **attempts.HANDLERS,
    **producers.HANDLERS,
    **run.HANDLERS,
    **outstanding.HANDLERS,
    **steering.HANDLERS,
}
"""What folds each kind of event into a ledger."""
