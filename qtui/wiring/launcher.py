"""The parent of a screen: starts engine and screen side by side, and restores the terminal however the screen dies.

It imports neither textual nor aiohttp: a program that must survive the others stays small.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import termios
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import IO, NoReturn

from qtui.errors import ExitCode, QtuiError, UsageError
from qtui.wiring.finding import locate
from qtui.wiring.spawn import listening, spawn_engine

RESTORE = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"  # mouse reporting off
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l\x1b[<u"  # bracketed paste, focus reports, resize reports, kitty keys off
    b"\x1b[?2026l\x1b[?1049l\x1b[?25h\x1b[0m"  # synchronized output off, main screen, cursor, plain text
)
KEEP_TITLE = b"\x1b[22;2t"
GIVE_TITLE_BACK = b"\x1b[23;2t\x1b]9;4;0\x07"  # and no progress in the tab
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
PATIENCE_S = 5
"""How long a screen may take to leave after a signal; one that is stuck in its terminal is killed then."""

STALLED_S = 1
"""A terminal that takes nothing for so long must not keep us."""


def open_screen(
    source: str, arguments: list[str], resume: list[str], screen: Mapping[str, object], *, state: str
) -> int:
    """Start the engine of a preset and its screen; without a preset the screen lets one be picked.

    `screen` holds the options of the screen: theme, mouse; `resume` what is wanted of an unfinished run. Without it the
    screen shows the plan first and lets a person choose.

    Raises:
        UsageError: when there is no terminal or no such preset. CannotWrite, when no socket can be made.
    """
    _need_terminal()
    if not source:
        return run_screen({**screen, "state": state})
    locate(source)
    at = listening()
    told = {"state": state, "socket": str(at.path), "source": source, "arguments": arguments}
    told["retry"] = [word for word in resume if word.startswith("--retry")]
    engine = [*arguments, *(resume or ["--ask-plan"])]
    try:
        return run_screen({**screen, **told}, lambda: spawn_engine(source, engine, state=state, at=at), at.sock)
    except BaseException:
        at.path.unlink(missing_ok=True)  # no engine came to do it
        at.sock.close()
        raise


def run_screen(
    start: Mapping[str, object], beside: Callable[[], object] | None = None, engines: socket.socket | None = None
) -> int:
    """Run a screen process in this terminal and wait for it; `start` are the fields of its `ScreenStart`.

    `beside` starts what it shows: second, because a person waits for the screen. `engines` is the socket it gets.
    """
    _need_terminal()
    with _keyboard() as keyboard, _guarded() as guard:
        screen = os.fork()  # no new program: Python would begin and load half of it again, and a person waits
        if screen == 0:
            if engines is not None:
                engines.close()  # else it would take connections for an engine that is gone
            _be_screen(start, keyboard)
        with _forwarding(screen):
            if beside is not None:
                try:
                    beside()
                except BaseException:
                    os.kill(screen, signal.SIGKILL)
                    os.waitpid(screen, 0)
                    raise
            code = os.waitstatus_to_exitcode(os.waitpid(screen, 0)[1])
        guard.was_killed = code < 0
    return 128 - code if code < 0 else code


def _be_screen(start: Mapping[str, object], keyboard: IO[bytes] | None) -> NoReturn:
    """Show a screen and end: a fork never comes back to what its parent was doing."""
    code = int(ExitCode.BUG)
    gc.disable()  # loading makes nothing but objects that stay; the app turns it on behind the first frame
    try:
        if keyboard is not None:
            os.dup2(keyboard.fileno(), 0)
            sys.stdin = sys.__stdin__ = open(0, closefd=False)  # type: ignore[misc]  # noqa: SIM115  # may be None
        from qtui.wiring.screen_process import main

        code = main(start)
    except QtuiError as error:
        print(f"qtui: {error}", file=sys.stderr)
        code = int(error.exit_code)
    except BaseException:  # nothing may reach what its parent would do with it
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _need_terminal() -> None:
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        raise UsageError("the screen needs a terminal; `qtui run PRESET` works without one")
    if sys.stdout is None:
        raise UsageError("the screen needs a standard output, if only /dev/null")


@contextlib.contextmanager
def _keyboard() -> Iterator[IO[bytes] | None]:
    """The keys come from the terminal even where standard input is a pipe with jobs."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield None
        return
    try:
        tty = open("/dev/tty", "rb")  # noqa: SIM115  # closed below, and a failure here has a message of its own
    except OSError:
        raise UsageError("the screen needs a keyboard and there is none; use `qtui run PRESET`") from None
    with tty:
        yield tty


class _Guard:
    """What is known of the screen that has ended."""

    was_killed = False


@contextlib.contextmanager
def _guarded() -> Iterator[_Guard]:
    """Whatever the screen does to the terminal is undone; Ctrl-C is a key of the screen, even while it starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited
    terminal = sys.stderr.fileno()
    try:
        saved = termios.tcgetattr(terminal)
    except termios.error:
        yield _Guard()
        return
    guard = _Guard()
    titled = os.environ.get("TERM") != "linux"  # a console has none, and older ones print what they do not know
    if titled:
        os.write(terminal, KEEP_TITLE)
    try:
        yield guard
    finally:
        with contextlib.suppress(OSError, termios.error):
            if titled and select.select([], [terminal], [], STALLED_S)[1]:
                os.write(terminal, GIVE_TITLE_BACK)
            if guard.was_killed or termios.tcgetattr(terminal) != saved:
                if not select.select([], [terminal], [], STALLED_S)[1]:
                    termios.tcflush(terminal, termios.TCOFLUSH)  # nobody reads it: the rest of a picture is no loss
                os.write(terminal, RESTORE)
                termios.tcsetattr(terminal, termios.TCSADRAIN, saved)


@contextlib.contextmanager
def _forwarding(screen: int) -> Iterator[None]:
    """Signals meant for us are the screen's."""

    def forward(number: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(screen, number)
        signal.alarm(PATIENCE_S)

    before: dict[signal.Signals, signal._HANDLER] = {
        signal.SIGALRM: signal.signal(signal.SIGALRM, lambda _number, _frame: os.kill(screen, signal.SIGKILL))
    }
    before |= {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
