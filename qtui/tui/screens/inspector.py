"""The inspector: a drawer bound to one job, which it keeps showing wherever the job goes."""

from __future__ import annotations

import time

from textual import events
from textual.message import Message

from qtui.core.queries import JobQuery, JobStory, Unknown
from qtui.core.snapshot import Snapshot
from qtui.core.why import why_job
from qtui.text import clean
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas, Line, Span, cut, length
from qtui.tui.hints import hint, side_by_side
from qtui.tui.screens.job_pages import Ask
from qtui.tui.screens.story import story_lines
from qtui.tui.screens.waterfall import is_final
from qtui.tui.stage_view import StageView, step_of

REFRESH_S = 0.5
"""The story of a job that is not final is asked for again at most so often."""


class Inspector(StageView):
    """Hidden until `open`; the job stays the same until another one is opened."""

    context = Context.INSPECTOR

    DEFAULT_CSS = """
    Inspector { display: none; }
    """

    class Closed(Message):
        """The drawer was closed by its own key."""

    def __init__(self, query: Ask, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._query = query
        self._seq: int | None = None
        self._story: JobStory | None = None
        self._trouble = ""
        self._snap: Snapshot | None = None
        self._scroll = 0
        self._most = 0
        self._loading = False
        self._asked_at = -REFRESH_S
        self._asked_of: object = None

    def on_mount(self) -> None:
        if self._seq is not None:
            self._load()

    @property
    def seq(self) -> int | None:
        """The job it shows, None while it is closed."""
        return self._seq

    @property
    def story(self) -> JobStory | None:
        """What is known about the job, None while it is being asked for."""
        return self._story

    def open(self, seq: int) -> None:
        """Show the story of this job and take the keys."""
        if seq != self._seq:
            self._story = None
            self._trouble = ""
            self._scroll = 0
        self._seq = seq
        self.display = True
        self.focus()
        self._load()
        self.show(self.draw)

    def close_drawer(self) -> None:
        self._seq = None
        self._story = None
        self.display = False

    def update_snapshot(self, snap: Snapshot) -> None:
        """Follow the run: running bars grow, and what changed is asked for."""
        self._snap = snap
        if self._seq is None or not self.is_mounted:
            return
        story = self._story
        changed = self._asked_of != snap.counts
        if (story is None or not is_final(story) or changed) and time.monotonic() - self._asked_at >= REFRESH_S:
            self._load()
        self.show(self.draw)

    def scroll_lines(self, lines: int) -> None:
        self._scroll = max(0, min(self._most, self._scroll + lines))
        self.show(self.draw)

    def _load(self) -> None:
        if not self._loading and self.is_mounted:
            self._loading = True
            self._asked_at = time.monotonic()
            self._asked_of = self._snap.counts if self._snap is not None else None
            self.run_worker(self._ask(), name="job story", exit_on_error=False)

    async def _ask(self) -> None:
        wanted = self._seq
        try:
            answer = await self._query(JobQuery(wanted)) if wanted is not None else None
        finally:
            self._loading = False
        if wanted != self._seq:
            self._load()  # another job was opened meanwhile
            return
        if isinstance(answer, JobStory):
            self._story, self._trouble = answer, ""
        elif isinstance(answer, Unknown):
            self._trouble = answer.text
        self.show(self.draw)

    def act(self, action_id: str) -> bool:
        steps = step_of(action_id, self.size.height - 6)
        if steps:
            self.scroll_lines(steps)
        elif action_id in ("first", "last"):
            self.scroll_lines(-self._most if action_id == "first" else self._most)
        elif action_id == "back":
            self.close_drawer()
            self.post_message(self.Closed())
        else:
            return False
        return True

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-3)

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        canvas.fill(0, 0, width, height, "panel")
        canvas.box(0, 0, width, height, title=self._title(), right=hint("close", "back"), line="accent")
        if width < 10 or height < 3 or self._seq is None:
            return
        lines = self._lines(width - 4, textured=canvas.textured)
        footer = 3 if height >= 24 else 2 if height >= 14 else 0
        top = 2 if height >= 20 else 1
        room = max(0, height - 1 - top - footer)
        self._most = max(0, len(lines) - room)
        self._scroll = min(self._scroll, self._most)
        for y, line in enumerate(lines[self._scroll : self._scroll + room]):
            canvas.spans(2, top + y, cut(line, width - 4))
        if footer:
            canvas.put(1, height - 1 - footer, "╌" * (width - 2), "line")
            canvas.spans(3, height - footer, self._keys(width - 5))
        if footer == 3:
            stays = Span("The drawer stays on this job wherever it goes.", "faint")
            canvas.spans(3, height - 2, cut((stays,), width - 5))
        if self._most:
            left = self._most - self._scroll
            canvas.right(width - 2, height - 1, (Span(f" ▼ {left} more " if left else " end ", "faint"),))

    def _lines(self, width: int, *, textured: bool) -> list[Line]:
        if self._story is None:
            return [(Span(clean(self._trouble) or "asking …", "dim"),)]
        snap = self._snap
        ended = self._story.row.ended_at
        now = snap.started_at + snap.elapsed_s if snap is not None else max(ended, self._story.accepted_at)
        allowed = max((slot.attempts for slot in snap.slots), default=0) if snap is not None else 0
        if self._story.row.attempts > allowed:
            allowed = 0  # it was given another round by a person
        open_now = self._story.row.state in ("pending", "waiting")
        why = why_job(self._story, snap) if snap is not None and open_now else ""
        return story_lines(self._story, now, width, attempts_allowed=allowed, textured=textured, why=why)

    def _title(self) -> Line:
        name = clean(self._story.row.name, 200) if self._story is not None else ""
        return (Span(f"JOB #{self._seq} ", bold=True), Span(name, "dim"))

    def _keys(self, width: int) -> Line:
        """The keys that would do something to this job now, as many as there is room for; esc is named above."""
        state = self._story.row.state if self._story is not None else ""
        keys: list[Line] = []
        if state in ("failed", "cancelled", "waiting", "held"):
            keys.append(hint("try now" if state == "waiting" else "retry", "retry"))
        if state in ("pending", "running", "waiting"):
            keys.append(hint("cancel", "cancel"))
        if state == "failed" and self._story is not None:
            keys.append(hint("take back" if self._story.row.aside else "set aside", "aside"))
        keys += [hint("copy", "copy"), hint("open", "open_job"), hint("next", "next_job", "previous_job")]
        if self._most:
            keys.append(hint("scroll", "up", "down"))
        while length(line := side_by_side(*keys, gap=3)) > width:
            keys.pop()
        return line
