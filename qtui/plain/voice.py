"""What a run without a screen says on stderr: one line that follows it on a terminal, a line per change elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import final

from qtui.core.eta import Eta, Forecast
from qtui.core.snapshot import Snapshot
from qtui.core.verdict import Judge
from qtui.plain.linear import Linear, stamped, standing
from qtui.plain.progress import ProgressLine


@final
class Voice:
    """Speaks on stderr; a terminal that is gone is nobody's concern."""

    def __init__(self, *own: str, plain: bool, json: bool) -> None:
        """`own` are the names of those whose actions are answered here; `json` says that stdout is in use."""
        self._judge, self._forecast = Judge(), Forecast()
        self._linear = Linear(*own)
        terminal = is_terminal(sys.stderr) and os.environ.get("TERM", "dumb") != "dumb"
        shared = json and is_terminal(sys.stdout)  # a line cannot be rewritten among lines that scroll by
        self._line = ProgressLine(sys.stderr) if terminal and not plain and not shared else None
        self._last: tuple[Snapshot, Eta] | None = None

    @property
    def is_linear(self) -> bool:
        """One line per change: nothing that is typed between them is overwritten."""
        return self._line is None

    def show(self, snap: Snapshot, now: float) -> None:
        """Say what this snapshot changes; `now` in seconds on any steady clock."""
        verdict, eta = self._judge.step(snap), self._forecast.step(snap)
        self._last = snap, eta
        if self._line is None:
            for line in self._linear.lines(snap, verdict, eta):
                self.say(line)
            return
        with contextlib.suppress(OSError):
            self._line.show(snap, verdict, eta, now)

    def stand(self) -> None:
        """Say how far the run is."""
        if self._last is not None:
            snap, eta = self._last
            self.say(
                stamped(f"{snap.state.value.capitalize()}: {standing(snap, eta)}", snap.started_at + snap.elapsed_s)
            )

    def answer(self, text: str) -> None:
        """Say what came of something that was typed here."""
        self.say(stamped(text[:1].upper() + text[1:], time.time()))

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError):
            if self._line is not None:
                self._line.say(text)
            elif sys.stderr is not None:
                print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the updating line away."""
        with contextlib.suppress(OSError):
            if self._line is not None:
                self._line.clear()


def is_terminal(stream: object) -> bool:
    """Whether a person looks at this stream; one that was closed before we began is None."""
    isatty = getattr(stream, "isatty", None)
    return isatty is not None and bool(isatty())
