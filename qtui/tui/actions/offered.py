"""The key bar: which actions would do something there and now, and what they are called there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtui.core.snapshot import RunState, Snapshot
from qtui.tui.actions.action import Action, Context
from qtui.tui.actions.registry import keys_in_bar, valid

if TYPE_CHECKING:
    from qtui.tui.widgets.keybar import Hint


def hints(context: Context, snap: Snapshot | None) -> list[Hint]:
    """The key bar there and now: only what would do something."""
    from qtui.tui.widgets.keybar import Hint

    return [
        Hint(keys, _short(action, context, snap), action.id, action.rank)
        for action in valid(context)
        if action.short and (keys := keys_in_bar(action)) and _useful(action, context, snap)
    ]


def _short(action: Action, context: Context, snap: Snapshot | None) -> str:
    match action.id, context:
        case "pause", _ if snap is not None and snap.state is RunState.PAUSED:
            return "resume"
        case "inspect", Context.FAILURES:
            return "jobs"
        case "back", Context.INSPECTOR:
            return "close"
        case "back", Context.OVERVIEW:
            return "keep running"
        case _:
            return action.short


def _useful(action: Action, context: Context, snap: Snapshot | None) -> bool:
    if snap is None:
        return action.id in ("palette", "help", "leave")
    match action.id:
        case "undo":
            return bool(snap.control.undo)
        case "retry_all":
            return max(snap.triage.open, snap.counts.failed if not snap.triage.aside else 0) > 0
        case "edit_preset":
            return not snap.counts.accepted
        case "back":
            draining = snap.state is RunState.DRAINING and context is Context.OVERVIEW
            return draining or context not in (Context.OVERVIEW, Context.FINISHED)
        case _:
            # the drawer itself names these, where its job allows them
            return context is not Context.INSPECTOR or action.id not in ("retry", "aside")
