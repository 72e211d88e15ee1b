"""About a run: which it is, and where what belongs to it is."""

from __future__ import annotations

import platform
from importlib.metadata import version

from qtui.text import clean, plural
from qtui.tui.canvas import Line, Span
from qtui.tui.dialog import Choice, ChoiceDialog, Sheet
from qtui.tui.scene import Scene


class About(ChoiceDialog[None]):
    """Which run this is, where what belongs to it is, and what shows it."""

    def __init__(self, scene: Scene) -> None:
        snap = scene.snap
        facts = [
            ("run", snap.run_id),
            ("preset", snap.preset),
            ("results", snap.results or f"qtui results {snap.run_id}"),
            ("journal", f"{snap.health.journal}, {plural(snap.health.journal_lag, 'record')} not yet on disk"),
            ("attach", f"qtui attach {snap.run_id}"),
            ("steer", f"qtui ctl {snap.run_id} …"),
            ("qtui", f"{version('qtui')} on Python {platform.python_version()}, Textual {version('textual')}"),
        ]
        lines: list[Line] = [(Span(f"{name:<10}", "dim"), Span(clean(told, 200))) for name, told in facts]
        close: Choice[None] = Choice("esc", "Close", "", None)
        super().__init__(Sheet((Span("ABOUT THIS RUN", bold=True),), lines, (close,)), escape=None)
