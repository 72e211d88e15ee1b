"""The menu of what can be copied of a job."""

from __future__ import annotations

from qtui.core.queries import JobStory, Reproducer
from qtui.text import clean
from qtui.tui.canvas import Span
from qtui.tui.clipboard import error_of, json_of
from qtui.tui.dialog import CHOOSE, Choice, ChoiceDialog, Sheet


class CopyMenu(ChoiceDialog[str | None]):
    """Dismisses with the text to copy, or None."""

    def __init__(self, story: JobStory, reproducer: Reproducer) -> None:
        super().__init__(copy_sheet(story, reproducer), escape=None)


def copy_sheet(story: JobStory, reproducer: Reproducer) -> Sheet[str | None]:
    """What can be copied of a job; only what there is."""
    error = error_of(story)
    offers = [
        ("n", "Name", story.row.name),
        ("i", "Id", str(story.row.seq)),
        ("e", "Error", error),
        ("j", "JSON", json_of(story)),
        ("r", "Reproducer", reproducer.text or reproducer.once),
        ("o", "Once more", reproducer.once if reproducer.text else ""),
    ]
    choices: list[Choice[str | None]] = [
        Choice(key, title, clean(" ".join(text.split()), 60), text) for key, title, text in offers if text
    ]
    return Sheet(
        title=(Span(f"Copy of job #{story.row.seq}", bold=True),),
        facts=[(Span("Your terminal is asked to put it on the clipboard.", "dim"),)],
        choices=[*choices, Choice("esc", "Nothing", "", None)],
        bottom=CHOOSE,
    )
