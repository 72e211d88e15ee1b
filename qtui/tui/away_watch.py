"""Notices that the person was gone, asks the journal about the time, and opens the box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtui.core.eta import Eta
from qtui.core.queries import Period, PeriodQuery
from qtui.core.snapshot import Snapshot
from qtui.tui.hints import with_key
from qtui.tui.memories import Memories
from qtui.tui.presence import AWAY_S

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

COLUMNS = 94
DEFAULT_MIN = 60


class AwayWatch:
    """One face's memory of its run."""

    def __init__(self, app: QtuiApp, *, attached: bool) -> None:
        self._app = app
        self._memories = Memories()
        self._joined = attached
        """The run went on before this face came, and that has not been told yet."""
        self._last_s = 0.0
        """How long the last absence was."""

    def look(self, snap: Snapshot, eta: Eta) -> None:
        """A snapshot was drawn."""
        self._memories.take(snap, eta)
        if self._joined and snap.run_id:
            self._joined = False
            alone = snap.elapsed_s - snap.alone_from if snap.alone_from is not None else 0.0
            if alone > AWAY_S:
                self._tell_soon(alone)

    def left(self, snap: Snapshot, eta: Eta) -> None:
        """The terminal lost the focus."""
        if snap.run_id:
            self._memories.take(snap, eta, now=True)

    def back(self, away_s: float) -> None:
        """The terminal has the focus again, after so long."""
        if away_s > AWAY_S:
            self._tell_soon(away_s)

    async def since(self) -> None:
        """Ask for how long back, and tell."""
        from qtui.tui.screens.prompt import NumberPrompt

        proposed = max(1, round(self._last_s / 60)) if self._last_s else DEFAULT_MIN
        prompt = NumberPrompt("What has changed in the last", proposed, minimum=1, maximum=100_000, unit="minutes")
        minutes = await self._app.push_screen_wait(prompt)
        if minutes is not None:
            await self._tell(60.0 * minutes, asked=True)

    def _tell_soon(self, away_s: float) -> None:
        self._last_s = away_s
        self._app.work(self._tell(away_s), "away")

    async def _tell(self, away_s: float, *, asked: bool = False) -> None:
        from qtui.tui.away import digest, from_memory, summary
        from qtui.tui.screens.away import AwayScreen

        app = self._app
        snap, eta = app.seen
        if not snap.run_id:
            return
        now = snap.started_at + snap.elapsed_s
        start = max(snap.started_at, now - away_s)
        past = self._memories.at(start)
        answer = await app.ask(PeriodQuery(start, now, COLUMNS))
        if not isinstance(answer, Period):
            if past is None:
                if asked:
                    app.say("nothing is known of that time", ok=False)
                return
            answer = from_memory(past, snap)
        told = digest(answer, snap, eta, past, asked=asked)
        if app.screen is not app.main:
            app.say(summary(told) + with_key("since", "tells more", before=" · "))
            return
        wanted = await app.push_screen_wait(AwayScreen(told))
        if wanted is not None:
            await app.main.go(wanted.action, wanted.group, wanted.at)
