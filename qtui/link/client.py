"""A face's end of the link: the `Port` of a run in another process."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from qtui.core.commands import Reply, Request
from qtui.core.events import Event
from qtui.core.port import Refusal
from qtui.core.queries import Answer, Query, Unknown
from qtui.core.snapshot import Snapshot
from qtui.errors import LinkError
from qtui.link import protocol as wire
from qtui.link.peer import Peer

LOST = "the engine cannot be reached any more"


class LinkPort:
    """Made by `connect`. Ends when the engine says goodbye or is gone; both look alike to a face, but for `lost`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.run_id = ""
        self.lost = False
        """The engine went without a goodbye."""
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._newest: Snapshot | None = None
        self._events: list[Event] = []
        self._missed = 0
        self._news = asyncio.Event()
        self._goodbye: wire.Goodbye | None = None
        self._over = False
        self._listener: asyncio.Task[None] | None = None
        self._peer: Peer | None = None
        self._started: Callable[[], int] | None = None

    @classmethod
    async def connect(cls, path: Path, hello: wire.Hello, started: Callable[[], int] | None = None) -> LinkPort:
        """Connect to an engine's socket; who has started it can name its process before it speaks.

        Raises:
            LinkError: when nobody is there or it speaks another version.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=wire.MAX_FROM_ENGINE)
        except OSError as error:
            raise LinkError(f"no engine answers at {path}: {error.strerror}") from None
        port = cls(reader, writer)
        port._started = started
        port._listener = asyncio.create_task(port._listen(), name="link")
        port._send(hello)
        return port

    def _send(self, message: wire.FromFace) -> None:
        if not self._writer.is_closing():
            self._writer.write(wire.encode(message))

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                self._take(wire.decode_from_engine(line))
        except (OSError, ValueError, msgspec.MsgspecError):
            pass  # a broken line and a broken connection mean the same to a face: the engine is lost
        finally:
            self._over = True
            self.lost = self._goodbye is None
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_result(Reply(False, LOST))
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_result(Unknown(LOST))
            self._news.set()

    def _take(self, message: wire.FromEngine) -> None:
        match message:
            case wire.Picture(snapshot=snapshot):
                self._newest = snapshot
                self._news.set()
            case wire.Replied(number=number, reply=reply):
                waiting = self._replies.pop(number, None)
                if waiting is not None and not waiting.done():  # done: whoever asked has given up
                    waiting.set_result(reply)
            case wire.Answered(number=number, answer=answer):
                asked = self._answers.pop(number, None)
                if asked is not None and not asked.done():
                    asked.set_result(answer)
            case wire.Happened(events=events, missed=missed):
                self._events += events
                self._missed += missed
                self._news.set()
            case wire.Welcome(run_id=run_id, pid=pid):
                self.run_id = run_id
                self._know(pid)
            case wire.Goodbye():
                self._goodbye = message
                self._news.set()

    def _know(self, pid: int) -> None:
        if self._peer is None:
            self._peer = Peer.find(self._writer.get_extra_info("socket"), pid)

    async def news(self) -> AsyncIterator[tuple[Snapshot | None, list[Event], int]]:
        """What has come since the last time: the newest snapshot, the events, and how many were missed.

        Raises:
            Refusal: when the engine would not start.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            snapshot, self._newest = self._newest, None
            events, self._events = self._events, []
            missed, self._missed = self._missed, 0
            over, goodbye = self._over, self._goodbye
            if snapshot is not None or events:
                yield snapshot, events, missed
            if goodbye is not None and (goodbye.code or goodbye.text):
                raise Refusal(goodbye.text, goodbye.code, goodbye.checked, goodbye.plan)
            if over:
                return

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        async for snapshot, _, _ in self.news():
            if snapshot is not None:
                yield snapshot

    async def send(self, request: Request) -> Reply:
        if self._over:
            return Reply(False, LOST)
        number = next(self._numbers)
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies[number] = waiting
        self._send(wire.Ask(number, request))
        return await waiting

    async def query(self, query: Query) -> Answer:
        if self._over:
            return Unknown(LOST)
        number = next(self._numbers)
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[number] = waiting
        self._send(wire.Look(number, query))
        return await waiting

    def pace(self, hz: float) -> None:
        if not self._over:
            self._send(wire.Pace(hz))

    def kill(self, *, hard: bool) -> bool:
        if self._peer is None and self._started is not None:
            self._know(self._started())
        return self._peer is not None and self._peer.end(hard=hard)

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait([self._listener])
        self._writer.close()
        if self._peer is not None:
            self._peer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
