"""View 1: the slots, and the charts that explain them; the cursor is pinned to a slot, not to a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical

from qtui.core.snapshot import SlotState, SlotView, Snapshot
from qtui.tui.canvas import Canvas
from qtui.tui.layout import charts_height
from qtui.tui.panel import Panel, Tell
from qtui.tui.scene import Scene
from qtui.tui.screens.job_panel import JobPanel
from qtui.tui.stage_view import step_of
from qtui.tui.tip import Tip

if TYPE_CHECKING:
    from qtui.tui.widgets.slot_forms import Form

STEPS = {"up": -1, "down": 1, "first": -(10**6), "last": 10**6}
DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
MOVES = frozenset({*STEPS, *DIRECTIONS, "page_up", "page_down", "half_up", "half_down"})


class SlotsPanel(Panel):
    """The SLOTS panel with its cursor."""

    def __init__(self) -> None:
        super().__init__(id="slots")
        self.selected = 0
        """The number of the chosen slot, 0 while there is none."""
        self.form: Form | None = None
        """What they are drawn as; None while that is not decided."""
        self.wanted: Form | None = None
        """What a person wants them to be drawn as; None: what fits."""
        self._roomiest: Form | None = None
        """What fits."""
        self._top = 0
        self._snap: Snapshot | None = None

    def choose(self, snap: Snapshot, height: int) -> None:
        """Decide on the form, for a panel that has this height as long as nothing gives way to it."""
        from qtui.tui.widgets.slot_forms import fitting

        self._roomiest = fitting(self.size.width, height, snap)
        self.form = self.wanted or self._roomiest

    def show_snapshot(self, snap: Snapshot) -> None:
        from qtui.tui.widgets.slots import draw_slots

        self._snap = snap
        self._keep_in_view(snap)
        draw = partial(draw_slots, snap=snap, selected=self.selected, top=self._top, form=self.form)
        self.show(partial(draw, wanted=self.wanted is not None))

    def slot(self) -> SlotView | None:
        """The chosen slot."""
        slots = self._snap.slots if self._snap is not None else []
        return next((slot for slot in slots if slot.number == self.selected), None)

    def act(self, action_id: str) -> bool:
        """Draw in another density, or move the cursor; False when the action means nothing here."""
        if action_id == "density":
            if self._roomiest is not None:
                from qtui.tui.widgets.slot_forms import after

                self.wanted = after(self.wanted, self._roomiest)
            return True
        if action_id not in MOVES:
            return False
        self.move(action_id)
        return True

    def move(self, action_id: str) -> None:
        """Move the cursor: to what is drawn in that direction, else along the list."""
        from qtui.tui.widgets.slots import slot_rows

        if self._snap is None or not self._snap.slots:
            return
        neighbour = self._neighbour(*DIRECTIONS[action_id]) if action_id in DIRECTIONS else None
        if neighbour is not None:
            self.selected = neighbour
            return
        numbers = [slot.number for slot in self._snap.slots]
        at = numbers.index(self.selected) if self.selected in numbers else -1
        page = max(1, slot_rows(*self.size, self._snap, self.form) - 1)
        step = STEPS.get(action_id) or step_of(action_id, page)
        self.selected = numbers[max(0, min(len(numbers) - 1, at + step))]

    def _neighbour(self, dx: int, dy: int) -> int | None:
        """The next other slot drawn in a direction; where it is drawn depends on the form the panel has taken."""
        width, height = self.size
        at = next(
            (cell for cell in product(range(width), range(height)) if self._slot_at(*cell) == self.selected), None
        )
        if at is None:
            return None
        x, y = at[0] + dx, at[1] + dy
        while 0 <= x < width and 0 <= y < height:
            number = self._slot_at(x, y)
            if number is not None and number != self.selected:
                return number
            x, y = x + dx, y + dy
        return None

    def _slot_at(self, x: int, y: int) -> int | None:
        from qtui.tui.widgets.slots import slot_at

        return None if self._snap is None else slot_at(x, y, *self.size, self._snap, self._top, self.form)

    def tip_at(self, x: int, y: int) -> Tip | None:
        from qtui.tui.widgets.slot_tips import slot_tip

        return None if self._snap is None else slot_tip(self._snap, self._top, self.form, x, y, *self.size)

    def _keep_in_view(self, snap: Snapshot) -> None:
        """Where the chosen slot is gone for good, the one before it is chosen."""
        from qtui.tui.widgets.slot_forms import fit_of, fitting, scrolled

        before = [index for index, slot in enumerate(snap.slots) if slot.number <= self.selected]
        at = before[-1] if before else 0
        self.selected = snap.slots[at].number if snap.slots else 0
        form = self.form or fitting(*self.size, snap)
        self._top = scrolled(fit_of(form, *self.size, snap), self._top, at, len(snap.slots))

    def on_click(self, event: events.Click) -> None:
        number = self._slot_at(event.x, event.y)
        if number is not None and self._snap is not None:
            self.selected = number
            self.show_snapshot(self._snap)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, "down")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, "up")

    def _wheel(self, event: events.MouseEvent, action_id: str) -> None:
        event.stop()
        self.move(action_id)
        if self._snap is not None:
            self.show_snapshot(self._snap)


class Overview(Container):
    """Slots above, charts below; on wide screens failures and the chosen job stand beside the slots."""

    def __init__(self) -> None:
        super().__init__(id="overview")
        self.slots = SlotsPanel()
        names = ("flow", "latency", "failures", "explain", "mini", "side-failures")
        self._panels = {name: Panel(id=name) for name in names}
        self._job = JobPanel()
        self._drawn: dict[str, tuple[object, ...]] = {}

    def compose(self) -> ComposeResult:
        with Horizontal(id="upper"):
            yield self.slots
            with Vertical(id="side"):
                yield self._panels["side-failures"]
                yield self._job
        with Horizontal(id="charts"):
            yield self._panels["flow"]
            yield self._panels["latency"]
            yield self._panels["failures"]
            yield self._panels["explain"]
        yield self._panels["mini"]

    def show(self, scene: Scene) -> None:
        """Draw what is seen and has changed; panels without room cost nothing."""
        snap = scene.snap
        beat = _beat(scene)
        cause: object = beat if scene.calm else snap
        if self.slots.size.area:
            self._decide(snap)
            slots = self.slots
            if self._is_news("slots", (cause, slots.size, slots.selected, slots.form, slots.wanted)):
                slots.show_snapshot(snap)
        slot = self.slots.slot()
        number = slot.number if slot else 0
        if self._job.size.area and self._is_news("job", (beat if scene.calm else snap, self._job.size, number)):
            self._job.show_slot(snap, number)
        for name, panel in self._panels.items():
            cause = beat if scene.calm or name in CHARTS else snap
            if panel.size.area and self._is_news(name, (cause, panel.size)):
                panel.show(_drawing(name, snap), _words(name, snap))

    def _decide(self, snap: Snapshot) -> None:
        """Many slots need the room of the charts, for what groups of them did in time."""
        self.slots.choose(snap, self.size.height - charts_height(self.screen.classes))
        dense = self.slots.form is not None and self.slots.form.is_dense
        if dense != self.has_class("-dense"):
            self.set_class(dense, "-dense")

    def _is_news(self, name: str, reason: tuple[object, ...]) -> bool:
        """Whether anything the panel is drawn from differs from the last time; snapshots differ by identity."""
        before = self._drawn.get(name)
        same = before is not None and (
            before[0] is reason[0] if isinstance(reason[0], Snapshot) else before[0] == reason[0]
        )
        if before is not None and same and before[1:] == reason[1:]:
            return False
        self._drawn[name] = reason
        return True

    def selected_job(self) -> int | None:
        """The job in the chosen slot."""
        slot = self.slots.slot()
        if slot is None or slot.state not in (SlotState.RUNNING, SlotState.LEAVING, SlotState.BACKOFF):
            return None
        return slot.seq or None

    def last_job(self) -> int | None:
        """The job that was in the chosen slot before; between two short ones it is what a person means."""
        slot = self.slots.slot()
        return slot.last or None if slot is not None else None


CHARTS = frozenset({"flow", "latency", "mini"})
CALM_S = 6
"""While nobody looks the whole stage comes so often; the rows around it tell the state."""


def _beat(scene: Scene) -> object:
    """What charts follow: their columns are seconds, but what a person does is seen at once."""
    snap, step = scene.snap, CALM_S if scene.calm else 1
    return snap.run_id, snap.state, snap.elapsed_s // step, [len(marks) for marks in snap.series.marks[-3:]]


def _words(name: str, snap: Snapshot) -> Tell | None:
    """What a panel says of its cells; imported when first needed, by the mouse."""
    if name not in ("flow", "latency"):
        return None

    def tell(x: int, y: int, width: int, height: int) -> Tip | None:
        from qtui.tui.widgets.flow import flow_tip
        from qtui.tui.widgets.latency import latency_tip

        return (flow_tip if name == "flow" else latency_tip)(snap, x, y, width, height)

    return tell


def _drawing(name: str, snap: Snapshot) -> Callable[[Canvas], None]:
    """The drawing of a panel; imported when first needed."""
    match name:
        case "flow":
            from qtui.tui.widgets.flow import draw_flow

            return lambda canvas: draw_flow(canvas, snap)
        case "latency":
            from qtui.tui.widgets.latency import draw_latency

            return lambda canvas: draw_latency(canvas, snap)
        case "mini":
            from qtui.tui.widgets.mini import draw_mini

            return lambda canvas: draw_mini(canvas, snap)
        case "explain":
            from qtui.tui.widgets.explain import draw_explain

            return lambda canvas: draw_explain(canvas, snap)
        case _:
            from qtui.tui.widgets.failures import draw_failures

            return lambda canvas: draw_failures(canvas, snap)
