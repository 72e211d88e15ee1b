"""What the jobs under the cursor are called and what they met: asked for one at a time, kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import final

from qtui.core.queries import JobStory, Span
from qtui.core.snapshot import SlotView
from qtui.text import clean, tenths
from qtui.tui.canvas import Line, length
from qtui.tui.canvas import Span as Words
from qtui.tui.screens.timeline_draw import time_of
from qtui.tui.widgets.charts import shorten

KEPT = 200
_LOOKS = {
    "running": ("●", "running"),
    "done": ("✓", "done_text"),
    "retry": ("◆", "retry_text"),
    "failed": ("×", "failed_text"),
}


@final
class Names:
    """Job stories by attempt, as they were when it had this outcome."""

    def __init__(self) -> None:
        self._stories: OrderedDict[tuple[int, int, str], JobStory | None] = OrderedDict()

    def lacks(self, span: Span) -> bool:
        return _key(span) not in self._stories

    def keep(self, span: Span, story: JobStory | None) -> None:
        self._stories[_key(span)] = story
        if len(self._stories) > KEPT:
            self._stories.popitem(last=False)

    def of(self, span: Span) -> JobStory | None:
        return self._stories.get(_key(span))

    def known(self, span: Span) -> str:
        """What its job is called, empty where nobody has asked."""
        story = self._stories.get(_key(span))
        return clean(story.row.name) if story is not None else ""


def _key(span: Span) -> tuple[int, int, str]:
    return (span.seq, span.number, span.outcome)


def in_a_line(span: Span, also: int, story: JobStory | None, slots: Sequence[SlotView], width: int) -> Line:
    """One line on an attempt: where, which job, how it ended, which attempt, when."""
    ended, rest, said = _told(span, also, story, slots)
    tail = [Words("  "), *ended, *([Words(f" {said[0].text}", said[0].fg)] if said else []), *rest]
    return [*_job(span, story, slots, width - length(tail)), *tail]


def in_a_box(span: Span, also: int, story: JobStory | None, slots: Sequence[SlotView], width: int) -> list[Line]:
    """The same in a few short lines: where and which job, how it ended, and what was said."""
    ended, rest, said = _told(span, 0, story, slots)
    more = [Words(f"and {also} more in this column", "dim")] if also else []
    return [_job(span, story, slots, width), [*ended, *rest], *([said] if said else []), *([more] if more else [])]


def _job(span: Span, story: JobStory | None, slots: Sequence[SlotView], width: int) -> list[Words]:
    slot = next((slot for slot in slots if slot.number == span.slot), None)
    name = clean(story.row.name) if story is not None else ""
    if not name and slot is not None and slot.seq == span.seq:
        name = clean(slot.name)
    head = [Words(f"slot {span.slot}  ", "accent", True), Words(f"#{span.seq} ", bold=True)]
    return [*head, Words(shorten(name, max(12, width - length(head))))]


def _told(
    span: Span, also: int, story: JobStory | None, slots: Sequence[SlotView]
) -> tuple[list[Words], list[Words], list[Words]]:
    """How it ended and after how long; which attempt it was and when; what was said of it, if anything."""
    glyph, colour = _LOOKS.get(span.outcome, ("─", "dim"))
    allowed = max((slot.attempts for slot in slots), default=0)
    of = f"/{allowed}" if allowed >= span.number else ""
    when = f"began {time_of(span.start)}" if span.outcome == "running" else f"ended {time_of(span.end)}"
    met = next((row for row in story.attempts if row.number == span.number), None) if story is not None else None
    said = clean(met.message or met.code, 80) if met is not None and span.outcome not in ("done", "running") else ""
    said = said or (span.outcome if span.outcome in ("cancelled", "interrupted", "running") else "")
    ended = [Words(f"{glyph} ", colour, True), Words(tenths(span.end - span.start), bold=True)]
    rest = [Words(f"  attempt {span.number}{of}  {when}", "dim")]
    if also:
        rest.append(Words(f"  and {also} more in this column", "dim"))
    return ended, rest, [Words(said, colour)] if said else []
