"""Choosing one producer, to pause it or to let it go on."""

from __future__ import annotations

from qtui.core.snapshot import ProducerState, Snapshot
from qtui.text import clean, rate
from qtui.tui.canvas import Span
from qtui.tui.dialog import CHOOSE, Choice, ChoiceDialog, Sheet

_OVER = (ProducerState.DONE, ProducerState.ERROR)


class ProducerDialog(ChoiceDialog[int | None]):
    """Dismisses with the index of the chosen producer, or None; those that are over cannot be chosen."""

    def __init__(self, snap: Snapshot) -> None:
        going = [producer for producer in snap.producers if producer.state not in _OVER]
        choices: list[Choice[int | None]] = [
            Choice(
                str(number) if number < 10 else "",
                clean(producer.name, 40),
                "paused; lets it go on"
                if producer.state is ProducerState.PAUSED
                else f"{rate(producer.admit_rate)}; pauses it",
                producer.index,
            )
            for number, producer in enumerate(going, 1)
        ]
        choices.append(Choice("esc", "Cancel", "", None))
        title = "Pause or resume which producer?" if going else "Every producer is done"
        super().__init__(Sheet((Span(title, bold=True),), [], choices, bottom=CHOOSE), escape=None)
