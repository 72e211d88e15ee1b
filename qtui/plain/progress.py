"""One line that is written again and again: the headless face on a terminal."""

from __future__ import annotations

import os
from typing import TextIO

from qtui.core.eta import Eta
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Verdict
from qtui.plain.cells import cells, cut
from qtui.text import clean, count, percent, rate

BAR = 20
EVERY_S = 0.25
"""The line changes at most so often."""
_ASCII = str.maketrans({"━": "=", "─": "-", "×": "x", "…": "~"})


def progress_line(snap: Snapshot, verdict: Verdict, eta: Eta, width: int) -> str:
    """Name, bar, counts, rate, verdict and time left in at most `width` columns; the least important goes first."""
    if snap.problem:
        return cut(f"! {clean(snap.problem)}", width)
    if not snap.name:  # the engine is still getting ready
        return cut(f"{verdict.glyph} {clean(verdict.what)}", width)
    counts, total = snap.counts, snap.counts.total
    parts = [cut(clean(snap.name), BAR)]
    if total:
        share = min(1.0, counts.finished / total)
        full = int(share * BAR)  # full only when everything has ended
        parts.append(f"{'━' * full}{'─' * (BAR - full)} {percent(share)}")
        parts.append(f"{count(counts.finished)}/{count(total)}")
    else:
        parts.append(f"{count(counts.finished)} finished, total unknown")
    if counts.failed:
        parts.append(f"× {count(counts.failed)}")
    parts += [rate(snap.rates.done), f"{verdict.glyph} {verdict.word}"]
    if eta.text:
        parts.append(f"ETA {eta.text}")
    while len(parts) > 1 and sum(map(cells, parts)) + 2 * (len(parts) - 1) > width:
        parts.pop(1 if parts[1][0] in "━─" else -1)
    return cut("  ".join(parts), width)


class ProgressLine:
    """Keeps one line of a terminal up to date; `clear` takes it away again."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown = ""
        self._next = float("-inf")

    def show(self, snap: Snapshot, verdict: Verdict, eta: Eta, now: float) -> None:
        """Draw the line anew, unless it was drawn a moment ago; `now` in seconds on any steady clock."""
        if now < self._next:
            return
        line = self._readable(progress_line(snap, verdict, eta, self._width() - 1))
        if line != self._shown:
            self._next = now + EVERY_S
            self._shown = line
            self._out.write(f"\r{line}\x1b[K")
            self._out.flush()

    def clear(self) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._shown = ""
            self._next = float("-inf")

    def say(self, text: str) -> None:
        """Lines of their own above the progress."""
        self.clear()
        self._out.write(f"{text}\n")
        self._out.flush()

    def _width(self) -> int:
        """Of the terminal that is written to: standard output may be a pipe or another one."""
        try:
            return os.get_terminal_size(self._out.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _readable(self, line: str) -> str:
        """A terminal that is not Unicode gets a line of the same width in its own letters."""
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        try:
            line.encode(encoding)
        except UnicodeEncodeError:
            return line.translate(_ASCII).encode(encoding, "replace").decode(encoding)
        return line
