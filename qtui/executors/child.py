"""One worker process as the engine sees it: started, given a job at a time, ended, and watched all along."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import final

import msgspec

from qtui.core.job import Done, Failed, Job
from qtui.executors.frames import Inbox, Ready, Recipe, Refused, Told, framed, from_worker
from qtui.text import clean_block

GRACE_S = 1.0
"""How long a worker that was told to end may clean up before it is killed."""
TAIL = 4_000
"""How many of the last bytes are kept of what a worker prints."""
_READ = 1 << 16
_DRAINS = 32
"""How many such reads are made for what was printed before a message."""


class Unwell(Exception):
    """The process cannot serve; the message is one sentence, `tail` what it printed last."""

    def __init__(self, why: str, tail: str = "", *, refused: bool = False) -> None:
        super().__init__(why)
        self.tail = tail
        self.refused = refused
        """It said itself why it cannot begin."""


@final
class Child:
    """A worker process with a session of its own, so that it ends with everything it has started."""

    def __init__(
        self,
        command: Sequence[str],
        recipe: Recipe,
        told: Callable[[int, float | None, str], None],
        ended: Callable[[Child], None],
    ) -> None:
        """Start it; `told` hears of progress, `ended` when it is dead. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._told, self._ended = told, ended
        self._inbox, self._tail, self._rest = Inbox(), bytearray(), b""
        self._answer: asyncio.Future[Done | Failed | Ready] | None = None
        self._killer: asyncio.TimerHandle | None = None
        self.jobs = 0
        """How many it was given."""
        self.seq = 0
        """The job it was given last."""
        self.dead: asyncio.Future[None] = self._loop.create_future()
        self._sock, theirs = socket.socketpair()
        with theirs:
            self._output, write = os.pipe()
            try:
                self._process = subprocess.Popen(
                    [*command, "--fd", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=write,
                    stderr=write,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except BaseException:
                os.close(self._output)
                self._sock.close()
                raise
            finally:
                os.close(write)
        self._sock.setblocking(False)
        os.set_blocking(self._output, False)
        self._handle = _pidfd(self._process.pid)
        self._loop.add_reader(self._sock, self._readable)
        self._loop.add_reader(self._output, self._printed)
        if self._handle >= 0:
            self._loop.add_reader(self._handle, self._died)
        self._send(framed(recipe))

    @property
    def alive(self) -> bool:
        return not self.dead.done()

    # -- work

    async def ready(self) -> None:
        """Return when it has opened its kind. Raises Unwell."""
        answer = await self._await()
        if not isinstance(answer, Ready):
            self.end()
            raise Unwell("the worker process answers before it was asked")

    async def run(self, job: Job) -> Done | Failed:
        """One attempt. Raises Unwell when the process dies of it, OverflowError when the job is too large to send."""
        frame = framed(job)
        self.jobs += 1
        self.seq = job.seq
        self._tail.clear()
        self._send(frame)
        answer = await self._await()
        if isinstance(answer, Done | Failed):
            return answer
        self.end()
        raise Unwell("the worker process answers what nobody asked")

    async def _await(self) -> Done | Failed | Ready:
        if not self.alive:
            raise self._obituary()
        answer: asyncio.Future[Done | Failed | Ready] = self._loop.create_future()
        self._answer = answer
        try:
            return await answer
        finally:
            self._answer = None

    @property
    def tail(self) -> str:
        """What it has printed last."""
        return clean_block(bytes(self._tail)).strip("\n")

    # -- its end

    def retire(self) -> None:
        """It gets no more jobs: let it close its kind and end."""
        self._close_socket()
        if self._killer is None and self.alive:
            self._killer = self._loop.call_later(2 * GRACE_S, self.kill)

    def end(self) -> None:
        """End what it does: politely at first, so that it can clean up, for GRACE_S."""
        if self.alive:
            self._signal(signal.SIGTERM)
            if self._killer is not None:
                self._killer.cancel()
            self._killer = self._loop.call_later(GRACE_S, self.kill)

    def kill(self) -> None:
        """End it now."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:  # it was not waited for yet: its number is still its own
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _died(self) -> None:
        """It has ended: read its last words, and leave nothing behind of what it has started."""
        if not self.alive:
            return
        self._signal(signal.SIGKILL)
        self._readable(last=True)
        for _ in range(_DRAINS):
            if not self._printed():
                break
        self._close_socket()
        for handle in (self._output, self._handle):
            if handle >= 0:
                self._loop.remove_reader(handle)
                os.close(handle)
        if self._killer is not None:
            self._killer.cancel()
        self._process.wait()
        self.dead.set_result(None)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(self._obituary())
        self._ended(self)

    def _obituary(self) -> Unwell:
        return Unwell(_how(self._process.returncode), self.tail)

    def _close_socket(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()

    # -- bytes

    def _send(self, frame: bytes) -> None:
        try:
            sent = self._sock.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it is dead or dying, which is noticed elsewhere
        if sent < len(frame):
            self._rest = frame[sent:]
            self._loop.add_writer(self._sock, self._writable)

    def _writable(self) -> None:
        try:
            self._rest = self._rest[self._sock.send(memoryview(self._rest)[:_READ]) :]
        except BlockingIOError:
            return
        except OSError:
            self._rest = b""
        if not self._rest:
            self._loop.remove_writer(self._sock)

    def _readable(self, *, last: bool = False) -> None:
        while self._sock.fileno() >= 0:
            try:
                arrived = self._sock.recv(_READ)
            except BlockingIOError:
                return
            except OSError:
                arrived = b""
            if not arrived:
                self._hung_up(last)
                return
            try:
                for body in self._inbox.feed(arrived):
                    self._take(body)
            except (msgspec.MsgspecError, ValueError, OverflowError):
                self._hung_up(last)  # the job has written into our socket: nothing it says can be trusted
                return
            if not last:
                return

    def _hung_up(self, dying: bool) -> None:
        self._loop.remove_reader(self._sock)
        if not dying and self._handle < 0:
            self._signal(signal.SIGKILL)
            self._died()
        elif not dying and self._killer is None:
            self._killer = self._loop.call_later(GRACE_S, self.kill)  # it may be on its way out

    def _take(self, body: bytes) -> None:
        message = from_worker(body)
        match message:
            case Told():
                self._told(message.seq, message.share, message.text)
            case Refused():
                if self._answer is not None and not self._answer.done():
                    self._answer.set_exception(Unwell(message.why, refused=True))
            case _:
                if self._answer is not None and not self._answer.done():
                    self._printed()  # what was printed before belongs to this attempt
                    self._answer.set_result(message)

    def _printed(self) -> bool:
        """Keep the end of what it prints; False when there is nothing more for now."""
        try:
            arrived = os.read(self._output, _READ)
        except BlockingIOError:
            return False
        except OSError:
            arrived = b""
        if not arrived:
            self._loop.remove_reader(self._output)
            return False
        self._tail += arrived[-TAIL:]
        del self._tail[:-TAIL]
        return True


def _pidfd(pid: int) -> int:
    """Readable once the process has ended; -1 where there is no such thing, then its socket must do."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _how(code: int) -> str:
    """How a process ended that should not have."""
    if code >= 0:
        return f"its worker process ended itself with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if -code == signal.SIGKILL:
        return f"its worker process was killed ({name}), as it happens when memory runs out"
    words = {signal.SIGSEGV: "touched memory that is not its own", signal.SIGABRT: "aborted"}
    return f"its worker process {words.get(signal.Signals(-code), 'was ended')} ({name})" if -code < 65 else name
