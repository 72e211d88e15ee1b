"""A small app to put one screen or one view on, with any palette."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from qtui.core.port import Checked, PresetEntry, RunEntry
from qtui.tui.theme import DARK, Palette, textual_theme
from tests.patience import PATIENCE_S
from tests.tui import fake_port

HOSTILE = (
    "[/x]",
    "[b]bold[/b] [@click=app.quit]q[/]",
    "\x1b]0;owned\x07\x1b[31mred\x1b[2J",
    "\u202eevil\u202c",
    "漢字かな交じり文",
    "a\x00b\x7fc\nd\te",
    "e\u0301\u200b👩‍🚀",
    "\ud800",
    "x" * 5000,
    "",
)
"""Names that have broken other terminal programs."""


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait for something that happens by itself, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen:\n{getattr(pilot.app, 'text', str)()}"
        await pilot.pause(0.01)


class FakeHost(fake_port.FakeHost):
    """Presets and runs from lists; `checked` says what checking gives, and may be changed by a test."""

    def __init__(self, presets: list[PresetEntry], runs: list[RunEntry], checked: dict[str, Checked]) -> None:
        super().__init__(checked=checked)
        self.entries = presets
        self.past = runs


class Stage(App[None]):
    """Shows the widgets given and pushes the screen given; `answers` collects what screens dismissed with."""

    def __init__(
        self, *widgets: Widget, screen: Callable[[], Screen[object]] | None = None, palette: Palette = DARK
    ) -> None:
        super().__init__(ansi_color=not palette.colour)
        self.palette = palette
        self.widgets = widgets
        self.first = screen
        self.answers: list[object] = []
        self.keys: list[str] = []
        if palette.colour:
            self.register_theme(textual_theme(palette))
            self.theme = palette.name

    def compose(self) -> ComposeResult:
        yield from self.widgets

    def on_mount(self) -> None:
        if self.first is not None:
            self.push_screen(self.first(), self.answers.append)

    def on_key(self, event: object) -> None:
        self.keys.append(getattr(event, "key", ""))

    def rows(self) -> list[str]:
        """The screen as rows of text."""
        return ["".join(segment.text for segment in strip) for strip in self.screen._compositor.render_strips()]

    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows())
