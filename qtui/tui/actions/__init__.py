"""The registry of actions: one file for each heading of the help, seen from outside as one list."""

from qtui.tui.actions.action import Action, Context
from qtui.tui.actions.offered import hints
from qtui.tui.actions.registry import (
    ACTIONS,
    BY_ID,
    ON_APP,
    action_of,
    action_shown_as,
    app_bindings,
    entries,
    key_of,
    keys_for,
    sections,
    shown,
    use,
    valid,
)

__all__ = [
    "ACTIONS",
    "BY_ID",
    "ON_APP",
    "Action",
    "Context",
    "action_of",
    "action_shown_as",
    "app_bindings",
    "entries",
    "hints",
    "key_of",
    "keys_for",
    "sections",
    "shown",
    "use",
    "valid",
]
