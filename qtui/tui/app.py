"""The app: connects to a run, paints what it says, and leaves the terminal as it found it."""

from __future__ import annotations

import asyncio
import gc
import os
import traceback
from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.filter import LineFilter, NoColor
from textual.screen import Screen

from qtui.core.commands import Command, KeepRunning
from qtui.core.eta import Eta
from qtui.core.port import Host, Port, Refusal
from qtui.core.queries import Answer as QueryAnswer
from qtui.core.queries import Query
from qtui.core.snapshot import Snapshot
from qtui.errors import ExitCode, QtuiError
from qtui.text import clean, clean_block
from qtui.tui.actions import app_bindings
from qtui.tui.alerting import Alerting
from qtui.tui.arrival import Arrival, Opening
from qtui.tui.asides import mouse_modes
from qtui.tui.away_watch import AwayWatch
from qtui.tui.end_signals import answer_signals
from qtui.tui.ending import Ending, Left
from qtui.tui.fading import faded
from qtui.tui.feed import Feed
from qtui.tui.filters import NoControls
from qtui.tui.glyphs import Substitutes, drawn
from qtui.tui.hints import with_key
from qtui.tui.job_steering import JobSteering
from qtui.tui.key_order import KeyOrder
from qtui.tui.layout import HEIGHTS, SHEET, WIDTHS
from qtui.tui.leaving import Leaving
from qtui.tui.leftovers import let_go
from qtui.tui.motion import Motion
from qtui.tui.painting import Painting
from qtui.tui.panel import Panel
from qtui.tui.presence import Presence
from qtui.tui.screens.main import MainScreen
from qtui.tui.steering import Steering
from qtui.tui.theme import Palette, textual_theme
from qtui.tui.title import Title

MUTE = ("dumb", "linux", None)
"""Terminals without titles and notifications; some print what they do not know."""


class Joins(Enum):
    """Whose run the screen shows."""

    OWN = "own"
    """The person who looks at it has started it here."""
    OTHERS = "others"
    """It was running before."""
    WATCHED = "watched"
    """The same, and this screen may not steer."""


