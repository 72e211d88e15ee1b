"""The ways out of a run: the dialog, and the ladder drain, stop, kill that its answers start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qtui.core.commands import Drain, Stop
from qtui.core.port import Killable
from qtui.core.snapshot import RunState
from qtui.tui.actions import key_of
from qtui.tui.ending import Left

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp
    from qtui.tui.screens.leave import LeaveDialog

ANSWERS_S = 3.0
"""An engine that has not answered a stop for so long is killed: a job holds it up."""
GRACE_S = 3.0
"""How long it may then take to save what it can and end by itself."""
KILLING = "killing the engine: it is gone within three seconds, and no try is spent"


class Leaving:
    """What q and Ctrl-C come to, by what is known of the run."""

    def __init__(self, app: QtuiApp, *, attached: bool, watches: bool) -> None:
        self.attached = attached
        """The run was started by somebody else: nothing short of an explicit choice may end it."""
        self.watches = watches
        """This face may not steer, so there is nothing to ask."""
        self.at_end = False
        """Leave as soon as the run is over."""
        self._app = app
        self._when_seen = False
        """A person wants to leave a run that has not been seen yet: it cannot be left in silence."""
        self._ends_unseen = False
        """… and to have it ended."""
        self._dialog: LeaveDialog | None = None
        self._stopped = False
        """A stop was asked for here."""
        self._killing = False

    def seen(self) -> None:
        """There is a picture of the run."""
        if self._when_seen and not self._ends_unseen and self._app.feed.newest is not None:
            self._when_seen = False
            self.leave()

    def ended(self) -> None:
        """There will be no more pictures of the run."""
        if self._ends_unseen:
            self._left_unseen()
        elif self.at_end and self._app.feed.over:
            self._app.leave_with(self.way_out())

    def way_out(self) -> Left:
        """How a run that is over, lost or never seen is left."""
        feed = self._app.feed
        if feed.newest is None:
            return Left.QUIT
        if feed.newest.state is RunState.FINISHED:
            return Left.FINISHED
        return Left.STOPPED if feed.over else Left.LOST

    def leave(self) -> None:
        """At once when nothing is left to decide, otherwise after the dialog."""
        if self._detaches():
            self._app.leave_with(Left.DETACHED)
        else:
            self._decide()

    def interrupt(self) -> None:
        """Ctrl-C: like q, but once a stop was asked for it is the next step."""
        feed = self._app.feed
        if self._dialog is not None and self._app.screen is self._dialog:
            self._dialog.dismiss(self._dialog.ctrl_c)
            return
        if self._stopped and not feed.over and not feed.lost:
            self._app.work(self.kill(), "kill")
        elif self._when_seen and isinstance(feed.port, Killable):
            self._app.work(self._end_unseen(feed.port), "kill")
        elif self.watches:
            self.leave()
        else:
            self._decide()

    def leave_softly(self) -> None:
        """Ctrl-Q: like q."""
        if self._dialog is not None and self._app.screen is self._dialog:
            self._dialog.dismiss("detach")
        else:
            self.leave()

    def _detaches(self) -> bool:
        feed = self._app.feed
        live = feed.newest is not None and not feed.over and not feed.lost
        return live and (self.watches or (self.attached and not self._stopped))

    def _decide(self) -> None:
        app = self._app
        feed = app.feed
        if feed.newest is None and app.arrival.is_starting and not self.attached and not self._when_seen:
            self._when_seen = True
            key = key_of("leave") or "ctrl+q"
            app.say(f"the run is starting; {key} again leaves it without having seen it, ctrl+c again ends it")
        elif self._when_seen:
            app.leave_with(Left.QUIT, "left before the run was seen; if it has started, `qtui attach` shows it")
        elif feed.newest is None or feed.over or feed.lost:
            app.leave_with(self.way_out())
        elif self._dialog is None:
            self._ask()

    def _ask(self) -> None:
        """At once: the next key is meant for the dialog."""
        from qtui.tui.screens.leave import LeaveDialog

        app = self._app
        if app.feed.newest is None:
            return
        self._dialog = LeaveDialog(app.feed.newest, attached=self.attached)
        app.push_screen(self._dialog, lambda answer: app.work(self._answered(answer), "leave"))

    async def _answered(self, answer: str | None) -> None:
        app = self._app
        self._dialog = None
        if app.feed.over and answer is not None:
            app.leave_with(self.way_out())
            return
        match answer:
            case "detach":
                app.leave_with(Left.DETACHED)
            case "drain":
                await self._drain()
            case "stop":
                await self._stop()
            case "kill":
                await self.kill()

    async def _drain(self) -> None:
        app = self._app
        self.at_end = await app.send(Drain())
        if app.feed.over:
            app.leave_with(self.way_out())
        elif self.at_end:
            app.say("draining, then this screen closes; ctrl+c twice stops now")

    async def _stop(self) -> None:
        app = self._app
        if app.feed.stale and not app.feed.lost:
            await self.kill("the engine does not answer: killing it, and no try is spent")
            return
        self._stopped = self.at_end = True
        asking = asyncio.create_task(app.send(Stop()), name="stop")
        await asyncio.wait([asking], timeout=ANSWERS_S)
        if not asking.done():
            await self.kill("the engine does not answer, a job holds it up: killing it, and no try is spent")
            return
        self._stopped = self.at_end = asking.result()
        if app.feed.over:
            app.leave_with(self.way_out())
        elif self.at_end:
            app.say("stopping: what runs is interrupted; ctrl+c again kills the engine")

    async def _end_unseen(self, port: Killable) -> None:
        """Nobody has spoken yet: the engine starts, or a job has held it up from the beginning."""
        self._ends_unseen = True
        self._app.say("ending the run before it was seen")
        if port.kill(hard=False):
            await asyncio.sleep(GRACE_S)  # the link ends meanwhile, and with it the screen
            port.kill(hard=True)
        self._left_unseen()

    def _left_unseen(self) -> None:
        self._app.leave_with(Left.QUIT, "ended before it was seen; `qtui ls` shows what there is of it", code=130)

    async def kill(self, saying: str = KILLING) -> None:
        """End the engine's process; the run stays in its journal, as far as it got."""
        app = self._app
        port = app.feed.port
        if self._killing:
            return
        if not isinstance(port, Killable) or not port.kill(hard=False):
            app.say("this engine cannot be killed from here; `qtui ls` and `kill` can do it", ok=False)
            return
        self._killing = self._stopped = self.at_end = True
        app.feed.ended_here = True
        app.say(saying)
        await asyncio.sleep(GRACE_S)
        port.kill(hard=True)
        self._killing = False
