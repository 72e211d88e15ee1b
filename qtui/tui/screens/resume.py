"""The dialog before an unfinished run goes on: what that will do, and the way to start anew instead."""

from __future__ import annotations

from typing import TypeAlias

from qtui.core.past import Plan
from qtui.core.port import Unfinished
from qtui.text import clean
from qtui.tui.canvas import Line, Span
from qtui.tui.dialog import Choice, ChoiceDialog, Sheet

_Choice: TypeAlias = Choice[Unfinished | None]


class ResumeDialog(ChoiceDialog[Unfinished | None]):
    """Dismisses with `resume`, `fresh`, or None to start nothing."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(resume_sheet(plan), escape=None)

    def follow(self, key: str, character: str | None) -> None:
        if key in ("q", "ctrl+q", "ctrl+c"):
            self.dismiss(None)
        else:
            super().follow(key, character)


def resume_sheet(plan: Plan) -> Sheet[Unfinished | None]:
    """What the dialog says; where the plan holds a surprise, starting nothing is what enter does."""
    go_on: _Choice = Choice("r", "Go on with it", "what was done stays done", "resume")
    fresh: _Choice = Choice("f", "Start anew", f"{clean(plan.run_id, 40)} is kept aside", "fresh")
    leave: _Choice = Choice("esc", "Start nothing", "", None)
    facts: list[Line] = [(Span(clean(plan.summary, 400)),)]
    facts += [(Span(clean(line, 400), "dim"),) for line in plan.lines[1 : len(plan.lines) - len(plan.surprises)]]
    facts += [(Span("▲ ", "pressure", True), Span(clean(line, 400))) for line in plan.surprises]
    return Sheet(
        title=(Span(f"{clean(plan.run_id, 40)} is {'finished' if plan.over else 'not finished'}", bold=True),),
        facts=facts,
        choices=(leave, go_on, fresh) if plan.surprises else (go_on, fresh, leave),
        closing=(Span("Nothing has been started yet.", "dim"),),
    )
