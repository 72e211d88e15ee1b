"""Choosers for how the screen looks: whatever is chosen is shown at once, and esc brings back what was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events

from qtui.tui.canvas import Canvas, Span, cut
from qtui.tui.dialog import CHOOSE, BoxScreen
from qtui.tui.glyphs import Glyphs
from qtui.tui.motion import Motion

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

Option = tuple[str, str]
"""A name and what it means."""

OWN_THEMES = {
    "qtui-dark": "ours, for dark rooms",
    "qtui-light": "ours, for bright rooms",
    "qtui-projector": "white, without pale greys",
    "qtui-contrast": "black, with pure colours",
    "qtui-ansi": "your terminal's own 16 colours",
}
GLYPHS = (
    (Glyphs.FULL.value, "lines, blocks and signs"),
    (Glyphs.BASIC.value, "what the console of a PC can draw"),
    (Glyphs.ASCII.value, "letters and signs of ASCII only"),
)
MOTION = (
    (Motion.FULL.value, "four pictures a second, arrows move"),
    (Motion.CALM.value, "two pictures a second, arrows stand"),
    (Motion.NONE.value, "one picture a second"),
)


class Chooser(BoxScreen[None]):
    """A list at the right edge, so that the screen beside it shows what each choice does."""

    DEFAULT_CSS = """
    Chooser { align: right middle; background: transparent; }
    """

    def __init__(self, title: str, options: Sequence[Option], chosen: str, apply: Callable[[str], None]) -> None:
        super().__init__()
        self._title = title
        self._options = options
        self._names = [name for name, _ in options]
        self._before = chosen
        self._selected = self._names.index(chosen) if chosen in self._names else 0
        self._apply = apply
        self._top = 0

    def box_size(self, width: int, height: int) -> tuple[int, int]:
        return min(width, 58), min(height, len(self._options) + 2)

    def draw(self, canvas: Canvas) -> None:
        width, height = canvas.width, canvas.height
        canvas.fill(0, 0, width, height, "panel")
        canvas.box(0, 0, width, height, title=(Span(self._title, bold=True),), bottom=CHOOSE, line="accent")
        room = height - 2
        if width < 8 or room < 1:
            return
        self._top = max(0, min(self._selected - room // 2, len(self._options) - room))
        for y, (name, note) in enumerate(self._options[self._top : self._top + room], 1):
            chosen = self._top + y - 1 == self._selected
            if chosen:
                canvas.fill(1, y, width - 2, 1, "raised")
                canvas.put(1, y, "▌", "accent")
            line = (Span(f"{name:<22}", "text", chosen), Span(note, "dim"))
            canvas.spans(3, y, cut(line, width - 5))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        steps = {"up": -1, "k": -1, "shift+tab": -1, "down": 1, "j": 1, "tab": 1, "pageup": -10, "pagedown": 10}
        steps |= {"home": -999, "g": -999, "end": 999, "G": 999}
        if event.key in ("enter", "ctrl+m"):
            self.dismiss(None)
        elif event.key in ("escape", "q"):
            self._take_back()
        elif event.key in steps:
            self._select(self._selected + steps[event.key])

    def _take_back(self) -> None:
        self._apply(self._before)
        self.dismiss(None)

    def _select(self, number: int) -> None:
        self._selected = max(0, min(len(self._names) - 1, number))
        self._apply(self._names[self._selected])
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        box = self.box.region
        row = self._top + event.screen_y - box.y - 1
        if not box.contains(event.screen_x, event.screen_y):
            self._take_back()
        elif 0 < event.screen_y - box.y < box.height - 1 and row < len(self._names):
            self._select(row)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._select(self._selected + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._select(self._selected - 1)


def choose(app: QtuiApp, what: str) -> None:
    """Open the chooser for `theme`, `glyphs` or `motion`."""
    match what:
        case "theme" if not app.look.colour:
            app.say("NO_COLOR is set: there are no colours to choose", ok=False)
        case "theme":
            _choose_theme(app)
        case "glyphs":
            app.push_screen(
                Chooser(
                    "GLYPHS", GLYPHS, app.look.glyphs, lambda name: app.dress(replace(app.look, glyphs=Glyphs(name)))
                )
            )
        case _:
            app.push_screen(Chooser("MOTION", MOTION, app.motion, lambda name: app.move(Motion(name))))


def _choose_theme(app: QtuiApp) -> None:
    from qtui.tui.palettes import named, theme_names

    def put_on(name: str) -> None:
        app.dress(replace(named(name), glyphs=app.look.glyphs))

    options = [(name, OWN_THEMES.get(name, _about(name))) for name in theme_names()]
    app.push_screen(Chooser("THEME", options, app.look.name, put_on))


def _about(name: str) -> str:
    from qtui.tui.palettes import named

    look = named(name)
    return "your terminal's own 16 colours" if look.ansi else "dark" if look.dark else "light"
