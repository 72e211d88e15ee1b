"""View 3: every job of the run, as a window on a list that may hold millions."""

from __future__ import annotations

import time

from textual import events
from textual.app import ComposeResult

from qtui.core.snapshot import Counts, Snapshot
from qtui.text import clean, count
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.screens.job_filter import HINT, JobFilter, parse
from qtui.tui.screens.job_pages import Ask, JobPages
from qtui.tui.screens.job_table import draw_heading, draw_job
from qtui.tui.screens.prompt import FilterBar
from qtui.tui.stage_view import StageView, step_of

REFRESH_S = 1.0
"""The list is asked for again at most so often."""


class JobsView(StageView):
    """The cursor is pinned to a job: when rows move it moves along, and stays on it even when it leaves the list."""

    context = Context.JOBS

    def __init__(self, query: Ask, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pages = JobPages(query)
        self.filter = JobFilter()
        self.following = True
        self._index = 0
        self._seq: int | None = None
        self._top = 0
        self._gone = False
        self._snap: Snapshot | None = None
        self._counts: Counts | None = None
        self._loading = False
        self._asked_at = -REFRESH_S

    def compose(self) -> ComposeResult:
        yield FilterBar(HINT)

    def on_mount(self) -> None:
        self.set_interval(REFRESH_S / 2, self._tick)

    def on_resize(self) -> None:
        self._place()

    def on_show(self) -> None:
        self._tick()

    def update_snapshot(self, snap: Snapshot) -> None:
        """Take note of another moment of the run; the list itself follows at its own pace."""
        self._snap = snap
        if self.following and self._counts is None:
            self._tick()

    def selected_job(self) -> int | None:
        """The number of the job the cursor is on, None when there is none."""
        return self._seq

    def set_filter(
        self, text: str = "", *, state: str = "", signature: str = "", title: str = "", order: str = "newest"
    ) -> None:
        """Show only the jobs that match; begins at the top."""
        self._use(JobFilter(clean(text, 200), state, signature, title, order))

    def start_filter(self) -> None:
        self.query_one(FilterBar).open(self.filter.typed)
        self._place()

    def move(self, step: int) -> None:
        """Put the cursor `step` rows further down, stopping at the ends."""
        self.following = False
        self._go(self._index + step)

    def to_end(self, last: bool) -> None:
        self.following = False
        self._go(self.pages.total - 1 if last else 0)

    def follow_newest(self) -> None:
        """Keep the cursor on the first row, whichever job that is; a second time stays where it is."""
        self.following = not self.following
        if self.following:
            self._go(0)
        else:
            self._draw_now()

    # Where the cursor is

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 3 - (1 if self._filter_open else 0))

    @property
    def _filter_open(self) -> bool:
        return self.is_mounted and self.query_one(FilterBar).display

    def _go(self, index: int) -> None:
        self._index = max(0, min(self.pages.total - 1, index))
        self._gone = False
        row = self.pages.row(self._index)
        self._seq = row.seq if row is not None else None
        self._place()

    def _place(self) -> None:
        """Scroll so that the cursor is seen, draw, and ask for what is not known."""
        room = self._room
        if self._index < self._top:
            self._top = self._index
        elif self._index >= self._top + room:
            self._top = self._index - room + 1
        self._top = max(0, min(self._top, max(0, self.pages.total - room)))
        self._draw_now()
        if self.is_mounted and not self.pages.trouble and self.pages.missing(self._top, self._last):
            self._load()

    @property
    def _last(self) -> int:
        return max(self._top, min(self._top + self._room - 1, max(0, self.pages.total - 1)))

    def _repin(self, before: int) -> None:
        """After new rows came: stay on the job, or on the first row while following."""
        if self.following:
            self._go(0)
            return
        if self._seq is None:
            self._go(self._index)
            return
        found = self.pages.find(self._seq)
        self._gone = found is None and self.pages.row(self._index) is not None
        if found is not None and found != self._index:
            self._top = max(0, self._top + found - self._index)
            self._index = found
        elif found is None:
            self._index = max(0, min(self._index + max(0, self.pages.total - before), self.pages.total - 1))
        self._place()

    # Asking

    def _tick(self) -> None:
        """Ask again when something happened, at most once a second, and only while it is seen."""
        now = time.monotonic()
        if not self.is_mounted or not self.is_on_screen or now - self._asked_at < REFRESH_S:
            return
        counts = self._snap.counts if self._snap is not None else None
        if counts != self._counts or self._counts is None or self.pages.trouble:
            self._counts = counts
            self.pages.outdate()
            self._load()

    def _load(self) -> None:
        if not self._loading:
            self._loading = True
            self.run_worker(self._ask_for_pages(), name="job list", exit_on_error=False)

    async def _ask_for_pages(self) -> None:
        try:
            self._asked_at = time.monotonic()
            before, wanted, top = self.pages.total, self.filter, self._top
            await self.pages.load(wanted, self._top, max(self._last, self._top + self._room))
            if self._seq is not None and self.pages.find(self._seq) is None and self.pages.total > before:
                moved = self._index + self.pages.total - before  # newer jobs came in above
                await self.pages.load(wanted, moved, moved)
        finally:
            self._loading = False
        if self.filter != wanted:
            self._load()
            return
        self._repin(before)
        if self._top != top and self.pages.missing(self._top, self._last):
            self._load()

    # Keys

    def act(self, action_id: str) -> bool:
        steps = step_of(action_id, self._room - 1)
        if steps:
            self.move(steps)
        elif action_id in ("first", "last"):
            self.to_end(action_id == "last")
        elif action_id == "follow":
            self.follow_newest()
        elif action_id == "filter":
            self.start_filter()
        elif action_id == "back" and (less := self.filter.without_last()) is not None:
            self._use(less)
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        row = event.y - 2
        if 0 <= row < self._room and self._top + row < self.pages.total:
            self.following = False
            self._go(self._top + row)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        wanted, wrong = parse(event.text, self.filter)
        self.query_one(FilterBar).warn(wrong)
        if not wrong:
            self._use(wanted)

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        self.focus()
        self._use(parse(event.text, self.filter)[0])

    def _use(self, wanted: JobFilter) -> None:
        if wanted != self.filter:
            self.filter = wanted
            self.following = wanted.order == "newest"
            self.pages.clear()
            self._index = self._top = 0
            self._seq = None
            self._gone = False
            if self.is_mounted:
                self._load()
        self._place()

    # Drawing

    def _draw_now(self) -> None:
        if self.is_mounted:
            self.show(self.draw)

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height - (1 if self._filter_open else 0)
        canvas.box(0, 0, width, height, title=self._title(), right=self._right(), bottom=self._bottom())
        if width < 6 or height < 4:
            return
        if not self.pages.total:
            message = clean(self.pages.trouble) or ("asking …" if self._loading else self._nothing())
            canvas.spans(4, 2, cut((Span(message, "dim"),), width - 6))
            return
        draw_heading(canvas, 1, 1, width - 2)
        for y in range(height - 3):
            index = self._top + y
            if index >= self.pages.total:
                break
            cursor = index == self._index and not self._gone
            draw_job(canvas, 1, 2 + y, width - 2, self.pages.row(index), cursor=cursor)

    def _nothing(self) -> str:
        return "no job matches; esc takes the filter back" if self.filter.chips() else "no jobs yet"

    def _title(self) -> Line:
        chips = self.filter.chips()
        words = f"{count(self.pages.total)} match" if chips else count(self.pages.total)
        return (Span("JOBS ", bold=True), Span(words, "dim"), *((Span("  "), *chips) if chips else ()))

    def _right(self) -> Line:
        order = (Span(self.filter.order, "dim"),)
        if self._gone:
            return (Span(f"on #{self._seq}, which moved away", "pressure"),)
        if self.following and self.filter.order == "newest":
            return (Span("following the newest", "dim"),)
        return (*order, Span("  "), Span("f", "accent", True), Span(" follow", "dim"))

    def _bottom(self) -> Line:
        if self.pages.total <= self._room:
            return ()
        return (Span(f"{count(self._index + 1)} of {count(self.pages.total)}", "dim"),)
