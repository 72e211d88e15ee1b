"""Notices code that holds up the loop while it still does so, and names it by file and line.

A thread of its own looks, because the loop cannot. C code that keeps the interpreter's lock keeps the thread away too:
of that nothing is said.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import qtui
from qtui.core import stall
from qtui.text import clean, seconds

BEAT_S = 0.25
BLOCKED_S = 0.5
"""A beat that is overdue by so much is worth a look at what runs instead."""
NOTICE_EVERY_S = 5.0
_OURS = str(Path(qtui.__file__).parent) + "/"
_SHOWN = (_OURS + "demo/",)
_AT_WORK = tuple(_OURS + part for part in ("kinds/", "sources/", "executors/"))
"""Parts of ours that are the user's code as far as the engine is concerned."""
_LIBRARIES = tuple(
    f"{path}/" for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
)
_log = logging.getLogger(__name__)


class Watchdog:
    """One for the life of an engine's loop. `notice` hears of a stall once it is over, on the loop."""

    def __init__(self, folder: Path, notice: Callable[[str], None]) -> None:
        """While the loop is held up, `folder` has a file `stalled` that says since when (epoch seconds) and by what."""
        self._path = folder / stall.FILE
        self._notice = notice
        self._loop = asyncio.get_running_loop()
        self._ident = threading.get_ident()
        self._beat = time.monotonic()
        self._where = ""
        """What holds the loop up now, once it was seen."""
        self._seen_at = -math.inf
        self._told_at = -math.inf
        self._untold = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._path.unlink(missing_ok=True)  # a killed engine may have left it
        self._pulse()
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        if self._timer is not None:
            self._timer.cancel()
        self._path.unlink(missing_ok=True)

    def saw(self, span: float) -> bool:
        """Whether code was seen holding up the loop within the last `span` seconds."""
        return time.monotonic() - self._seen_at <= span

    # -- on the loop

    def _pulse(self) -> None:
        now = time.monotonic()
        span, self._beat = now - self._beat, now
        where, self._where = self._where, ""
        if where:
            self._path.unlink(missing_ok=True)
            self._blocked(where, span, now)
        self._timer = self._loop.call_later(BEAT_S, self._pulse)

    def _blocked(self, where: str, span: float, now: float) -> None:
        self._untold += 1
        if now - self._told_at < NOTICE_EVERY_S:
            return
        more = f", and {self._untold - 1} times more before" if self._untold > 1 else ""
        self._told_at, self._untold = now, 0
        self._notice(
            f'the loop was blocked {seconds(span)} by {where}{more}; executor = "process" keeps such work off the loop'
        )

    # -- in the thread

    def _watch(self) -> None:
        looked = time.monotonic()
        while not self._over.wait(BEAT_S):
            now = time.monotonic()
            ran, looked = now - looked < 2 * BEAT_S, now  # else nobody did: the machine or the process was asleep
            beat = self._beat
            if ran and now - beat > BEAT_S + BLOCKED_S / 2:
                self._look(beat, now)

    def _look(self, beat: float, now: float) -> None:
        self._seen_at = now
        if self._where:
            return
        frame = sys._current_frames().get(self._ident)
        where = blamed(frame) if frame is not None else ""
        if not where or self._beat != beat:
            return
        self._where = where
        _log.warning("the loop is blocked by %s", where)
        since = time.time() - (now - beat)
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(stall.written(since, where), "utf-8", "replace")
            draft.replace(self._path)
            if self._beat != beat:
                self._path.unlink(missing_ok=True)
        except OSError:
            return  # a full disk; the notice will say it


def blamed(frame: FrameType | None) -> str:
    """`cpu.py:12 in crunch()`: the innermost frame of the user's code, else of ours that does jobs, else of a library.

    Empty where the engine itself is at work: nothing a person has written would keep that off the loop.
    """
    library = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith("<frozen") and not _unnamed(frame):
            said = f"{clean(Path(file).name, 60)}:{frame.f_lineno} in {clean(frame.f_code.co_name, 60)}()"
            if file.startswith(_OURS) and not file.startswith(_SHOWN):
                if not file.startswith(_AT_WORK):
                    return library  # what is called from here on is the engine's own way to its loop
                library = said
            elif not file.startswith(_LIBRARIES):
                return said
            elif "/asyncio/" not in file and "/selectors.py" not in file:
                library = library or said
        frame = frame.f_back
    return library


def _unnamed(frame: FrameType) -> bool:
    """A generator expression and its like: what it is written in has a name."""
    around, code = frame.f_back, frame.f_code
    return code.co_name.startswith("<") and around is not None and around.f_code.co_filename == code.co_filename
