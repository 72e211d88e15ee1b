"""A yes-or-no question whose first answer changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from qtui.text import clean
from qtui.tui.canvas import Span
from qtui.tui.dialog import CHOOSE, Choice, ChoiceDialog, Sheet


class Confirm(ChoiceDialog[bool]):
    """Dismisses with True only for the answer called `yes`."""

    def __init__(self, title: str, lines: Sequence[str], yes: str) -> None:
        sheet = Sheet(
            title=(Span(clean(title), bold=True),),
            facts=[(Span(clean(line), "text" if number == 0 else "dim"),) for number, line in enumerate(lines)],
            choices=(Choice("n", "No, go back", "", False), Choice("y", clean(yes), "", True)),
            bottom=CHOOSE,
        )
        super().__init__(sheet, escape=False)
