"""One line that is written again and again: the headless face on a terminal."""

from __future__ import annotations

import shutil
from typing import TextIO

from qtui.core.eta import Eta
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Verdict
from qtui.text import clean, count, percent, rate

BAR = 20


def progress_line(snap: Snapshot, verdict: Verdict, eta: Eta, width: int) -> str:
    """Name, bar, counts, rate, verdict and time left in at most `width` characters; the least important goes first."""
    counts = snap.counts
    total = counts.total
    parts = [clean(snap.name, 20)]
    if total:
        share = min(1.0, counts.finished / total)
        full = round(share * BAR)
        parts.append(f"{'━' * full}{'─' * (BAR - full)} {percent(share)}")
        parts.append(f"{count(counts.finished)}/{count(total)}")
    else:
        parts.append(f"{count(counts.finished)} finished, total unknown")
    if counts.failed:
        parts.append(f"× {count(counts.failed)}")
    parts += [rate(snap.rates.done), f"{verdict.glyph} {verdict.word}"]
    if eta.text:
        parts.append(f"ETA {eta.text}")
    if snap.problem:
        parts = [f"! {clean(snap.problem, 120)}"]
    while len(parts) > 1 and sum(map(len, parts)) + 2 * (len(parts) - 1) > width:
        parts.pop(1 if "━" in parts[1] or "─" in parts[1] else -1)
    return "  ".join(parts)[:width]


class ProgressLine:
    """Keeps one line of a terminal up to date; `clear` takes it away again."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown = ""

    def show(self, snap: Snapshot, verdict: Verdict, eta: Eta) -> None:
        line = progress_line(snap, verdict, eta, shutil.get_terminal_size().columns - 1)
        if line != self._shown:
            self._shown = line
            self._out.write(f"\r{line}\x1b[K")
            self._out.flush()

    def clear(self) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._shown = ""

    def say(self, text: str) -> None:
        """A line of its own above the progress."""
        self.clear()
        self._out.write(f"{text}\n")
        self._out.flush()
