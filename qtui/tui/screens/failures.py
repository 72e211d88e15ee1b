"""View 4: failure groups, the selection pinned to a group and not to a row."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual import events
from textual.app import ComposeResult

from qtui.core.queries import GroupQuery, GroupStory
from qtui.core.snapshot import FailureGroup, Snapshot
from qtui.text import clean, plural
from qtui.tui.actions import Context
from qtui.tui.canvas import Canvas, Line, Span
from qtui.tui.hints import hint
from qtui.tui.screens.filter_bar import FilterBar
from qtui.tui.screens.job_pages import Ask
from qtui.tui.screens.triage import draw_details, draw_groups
from qtui.tui.stage_view import StageView, step_of

_SORTS: dict[str, Callable[[FailureGroup], tuple[float, ...]]] = {
    "count": lambda group: (group.aside, -group.jobs, -group.attempts),
    "last seen": lambda group: (group.aside, group.last_s),
    "growth": lambda group: (group.aside, -sum(group.per_minute[-3:]), -group.jobs),
}
STORY_S = 1.0
_TWO_COLUMNS = 96
"""Columns from which on the details stand beside the list."""


class FailuresView(StageView):
    """The list does not re-sort while the cursor is in it: rows that move under an aimed key hit the wrong group."""

    context = Context.FAILURES

    def __init__(self, query: Ask | None = None, *, id: str | None = None) -> None:
        """`query` tells more of the group that is looked at."""
        super().__init__(id=id)
        self._query = query
        self._story: GroupStory | None = None
        self._asked_at = -STORY_S
        self._asking = False
        self.snap: Snapshot | None = None
        self.text = ""
        self.sort = "count"
        self._order: list[str] = []
        self._sorted_at = 0.0
        self._selected: str | None = None
        self._scroll = 0
        self._most_scroll = 0
        self._rows: dict[int, str] = {}

    def compose(self) -> ComposeResult:
        yield FilterBar("error, message or host")

    def update_snapshot(self, snap: Snapshot) -> None:
        self.snap = snap
        if not self._order or not (self.has_focus or self._filter_open):
            self._arrange()
        else:
            known = set(self._order)
            self._order += [group.signature for group in snap.failures if group.signature not in known]
        self._keep_selection()
        self._ask_for_story()
        self.show(self.draw)

    def _ask_for_story(self) -> None:
        """Ask for the selected group: at once when another is selected, then once a second."""
        told = self._story is not None and self._story.signature == self._selected
        due = time.monotonic() - self._asked_at >= STORY_S or not told
        if self._query is not None and self.is_mounted and self._selected and due and not self._asking:
            self._asking = True
            self._asked_at = time.monotonic()
            self.run_worker(self._learn(self._query, self._selected), name="group", exit_on_error=False)

    async def _learn(self, query: Ask, signature: str) -> None:
        try:
            answer = await query(GroupQuery(signature))
        finally:
            self._asking = False
        if isinstance(answer, GroupStory):
            self._story = answer
            self.show(self.draw)
        if isinstance(answer, GroupStory) and self._selected != signature:
            self._ask_for_story()

    def copied(self) -> str:
        """The selected group in one line."""
        group = next((group for group in self._groups if group.signature == self._selected), None)
        if group is None:
            return ""
        return f"{plural(group.jobs, 'job')}  {clean(group.title)}  {clean(group.message)}"

    def go_to(self, at: float, group: str = "") -> None:
        if any(each.signature == group for each in self._groups):
            self._selected, self._scroll = group, 0
            self._ask_for_story()
            self.show(self.draw)

    def selected_group(self) -> str | None:
        """The signature of the group the cursor is on, None when there is none."""
        return self._selected

    def start_filter(self) -> None:
        self.query_one(FilterBar).open(self.text)
        self.show(self.draw)

    def set_filter(self, text: str) -> None:
        """Only groups whose error, message or host holds this text."""
        self.text = clean(text, 200)
        self._keep_selection()
        self.show(self.draw)

    def resort(self) -> None:
        """Sort again; when the order is fresh, by the next criterion."""
        if not self._stale:
            names = list(_SORTS)
            self.sort = names[(names.index(self.sort) + 1) % len(names)]
        self._arrange()
        self.show(self.draw)

    @property
    def _filter_open(self) -> bool:
        return self.is_mounted and self.query_one(FilterBar).display

    @property
    def _groups(self) -> list[FailureGroup]:
        """The groups that match the filter, in the order shown."""
        if self.snap is None:
            return []
        by_signature = {group.signature: group for group in self.snap.failures}
        shown = [by_signature[signature] for signature in self._order if signature in by_signature]
        wanted = self.text.casefold()
        return [group for group in shown if not wanted or wanted in _searched(group)]

    @property
    def _stale(self) -> bool:
        """Whether sorting now would change what is seen."""
        shown = [group.signature for group in self._groups]
        return shown != [group.signature for group in sorted(self._groups, key=_SORTS[self.sort])]

    def _arrange(self) -> None:
        if self.snap is not None:
            self._order = [group.signature for group in sorted(self.snap.failures, key=_SORTS[self.sort])]
            self._sorted_at = self.snap.elapsed_s

    def _keep_selection(self) -> None:
        """Stay on the group; where it is gone take the one that stands in its place."""
        shown = [group.signature for group in self._groups]
        if self._selected in shown:
            return
        self._scroll = 0
        before = self._order.index(self._selected) if self._selected in self._order else 0
        self._selected = shown[min(before, len(shown) - 1)] if shown else None

    def move(self, step: int) -> None:
        """Put the cursor `step` groups further down, stopping at the ends."""
        shown = [group.signature for group in self._groups]
        if not shown:
            return
        at = shown.index(self._selected) if self._selected in shown else 0
        self._selected = shown[max(0, min(len(shown) - 1, at + step))]
        self._scroll = 0
        self._ask_for_story()
        self.show(self.draw)

    def act(self, action_id: str) -> bool:
        steps = step_of(action_id, 5)
        if steps:
            self.move(steps)
        elif action_id in ("first", "last"):
            self.move(-len(self._order) if action_id == "first" else len(self._order))
        elif action_id == "details_down":
            self._scroll = min(self._most_scroll, self._scroll + 3)
            self.show(self.draw)
        elif action_id == "details_up":
            self._scroll = max(0, self._scroll - 3)
            self.show(self.draw)
        elif action_id == "sort":
            self.resort()
        elif action_id == "filter":
            self.start_filter()
        elif action_id == "back" and self.text:
            self.set_filter("")
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        if event.y in self._rows:
            self._selected = self._rows[event.y]
            self.show(self.draw)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        self.set_filter(event.text)

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        event.stop()
        self.focus()
        self.set_filter(event.text)

    def draw(self, canvas: Canvas) -> None:
        if self.snap is None:
            return
        width, height = canvas.width, canvas.height - (1 if self._filter_open else 0)
        groups = self._groups
        group = next((group for group in groups if group.signature == self._selected), None)
        left, details = (0, 0, width, height), None
        if group is not None and width >= _TWO_COLUMNS:
            part = max(56, width * 11 // 20)
            left, details = (0, 0, part, height), (part, 0, width - part, height)
        elif group is not None and height >= 14:
            upper = max(5, min(len(groups) + 3, height - 9))
            left, details = (0, 0, width, upper), (0, upper, width, height - upper)
        self._rows = draw_groups(
            canvas, left, self.snap, groups, selected=self._selected, right=self._order_note(), chips=self._chips()
        )
        if details is not None and group is not None:
            story = self._story if self._story is not None and self._story.signature == group.signature else None
            self._most_scroll = draw_details(canvas, details, self.snap, group, scroll=self._scroll, story=story)

    def _order_note(self) -> Line:
        if self.snap is None or len(self._groups) < 2:
            return ()
        if self._stale:
            since = max(0, round(self.snap.elapsed_s - self._sorted_at))
            again = hint("re-sort", "sort")
            return (Span(f"sorted {since} s ago{', ' if again else ''}", "pressure"), *again)
        return hint(f"sort: {self.sort}", "sort")

    def _chips(self) -> Line:
        return (Span(f" {clean(self.text, 30)} ", "text", True, "raised"),) if self.text else ()


def _searched(group: FailureGroup) -> str:
    hosts = " ".join(host for host, _ in group.hosts)
    return f"{group.title} {group.message} {hosts}".casefold()
