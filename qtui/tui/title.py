"""The window's title and the progress in its tab: `▲ 49% scrape 7:10`, written only where a terminal shows it."""

from __future__ import annotations

from collections.abc import Callable

from qtui.core.eta import Certainty
from qtui.core.snapshot import RunState
from qtui.core.verdict import Kind
from qtui.text import clean, short_count
from qtui.tui.scene import Scene

FAILING = frozenset(
    {Kind.FAILING, Kind.HALTED, Kind.LOST, Kind.SILENT, Kind.STALLED, Kind.DISK_FULL, Kind.JOURNAL_BLOCKED}
)
NO_PROGRESS = "4;0"
BEFORE = frozenset({RunState.STARTING})
AFTER = frozenset({RunState.FINISHED, RunState.STOPPED})


def title_of(scene: Scene) -> str:
    """Glyph, share, name and what is left, each as far as it is known; the glyph first, where a narrow tab shows it."""
    snap = scene.snap
    parts = [scene.verdict.glyph]
    if snap.counts.total:
        parts.append(f"{snap.counts.finished * 100 // snap.counts.total}%")
    elif snap.counts.finished:
        parts.append(short_count(snap.counts.finished))
    parts.append(clean(snap.name, 40) or "qtui")
    if scene.trouble:
        parts.append(scene.trouble)
    elif scene.eta.certainty in (Certainty.KNOWN, Certainty.PAUSED, Certainty.STALLED):
        parts.append(scene.eta.text)
    return " ".join(parts)


def progress_of(scene: Scene) -> str:
    """The arguments of OSC 9: `4;1;49` as it should be, `4;2;…` where it fails, `4;4;…` where it is paused."""
    snap = scene.snap
    if snap.state in BEFORE or snap.state in AFTER or not snap.counts.total:
        return NO_PROGRESS
    share = snap.counts.finished * 100 // snap.counts.total
    if scene.verdict.kind in FAILING:
        return f"4;2;{share}"
    paused = snap.state is RunState.PAUSED or snap.throttle.closed
    return f"4;{4 if paused else 1};{share}"


class Title:
    """Writes what has changed, and nothing else."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._title = ""
        self._progress = NO_PROGRESS

    def show(self, scene: Scene) -> None:
        title, progress = title_of(scene), progress_of(scene)
        told = ""
        if title != self._title:
            self._title = title
            told += f"\x1b]2;{title}\x07"
        if progress != self._progress:
            self._progress = progress
            told += f"\x1b]9;{progress}\x07"
        if told:
            self._write(told)

    def close(self) -> None:
        """The tab shows no progress any more; who has started the screen gives the title back."""
        if self._progress != NO_PROGRESS:
            self._progress = NO_PROGRESS
            self._write(f"\x1b]9;{NO_PROGRESS}\x07")
