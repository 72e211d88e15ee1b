"""The one list of what a key can do: bindings, key bar, help, palette and the README's key table are made from it.

It is light: a keymap file is checked against it before anything of the screen is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from qtui.tui.actions import jobs, leave, lists, look, steer, timeline, views
from qtui.tui.actions.action import Action, Context
from qtui.tui.key_names import printed

if TYPE_CHECKING:
    from textual.binding import Binding

HEADINGS: dict[str, tuple[Action, ...]] = {
    "Steer": steer.ACTIONS,
    "Jobs": jobs.ACTIONS,
    "Lists": lists.ACTIONS,
    "Views": views.ACTIONS,
    "Timeline": timeline.ACTIONS,
    "Look": look.ACTIONS,
    "Leave": leave.ACTIONS,
}
"""The headings of the help and the README in their order; key bar and palette keep it too."""
ACTIONS = tuple(replace(action, group=heading) for heading, actions in HEADINGS.items() for action in actions)
BY_ID = {action.id: action for action in ACTIONS}
ON_APP = frozenset({"leave_now", "leave_softly", "stay"})
"""Bound by the app, before anything else sees the key."""


_IN_FORCE = dict(BY_ID)


def use(keys: Mapping[str, tuple[str, ...]]) -> None:
    """Put a person's own keys in force, by the ids of actions; checked by `keymap`. Called once, before the screen."""
    _IN_FORCE.update((action.id, _with(action, keys[action.id]) if action.id in keys else action) for action in ACTIONS)


def _with(action: Action, keys: tuple[str, ...]) -> Action:
    return replace(action, keys=keys, label=" ".join(map(printed, keys)), bar="")


def valid(context: Context) -> list[Action]:
    """What works there, in the order of the list."""
    return [action for action in _IN_FORCE.values() if context in action.contexts]


def action_of(key: str, context: Context) -> str | None:
    """The action that a key, named as Textual does, stands for there."""
    return next((action.id for action in valid(context) if key in action.keys), None)


def keys_for(action_id: str) -> tuple[str, ...]:
    """The keys of an action today, as Textual names them."""
    return _IN_FORCE[action_id].keys


def keys_in_bar(action: Action) -> str:
    """What the key bar writes before an action: its keys, and those of the actions it stands for there."""
    together = (action.id, *action.beside)
    if action.bar and all(_IN_FORCE[each] is BY_ID[each] for each in together):
        return action.bar
    return " ".join(filter(None, map(key_of, together))) if action.beside else action.label


def key_of(action_id: str) -> str:
    """The first key of an action as people read it, for words on the screen; empty where it has none."""
    return _IN_FORCE[action_id].label.partition(" ")[0]


def action_shown_as(label: str) -> str:
    """The action whose key is written so where nobody has changed it, or nothing."""
    return next((action.id for action in ACTIONS if label and label in action.label.split()), "")


def shown(label: str) -> str:
    """The key that stands today for what is written so by default."""
    action_id = action_shown_as(label)
    return key_of(action_id) if action_id and _IN_FORCE[action_id] is not BY_ID[action_id] else label


def sections(context: Context) -> list[tuple[str, list[tuple[str, str]]]]:
    """The keys that work there under their headings, for the help: (heading, [(keys, sentence)])."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in valid(context):
        if action.help:
            groups.setdefault(action.group, []).append((action.label, action.help))
    return list(groups.items())


def entries(context: Context) -> list[tuple[str, str, str]]:
    """What the command palette offers there: (id, title, keys)."""
    return [(action.id, action.title, action.label) for action in valid(context) if action.title]


def app_bindings() -> list[Binding]:
    """The keys that work everywhere, dialogs and inputs included; each runs the action of its id."""
    from textual.binding import Binding

    return [
        Binding(",".join(action.keys), action.id, action.help, show=False, id=action.id, priority=True)
        for action in ACTIONS
        if action.id in ON_APP
    ]
