"""One command: started in a session of its own, read without waiting, ended with everything it has started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable

from qtui.kinds.shell.command import Command
from qtui.kinds.shell.family import Family
from qtui.kinds.shell.output import Output

_BLOCK = 1 << 16
_LISTEN_AFTER_S = 0.02
"""A command that is over sooner is read once, at its end: to listen to it would cost more than to run it."""
_BLOCKS_AT_ONCE = 4
"""Then others get their turn: a flood must not hold up the loop."""
_BLOCKS_AT_END = 64
"""Of a pipe that somebody else still fills when the command is over."""


class Process:
    """A command that runs. Whatever becomes of who waits for it, it is buried and its descriptors are closed."""

    def __init__(
        self,
        command: Command,
        outputs: tuple[Output, Output | None],
        family: Family,
        told: Callable[[], None],
    ) -> None:
        """Start it; the second output is None where both streams are one. `told` is called when something was read.

        Raises:
            OSError: when it cannot be started; nothing is left open then.
        """
        self._family, self._told = family, told
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._streams: dict[int, Output] = {}
        self._killer: asyncio.TimerHandle | None = None
        theirs: list[int] = []
        try:
            self._start(command, outputs, theirs)
        except BaseException:
            for fd in self._streams:
                os.close(fd)
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        self._loop.add_reader(self._handle, self._end)
        self._listening = False
        self._patience = self._loop.call_later(_LISTEN_AFTER_S, self._listen)

    def _start(self, command: Command, outputs: tuple[Output, Output | None], theirs: list[int]) -> None:
        """`theirs` gets the descriptors that only the command needs."""
        stdin = _stdin(command.stdin, theirs)
        ends = [self._pipe(output, theirs) for output in outputs if output is not None]
        self._child = subprocess.Popen(
            command.arguments,
            executable=command.program,
            stdin=stdin,
            stdout=ends[0],
            stderr=ends[-1],
            cwd=command.directory,
            env=command.environment,
            start_new_session=True,
        )
        self.pid = self._child.pid
        self._family.joined(self.pid, command.environment["QTUI_MARK"])
        try:
            self._handle = os.pidfd_open(self.pid)
        except OSError:
            self._signal(signal.SIGKILL)
            self._bury()
            raise

    def _listen(self) -> None:
        self._listening = True
        for fd in self._streams:
            self._loop.add_reader(fd, self._read, fd)

    async def wait(self, grace_s: float) -> int:
        """The exit status, negative for a signal.

        Cancelled, it asks the command to end, and kills it after `grace_s`, or at once when it is cancelled again.
        """
        try:
            return await self._ended
        except asyncio.CancelledError:
            if not self._handle_open:
                raise
            self._ended = self._loop.create_future()
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)
            self._killer = self._loop.call_later(grace_s, self._signal, signal.SIGKILL)
            try:
                await self._ended
            except asyncio.CancelledError:
                self._signal(signal.SIGKILL)
            raise

    @property
    def _handle_open(self) -> bool:
        return self._handle >= 0

    def _pipe(self, output: Output, theirs: list[int]) -> int:
        read, write = os.pipe2(os.O_CLOEXEC)
        theirs.append(write)
        self._streams[read] = output
        os.set_blocking(read, False)
        return write

    def _signal(self, number: signal.Signals) -> None:
        if self._family.has(self.pid):
            with contextlib.suppress(OSError):
                os.killpg(self.pid, number)

    def _read(self, fd: int, blocks: int = _BLOCKS_AT_ONCE) -> bool:
        """Take what is there; False when there was nothing."""
        output = self._streams[fd]
        some = False
        for _ in range(blocks):
            try:
                chunk = os.read(fd, _BLOCK)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            if not chunk:
                self._shut(fd)
                break
            some = True
            output.add(chunk)
            if len(chunk) < _BLOCK:
                break
        if output.lines.told is not None:
            self._told()
        return some

    def _shut(self, fd: int) -> None:
        if self._listening:
            self._loop.remove_reader(fd)
        os.close(fd)
        self._streams.pop(fd).end()

    def _end(self) -> None:
        """The command itself is over: end what it has started, and take what can be read without waiting."""
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        self._handle = -1
        self._patience.cancel()
        if self._killer is not None:
            self._killer.cancel()
        for fd in list(self._streams):
            self._read_rest(fd)
        self._signal(signal.SIGKILL)
        status = self._bury()
        if not self._ended.done():
            self._ended.set_result(status)

    def _read_rest(self, fd: int) -> None:
        for _ in range(_BLOCKS_AT_END):
            some = self._read(fd, 1)
            if fd not in self._streams:
                return
            if not some:
                break
        self._shut(fd)

    def _bury(self) -> int:
        status = self._child.wait()
        self._family.left(self.pid)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-self.pid, os.WNOHANG)[0]:
                pass
        return status


def _stdin(content: bytes | None, theirs: list[int]) -> int:
    """A descriptor to read `content` from; nobody has to feed it."""
    if content is None:
        return subprocess.DEVNULL
    fd = os.memfd_create("qtui-stdin", os.MFD_CLOEXEC)
    theirs.append(fd)
    with open(fd, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
