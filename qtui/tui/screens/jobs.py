"""View 3: every job of the run, as a window on a list that may hold millions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from textual import events
from textual.app import ComposeResult

from qtui.core.commands import MAX_NAMED
from qtui.core.job_filter import Completion, Condition, parse, settled
from qtui.core.queries import Jobs
from qtui.core.snapshot import Counts, Snapshot
from qtui.text import clean, count
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.screens import job_frame as frame
from qtui.tui.screens.filter_bar import FilterBar
from qtui.tui.screens.job_filter import HINT, JobFilter, completed
from qtui.tui.screens.job_marks import Marks
from qtui.tui.screens.job_pages import Ask, JobPages
from qtui.tui.screens.job_table import draw_heading, draw_job, line_of
from qtui.tui.stage_view import StageView, step_of

REFRESH_S = 1.0
"""The list is asked for again at most so often; less often where an answer takes long."""
RECOUNT_S = 5.0


class JobsView(StageView):
    """The cursor is pinned to a job: when rows move it moves along, and stays on it even when it leaves the list."""

    context = Context.JOBS

    def __init__(self, query: Ask, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ask = query
        self.pages = JobPages(query)
        self.filter = JobFilter()
        self.marks = Marks()
        self.following = True
        self._index = 0
        self._seq: int | None = None
        self._top = 0
        self._gone = False
        self._snap: Snapshot | None = None
        self._counts: Counts | None = None
        self._loading = self._counting = False
        self._asked_at = self._counted_at = -RECOUNT_S
        self._took = self._count_took = 0.0
        self._note = ""
        self._acts: dict[str, Callable[[], None]] = {
            "first": lambda: self.to_end(False),
            "last": lambda: self.to_end(True),
            "follow": self.follow_newest,
            "filter": self.start_filter,
            "mark": self.mark,
            "mark_range": self.mark_range,
            "order": self.next_order,
        }

    def compose(self) -> ComposeResult:
        yield FilterBar(HINT, complete=self._complete)

    def _complete(self, typed: str, cursor: int) -> Completion:
        return completed(typed, cursor, self._snap)

    def on_mount(self) -> None:
        self.set_interval(REFRESH_S / 2, self._tick)

    def on_resize(self) -> None:
        self._place()

    def on_show(self) -> None:
        self._tick()

    def update_snapshot(self, snap: Snapshot) -> None:
        """Take note of another moment of the run; the list itself follows at its own pace."""
        before, self._snap = self._snap, snap
        if self.following and self._counts is None:
            self._tick()
        elif self.filter.order == "submission" and (before is None or before.head != snap.head):
            self._draw_now()

    # What keys act on

    def selected_job(self) -> int | None:
        """The number of the job the cursor is on, None when there is none."""
        return self._seq

    def marked_jobs(self) -> list[int]:
        """The numbers of the jobs marked."""
        return self.marks.seqs

    def is_aside(self, seq: int) -> bool:
        """Whether a job that is seen is set aside."""
        index = self.pages.find(seq)
        row = self.pages.row(index) if index is not None else None
        return row is not None and row.aside

    def step_job(self, step: int) -> int | None:
        """Put the cursor on a neighbour of the job it is on, for whoever shows one job; its number."""
        self.move(step)
        return self._seq

    def copied(self) -> str:
        """The lines of the jobs marked, or of the one the cursor is on."""
        row = self.pages.row(self._index)
        rows = self.marks.rows or ([row] if row is not None and row.seq == self._seq else [])
        return "\n".join(line_of(row) for row in rows)

    def set_filter(self, *conditions: Condition, title: str = "", order: str = "newest") -> None:
        """Show only the jobs that match; begins at the top."""
        self._use(JobFilter(conditions, order, title))

    def start_filter(self) -> None:
        self.query_one(FilterBar).open(self.filter.typed + (" " if self.filter.conditions else ""))
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

    def mark(self) -> None:
        """Mark the job the cursor is on, or take its mark away, and go on to the next."""
        row = self.pages.row(self._index)
        if row is None or row.seq != self._seq:
            return
        self._note = "" if self.marks.toggle(row) else frame.too_many()
        self.move(1)

    def mark_range(self) -> None:
        """Begin a range at the cursor; the second time mark all from there to the cursor."""
        if self.marks.anchor is None:
            self.following = False
            self.marks.anchor = self._index
            self._draw_now()
            return
        first, last = sorted((self.marks.anchor, self._index))
        self.marks.anchor = None
        self.run_worker(self._mark_span(self.filter, first, last), name="mark a range", exit_on_error=False)

    async def _mark_span(self, wanted: JobFilter, first: int, last: int) -> None:
        rows = await self.pages.rows(wanted, first, last, MAX_NAMED)
        self._note = "" if self.marks.add(rows) and len(rows) > last - first else frame.too_many()
        self._draw_now()

    def next_order(self) -> None:
        """The next order; in that of the results the cursor goes to the job that holds them back."""
        self._use(self.filter.next_order())
        head = self._snap.head if self._snap is not None else None
        if self.filter.order == "submission" and head is not None:
            self.run_worker(self._go_to_head(self.filter, head.seq), name="head of line", exit_on_error=False)

    async def _go_to_head(self, wanted: JobFilter, seq: int) -> None:
        before = Condition("id", "<", str(seq), float(seq))
        told = await self._ask(replace(wanted, conditions=(*wanted.conditions, before)).query(0, 0))
        if isinstance(told, Jobs) and self.filter == wanted:
            await self.pages.load(wanted, told.total or 0, told.total or 0)
            self._go(told.total or 0)

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
        if not self.is_mounted or not self.is_on_screen or now - self._asked_at < max(REFRESH_S, 10 * self._took):
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
        self._asked_at = time.monotonic()
        try:
            before, wanted, top = self.pages.total, self.filter, self._top
            await self.pages.load(wanted, self._top, max(self._last, self._top + self._room))
            if self._seq is not None and self.pages.find(self._seq) is None and self.pages.total > before:
                moved = self._index + self.pages.total - before  # newer jobs came in above
                await self.pages.load(wanted, moved, moved)
        finally:
            self._loading = False
            self._took = time.monotonic() - self._asked_at
        if self.filter != wanted:
            self._load()
            return
        self._repin(before)
        if self._top != top and self.pages.missing(self._top, self._last):
            self._load()
        self._count()

    def _count(self) -> None:
        """Have the jobs counted that match, where the rows do not tell."""
        pause = max(RECOUNT_S, 20 * self._count_took) if self.pages.counted else 0.0
        if not self.pages.exact and not self._counting and time.monotonic() - self._counted_at >= pause:
            self._counting = True
            self.run_worker(self._count_all(), name="job count", exit_on_error=False)

    async def _count_all(self) -> None:
        begun, wanted = time.monotonic(), self.filter
        try:
            await self.pages.count(wanted)
        finally:
            self._counting = False
            self._counted_at = time.monotonic()
            self._count_took = self._counted_at - begun
        if wanted != self.filter:
            self._count()
        self._draw_now()

    # Keys

    def act(self, action_id: str) -> bool:
        steps = step_of(action_id, self._room - 1)
        if steps:
            self.move(steps)
        elif action_id in self._acts:
            self._acts[action_id]()
        elif action_id in ("unmark", "back") and self.marks.clear():
            self._note = ""
            self._draw_now()
        elif action_id == "back" and (less := self.filter.without_last()) is not None:
            self._use(less)
        else:
            return action_id == "unmark"
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
        conditions, mistakes = parse(settled(event.text))
        wrong = [(mistake.start, mistake.end) for mistake in mistakes]
        self.query_one(FilterBar).warn(mistakes[0].why if mistakes else "", wrong)
        if not mistakes:
            self._use(replace(self.filter, conditions=conditions))

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        self.focus()
        conditions, mistakes = parse(event.text)
        if not mistakes:
            self._use(replace(self.filter, conditions=conditions))
        self._place()

    def _use(self, wanted: JobFilter) -> None:
        if wanted != self.filter:
            self.filter = wanted
            self.following = wanted.order == "newest"
            self.pages.clear()
            self.marks.anchor = None
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
            message = clean(self.pages.trouble) or ("asking …" if self._loading else frame.nothing(self.filter))
            canvas.spans(4, 2, cut((Span(message, "dim"),), width - 6))
            return
        draw_heading(canvas, 1, 1, width - 2)
        low, high = sorted((self._index if self.marks.anchor is None else self.marks.anchor, self._index))
        for y in range(height - 3):
            index = self._top + y
            if index >= self.pages.total:
                break
            row = self.pages.row(index)
            cursor = index == self._index and not self._gone
            marked = row is not None and row.seq in self.marks
            marked |= self.marks.anchor is not None and low <= index <= high
            draw_job(canvas, 1, 2 + y, width - 2, row, cursor=cursor, marked=marked)

    def _title(self) -> Line:
        return frame.title(self.filter, self.pages.total, counted=self.pages.counted, counting=self._counting)

    def _right(self) -> Line:
        head = self._snap.head if self._snap is not None else None
        warning = frame.warning(self._note, self.marks, self._seq if self._gone else None)
        return warning or frame.order_note(self.filter, head, following=self.following)

    def _bottom(self) -> Line:
        if self.pages.total <= self._room:
            return ()
        of = count(self.pages.total) if self.pages.counted else "many"
        return (Span(f"{count(self._index + 1)} of {of}", "dim"),)
