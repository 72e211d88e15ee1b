"""The end of a run: what came out, the whole run in one chart, its failures, and what to do next."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from qtui.core.snapshot import RunState, Snapshot
from qtui.tui.panel import Panel
from qtui.tui.screens.summary import draw_next, draw_summary, facts, next_height, next_steps

_FAILURES_FROM = 76
"""Columns from which on the failures stand beside the chart."""


class FinishedView(Widget):
    """Everything below the progress bar once a run has finished or was stopped."""

    DEFAULT_CSS = """
    FinishedView { layout: vertical; overflow: hidden; }
    FinishedView Horizontal { height: 1fr; }
    FinishedView #run { width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.snap: Snapshot | None = None
        self.why_empty = ""
        self._asked = ""
        self.summary = Panel()
        self.run = Panel(id="run")
        self.failures = Panel()
        self.next = Panel()

    def compose(self) -> ComposeResult:
        yield self.summary
        with Horizontal():
            yield self.run
            yield self.failures
        yield self.next

    def update_snapshot(self, snap: Snapshot) -> None:
        """Show the run as it ended, or as it stands after a retry."""
        self.snap = snap
        self._show()
        if snap.state is RunState.FINISHED and not snap.counts.accepted and snap.run_id != self._asked:
            self._asked = snap.run_id
            self.run_worker(self._learn(snap))

    async def _learn(self, snap: Snapshot) -> None:
        self.why_empty = await asyncio.to_thread(self._why_no_jobs, snap)
        self._show()

    def _why_no_jobs(self, snap: Snapshot) -> str:
        from qtui.tui.app import QtuiApp

        return self.app.host.why_no_jobs(snap) if isinstance(self.app, QtuiApp) else ""

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        from qtui.tui.widgets.failures import draw_failures
        from qtui.tui.widgets.flow import draw_whole_run

        snap = self.snap
        if snap is None or not self.size.height:
            return
        top, charts, bottom = shares(
            self.size.height, len(facts(snap)), len(next_steps(snap)), next_height(snap, self.size.height)
        )
        self.summary.styles.height, self.next.styles.height = top, bottom
        self.query_one(Horizontal).display = charts > 0 and snap.counts.accepted > 0
        self.failures.display = bool(snap.failures) and self.size.width >= _FAILURES_FROM
        self.failures.styles.width = max(34, self.size.width * 35 // 100)
        self.summary.show(partial(draw_summary, snap=snap, why_empty=self.why_empty))
        self.run.show(partial(draw_whole_run, snap=snap))
        self.failures.show(partial(draw_failures, snap=snap))
        self.next.show(partial(draw_next, snap=snap))


def shares(height: int, fact_rows: int, steps: int, next_rows: int) -> tuple[int, int, int]:
    """Rows for the summary, the charts and NEXT; the charts go first, then the frame of NEXT."""
    for summary, bottom in ((fact_rows + 4, next_rows), (fact_rows + 1, next_rows), (8, steps + 2), (7, steps)):
        charts = height - summary - bottom
        if charts >= 7:
            return summary, charts, bottom
    bottom = min(steps + 2, height // 2)
    return height - bottom, 0, bottom
