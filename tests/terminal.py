"""A real terminal for end-to-end tests: runs a program on a pty, shows its screen and presses its keys.

    with Terminal.start([sys.executable, "-m", "qtui"]) as terminal:
        terminal.wait("RUNNING")
        terminal.press("q")
        assert terminal.wait_exit() == 0

One thread owns the pty: it always drains it, feeds the emulator and writes what was sent, so neither side can
block the other. Whole frames only: a screen inside a synchronized update is not looked at.
"""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from tests.emulator import Cell, Emulator
from tests.keys import encoded
from tests.patience import PATIENCE_S

__all__ = ["Cell", "Terminal"]

_UNSET = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM_PROGRAM", "TMUX", "STY")
_ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

# Becomes the program once the pty is its controlling terminal; forking from a threaded test process
# (pty.fork, preexec_fn) is deprecated since Python 3.12. A suite in the background of a shell is deaf to two signals.
_LAUNCH = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""

_FRAME_END = re.compile(rb"(?<=\x1b\[\?2026l)")

# Longer than the time a program waits to tell the escape key from the start of a sequence (Textual: 0.1 s).
_ESCAPE_PAUSE = 0.3
_FRAME_PATIENCE = 3.0
_DRAIN_PATIENCE = 1.0


class Terminal:
    """A program on a pty of its own, as its user sees it; `close()` or leaving the `with` kills its group."""

    def __init__(self, process: "subprocess.Popen[bytes]", leader: int, emulator: Emulator, keep: int | None):
        self._process = process
        self._pty = open(leader, "r+b", buffering=0)  # noqa: SIM115 (closed by close())
        self._emulator = emulator
        self._keep = keep
        self._changed = threading.Condition()
        self._raw = bytearray()
        self._forgotten = 0
        self._outbox = bytearray()
        self._quiet_until = 0.0
        self._stalled = self._closing = self._ended = self._unseen = False
        self._fault: Exception | None = None
        self._exit_code: int | None = None
        self._look: Callable[[], bool] | None = None
        self._wake, self._woken = socket.socketpair()
        self._threads = [
            threading.Thread(target=self._serve, name="terminal-io", daemon=True),
            threading.Thread(target=self._reap, name="terminal-reap", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        keep: int | None = None,
        background: str = "#0e131a",
    ) -> Self:
        """Start `argv` on a new pty of `size` columns and lines.

        `env` is laid over this process's environment; None removes a variable. `keep` bounds how many of the
        latest output bytes `raw` holds. `background` is what the terminal answers when asked for its colour.
        """
        environment = {name: value for name, value in os.environ.items() if name not in _UNSET} | _ENVIRONMENT
        for name, value in (env or {}).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        leader, follower = pty.openpty()
        try:
            termios.tcsetwinsize(leader, size[::-1])
            os.set_blocking(leader, False)
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCH, *argv],
                stdin=follower,
                stdout=follower,
                stderr=follower,
                env=environment,
                cwd=cwd,
                start_new_session=True,
            )
        except BaseException:
            os.close(leader)
            raise
        finally:
            os.close(follower)
        return cls(process, leader, Emulator(*size, background=background), keep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def look_away(self) -> None:
        """From now on only bytes count, for measuring: drawing takes longer than the program needs to write."""
        with self._changed:
            self._unseen = True

    # What the user sees

    @property
    def pid(self) -> int:
        """The program's process id, which is also its process group."""
        return self._process.pid

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        with self._changed:
            return self._emulator.size

    @property
    def title(self) -> str:
        """The window title the program has set."""
        with self._changed:
            return self._emulator.title

    @property
    def alternate(self) -> bool:
        """Whether the program is on the alternate screen."""
        with self._changed:
            return self._emulator.alternate

    @property
    def raw(self) -> bytes:
        """Every byte the program wrote, or the last `keep` of them."""
        with self._changed:
            return bytes(self._raw)

    @property
    def received(self) -> int:
        """How many bytes the program has written so far; a mark for `wait_raw(after=…)`."""
        with self._changed:
            return self._forgotten + len(self._raw)

    def rows(self) -> list[str]:
        """Give the text of every line at its full width."""
        with self._whole_frame():
            return self._emulator.rows()

    def text(self) -> str:
        """Give the screen as one string, without the blanks at the lines' ends."""
        return "\n".join(row.rstrip() for row in self.rows())

    def cells(self) -> list[list[Cell]]:
        """Give every line's cells."""
        with self._whole_frame():
            return self._emulator.cells()

    @contextmanager
    def _whole_frame(self) -> Iterator[None]:
        with self._changed:
            # A program that dies inside a frame never ends it, hence the limit.
            self._changed.wait_for(lambda: self._ended or not self._emulator.mid_frame, _FRAME_PATIENCE)
            yield

    # Waiting: every wait raises AssertionError with the screen in its message

    def wait(self, wanted: "str | re.Pattern[str] | Callable[[str], bool]", timeout: float = PATIENCE_S) -> str:
        """Wait until the screen contains a text or pattern, or satisfies a predicate; give the screen's text.

        Fails after `timeout` seconds, and at once when the program has ended without showing it.
        """
        if callable(wanted):
            satisfied, name = wanted, "the predicate to hold"
        elif isinstance(wanted, str):
            satisfied, name = (lambda text: wanted in text), repr(wanted)
        else:
            satisfied, name = (lambda text: wanted.search(text) is not None), repr(wanted.pattern)
        return self._wait_screen(satisfied, name, timeout)

    def wait_gone(self, text: str, timeout: float = PATIENCE_S) -> str:
        """Wait until the screen does not contain `text`; give the screen's text."""
        return self._wait_screen(lambda seen: text not in seen, f"{text!r} to go away", timeout)

    def _wait_screen(self, satisfied: Callable[[str], bool], name: str, timeout: float) -> str:
        seen = ""

        def shown() -> bool:
            nonlocal seen
            if self._emulator.mid_frame and not self._ended:
                return False
            seen = self.text()
            return satisfied(seen)

        self._expect(shown, name, timeout)
        return seen

    def wait_raw(self, wanted: bytes, timeout: float = PATIENCE_S, *, after: int = 0) -> int:
        """Wait until the program has written `wanted` behind the mark `after`; give the mark behind it."""
        start = after

        def written() -> bool:
            nonlocal start
            found = self._raw.find(wanted, max(0, start - self._forgotten))
            if found < 0:
                start = max(after, self._forgotten + len(self._raw) - len(wanted) + 1)
                return False
            start = self._forgotten + found + len(wanted)
            return True

        self._expect(written, f"the bytes {wanted!r}", timeout)
        return start

    def wait_exit(self, timeout: float = PATIENCE_S) -> int:
        """Wait for the program's end and its last output; give its exit code, -n if signal n killed it."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._exit_code is not None, timeout):
                self._fail("its exit", timeout)
            # What the program started may hold the pty open for longer than the program lives.
            self._changed.wait_for(lambda: self._ended, _DRAIN_PATIENCE)
            assert self._exit_code is not None
            return self._exit_code

    def _expect(self, holds: Callable[[], bool], name: str, timeout: float) -> None:
        met = False

        def decided() -> bool:
            nonlocal met
            met = met or (self._fault is None and holds())
            return met or self._ended

        with self._changed:
            self._look = decided
            try:
                self._changed.wait_for(decided, timeout)
            finally:
                self._look = None
            if not met:
                self._fail(name, timeout)

    def _fail(self, name: str, timeout: float) -> None:
        columns, lines = self._emulator.size
        if self._ended:
            self._changed.wait_for(lambda: self._exit_code is not None, _DRAIN_PATIENCE)
            reason = f"the program ended (exit code {self._exit_code}) while waiting for {name}"
        else:
            reason = f"waited {timeout:g} s in vain for {name}"
        frame = "\n".join(f"|{row}|" for row in self._emulator.rows())
        raise AssertionError(f"{reason}; the {columns}x{lines} screen:\n{frame}") from self._fault

    # What the user does

    def send(self, keys: str | bytes) -> None:
        """Send input as it is, without waiting for the program to read it."""
        with self._changed:
            self._outbox += keys.encode() if isinstance(keys, str) else keys
        self._nudge()

    def press(self, *keys: str) -> None:
        """Press keys by name: `a`, `enter`, `esc`, `pagedown`, `f5`, `ctrl+c`, `alt+x`, `shift+up`, ….

        The escape key is followed by a pause: programs read escape and the next byte as one key otherwise.
        Raises ValueError for a name no terminal can send.
        """
        for key in keys:
            sequence = encoded(key)
            time.sleep(max(0.0, self._quiet_until - time.monotonic()))
            self.send(sequence)
            if sequence == "\x1b":
                self._quiet_until = time.monotonic() + _ESCAPE_PAUSE

    def click(self, column: int, line: int) -> None:
        """Press and release the left mouse button on a cell, counted from 0."""
        for state in "Mm":
            self.send(f"\x1b[<0;{column + 1};{line + 1}{state}")

    def resize(self, columns: int, lines: int) -> None:
        """Resize the window; the program gets SIGWINCH."""
        with self._changed:
            self._emulator.resize(columns, lines)
            termios.tcsetwinsize(self._pty.fileno(), (lines, columns))

    def signal(self, number: int) -> None:
        """Send a signal to the program alone (a key such as ctrl+c goes to the whole foreground group)."""
        self._process.send_signal(number)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Read nothing from the program meanwhile, like a stopped terminal window."""
        self._set_stalled(True)
        try:
            yield
        finally:
            self._set_stalled(False)

    def _set_stalled(self, stalled: bool) -> None:
        with self._changed:
            self._stalled = stalled
        self._nudge()

    def close(self) -> None:
        """Kill the program's process group and give everything back; closing twice is fine.

        What the program has put in a session of its own lives on, as it would in any terminal.
        """
        if self._pty.closed:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with self._changed:
            self._closing = True
        self._nudge()
        for thread in self._threads:
            thread.join()
        self._pty.close()
        self._wake.close()
        self._woken.close()

    # The threads

    def _nudge(self) -> None:
        with suppress(OSError):
            self._wake.send(b"\0")

    def _reap(self) -> None:
        code = self._process.wait()
        with self._changed:
            self._exit_code = code
            self._changed.notify_all()

    def _serve(self) -> None:
        fault = None
        try:
            while self._exchange():
                pass
        except Exception as error:
            # Raised again, as the cause, by the wait that would otherwise only time out.
            fault = error
        with self._changed:
            self._fault, self._ended = fault, True
            self._changed.notify_all()

    def _exchange(self) -> bool:
        """Do what the pty is ready for; False when it is closed."""
        with self._changed:
            if self._closing:
                return False
            woken, master = self._woken.fileno(), self._pty.fileno()
            reading = [woken] if self._stalled else [woken, master]
            writing = [master] if self._outbox else []
        readable, writable, _ = select.select(reading, writing, [])
        if woken in readable:
            self._woken.recv(4096)
        # Output first: a program that ends without reading its input may have left its last words.
        if master in readable and not self._take():
            return False
        if writable:
            self._give()
        return True

    def _take(self) -> bool:
        try:
            output = self._pty.read(65536)
        except OSError:
            # Linux reports the end of a pty as EIO.
            return False
        if output is None:
            return True
        with self._changed:
            self._raw += output
            if self._keep is not None and len(self._raw) > self._keep:
                excess = len(self._raw) - self._keep
                del self._raw[:excess]
                self._forgotten += excess
            if not self._unseen:
                for frame in _FRAME_END.split(output):
                    self._outbox += self._emulator.feed(frame)
                    self._look_at_frame()
            self._changed.notify_all()
        return bool(output)

    def _look_at_frame(self) -> None:
        """Look for whoever waits: on a busy machine it would wake up after the next frame, and miss a short one."""
        if self._look is not None:
            with suppress(Exception):  # who waits looks as well, and is told
                self._look()

    def _give(self) -> None:
        with self._changed:
            try:
                sent = self._pty.write(self._outbox)
            except OSError:
                # Nobody is left to read it; the end itself is noticed by reading.
                sent = len(self._outbox)
            del self._outbox[: sent or 0]
