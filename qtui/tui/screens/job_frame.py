"""What the frame of the job list says: how many there are, in which order, and what a person should know first."""

from __future__ import annotations

from qtui.core.commands import MAX_NAMED
from qtui.core.snapshot import HeadView
from qtui.text import clean, count
from qtui.tui.actions import key_of
from qtui.tui.canvas import Line, Span
from qtui.tui.hints import hint, keys_said, side_by_side, with_key
from qtui.tui.screens.job_filter import JobFilter
from qtui.tui.screens.job_marks import Marks

_ON_MARKED = ("retry", "cancel", "aside", "copy")


def title(wanted: JobFilter, total: int, *, counted: bool, counting: bool) -> Line:
    """How many jobs there are; `counted`: `total` is all of them, not one more than are known."""
    chips = wanted.chips()
    number = count(total) if counted else f"{count(max(0, total - 1))}+"
    words = f"{number} match" if chips else number
    still = (Span(" counting …", "faint"),) if counting and not counted else ()
    return (Span("JOBS ", bold=True), Span(words, "dim"), *still, *((Span("  "), *chips) if chips else ()))


def nothing(wanted: JobFilter) -> str:
    """Why the list is empty."""
    if not wanted.conditions:
        return "no jobs yet"
    return "no job matches" + with_key("back", "takes the filter back", before="; ")


def warning(note: str, marks: Marks, gone: int | None) -> Line:
    """What a person should know before a key is pressed, or nothing; `gone` is the cursor's job if it moved away."""
    if note:
        return (Span(note, "failed_text"),)
    if marks.anchor is not None:
        return hint("marks the range", "mark_range")
    if marks:
        return (
            Span(f"■ {count(len(marks))} marked", "accent", True),
            Span(f"  {keys_said(*_ON_MARKED)}  {key_of('back')}".rstrip(), "dim"),
        )
    return (Span(f"on #{gone}, which moved away", "pressure"),) if gone is not None else ()


def order_note(wanted: JobFilter, head: HeadView | None, *, following: bool) -> Line:
    """The order of the rows, and the key to another."""
    if following and wanted.order == "newest":
        return (Span("following the newest", "dim"),)
    if wanted.order == "submission":
        return _blocker(head)
    return side_by_side(hint(str(wanted.order), "order"), hint("follow", "follow"))


def _blocker(head: HeadView | None) -> Line:
    """Who holds back the results, in the order in which they are written."""
    if head is None:
        return hint("submission, no result waits", "order") or (Span("no result waits", "dim"),)
    waiting = f"{count(head.behind)} result{'s wait' if head.behind != 1 else ' waits'} for "
    return (Span(waiting, "dim"), Span(f"#{head.seq} {clean(head.state, 10)}", "pressure", True))


def too_many() -> str:
    """Why not all were marked."""
    keys = keys_said("retry_all", "cancel_all", "aside_all")
    return f"at most {count(MAX_NAMED)} are marked" + (f"; {keys} act on all that match" if keys else "")
