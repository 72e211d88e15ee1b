"""View 6: what was done to the run and how attempts ended, as two logs that follow or stand still."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult

from qtui.core.queries import LEVELS, LogQuery, LogRow, Place
from qtui.core.snapshot import Snapshot
from qtui.text import clean, count, plural
from qtui.tui.actions import Context, key_of
from qtui.tui.canvas import Canvas, Line, Span, cut
from qtui.tui.hints import hint, with_key
from qtui.tui.prose import wall
from qtui.tui.screens.events_book import LogBook
from qtui.tui.screens.events_lines import draw_line, from_picture, line_text
from qtui.tui.screens.filter_bar import FilterBar
from qtui.tui.screens.job_pages import Ask
from qtui.tui.stage_view import StageView, step_of

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

REFRESH_S = 1.0
"""New lines are asked for at most so often."""
TABS = {"events": "events and notices", "attempts": "job log"}
HINT = "text in names, messages and errors"
MARGIN = 20
"""So many lines before the first is reached, older ones are asked for."""


@dataclass(slots=True)
class _Reading:
    """A log and where one reads it."""

    book: LogBook
    index: int = 0
    top: int = 0
    following: bool = True
    asked_at: float = -REFRESH_S
    seen: object = None
    """What of the snapshot tells whether there may be new lines, when they were asked for last."""
    marked: dict[Place, LogRow] = field(default_factory=dict)


class EventsView(StageView):
    """The cursor is pinned to a line: when lines come in above or go it stays on it, unless it follows the newest."""

    context = Context.EVENTS

    def __init__(self, query: Ask, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._query = query
        self._logs = {tab: _Reading(LogBook(query, tab)) for tab in TABS}
        self.tab = "events"
        self._snap: Snapshot | None = None
        self._loading = False
        self._sought: float | None = None
        """The time of the event that is to be found, as soon as nothing else is asked for."""

    def compose(self) -> ComposeResult:
        yield FilterBar(HINT)

    def on_mount(self) -> None:
        self.set_interval(REFRESH_S / 2, self._tick)

    def on_show(self) -> None:
        self._tick()

    def on_resize(self) -> None:
        self._place()

    def update_snapshot(self, snap: Snapshot) -> None:
        """Take note of another moment; the log follows at its own pace."""
        self._snap = snap
        if not self._log.book.asked:
            self._tick()

    def go_to(self, at: float, group: str = "") -> None:
        """Put the cursor on the event of that time, which may have to be asked for."""
        self.tab = "events"
        log = self._log
        log.book.use("", "info")
        log.following, self._sought = False, at
        self._seek()

    def _seek(self) -> None:
        if self._sought is not None and not self._loading:
            at, self._sought = self._sought, None
            self._load(partial(self._find, self._logs["events"], at))

    async def _find(self, log: _Reading, at: float) -> int:
        await log.book.load_back_to(at)
        rows = log.book.rows
        log.index = min(range(len(rows)), key=lambda index: abs(rows[index].at - at), default=0)
        return 0

    # What is chosen

    @property
    def _log(self) -> _Reading:
        return self._logs[self.tab]

    @property
    def rows(self) -> list[LogRow]:
        """The lines that are known, oldest first."""
        book = self._log.book
        if not book.rows and book.trouble and self._snap is not None:
            return from_picture(self._snap, self.tab)
        return book.rows

    def selected_job(self) -> int | None:
        row = self._chosen()
        return row.seq if row is not None and row.seq else None

    def copied(self) -> str:
        marked = self._log.marked
        chosen = self._chosen()
        rows = [marked[place] for place in sorted(marked)] if marked else [chosen] if chosen is not None else []
        return "\n".join(line_text(row) for row in rows)

    def _chosen(self) -> LogRow | None:
        rows, index = self.rows, self._log.index
        return rows[index] if 0 <= index < len(rows) else None

    # Where one reads

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 2 - (1 if self._filter_open else 0))

    @property
    def _filter_open(self) -> bool:
        return self.is_mounted and self.query_one(FilterBar).display

    def _go(self, index: int) -> None:
        log = self._log
        log.index = max(0, min(len(self.rows) - 1, index))
        self._place()

    def _place(self) -> None:
        """Scroll so that the cursor is seen, draw, and ask for what is near and not known."""
        log, room, number = self._log, self._room, len(self.rows)
        if log.following:
            log.index = max(0, number - 1)
        log.top = max(log.index - room + 1, min(log.top, log.index))
        log.top = max(0, min(log.top, number - room))
        if self.is_mounted:
            self.show(self.draw)
            if log.book.older and log.top < MARGIN and log.book.asked and not log.following:
                self._load(log.book.load_older)
            elif log.book.newer and log.index >= number - MARGIN:
                self._load(log.book.load_newer)

    def _tick(self) -> None:
        """Ask for new lines when something happened, at most once a second, and only where they would be seen."""
        log, now = self._log, time.monotonic()
        if not self.is_mounted or not self.is_on_screen or self._loading or now - log.asked_at < REFRESH_S:
            return
        if not log.book.asked or log.book.trouble:
            log.asked_at = now
            self._load(log.book.load_newest)
        elif (log.following or log.index >= len(log.book.rows) - 1) and log.seen != self._news():
            log.asked_at, log.seen = now, self._news()
            self._load(log.book.catch_up if log.following else log.book.load_newer)

    def _news(self) -> object:
        snap = self._snap
        # what is not durable yet comes with the next look: the time is part of it while the run goes on
        return None if snap is None else (snap.counts, snap.log[:1], int(snap.elapsed_s))

    def _load(self, load: Callable[[], Awaitable[int]]) -> None:
        if not self._loading:
            self._loading = True
            self.run_worker(self._loaded(self._log, load), name="log", exit_on_error=False)

    async def _loaded(self, log: _Reading, load: Callable[[], Awaitable[int]]) -> None:
        try:
            before = log.book.text, log.book.level
            moved = await load()
        finally:
            self._loading = False
        if self._sought is not None:
            self._seek()
            return
        if before != (log.book.text, log.book.level):
            self._load(log.book.load_newest)
            return
        log.index, log.top = max(0, log.index + moved), max(0, log.top + moved)
        if log is self._log:
            self._place()

    # Keys

    def act(self, action_id: str) -> bool:
        if step := step_of(action_id, self._room - 1):
            self._move(step)
            return True
        if action_id == "back":
            return self._undo_filter()
        does: dict[str, Callable[[], None]] = {
            "first": self._to_the_beginning,
            "last": partial(self._follow, True),
            "follow": partial(self._follow, not self._log.following),
            "control_events": partial(self._turn, "events"),
            "job_log": partial(self._turn, "attempts"),
            "level": self._next_level,
            "mark": self._mark,
            "filter": self._start_filter,
            "pager": self._page,
        }
        if action_id not in does:
            return False
        does[action_id]()
        return True

    def _start_filter(self) -> None:
        self.query_one(FilterBar).open(self._log.book.text)
        self._place()

    def _move(self, step: int) -> None:
        self._log.following = False
        self._go(self._log.index + step)

    def _follow(self, following: bool) -> None:
        log = self._log
        log.following = following
        if following and log.book.newer:
            self._load(log.book.load_newest)
        self._place()

    def _to_the_beginning(self) -> None:
        log = self._log
        log.following = False
        log.index = log.top = 0
        if log.book.older:
            self._load(log.book.load_oldest)
        self._place()

    def _turn(self, tab: str) -> None:
        self.tab = tab
        self._place()
        self._tick()

    def _next_level(self) -> None:
        book = self._log.book
        self._use(book.text, LEVELS[(LEVELS.index(book.level) + 1) % len(LEVELS)])

    def _undo_filter(self) -> bool:
        log = self._log
        if log.marked:
            log.marked.clear()
            self._place()
        elif log.book.text:
            self._use("", log.book.level)
        elif log.book.level != "info":
            self._use("", "info")
        else:
            return False
        return True

    def _mark(self) -> None:
        row, marked = self._chosen(), self._log.marked
        if row is not None and marked.pop(row.place, None) is None:
            marked[row.place] = row
        self._move(1)

    def _use(self, text: str, level: str) -> None:
        log = self._log
        if (text, level) != (log.book.text, log.book.level):
            log.book.use(text, level)
            log.following = True
            log.index = log.top = 0
            self._load(log.book.load_newest)
        self._place()

    def _page(self) -> None:
        from qtui.tui.screens.events_pager import show_log

        book, app = self._log.book, cast("QtuiApp", self.app)
        query = LogQuery(self.tab, text=book.text, level=book.level)
        self.run_worker(show_log(app, self._query, query), name="pager", group="pager", exclusive=True)

    def on_click(self, event: events.Click) -> None:
        row = event.y - 1
        if 0 <= row < self._room and self._log.top + row < len(self.rows):
            self._log.following = False
            self._go(self._log.top + row)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move(-3)

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        self._use(clean(event.text, 200), self._log.book.level)

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        self.focus()
        self._use(clean(event.text, 200), self._log.book.level)
        self._place()

    # Drawing

    def draw(self, canvas: Canvas) -> None:
        log = self._log
        width, height = canvas.width, canvas.height - (1 if self._filter_open else 0)
        canvas.box(0, 0, width, height, title=self._title(), right=self._right(width), bottom=self._bottom())
        if width < 10 or height < 3:
            return
        rows = self.rows
        if not rows:
            canvas.spans(4, 1, cut((Span(self._nothing(), "dim"),), width - 6))
            return
        now = self._snap.started_at + self._snap.elapsed_s if self._snap is not None else rows[-1].at
        for y, row in enumerate(rows[log.top : log.top + height - 2]):
            cursor = log.top + y == log.index
            draw_line(canvas, 1, 1 + y, width - 2, row, now, cursor=cursor, marked=row.place in log.marked)

    def _nothing(self) -> str:
        book = self._log.book
        if book.trouble:
            return clean(book.trouble)
        if self._loading or not book.asked:
            return "asking …"
        if book.text or book.level != "info":
            return "no line matches" + with_key("back", "takes the filter back", before="; ")
        return "nothing yet"

    def _title(self) -> Line:
        names = [Span(name, "text" if tab == self.tab else "dim", tab == self.tab) for tab, name in TABS.items()]
        bracket = partial(Span, fg="accent", bold=True)
        before, after = key_of("control_events"), key_of("job_log")
        left, right = bracket(f"{before} ".lstrip()), bracket(f" {after}".rstrip())
        return (left, names[0], Span("  "), names[1], right, *self._chips())

    def _chips(self) -> list[Span]:
        book = self._log.book
        chips = [f"{book.level}+"] if book.level == "warning" else [book.level] if book.level != "info" else []
        chips += [f'"{clean(book.text, 30)}"'] if book.text else []
        spans: list[Span] = []
        for chip in chips:
            spans += [Span("  "), Span(f" {chip} ", "text", True, "raised")]
        return spans

    def _right(self, width: int) -> Line:
        log = self._log
        if log.book.trouble:
            return (Span(cut((Span(clean(log.book.trouble)),), max(0, width // 2))[0].text, "pressure"),)
        if log.following:
            return (Span("following", "dim"),)
        resume = hint("to resume", "last", ink="pressure")
        return (Span("follow off, " if resume else "follow off", "pressure"), *resume)

    def _bottom(self) -> Line:
        log = self._log
        parts = [plural(len(log.marked), "line") + " marked"] if log.marked else []
        if (searched := log.book.searched) is not None:
            parts.append(f"searched back to {wall(searched)}" + with_key("up", "goes on", before=", "))
        elif log.book.older or log.book.newer:
            more = [word for word, is_so in (("older", log.book.older), ("newer", log.book.newer)) if is_so]
            parts.append(f"{count(len(log.book.rows))} lines here, {' and '.join(more)} ones in the journal")
        return (Span(" · ".join(parts), "dim"),) if parts else ()
