"""What the stage asks of a view: to show a moment, to act on a key, and to say what is chosen in it."""

from __future__ import annotations

from typing import ClassVar

from textual import events

from qtui.core.snapshot import Snapshot
from qtui.tui.actions import Context, action_of
from qtui.tui.panel import Panel
from qtui.tui.scene import Scene


class StageView(Panel, can_focus=True):
    """One of the views behind a number key; drawn as a whole, painted where rows changed."""

    context: ClassVar[Context]
    """Whose keys make sense while it is seen."""

    def update_scene(self, scene: Scene) -> None:
        """Show another moment, with what this face adds to it."""
        self.update_snapshot(scene.snap)

    def copied(self) -> str:
        """The text of what is chosen, whole lines without frames; empty when there is nothing to copy."""
        return ""

    def update_snapshot(self, snap: Snapshot) -> None:
        """Show another moment of the run."""

    def act(self, action_id: str) -> bool:
        """Do what an action of the registry means here; False when it means nothing here."""
        return False

    def selected_job(self) -> int | None:
        """The job that keys act on, by its number and never by its row."""
        return None

    def marked_jobs(self) -> list[int]:
        """The jobs that are marked, by their numbers; keys that act on several act on these."""
        return []

    def go_to(self, at: float, group: str = "") -> None:
        """Show a moment of the past, by the wall clock, or a failure group; where that means nothing, nothing."""

    def step_job(self, step: int) -> int | None:
        """Choose a neighbour of the chosen job; its number, None where there is none to choose."""
        return None

    def selected_group(self) -> str | None:
        """The failure group that keys act on, by its signature."""
        return None

    def on_key(self, event: events.Key) -> None:
        action = action_of(event.key, self.context)
        if action is not None and self.act(action):
            event.stop()
            event.prevent_default()


def step_of(action_id: str, page: int) -> int:
    """How many rows an action moves down where a page has so many; 0 when it moves none."""
    page = max(1, page)
    half = max(1, page // 2)
    steps = {"down": 1, "up": -1, "page_down": page, "page_up": -page, "half_down": half, "half_up": -half}
    return steps.get(action_id, 0)
