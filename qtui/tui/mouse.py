"""What a click means: the action of the registry that stands for what was clicked; the wheel never changes a value."""

from __future__ import annotations

from qtui.tui.actions import Context, action_shown_as
from qtui.tui.scene import Scene
from qtui.tui.widgets.band import plan

_PANELS = {
    "failures": Context.FAILURES,
    "side-failures": Context.FAILURES,
    "job": "inspect",
}
_TWICE = frozenset({"slots", "jobs", "failures-view"})
"""Lists whose chosen row a second click opens."""


def action_at(panel: str, x: int, width: int, scene: Scene, *, twice: bool) -> str:
    """The action for a click in column `x` of a panel, or nothing; `twice` says that it was the second in a row."""
    match panel:
        case "band":
            return _in_band(x, width)
        case "verdict":
            return action_shown_as(scene.verdict.key) if x >= width - len(scene.verdict.key_text) - 6 else ""
        case _ if panel in _TWICE:
            return "inspect" if twice else ""
        case _:
            return str(_PANELS.get(panel, ""))


def _in_band(x: int, width: int) -> str:
    """The gate is the producers' switch; the boxes are set by a number."""
    if width < 70:
        return ""
    places = plan(width)
    for (left, wide), action in (
        (places.gate, "pause"),
        (places.queue, "bound"),
        (places.valve, "limit"),
        (places.workers, "workers"),
    ):
        if left <= x < left + wide:
            return action
    return ""
