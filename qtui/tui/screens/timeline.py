"""View 2: slots against time; the cursor is pinned to a slot and a moment, whatever moves under it."""

from __future__ import annotations

import time

from textual import events
from textual.geometry import Region

from qtui.core.queries import FailureQuery, JobQuery, JobStory, Span, Timeline, Unknown
from qtui.core.snapshot import Snapshot
from qtui.text import clean
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas
from qtui.tui.screens import timeline_said as said
from qtui.tui.screens.job_pages import Ask
from qtui.tui.screens.timeline_asking import REFRESH_S, behind, covered, missing
from qtui.tui.screens.timeline_cells import bin_of
from qtui.tui.screens.timeline_draw import draw_timeline
from qtui.tui.screens.timeline_look import Look
from qtui.tui.stage_view import StageView, step_of
from qtui.tui.tip import Tip


class TimelineView(StageView):
    """Asks for what is seen, at most once a second while time goes on and only while it is seen."""

    context = Context.TIMELINE

    def __init__(self, query: Ask, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = Look()
        self._ask = query
        self._asked_at = float("-inf")
        self._loading = False
        self._naming = False
        self._dragging = False
        self._led_to: float | None = None
        """The moment to stand still at, once it is known how much is seen."""

    def on_mount(self) -> None:
        self.set_interval(0.25, self._tick)

    def on_resize(self) -> None:
        self._paint()

    def on_show(self) -> None:
        self._tick()

    def update_snapshot(self, snap: Snapshot) -> None:
        """Show another moment, unless the picture is frozen."""
        look = self.look
        if look.snap is not None and snap.started_at != look.snap.started_at:
            look.past.clear()  # another life of the engine counts from another zero
            look.frozen = None
        look.snap = snap
        self._paint()

    def selected_job(self) -> int | None:
        """The job whose attempt is under the cursor."""
        chosen, _ = said.under(self.look)
        return chosen.seq if chosen is not None else None

    def _paint(self) -> None:
        if not self.is_mounted or self.look.seen is None or not self.size.area:
            return
        self.look.size = (self.size.width, self.size.height)
        self.look.arrange()
        if self._led_to is not None and self.look.stand_at(self._led_to):
            self._led_to = None
        if not covered(self.look):
            self._load()
        self.show(self.draw)

    def draw(self, canvas: Canvas) -> None:
        """Draw what is seen now."""
        self.look.size = (canvas.width, canvas.height)
        if self.look.seen is not None:
            draw_timeline(canvas, self.look.picture(self.look.seen))

    def go_to(self, at: float, group: str = "") -> None:
        """Stand still with the cursor on that moment, as soon as it is known how much is seen."""
        self._led_to = at
        self._paint()

    # Asking

    def _tick(self) -> None:
        """Ask for what has ended since, and for the name of the job under the cursor."""
        snap = self.look.snap
        if not self.is_mounted or not self.is_on_screen or snap is None:
            return
        if behind(self.look, snap) and time.monotonic() - self._asked_at >= REFRESH_S:
            self._load()
        chosen, _ = said.under(self.look)
        if chosen is not None:
            self._wish_name(chosen)

    def _wish_name(self, span: Span) -> None:
        if self.look.names.lacks(span) and not self._naming:
            self._naming = True
            self.run_worker(self._ask_name(span), name="job name", exit_on_error=False)

    async def _ask_name(self, span: Span) -> None:
        try:
            answer = await self._ask(JobQuery(span.seq))
        finally:
            self._naming = False
        self.look.names.keep(span, answer if isinstance(answer, JobStory) else None)
        self._paint()

    def _load(self) -> None:
        if not self._loading and self.is_on_screen:
            self._loading = True
            self.run_worker(self._ask_for_spans(), name="timeline", exit_on_error=False)

    async def _ask_for_spans(self) -> None:
        try:
            self._asked_at = time.monotonic()
            await self._fill()
        finally:
            self._loading = False
        self._paint()

    async def _fill(self) -> None:
        look, snap = self.look, self.look.snap
        if snap is None:
            return
        asked, version = missing(look, snap), look.past.version
        answer = await self._ask(asked.query)
        if not isinstance(answer, Timeline):
            look.trouble = clean(answer.text if isinstance(answer, Unknown) else "the answer was no timeline")
            return
        look.trouble = ""
        if look.past.version != version:
            return  # what it was to be joined to is gone
        if look.past.slot_range != asked.slots:
            look.past.clear()
            look.past.slot_range = asked.slots
        look.past.take(answer, asked.query.since, asked.known)
        look.past.trim(look.wanted()[0])

    async def _find_failure(self, forward: bool) -> None:
        look = self.look
        if look.seen is None:
            return
        column = bin_of(look.cursor, look.step_s)
        at, seq = look.seen.started_at + (column + forward) * look.step_s, 0
        if look.target is not None:
            at, seq = look.target.end, look.target.seq
        answer = await self._ask(FailureQuery(at, seq, forward))
        if isinstance(answer, Timeline) and answer.spans:
            look.lead_to(answer.spans[0])
        else:
            where = "after" if forward else "before"
            self._say(answer.text if isinstance(answer, Unknown) else f"no attempt failed for good {where} this")
        self._paint()

    def _say(self, text: str) -> None:
        """Why a key did nothing, where answers to keys are shown."""
        say = getattr(self.app, "say", None)
        if say is not None:
            say(clean(text), ok=False)

    # Keys

    def act(self, action_id: str) -> bool:
        look = self.look
        moved = step_of(action_id, max(1, look.place.rows - 1))
        half = max(1, look.window.columns // 2)
        sideways = {"left": -1, "right": 1, "far_left": -half, "far_right": half}
        ends = {"first": -len(look.rows), "last": len(look.rows)}
        if moved or action_id in ends:
            look.move_rows(moved or ends[action_id])
        elif action_id in sideways:
            look.move_time(sideways[action_id])
        elif action_id in ("next_failure", "previous_failure"):
            forward = action_id == "next_failure"
            self.run_worker(self._find_failure(forward), name="failure", group="failure", exclusive=True)
        elif not self._choose(action_id):
            return False
        self._paint()
        return True

    def _choose(self, action_id: str) -> bool:
        """What changes how the picture looks; False when it is none of that, or there is nothing to let go of."""
        look = self.look
        match action_id:
            case "finer" | "coarser":
                look.zoom(-1 if action_id == "finer" else 1)
            case "now":
                look.to_now()
            case "freeze":
                look.freeze()
            case "range":
                look.choose_range()
            case "sort_slots":
                look.sort()
            case "back":
                return look.back()
            case _:
                return False
        return True

    # Mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self.look.aim(event.x, event.y):
            self.look.range_from = None
            self._dragging = True
            self.capture_mouse()
            self._paint()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._dragging:
            return
        look = self.look
        start, before = (look.cursor if look.range_from is None else look.range_from), look.at
        if look.aim(event.x, event.y, dragged=True) and (look.at != before or look.range_from is not None):
            look.range_from = start
            self._paint()

    def tip_at(self, x: int, y: int) -> Tip | None:
        """What ran at a cell; its name is asked for, and comes a moment later."""
        cell = self.look.cell(x, y)
        if cell is None or not (lines := said.said_of(self.look, *cell)):
            return None
        ran, _ = said.ran(self.look, *cell)
        if ran is not None:
            self._wish_name(ran)
        return Tip(lines, Region(x, y, 1, 1))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._dragging = False
        self.release_mouse()

    async def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and self.selected_job() is not None:
            await self.screen.run_action("do('inspect')")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.act("down")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.act("up")
