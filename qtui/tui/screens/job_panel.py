"""The JOB panel of the overview: what snapshots tell of the chosen slot, and what the journal adds to it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, cast

from qtui.core.queries import JobQuery, JobStory, SlotPast, SlotQuery
from qtui.core.snapshot import SlotView, Snapshot
from qtui.tui.panel import Panel
from qtui.tui.widgets.job import draw_job

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

EVERY_S = 1.0
"""The journal is asked at most so often."""
LASTS_S = 0.5
"""A job that has run for so long may be there long enough to be read of."""


class JobPanel(Panel):
    """Asks for what a snapshot does not hold, while it is seen and only when something has changed."""

    def __init__(self) -> None:
        super().__init__(id="job")
        self._snap: Snapshot | None = None
        self._number = 0
        self._past = SlotPast([])
        self._past_of = 0
        """The slot whose past is known."""
        self._story: JobStory | None = None
        self._known: tuple[int, ...] = (0,)
        """What was asked about last: the slot first, and only that when the answer was not about all of it."""
        self._asked_at = 0.0
        self._asking = False

    def show_slot(self, snap: Snapshot, number: int) -> None:
        """Draw the slot of this number."""
        self._snap, self._number = snap, number
        self._paint()
        slot = next((slot for slot in snap.slots if slot.number == number), None)
        if slot is not None and (slot.seq or slot.last):
            self._wish(slot)

    def _paint(self) -> None:
        if self._snap is not None:
            past = self._past.attempts if self._past_of == self._number else []
            self.show(partial(draw_job, snap=self._snap, selected=self._number, story=self._story, past=past))

    def _wish(self, slot: SlotView) -> None:
        """Ask, unless what is known is about this very moment of the slot."""
        seq = slot.seq if slot.elapsed_s >= LASTS_S else 0
        wanted = (slot.number, slot.last, slot.attempt, seq)
        too_soon = slot.number == self._known[0] and time.monotonic() - self._asked_at < EVERY_S
        if wanted == self._known or self._asking or too_soon:
            return
        self._known, self._asking = wanted, True
        self.run_worker(self._ask(slot, seq), name="slot", exit_on_error=False)

    async def _ask(self, slot: SlotView, seq: int) -> None:
        try:
            ask = cast("QtuiApp", self.app).ask
            past = await ask(SlotQuery(slot.number))
            story = await ask(JobQuery(seq)) if seq else None
        finally:
            self._asking, self._asked_at = False, time.monotonic()
        if isinstance(past, SlotPast):
            self._past, self._past_of = past, slot.number
            if slot.last not in (0, *(attempt.seq for attempt in past.attempts[:1])):
                self._known = (slot.number,)  # its end is on its way to the disk
        self._story = story if isinstance(story, JobStory) else None
        self._paint()
