"""Small things of the palette that change nothing in the run: its status as text, why nothing starts, the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtui.core.why import why_run
from qtui.text import clean, clock, count, plural
from qtui.tui.scene import Scene

if TYPE_CHECKING:
    from qtui.tui.app import QtuiApp

_MOUSE = (1000, 1003, 1015, 1006)
"""The modes of mouse reporting that the screen turns on."""


def status(scene: Scene) -> str:
    """The run in one line, to be sent to somebody."""
    snap, verdict = scene.snap, scene.verdict
    total = f" of {count(snap.counts.total)}" if snap.counts.total is not None else ""
    parts = [
        f"{clean(snap.name, 60)} {snap.state}",
        f"{count(snap.counts.done)} done, {count(snap.counts.failed)} failed{total}",
        f"after {clock(snap.elapsed_s)}",
        f"{verdict.word}: {verdict.what}",
        *([f"bottleneck: {verdict.bottleneck}"] if verdict.bottleneck else []),
    ]
    return " · ".join(parts)


def copy_status(app: QtuiApp, scene: Scene) -> None:
    """Hand the line to the terminal's clipboard."""
    app.copy_to_clipboard(status(scene))
    app.say("copied the status; a terminal without OSC 52 ignores that")


def say_why(app: QtuiApp, scene: Scene) -> None:
    """Tell what keeps jobs from starting, with its numbers."""
    app.say(why_run(scene.snap) or f"jobs start as they may: {plural(scene.snap.counts.running, 'job')} running")


def mouse_modes(on: bool) -> str:
    """What makes a terminal report its mouse, or leave it to its own selection."""
    return "".join(f"\x1b[?{mode}{'h' if on else 'l'}" for mode in _MOUSE)