class QtuiApp(App[Ending]):
    """One run on one screen.

    With `port` it shows that run, with `opening` it first awaits the port, with `source` it checks and starts that
    preset, with none of them it lets one be picked.
    `keep_report` is given the traceback of a bug and returns where it was kept.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = SHEET
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [*app_bindings()]

    def __init__(
        self,
        host: Host,
        *,
        port: Port | None = None,
        opening: Opening | None = None,
        source: str = "",
        palette: Palette,
        hz: float = 4.0,
        keep_report: Callable[[str], str] | None = None,
        joins: Joins = Joins.OWN,
        outward: Callable[[str], None] | None = None,
        motion: Motion = Motion.FULL,
    ) -> None:
        self._gates: list[LineFilter] = [NoControls(), Substitutes(palette.glyphs)]
        super().__init__(ansi_color=None if palette.colour else True)
        if not palette.colour and not any(isinstance(gate, NoColor) for gate in self._filters):
            self._gates.append(NoColor())
        self.palette = self._colours = palette
        self.register_theme(textual_theme(palette))
        self.theme = palette.name
        self.move(motion)
        self.host = host
        self.steering = Steering(self)
        self.bulk = JobSteering(self)
        self.watches = joins is Joins.WATCHED
        self.feed = self._new_feed()
        self.arrival = Arrival(self, port, opening, source)
        self._hz = hz
        self._keep_report = keep_report
        self._main = MainScreen()
        self.painting = Painting(self, hz)
        self.presence = Presence()
        self.title_row = Title(self._write_out)
        self.away = AwayWatch(self, attached=joins is not Joins.OWN)
        self.alerting = Alerting(self._write_out, os.environ)
        self._outward = outward
        self._keys = KeyOrder(self, super().on_event)
        self.mouse = True
        """Mouse events are meant for us; else for the terminal's own selection."""
        self.leaving = Leaving(self, attached=joins is not Joins.OWN, watches=joins is Joins.WATCHED)

    def _new_feed(self) -> Feed:
        return Feed(lambda: self.now, again=self.host.attach, stalled=self.host.stalled, watch=self.watches)

    @property
    def now(self) -> float:
        """The loop's time, which everything of this face counts by."""
        return asyncio.get_running_loop().time()

    def get_default_screen(self) -> Screen[object]:
        return self._main

    def pop_screen(self) -> AwaitComplete:
        let_go()
        return super().pop_screen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *(gate for gate in self._gates if gate.enabled)]

    def on_mount(self) -> None:
        self.presence = Presence(self.now)
        answer_signals(self.called)
        self.set_interval(1 / self._hz, self._tick, name="paint")
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Connect once the first frame is on the screen."""
        self._main.show(self.painting.scene)
        if not gc.isenabled():
            gc.freeze()  # what exists now lives as long as the process; collections need not look at it
            gc.enable()
        self.run_worker(self._live(), name="live", group="live")

    # ------------------------------------------------------------------ the run

    async def _live(self) -> None:
        try:
            port = await self.arrival.find()
        except QtuiError as error:
            self._refused(error)
            return
        if port is None:
            self.leave_with(Left.QUIT)
            return
        await self._follow(port)

    def _refused(self, error: QtuiError) -> None:
        self.leave_with(Left.REFUSED, str(error), code=int(error.exit_code))

    async def _follow(self, port: Port) -> None:
        try:
            await self.feed.follow(port, self._arrived)
        except Refusal as refusal:
            await self._mend(refusal)
            return
        self.leaving.ended()

    async def _mend(self, refusal: Refusal) -> None:
        """The engine would not start: what a person can decide or mend is shown, anything else is said at the end."""
        if not self.arrival.can_mend(refusal):
            self._refused(refusal)
            return
        await self.feed.close()
        self.feed = self._new_feed()  # the old one would tell of an engine that does not answer
        try:
            port = await self.arrival.mend(refusal)
        except QtuiError as error:
            self._refused(error)
            return
        if port is None:
            self._refused(refusal) if refusal.plan is None else self.leave_with(Left.QUIT, "nothing was started")
            return
        await self._follow(port)

    async def another(self) -> None:
        """Show another run in place of this one, which goes on in the background if it is not over."""
        port = await self.arrival.pick(behind=True)
        if port is None:
            return
        await self.feed.close()
        self.feed = self._new_feed()
        self.away = AwayWatch(self, attached=self.leaving.attached)
        self.painting.begin()
        self.run_worker(self._follow(port), name="live", group="live", exclusive=True)

    def take_up(self, *, attached: bool) -> None:
        """The run that is shown from now on was started here, or was running before."""
        self.leaving = Leaving(self, attached=attached, watches=False)
        self.away = AwayWatch(self, attached=attached)

    def _arrived(self) -> None:
        """A snapshot came: paint it at once if a person waits for it, otherwise at the next tick."""
        self.leaving.seen()
        if self.painting.rest_s < 0.2:
            self.painting.paint_if_due()

    # ------------------------------------------------------------------ painting

    def _tick(self) -> None:
        self.feed.beat()
        self.feed.pace(self.presence.snapshots_hz(self.now))
        self.painting.paint_if_due()

    def paint(self) -> None:
        """Draw the newest snapshot at once."""
        self.painting.paint()

    @property
    def seen(self) -> tuple[Snapshot, Eta]:
        """What was drawn last."""
        return self.painting.scene.snap, self.painting.scene.eta

    @property
    def main(self) -> MainScreen:
        return self._main

    def colour(self, palette: Palette) -> None:
        """Draw everything in another palette from now on."""
        if palette is not self.palette:
            self.palette = palette
            self._draw_anew()

    def _draw_anew(self) -> None:
        for screen in self.screen_stack:
            for widget in screen.walk_children():
                widget.forget() if isinstance(widget, Panel) else widget.refresh()

    @property
    def look(self) -> Palette:
        """What is drawn with, apart from the fading of an old picture."""
        return self._colours

    def dress(self, look: Palette) -> None:
        """Draw everything with another theme or other glyphs."""
        if look.glyphs is not self._colours.glyphs:
            self._gates = [Substitutes(look.glyphs) if isinstance(gate, Substitutes) else gate for gate in self._gates]
        self._colours = look
        if look.name != self.theme:
            self.register_theme(textual_theme(look))
            self.theme = look.name
        self.colour(faded(look) if self.feed.stale else look)

    def move(self, motion: Motion) -> None:
        """How much may move from now on."""
        self.motion = motion
        self.animation_level = motion.animations

    def say(self, text: str, *, ok: bool = True, undo: bool = False) -> None:
        """Answer a key press in the ticker row."""
        self.painting.say(text, ok=ok, undo=undo)

    # ------------------------------------------------------------------ what keys do

    def work(self, asking: Coroutine[object, object, object], name: str) -> None:
        """Do something that waits for the engine or for an answer, beside the painting."""
        self.run_worker(asking, name=name, group="keys")

    async def send(self, command: Command) -> bool:
        """Ask the engine for a change and say what it answered."""
        reply = await self.feed.send(command)
        self.presence.key(self.now)
        self.say(reply.text, ok=reply.ok, undo=reply.undo)
        return reply.ok

    async def ask(self, query: Query) -> QueryAnswer:
        """Ask the engine about the past."""
        return await self.feed.ask(query)

    async def keep_running(self) -> None:
        """Take a drain back."""
        self.leaving.at_end = False
        await self.send(KeepRunning())

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.presence.key(self.now)
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def on_resize(self) -> None:
        """A terminal that was small for a moment has lost what did not fit, even if it has its old size again."""
        self.screen.refresh()

    def on_app_blur(self) -> None:
        self.presence.blur(self.now)
        self.away.left(*self.seen)

    def on_app_focus(self) -> None:
        away_s = self.presence.focus(self.now)
        self.paint()
        self.away.back(away_s)

    def heed(self, action_id: str) -> None:
        """Take note of the alerts that hold, or hear of none for a while."""
        if action_id == "mute":
            self.say(self.alerting.mute(self.now))
        else:
            self.say(self.alerting.acknowledge(self.painting.scene.snap))

    def _write_out(self, sequence: str) -> None:
        """What a terminal understands and Textual does not write: titles, notifications."""
        sequence = drawn(sequence, self.palette.glyphs)
        if self._outward is not None:
            self._outward(sequence)
        elif self._driver is not None and not self.is_headless and os.environ.get("TERM") not in MUTE:
            self._driver.write(sequence)
            self._driver.flush()

    # ------------------------------------------------------------------ leaving

    def action_stay(self) -> None:
        """ctrl+z would stop only this face, and with it the shell's view of a run that goes on."""
        self.say("ctrl+z is off" + with_key("leave", "leaves this screen and the run goes on", before=": "), ok=False)

    def action_leave_now(self) -> None:
        self.leaving.interrupt()

    def action_leave_softly(self) -> None:
        self.leaving.leave_softly()

    def leave(self) -> None:
        self.leaving.leave()

    def toggle_mouse(self) -> None:
        """Leave the mouse to the terminal's own selection, or take it back."""
        self.mouse = not self.mouse
        if self._driver is not None:
            self._driver.write(mouse_modes(self.mouse))
            self._driver.flush()
        self.say("the mouse works again" if self.mouse else "the mouse is the terminal's: select and copy as usual")

    def leave_with(self, how: Left, reason: str = "", number: int = 0, code: int = 0) -> None:
        """Close the screen; the result says how, so that the launcher can say the rest."""
        self.title_row.close()
        ending = Ending(how, self.feed.newest, reason, number, code, self.arrival.picked)
        self.exit(ending, return_code=128 + number if number else code)

    def called(self, name: str, number: int) -> None:
        """A signal asks to end."""
        self.leave_with(Left.SIGNAL, f"{name} received", number)

    async def on_unmount(self) -> None:
        await self.feed.close()

    def _handle_exception(self, error: Exception) -> None:
        """A bug ends the screen without Textual's traceback, which prints local variables and so secrets."""
        self._return_code = int(ExitCode.BUG)
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        report = "".join(traceback.format_exception(error))
        where = f"the report is in {self._keep_report(report)}" if self._keep_report else report
        run = self.feed.newest.run_id if self.feed.newest is not None else ""
        look = f"look at it again with: qtui attach {clean(run, 80)}\n" if run else ""
        self.panic(
            Text(f"qtui: a bug ended the screen; the run goes on and its journal is safe.\n{look}{clean_block(where)}")
        )
