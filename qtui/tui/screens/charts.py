"""View 5: how the run went on one axis of time, its latency, and what theory says of it."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize

from qtui.core.snapshot import Snapshot
from qtui.tui.actions import Context
from qtui.tui.canvas import Line
from qtui.tui.panel import Panel
from qtui.tui.scene import Scene
from qtui.tui.stage_view import StageView
from qtui.tui.widgets.charts import window_pace
from qtui.tui.widgets.explain import draw_explain, estimate, guess_lines, law_lines
from qtui.tui.widgets.latency import draw_latency, latency_tip
from qtui.tui.widgets.times import columns_of, draw_times, times_tip

NARROW = 70
"""Columns below which only the charts over time are shown, with the explanation under them if there is room."""


class ChartsView(StageView):
    """Three panels; `[` and `]` choose between the last three minutes and the whole run."""

    context = Context.CHARTS

    DEFAULT_CSS = """
    ChartsView { layout: horizontal; }
    ChartsView > #times, ChartsView > #beside { width: 1fr; height: 1fr; }
    #beside > #heat { height: 2fr; }
    #beside > #why { height: 3fr; }
    ChartsView.-slim { layout: vertical; }
    ChartsView.-slim #heat { display: none; }
    ChartsView.-slim #why { height: 1fr; }
    ChartsView.-low #beside { display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.whole = False
        self._scene: Scene | None = None
        self._times, self._heat, self._why = Panel(id="times"), Panel(id="heat"), Panel(id="why")

    def compose(self) -> ComposeResult:
        yield self._times
        with Vertical(id="beside"):
            yield self._heat
            yield self._why

    def on_resize(self, event: Resize) -> None:
        slim = event.size.width < NARROW
        self.set_class(slim, "-slim")
        self.set_class(slim and event.size.height < 18, "-low")
        self.call_after_refresh(self._show)

    def update_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._show()

    def update_snapshot(self, snap: Snapshot) -> None:
        """Without a scene there is nothing to estimate from."""

    def act(self, action_id: str) -> bool:
        if action_id not in ("recent", "whole_run"):
            return False
        self.whole = action_id == "whole_run"
        self._show()
        return True

    def copied(self) -> str:
        """What EXPLAIN says, as text."""
        if self._scene is None:
            return ""
        snap, eta = self._scene.snap, self._scene.eta
        lines: list[Line] = [*law_lines(snap), *guess_lines(snap, eta)]
        told = ["".join(span.text for span in line).strip() for line in lines]
        return "\n".join([*told, estimate(eta)] if eta.text else told)

    def _show(self) -> None:
        scene = self._scene
        if scene is None or not self.is_mounted:
            return
        snap, whole = scene.snap, self.whole
        if self._times.size.area:
            self._times.show(partial(draw_times, snap=snap, whole=whole), partial(times_tip, snap, whole))
        if self._heat.size.area:
            pace = window_pace(columns_of(self._heat.size.width))
            heat = partial(latency_tip, snap, pace_s=pace, whole=whole)
            self._heat.show(partial(draw_latency, snap=snap, pace_s=pace, whole=whole), heat)
        if self._why.size.area:
            self._why.show(partial(draw_explain, snap=snap, eta=scene.eta))
