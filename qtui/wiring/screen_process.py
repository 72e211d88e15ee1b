"""The screen as a process: it joins an engine, a host and the app, and says goodbye on the normal screen."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from qtui.errors import ExitCode
from qtui.tui.ending import Ending, Left
from qtui.tui.glyphs import Glyphs, substituted
from qtui.wiring.ground import Ground, asked_for_its_ground, hand_on
from qtui.wiring.looks import asks_terminal, motion, palette


@dataclass(frozen=True, slots=True)
class ScreenStart:
    """What a screen process is told."""

    socket: Path | None = None
    """The engine to show; None opens the picker."""
    source: str = ""
    """The preset it runs, for the screen of a bad preset."""
    arguments: tuple[str, ...] = ()
    """The options it was started with, to start it again."""
    retry: tuple[str, ...] = ()
    """What else was wanted of its unfinished run, for when that has been agreed to."""
    state: str = ""
    theme: str = ""
    glyphs: str = ""
    motion: str = ""
    watch: bool = False
    mouse: bool = True
    keys: dict[str, list[str]] = field(default_factory=dict)
    """A person's own keys, by action."""
    joins: str = "own"
    """Whose run it shows: own, others or watched."""


def main(told: Mapping[str, Any]) -> int:
    """Show the screen until it is left; returns the exit code of `qtui`. `told` are the fields of a `ScreenStart`."""
    start = ScreenStart(**{**told, "socket": Path(told["socket"]) if told.get("socket") else None})
    environ = dict(os.environ)
    with asked_for_its_ground(asks_terminal(start.theme, environ)) as ground:
        return _show(start, environ, ground)


def _show(start: ScreenStart, environ: dict[str, str], ground: Ground) -> int:
    from qtui.tui import actions
    from qtui.tui.app import Joins, QtuiApp
    from qtui.wiring.host import LocalHost, connect

    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # exported by some shells, they would override the terminal's real size
    actions.use({action: tuple(keys) for action, keys in start.keys.items()})
    socket = start.socket
    opening = (
        (lambda: connect(socket, watch=start.watch, started=partial(_started, socket))) if socket is not None else None
    )
    chosen = palette(start.theme, start.glyphs, environ, light=ground.is_light())
    if asks_terminal(start.theme, environ):
        hand_on(ground)
    app = QtuiApp(
        LocalHost(
            start.state, start.source, list(start.arguments), retry=start.retry, watch=start.watch, socket=socket
        ),
        opening=opening,
        source=start.source,
        palette=chosen,
        motion=motion(start.motion, environ),
        keep_report=partial(_keep_report, start.state),
        joins=Joins(start.joins),
    )
    threading.Thread(target=_leave_with, args=(os.getppid(),), name="launcher watch", daemon=True).start()
    with _drawing_on_the_terminal():
        ending = app.run(mouse=start.mouse)
    if ending is None:
        return int(app.return_code or ExitCode.BUG)
    return say_goodbye(ending, _again(start, ending), chosen.glyphs)


def _started(socket: Path) -> int:
    """The engine that our launcher has started on this socket, or 0; it may not have spoken yet."""
    launcher = os.getppid()
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split():
            if os.fsencode(socket) in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                return int(child)
    return 0


def _leave_with(launcher: int) -> None:
    """Without its launcher a screen would stay on a terminal that the shell has taken back."""
    while os.getppid() == launcher:
        time.sleep(1)  # no portable way to be told
    os.kill(os.getpid(), signal.SIGHUP)


@contextlib.contextmanager
def _drawing_on_the_terminal() -> Iterator[None]:
    """Standard output may be a file, for the goodbye; Textual would take the size of the terminal from it."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _keep_report(state: str, report: str) -> str:
    """Keep the traceback of a bug in the screen where it can be found again."""
    from qtui.journal.place import state_dir

    folder = state_dir(Path(state) if state else None)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"screen-{time.strftime('%Y%m%d-%H%M%S')}.log"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(report)
    return str(path)


def _again(start: ScreenStart, ending: Ending) -> str:
    """The command that goes on with the run that was shown last, or nothing when that is not known."""
    from qtui.wiring.command import command

    source, arguments = (start.source, start.arguments) if ending.picked is None else (ending.picked, ())
    return command(["qtui"], source, arguments, start.state) if source else ""


def say_goodbye(ending: Ending, again: str = "", glyphs: Glyphs = Glyphs.FULL) -> int:
    """A short summary on the normal screen, and the exit code."""
    from qtui.core.snapshot import RunState
    from qtui.plain.summary import LOST, exit_code, farewell

    snap = ending.snapshot
    if ending.how is Left.REFUSED:
        _say(f"qtui: {ending.reason}", sys.stderr)
        return ending.code
    if snap is None:
        if ending.reason:
            _say(f"qtui: {ending.reason}", sys.stderr)
        return ending.code
    detached = ending.how in (Left.DETACHED, Left.SIGNAL)
    killed = ending.how is Left.STOPPED and snap.state is not RunState.STOPPED
    told = LOST if ending.how is Left.LOST else "killed" if killed else ""
    _say(substituted(farewell(snap, detached=detached, told=told, again=again), glyphs), sys.stdout)
    if ending.how is Left.SIGNAL:
        return 128 + ending.signal
    if ending.how is Left.LOST:
        return int(ExitCode.BUG)
    return int(ExitCode.ALL_DONE if detached else exit_code(snap))


def _say(text: str, stream: TextIO) -> None:
    """A terminal that is gone hears nothing; the exit code still counts."""
    with contextlib.suppress(OSError):
        print(text, file=stream, flush=True)
