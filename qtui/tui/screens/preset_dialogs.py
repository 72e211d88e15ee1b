"""The questions before a preset is written or read again: every value that would change, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence

from qtui.core.port import Change, Correction, Draft
from qtui.text import clean, plural
from qtui.tui.canvas import Line, Span
from qtui.tui.dialog import CHOOSE, Choice, ChoiceDialog, Sheet
from qtui.tui.hints import with_key

_LISTED = 12
"""Differences that are listed; the rest is counted."""


class SaveDialog(ChoiceDialog[bool]):
    """Dismisses with True to write; what would replace a file has going back as its first choice."""

    def __init__(self, draft: Draft) -> None:
        facts: list[Line] = [(Span(clean(draft.path), bold=True),)]
        facts += _listed(draft.changes) or [
            (Span("It says what the run's own file says: nothing has been changed.", "dim"),)
        ]
        back: Choice[bool] = Choice("n", "No, go back", "", False)
        write: Choice[bool] = Choice("y", "Replace the file" if draft.exists else "Write the file", "", True)
        if draft.exists:
            lost = f", and with it {plural(draft.comments, 'line')} of comment" if draft.comments else ""
            facts.append((Span("▲ ", "pressure", True), Span(f"A file stands there; it would be replaced{lost}.")))
        elif draft.changes:
            facts.append((Span("Comments are not written.", "dim"),))
        choices = [back, write] if draft.exists else [write, back]
        title: Line = (Span("Save the preset with the values in force?", bold=True),)
        super().__init__(Sheet(title, facts, choices, bottom=CHOOSE), escape=False)


class CorrectionDialog(ChoiceDialog[bool]):
    """Dismisses with True to change the one word that is shown."""

    def __init__(self, found: Correction) -> None:
        before, after = found.text[: found.column], found.text[found.column + len(found.old) :]
        number = f"{found.line:>4}  "
        facts: list[Line] = [
            (Span(clean(found.path, 200), "dim"),),
            (),
            _diff(f"- {number}", "failed_text", before, found.old, after),
            _diff(f"+ {number}", "done_text", before, found.new, after),
            (),
            (Span("Nothing else in the file changes.", "dim"),),
        ]
        choices = [Choice("y", "Write it", "", True), Choice("n", "No, go back", "", False)]
        title: Line = (Span(f"Correct line {found.line}?", bold=True),)
        super().__init__(Sheet(title, facts, choices, bottom=CHOOSE), escape=False)


def _diff(sign: str, ink: str, before: str, word: str, after: str) -> Line:
    """A line of the file with the word that goes or comes."""
    return (
        Span(sign, ink, True),
        Span(clean(before, 200), "dim"),
        Span(clean(word, 200), ink, True),
        Span(clean(after, 200), "dim"),
    )


class ReloadDialog(ChoiceDialog[bool]):
    """Dismisses with True to apply what can change in a run that goes on."""

    def __init__(self, changes: Sequence[Change]) -> None:
        now = [change for change in changes if change.command is not None]
        later = [change for change in changes if change.command is None]
        facts = _listed(now)
        if later:
            facts.append((Span("With the next start of the preset, not now:", "dim"),))
            facts += _listed(later, "faint")
        choices: list[Choice[bool]] = [Choice("n", "Change nothing", "", False)]
        if now:
            choices.append(
                Choice("y", f"Apply {plural(len(now), 'change')} now", with_key("undo", "takes them back"), True)
            )
        title: Line = (
            Span("The preset's file has changed" if now else "Nothing that can change in a live run", bold=True),
        )
        super().__init__(Sheet(title, facts, choices, bottom=CHOOSE), escape=False)


def _listed(changes: Sequence[Change], fg: str = "text") -> list[Line]:
    """One line for each, the keys in a column."""
    column = min(32, max((len(change.path) for change in changes), default=0)) + 2
    lines: list[Line] = [
        (
            Span(f"{clean(change.path):<{column}}", fg),
            Span(clean(change.old), "dim"),
            Span(" → ", "faint"),
            Span(clean(change.new), fg, fg == "text"),
        )
        for change in changes[:_LISTED]
    ]
    if len(changes) > _LISTED:
        lines.append((Span(f"and {len(changes) - _LISTED} more", "dim"),))
    return lines
