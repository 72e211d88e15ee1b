"""The stage: one view at a time, mounted when first asked for, and the inspector drawer over it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.worker import Worker, WorkerError

from qtui.core.job_filter import Condition
from qtui.tui.actions import Context
from qtui.tui.scene import Scene
from qtui.tui.screens.overview import Overview
from qtui.tui.stage_view import StageView

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp
    from qtui.tui.screens.charts import ChartsView
    from qtui.tui.screens.events import EventsView
    from qtui.tui.screens.failures import FailuresView
    from qtui.tui.screens.finished import FinishedView
    from qtui.tui.screens.inspector import Inspector
    from qtui.tui.screens.jobs import JobsView
    from qtui.tui.screens.timeline import TimelineView

View: TypeAlias = "StageView | FinishedView"


def _timeline(app: QtuiApp) -> TimelineView:
    from qtui.tui.screens.timeline import TimelineView

    return TimelineView(app.ask)


def _jobs(app: QtuiApp) -> JobsView:
    from qtui.tui.screens.jobs import JobsView

    return JobsView(app.ask, id="jobs")


def _failures(app: QtuiApp) -> FailuresView:
    from qtui.tui.screens.failures import FailuresView

    return FailuresView(app.ask, id="failures-view")


def _charts(app: QtuiApp) -> ChartsView:
    from qtui.tui.screens.charts import ChartsView

    return ChartsView()


def _events(app: QtuiApp) -> EventsView:
    from qtui.tui.screens.events import EventsView

    return EventsView(app.ask)


def _finished(app: QtuiApp) -> FinishedView:
    from qtui.tui.screens.finished import FinishedView

    return FinishedView()


MAKERS: dict[Context, Callable[[QtuiApp], View]] = {
    Context.TIMELINE: _timeline,
    Context.JOBS: _jobs,
    Context.FAILURES: _failures,
    Context.CHARTS: _charts,
    Context.EVENTS: _events,
    Context.FINISHED: _finished,
}
"""How every view but the overview is made, when it is first asked for; imported only then."""
ORDER = (
    Context.OVERVIEW,
    Context.TIMELINE,
    Context.JOBS,
    Context.FAILURES,
    Context.CHARTS,
    Context.EVENTS,
)
"""The views in the order of their keys."""


def _tell(view: View, scene: Scene) -> None:
    """Show a view another moment."""
    if isinstance(view, StageView):
        view.update_scene(scene)
    else:
        view.update_snapshot(scene.snap)


class Stage(Container):
    """Knows which view is shown, what is chosen in it, and whether the drawer is open."""

    def __init__(self) -> None:
        super().__init__(id="stage")
        self.view = Context.OVERVIEW
        self._over = False
        self._overview = Overview()
        self._views: dict[Context, View] = {}
        """Those asked for so far."""
        self._drawer: Inspector | None = None
        self._ready: set[Context] = set()
        self._coming: Worker[None] | None = None
        """A view on its way to the stage."""
        self._scene: Scene | None = None

    def compose(self) -> ComposeResult:
        yield self._overview

    @property
    def context(self) -> Context:
        """Which keys make sense."""
        if self._drawer_open:
            return Context.INSPECTOR
        return self._wanted

    @property
    def _wanted(self) -> Context:
        """Which view is to be seen under the drawer."""
        return Context.FINISHED if self._over and self.view is Context.OVERVIEW else self.view

    @property
    def _drawer_open(self) -> bool:
        return self._drawer is not None and self._drawer.display

    def show(self, scene: Scene) -> None:
        """Draw what is seen of this moment."""
        news = self._scene is None or self._scene.snap is not scene.snap
        self._scene = scene
        shown = self._shown()
        if shown is None:
            self._overview.show(scene)
        elif news:
            _tell(shown, scene)
        if news and self._drawer is not None and self._drawer_open:
            self._drawer.update_snapshot(scene.snap)

    def _shown(self) -> View | None:
        """The view seen instead of the overview, once it is mounted with its children."""
        return self._views[self._wanted] if self._wanted in self._ready else None

    def turn_to(self, view: Context, *, over: bool | None = None) -> None:
        """Show a view; `over` says whether the run has ended, which changes the overview."""
        self._over = self._over if over is None else over
        self.view = view
        self.close_drawer()
        wanted = self._wanted
        if wanted in MAKERS and wanted not in self._views:
            self._views[wanted] = MAKERS[wanted](cast("QtuiApp", self.app))
            # As a function: a closing app may never start the worker, and a coroutine would then be left over.
            self._coming = self.run_worker(partial(self._bring, wanted), name=f"mount {wanted}")
        self._show_view()

    async def settled(self) -> None:
        """The view last asked for is there: what is typed next is meant for it."""
        if self._coming is not None:
            with suppress(WorkerError):  # cancelled, because the app is closing
                await self._coming.wait()
            self._coming = None

    def _show_view(self) -> None:
        """Show the one view that is to be seen, as far as it is there."""
        shown = self._shown()
        for child in (self._overview, *self._views.values()):
            child.display = child is (shown or self._overview)
        if shown is None:
            self.screen.set_focus(None)
        else:
            shown.focus()
            if self._scene is not None:
                _tell(shown, self._scene)

    async def _bring(self, wanted: Context) -> None:
        if self.is_attached:  # it is not while the app is closing
            await self.mount(self._views[wanted])
            self._ready.add(wanted)
            self._show_view()

    def do(self, action_id: str) -> bool:
        """Actions that only move the eyes; False when it means nothing in this view."""
        match action_id:
            case "next_view" | "previous_view":
                step = 1 if action_id == "next_view" else -1
                self.turn_to(ORDER[(ORDER.index(self.view) + step) % len(ORDER)])
            case _ if action_id in ORDER:
                self.turn_to(Context(action_id))
            case "next_job" | "previous_job":
                self._step(1 if action_id == "next_job" else -1)
            case _ if isinstance(shown := self._shown(), StageView):
                return shown.act(action_id)
            case _:
                return self.context is Context.OVERVIEW and self._overview.slots.act(action_id)
        return True

    def lead_to(self, at: float, group: str = "") -> None:
        """Show in the view that is seen a moment of the past, or a failure group."""
        if isinstance(shown := self._shown(), StageView):
            shown.go_to(at, group)

    def go_home(self) -> bool:
        """Back to the overview; False when it is there already."""
        if self.view is Context.OVERVIEW:
            return False
        self.turn_to(Context.OVERVIEW)
        return True

    def selected_job(self) -> int | None:
        """The job that keys act on, by its number and never by its row."""
        if self._drawer_open:
            return self._drawer.seq if self._drawer is not None else None
        if isinstance(shown := self._shown(), StageView):
            return shown.selected_job()
        return self._overview.selected_job() if self.context is Context.OVERVIEW else None

    def read_job(self) -> int | None:
        """The job whose story is asked for: a slot that has none at the moment had one before."""
        seq = self.selected_job()
        return self._overview.last_job() if seq is None and self.context is Context.OVERVIEW else seq

    def _step(self, step: int) -> None:
        """Let the drawer show a neighbour of its job in the list under it."""
        if self._drawer is None or not self._drawer_open:
            return
        shown = self._shown()
        if isinstance(shown, StageView):
            seq = shown.step_job(step)
        elif self.context is Context.INSPECTOR:
            self._overview.slots.move("down" if step > 0 else "up")
            seq = self._overview.selected_job()
        if seq is not None:
            self._drawer.open(seq)

    def marked_jobs(self) -> list[int]:
        """The jobs that are marked in the list; none while one job is looked at."""
        shown = self._shown()
        return shown.marked_jobs() if isinstance(shown, StageView) and not self._drawer_open else []

    def copied(self) -> str:
        """The chosen or marked lines."""
        shown = self._shown()
        return shown.copied() if isinstance(shown, StageView) else ""

    @property
    def drawer(self) -> Inspector | None:
        """The inspector while it is open."""
        return self._drawer if self._drawer_open else None

    @property
    def jobs(self) -> JobsView | None:
        """The job list while it is what keys act on."""
        shown = self._shown()
        return cast("JobsView", shown) if self.view is Context.JOBS and not self._drawer_open and shown else None

    def selected_group(self) -> str | None:
        """The failure group that keys act on, by its signature."""
        shown = self._shown()
        return shown.selected_group() if isinstance(shown, StageView) and not self._drawer_open else None

    def show_jobs_of(self, signature: str) -> None:
        """The job list, only with the jobs of one failure group."""
        self.turn_to(Context.JOBS)
        groups = self._scene.snap.failures if self._scene is not None else []
        title = next((group.title for group in groups if group.signature == signature), "")
        cast("JobsView", self._views[Context.JOBS]).set_filter(Condition("sig", "=", signature), title=title)

    def open_drawer(self, seq: int) -> None:
        """Open the inspector on a job; it stays with the job when the job leaves its slot."""
        self.run_worker(self._open_drawer(seq), name="inspect", group="inspect", exclusive=True)

    async def _open_drawer(self, seq: int) -> None:
        if self._drawer is None:
            from qtui.tui.screens.inspector import Inspector

            self._drawer = Inspector(cast("QtuiApp", self.app).ask)
            await self.mount(self._drawer)
        self._drawer.open(seq)
        if self._scene is not None:
            self._drawer.update_snapshot(self._scene.snap)

    def close_drawer(self) -> bool:
        """Close the inspector; False when it was not open."""
        if self._drawer is None or not self._drawer_open:
            return False
        self._drawer.close_drawer()
        self.on_inspector_closed()
        return True

    def on_inspector_closed(self) -> None:
        """Give the keys back to what was under the drawer."""
        shown = self._shown()
        if shown is not None:
            shown.focus()
        else:
            self.screen.set_focus(None)
