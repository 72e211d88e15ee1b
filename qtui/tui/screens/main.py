"""The main screen: one band, one stage; what is where at which size, and which key does what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from qtui.core.snapshot import RunState, Snapshot
from qtui.tui.actions import BY_ID, Context, action_of, entries, hints, sections
from qtui.tui.asides import copy_status, say_why
from qtui.tui.canvas import Canvas
from qtui.tui.ending import Left
from qtui.tui.feed import ENDS
from qtui.tui.hints import hint, side_by_side
from qtui.tui.hover import Hover
from qtui.tui.layout import classes_at
from qtui.tui.mouse import action_at
from qtui.tui.panel import Panel
from qtui.tui.preset_keys import edit_preset, save_preset
from qtui.tui.scene import Scene, before_the_first
from qtui.tui.screens.views import Stage
from qtui.tui.widgets.band import draw_band
from qtui.tui.widgets.band_tips import band_tip
from qtui.tui.widgets.header import draw_header
from qtui.tui.widgets.keybar import Hint, draw_keybar, hint_at
from qtui.tui.widgets.lane import draw_lane
from qtui.tui.widgets.progress import draw_progress
from qtui.tui.widgets.small import draw_tiny
from qtui.tui.widgets.ticker import draw_ticker
from qtui.tui.widgets.verdict import draw_verdict

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp


def _header(canvas: Canvas, scene: Scene) -> None:
    draw_header(canvas, scene.snap, eta=scene.eta, until=scene.until, trouble=scene.trouble, watching=scene.watching)


def _band(canvas: Canvas, scene: Scene) -> None:
    draw_band(canvas, scene.snap, verdict=scene.verdict, frame=scene.frame, target=scene.target)


def _tiny(canvas: Canvas, scene: Scene) -> None:
    draw_tiny(canvas, scene.snap, verdict=scene.verdict, eta=scene.eta, keys=_tiny_keys())


def _tiny_keys() -> str:
    offered = side_by_side(hint("pause", "pause"), hint("workers", "more", "fewer"), hint("help", "help"))
    return "".join(span.text for span in offered)


def _progress(canvas: Canvas, scene: Scene) -> None:
    draw_progress(canvas, scene.snap)


def _verdict(canvas: Canvas, scene: Scene) -> None:
    draw_verdict(canvas, scene.verdict)


def _lane(canvas: Canvas, scene: Scene) -> None:
    draw_lane(canvas, scene.snap)


def _ticker(canvas: Canvas, scene: Scene, context: Context = Context.OVERVIEW) -> None:
    acknowledges = context in BY_ID["acknowledge"].contexts
    draw_ticker(canvas, scene.snap, answer=scene.answer, alert=scene.alert, acknowledges=acknowledges)


ROWS: dict[str, Callable[..., None]] = {
    "header": _header,
    "progress": _progress,
    "verdict": _verdict,
    "band": _band,
    "lane": _lane,
    "ticker": _ticker,
    "tiny": _tiny,
}


class KeyBar(Panel):
    """A click on a hint is its key."""

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._hints: list[Hint] = []

    def offer(self, offered: list[Hint]) -> None:
        if offered != self._hints or not self._strips:
            self._hints = offered
            self.show(lambda canvas: draw_keybar(canvas, offered))

    async def on_click(self, event: events.Click) -> None:
        hint = hint_at(self._hints, self.size.width, event.x)
        if hint is not None:
            await self.screen.run_action(f"do('{hint.action}')")


class MainScreen(Screen[object]):
    """Draws scenes; keys become actions of the one registry."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._scene = before_the_first()
        self._panels = {name: Panel(id=name, draw=partial(draw, scene=self._scene)) for name, draw in ROWS.items()}
        self._keys = KeyBar()
        self._stage = Stage()
        self._hover = Hover()

    def compose(self) -> ComposeResult:
        # Textual would tell the classes after the first layout, and everything would be styled and laid out twice
        self.add_class(*classes_at(*self.app.size), update=False)
        panels = self._panels
        with Vertical(id="page"):
            yield panels["header"]
            yield panels["progress"]
            yield panels["verdict"]
            yield panels["band"]
            yield panels["lane"]
            yield self._stage
            yield panels["ticker"]
            yield self._keys
        yield panels["tiny"]
        yield self._hover

    @property
    def ship(self) -> QtuiApp:
        return cast("QtuiApp", self.app)

    # ------------------------------------------------------------------ drawing

    def show(self, scene: Scene) -> None:
        """Draw another moment; only rows that changed are painted."""
        was_over = self._scene.snap.state in ENDS
        self._scene = scene
        if (scene.snap.state in ENDS) != was_over:
            self._stage.turn_to(self._stage.view, over=not was_over)
        self._refresh()

    def _refresh(self) -> None:
        scene = self._scene
        self.set_class(self._stage.view is not Context.OVERVIEW, "-listing")
        self.set_class(self._stage.view is Context.TIMELINE, "-in-time")
        self.set_class(self._stage.context is Context.FINISHED, "-over")
        rows: dict[str, Callable[..., None]] = {
            **ROWS,
            "ticker": partial(_ticker, context=self._stage.context),
        }
        for name, panel in self._panels.items():
            if panel.is_mounted and panel.size.area:
                panel.show(partial(rows[name], scene=scene), partial(band_tip, scene) if name == "band" else None)
        self._stage.show(scene)
        offered = hints(self._stage.context, scene.snap if scene.snap.run_id else None)
        if self.ship.feed.refusal:  # what would be refused is not offered
            offered = [hint for hint in offered if not BY_ID[hint.action].changes]
        self._keys.offer(offered)
        self._hover.again()

    def on_resize(self) -> None:
        self.call_after_refresh(self._refresh)

    # ------------------------------------------------------------------ keys

    async def on_key(self, event: events.Key) -> None:
        """What the view has left over."""
        action = action_of(event.key, self._stage.context)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.action_do(action)

    async def on_click(self, event: events.Click) -> None:
        """A click on what a key would do; dialogs and lists have taken theirs before."""
        widget = event.widget
        if widget is None or self.app.screen is not self:
            return
        action = action_at(widget.id or "", event.x, widget.size.width, self._scene, twice=event.chain == 2)
        if action:
            event.stop()
            await self.action_do(action)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """What is under the mouse is told, unless the mouse is the terminal's."""
        if self.ship.mouse and self.ship.screen is self:
            self._hover.point(event)

    def on_screen_suspend(self) -> None:
        self._hover.hide()

    async def action_do(self, action_id: str) -> None:
        """Run an action of the registry, unless the engine is away and it would change something."""
        self._hover.hide()  # who presses a key looks at what it does
        action = BY_ID[action_id]
        if self._stage.context not in action.contexts:
            return
        if action.changes and self.ship.feed.refusal:
            self.ship.say(self.ship.feed.refusal, ok=False)
        elif action.changes:
            self._change(action_id, self._scene.snap)
        else:
            self._look(action_id)
            await self._stage.settled()

    def _change(self, action_id: str, snap: Snapshot) -> None:
        ship = self.ship
        match action_id:
            case "more" | "fewer" | "double" | "halve":
                if ship.steering.turn(action_id, snap):
                    ship.work(ship.steering.dial.run(), "dial")
                ship.paint()
            case "retry" | "cancel" | "aside" | "acknowledge_group" | "retry_all" | "cancel_all" | "aside_all":
                if (asked := ship.bulk.asked(action_id, self._stage, snap)) is not None:
                    ship.work(asked, action_id)
            case _:
                ship.work(getattr(ship.steering, action_id)(snap), action_id)

    def _look(self, action_id: str) -> None:
        looks = self._looks(action_id)
        if action_id in looks:
            looks[action_id]()
        else:
            self._stage.do(action_id)
            self._refresh()

    def _looks(self, action_id: str) -> dict[str, Callable[[], object]]:
        """What is done here; all the rest is the view's."""
        ship, scene = self.ship, self._scene
        return {
            "leave": ship.leave,
            "detach": lambda: ship.leave_with(Left.DETACHED),
            "help": self._help,
            "palette": lambda: ship.work(self._palette(), "palette"),
            "inspect": self._inspect,
            "copy": lambda: ship.work(ship.bulk.copy(self._stage), "copy"),
            "open_job": lambda: ship.work(ship.bulk.page(self._stage), "open"),
            **{look: lambda: self._choose_look(action_id) for look in ("theme", "glyphs", "motion")},
            "another": lambda: ship.work(ship.another(), "another run"),
            "elsewhere": lambda: ship.work(ship.another(), "another run"),
            "save": lambda: ship.work(save_preset(ship, scene.snap), "save"),
            "edit_preset": lambda: ship.work(edit_preset(ship, scene.snap), "edit"),
            "why": lambda: say_why(ship, scene),
            "copy_status": lambda: copy_status(ship, scene),
            "about": lambda: self._about(scene),
            "mouse": self._toggle_mouse,
            "since": lambda: ship.work(ship.away.since(), "since"),
            "acknowledge": lambda: ship.heed(action_id),
            "mute": lambda: ship.heed(action_id),
            "back": self._back,
        }

    def _back(self) -> None:
        """One level: the drawer, then the view, then a drain."""
        if self._stage.close_drawer() or self._stage.go_home():
            self._refresh()
        elif self._scene.snap.state is RunState.DRAINING:
            self.ship.work(self.ship.keep_running(), "keep running")

    def _about(self, scene: Scene) -> None:
        from qtui.tui.screens.about import About

        self.ship.push_screen(About(scene))

    def _toggle_mouse(self) -> None:
        self._hover.hide()
        self.ship.toggle_mouse()

    def _inspect(self) -> None:
        seq, group = self._stage.read_job(), self._stage.selected_group()
        if seq is not None:
            self._stage.open_drawer(seq)
        elif group is not None:
            self._stage.show_jobs_of(group)
        else:
            self.ship.say("no job is chosen", ok=False)
        self._refresh()

    async def go(self, action_id: str, group: str = "", at: float = 0.0) -> None:
        """Do what was chosen elsewhere: an action, perhaps about one failure group or a moment of the past."""
        if group and action_id == "retry":
            if (asked := self.ship.bulk.of_group(action_id, group, self._scene.snap)) is not None:
                self.ship.work(asked, "retry")
        else:
            await self.action_do(action_id)
            if group or at:
                self._stage.lead_to(at, group)

    def _help(self) -> None:
        from qtui.tui.screens.help import HelpScreen

        self.ship.push_screen(HelpScreen(sections(self._stage.context)))

    def _choose_look(self, what: str) -> None:
        from qtui.tui.screens.looks import choose

        choose(self.ship, what)

    async def _palette(self) -> None:
        from qtui.tui.screens.palette import CommandPalette

        chosen = await self.ship.push_screen_wait(CommandPalette(entries(self._stage.context)))
        if chosen is not None:
            await self.action_do(chosen)
