"""The engine's end of the link: any number of faces up to a bound, none of which can slow the engine down."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from qtui.core.commands import Reply, Request
from qtui.core.events import Event
from qtui.core.past import Plan
from qtui.core.port import Checked
from qtui.core.queries import Answer, Query
from qtui.core.snapshot import Snapshot
from qtui.errors import ExitCode, LinkError
from qtui.link import protocol as wire
from qtui.text import clean

log = logging.getLogger(__name__)

TICK_S = 0.1
SLOW_FACE = 512 * 1024
"""A face with so many unsent bytes is skipped until it has read some of them."""
LOST_FACE = 16 * 1024 * 1024
"""A face that wanted every event and has so many unsent bytes misses the next ones, and is told how many."""
HELLO_S = 5.0
EAGER_S = 0.02
"""Commands that follow each other faster share a snapshot: a storm of them must not become a storm of pictures."""


class Run(Protocol):
    """What the server shows: an engine, or the moments before there is one."""

    def snapshot(self) -> Snapshot: ...

    async def ask(self, request: Request) -> Reply: ...

    async def query(self, query: Query) -> Answer: ...


class _Face:
    """One connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.hello: wire.Hello | None = None
        self.due = 0.0
        self.missed = 0
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def stays(self) -> bool:
        """It looks at the run, rather than to say one thing and go."""
        return self.hello is not None and (self.hello.hz > 0 or self.hello.events)

    def pace(self, hz: float) -> None:
        """Send it so many snapshots a second; one that wants none at all says so with its hello."""
        if self.hello is not None and self.hello.hz > 0 and hz >= 0.1:
            self.hello = msgspec.structs.replace(self.hello, hz=hz)
            self.due = 0.0

    def send(self, line: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(line)

    @property
    def unsent(self) -> int:
        return self.writer.transport.get_write_buffer_size()


class LinkServer:
    """Serves `run` on a listening unix socket; `on_faces` is told whenever the number of those that stay changes."""

    def __init__(self, run: Run, run_id: str, on_faces: Callable[[int], None] | None = None) -> None:
        self.run = run
        self._run_id = run_id
        self._on_faces = on_faces or (lambda number: None)
        self._faces: set[_Face] = set()
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._events: list[Event] = []
        self._goodbye = b""
        self._pushed_at = float("-inf")

    async def start(self, sock: socket.socket) -> None:
        self._server = await asyncio.start_unix_server(self._serve, sock=sock, limit=wire.MAX_FROM_FACE)
        self._ticker = asyncio.create_task(self._tick(), name="link ticker")

    @property
    def faces(self) -> int:
        """Faces that look at the run."""
        return sum(face.stays for face in self._faces)

    def event(self, event: Event) -> None:
        """An event for the faces that want them; sent with the next tick."""
        if any(face.hello is not None and face.hello.events for face in self._faces):
            self._events.append(event)

    def push(self) -> None:
        """Send a snapshot now, without waiting for the tick: a key was pressed, or the run is over."""
        self._pushed_at = asyncio.get_running_loop().time()
        self._send_events()  # a face must not see the end of a run before the events that led to it
        self._send_pictures(due_only=False)

    async def close(
        self, code: int = 0, text: str = "", checked: Checked | None = None, plan: Plan | None = None
    ) -> None:
        """Say goodbye to every face, those that connect within the next moment included, and close."""
        if self._ticker is not None:
            self._ticker.cancel()
        self.push()
        self._goodbye = wire.encode(wire.Goodbye(code, text, checked, plan))
        for face in self._faces:
            face.send(self._goodbye)
        if self._server is not None:
            self._server.close()
        for face in list(self._faces):
            for task in face.tasks:
                task.cancel()
            face.writer.close()
            try:
                async with asyncio.timeout(2):
                    await face.writer.wait_closed()
            except (OSError, TimeoutError):
                face.writer.transport.abort()

    # -- a connection

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        face = _Face(writer)
        if not _same_user(writer) or len(self._faces) >= wire.MAX_FACES + wire.MAX_GREETING:
            writer.close()
            return
        self._faces.add(face)
        try:
            await self._converse(face, reader)
        except (OSError, ValueError, LinkError, msgspec.MsgspecError, TimeoutError) as error:
            log.info("a face was dropped: %s", clean(error))
        finally:
            self._faces.discard(face)
            writer.close()
            self._on_faces(self.faces)

    async def _converse(self, face: _Face, reader: asyncio.StreamReader) -> None:
        async with asyncio.timeout(HELLO_S):
            hello = wire.decode_from_face(await reader.readline())
        if not isinstance(hello, wire.Hello):
            raise LinkError("a face did not say hello")
        if why_not := self._unwelcome(hello):
            face.send(wire.encode(wire.Goodbye(int(ExitCode.CANNOT_WRITE), why_not)))
            raise LinkError(why_not)
        face.hello = hello
        self._on_faces(self.faces)
        face.send(wire.encode(wire.Welcome(wire.VERSION, self._run_id, os.getpid())))
        if self._goodbye:
            face.send(self._goodbye)
            return
        face.send(wire.encode(wire.Picture(self.run.snapshot())))
        while line := await reader.readline():
            message = wire.decode_from_face(line)
            match message:
                case wire.Ask():
                    self._answer(face, self._ask(face, message))
                case wire.Look():
                    self._answer(face, self._look(face, message))
                case wire.Pace(hz=hz):
                    face.pace(hz)
                case wire.Hello():
                    raise LinkError("a face said hello twice")
            await self._breathe(face)

    def _unwelcome(self, hello: wire.Hello) -> str:
        """Why a face cannot be served, or empty."""
        if hello.version != wire.VERSION:
            return (
                f"the engine speaks version {wire.VERSION} of the link and this face {hello.version}; use the same qtui"
            )
        if sum(face.hello is not None for face in self._faces) >= wire.MAX_FACES:
            return f"{wire.MAX_FACES} faces look at this run already, the most there may be; close one of them"
        return ""

    async def _breathe(self, face: _Face) -> None:
        """Hear no more of a face that does not read its answers, or asks faster than it can be answered."""
        await face.writer.drain()
        while len(face.tasks) >= wire.MAX_ASKED:
            await asyncio.wait(face.tasks, return_when=asyncio.FIRST_COMPLETED)

    def _answer(self, face: _Face, work: Awaitable[None]) -> None:
        """Answers may take their time; the next line is read meanwhile."""
        task = asyncio.ensure_future(work)
        face.tasks.add(task)
        task.add_done_callback(face.tasks.discard)

    async def _ask(self, face: _Face, ask: wire.Ask) -> None:
        assert face.hello is not None
        if face.hello.watch:
            reply = Reply(False, "this face only watches")
        else:
            reply = await self.run.ask(ask.request)
        face.send(wire.encode(wire.Replied(ask.number, reply)))
        if asyncio.get_running_loop().time() - self._pushed_at >= EAGER_S:
            self.push()
        else:
            for each in self._faces:
                each.due = 0.0  # the next tick shows it

    async def _look(self, face: _Face, look: wire.Look) -> None:
        face.send(wire.encode(wire.Answered(look.number, await self.run.query(look.query))))

    # -- pictures and events

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._send_events()
            self._send_pictures(due_only=True)

    def _send_pictures(self, *, due_only: bool) -> None:
        now = asyncio.get_running_loop().time()
        ready = [
            face
            for face in self._faces
            if face.hello is not None
            and face.hello.hz > 0
            and face.unsent < SLOW_FACE
            and not (due_only and now < face.due)
        ]
        if not ready:
            return
        line = wire.encode(wire.Picture(self.run.snapshot()))
        for face in ready:
            assert face.hello is not None
            face.due = now + 1 / face.hello.hz - TICK_S / 2
            face.send(line)

    def _send_events(self) -> None:
        if not self._events:
            return
        events, self._events = self._events, []
        for face in self._faces:
            if face.hello is None or not face.hello.events:
                continue
            if face.unsent > LOST_FACE:
                face.missed += len(events)
                continue
            face.send(wire.encode(wire.Happened(events, face.missed)))
            face.missed = 0


def _same_user(writer: asyncio.StreamWriter) -> bool:
    """Only processes of our own user may steer or watch; the directory's mode already says so, this makes it sure."""
    sock = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return bool(uid == os.getuid())
