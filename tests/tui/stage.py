"""A small app to put one screen or one view on, with any palette."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from qtui.core.port import Change, Checked, Correction, Draft, Port, PresetEntry, Problem, RunEntry, Template
from qtui.core.snapshot import Snapshot
from qtui.errors import QtuiError
from qtui.tui.theme import DARK, Palette, textual_theme

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


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that happens by itself, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen:\n{getattr(pilot.app, 'text', str)()}"
        await pilot.pause(0.01)


class FakeHost:
    """Presets and runs from lists; `checks` says what checking gives, and may be changed by a test."""

    def __init__(self, presets: list[PresetEntry], runs: list[RunEntry], checks: dict[str, Checked]) -> None:
        self.entries = presets
        self.live = runs
        self.checks = checks
        self.path: Path | None = None
        self.corrected: list[Correction] = []

    def presets(self) -> list[PresetEntry]:
        return self.entries

    def runs(self) -> list[RunEntry]:
        return self.live

    def check(self, source: str) -> Checked:
        return self.checks.get(source, Checked(source))

    async def open(self, source: str) -> Port:
        raise NotImplementedError

    async def attach(self, run_id: str) -> Port:
        raise NotImplementedError

    def draft(self, snap: Snapshot, path: str) -> Draft:
        raise NotImplementedError

    def save(self, draft: Draft, *, replace: bool) -> str:
        raise NotImplementedError

    def reload(self, snap: Snapshot) -> list[Change]:
        raise NotImplementedError

    def watch(self, source: str) -> Path | None:
        return self.path

    def entry(self, source: str) -> PresetEntry:
        found = next((entry for entry in self.entries if entry.source == source), None)
        if found is None:
            raise QtuiError(f"there is no preset {source}")
        return found

    def foresee(self, source: str, goes_on: Callable[[str, float], bool]) -> str:
        return f"{source}: what it would do\n\nThe first jobs:\n  1  a job"

    def templates(self) -> list[Template]:
        return [
            Template("http", "Fetch pages", is_kind=True),
            Template("order", "Results in which order?", is_kind=False),
        ]

    def write_new(self, template: str, path: str) -> str:
        if any(entry.source == path for entry in self.entries):
            raise QtuiError(f"{path} exists already")
        self.entries.append(PresetEntry(path, path.removesuffix(".toml"), f"Made from {template}", "own", "./", path))
        return path

    def correct(self, source: str, problem: Problem) -> Correction:
        if not problem.suggestion:
            raise QtuiError("there is no suggestion")
        return Correction(source, problem.line, 0, problem.found, problem.suggestion, f"{problem.found} = 12")

    def write_correction(self, correction: Correction) -> None:
        self.corrected.append(correction)


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
