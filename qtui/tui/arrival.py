"""How the screen comes to a run: it is given one, waits for one, starts a preset, or lets one be picked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from qtui.core.past import Plan
from qtui.core.port import Port, Refusal
from qtui.errors import QtuiError
from qtui.text import clean

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

Opening = Callable[[], Awaitable[Port]]


class Arrival:
    """With `port` it is that run, with `opening` it is awaited, with `source` the preset is checked and started."""

    def __init__(self, app: QtuiApp, port: Port | None, opening: Opening | None, source: str) -> None:
        self._app = app
        self._port = port
        self._opening = opening
        self._source = source
        self.picked: str | None = None
        """The preset a person has chosen here, empty for a run that was live, None while nothing was chosen."""

    @property
    def is_starting(self) -> bool:
        """A run was asked for and may begin before it is seen."""
        return self._opening is not None

    async def find(self) -> Port | None:
        """The run to show; None when a person wants none. Raises QtuiError when it cannot be started."""
        if self._port is not None:
            return self._port
        if self._opening is not None:
            return await self._opening()
        return await self._open(self._source, others=True) if self._source else await self.pick()

    def can_mend(self, refusal: Refusal) -> bool:
        """A person can decide or correct what kept the engine from starting."""
        return bool(self._source) and (refusal.checked is not None or refusal.plan is not None)

    async def mend(self, refusal: Refusal) -> Port | None:
        """The run after a person has decided or corrected that; None when nothing is to be started."""
        return await (self._resume(refusal.plan) if refusal.plan else self._open(self._source, others=True))

    async def pick(self, *, behind: bool = False) -> Port | None:
        """Let a preset or a live run be chosen until one can be shown; None when the person goes back or leaves."""
        from qtui.tui.screens.picker import PickerScreen

        app = self._app
        said = source = ""
        while True:
            picked = await app.push_screen_wait(PickerScreen(app.host, behind=behind, said=said, chosen=source))
            if picked is None:
                return None
            source, said = picked, ""
            run_id = source.removeprefix("attach:")
            try:
                port = await (app.host.attach(run_id) if run_id != source else self._open(source))
            except QtuiError as error:
                said = str(error)
                continue
            if port is not None:
                self.picked = source if run_id == source else ""
                app.take_up(attached=run_id != source)
                return port

    async def _resume(self, plan: Plan) -> Port | None:
        """Ask what becomes of the unfinished run."""
        from qtui.tui.screens.resume import ResumeDialog

        wanted = await self._app.push_screen_wait(ResumeDialog(plan))
        if wanted is None:
            return None
        self._app.say(f"going on with {plan.run_id}" if wanted == "resume" else "starting anew")
        return await self._app.host.open(self._source, wanted)

    async def _open(self, source: str, *, others: bool = False) -> Port | None:
        """Start a preset; a bad one is shown until it is good, None when the person gives up.

        `others`: esc then leads to the other presets.
        """
        checked = await asyncio.to_thread(self._app.host.check, source)
        if checked.problems:
            from qtui.tui.screens.bad_preset import BadPresetScreen

            good = await self._app.push_screen_wait(BadPresetScreen(self._app.host, source, within=not others))
            if good is None and others:
                return await self.pick()
            if not good:
                return None
        self._app.say(f"starting {clean(source, 60)}")
        self._source = source
        return await self._app.host.open(source)
