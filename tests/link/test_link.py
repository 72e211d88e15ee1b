"""The link over real sockets: several faces, hostile faces, slow faces, and an engine that goes away."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import stat
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from qtui.core.commands import Reply, Request, SetConcurrency
from qtui.core.events import Notice
from qtui.core.port import Checked, Problem, Refusal
from qtui.core.queries import Answer, Jobs, JobsQuery, Query, Unknown
from qtui.core.snapshot import Snapshot
from qtui.errors import CannotWrite, LinkError
from qtui.link import protocol as wire
from qtui.link import server as server_module
from qtui.link.address import listen, socket_path
from qtui.link.client import LinkPort
from qtui.link.server import LinkServer
from tests.patience import PATIENCE_S
from tests.tui.samples import sample

HELLO = wire.Hello(wire.VERSION, hz=10.0)


class Run:
    """An engine that answers at once and counts what it was asked."""

    def __init__(self) -> None:
        self.snap = sample()
        self.asked: list[Request] = []
        self.pictures = self.looked = 0
        self.answer: Answer = Jobs([], 42)

    def snapshot(self) -> Snapshot:
        self.pictures += 1
        return self.snap

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        self.snap = msgspec.structs.replace(self.snap, elapsed_s=self.snap.elapsed_s + 1)
        return Reply(True, "done")

    async def query(self, query: Query) -> Answer:
        self.looked += 1
        return self.answer


class Bench:
    def __init__(self, run: Run, server: LinkServer, path: Path, changed: asyncio.Event) -> None:
        self.run = run
        self.server = server
        self.path = path
        self.changed = changed
        """Set whenever a face comes or goes."""

    async def face(self, hello: wire.Hello = HELLO) -> LinkPort:
        return await LinkPort.connect(self.path, hello)

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self.path)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = socket_path("run")
    run = Run()
    changed = asyncio.Event()
    server = LinkServer(run, "run-1", lambda number: changed.set())
    await server.start(listen(path))
    yield Bench(run, server, path, changed)
    await server.close()


async def first(port: LinkPort) -> Snapshot:
    async for snap in port.snapshots():
        return snap
    raise AssertionError("no snapshot came")


async def test_a_face_is_welcomed_with_a_picture(bench: Bench) -> None:
    port = await bench.face()

    assert await first(port) == bench.run.snap
    assert port.run_id == "run-1"
    await port.close()


async def test_several_faces_see_and_steer_the_same_run(bench: Bench) -> None:
    one, two = await bench.face(), await bench.face()
    await first(one)
    await first(two)
    reply = await one.send(Request(SetConcurrency(3)))
    async with asyncio.timeout(PATIENCE_S):
        async for snap in two.snapshots():
            if snap.elapsed_s == 613:
                break

    assert reply == Reply(True, "done")
    await one.close()
    await two.close()


async def test_a_picture_follows_a_command_without_waiting_for_the_tick(bench: Bench) -> None:
    port = await bench.face(wire.Hello(wire.VERSION, hz=0.01))
    await first(port)
    await port.send(Request(SetConcurrency(3)))
    async with asyncio.timeout(PATIENCE_S):
        while (await first(port)).elapsed_s != 613:
            pass
    await port.close()


async def test_a_watching_face_may_look_but_not_steer(bench: Bench) -> None:
    port = await bench.face(wire.Hello(wire.VERSION, watch=True))

    assert await port.send(Request(SetConcurrency(3))) == Reply(False, "this face only watches")
    assert await port.query(JobsQuery()) == Jobs([], 42)
    assert bench.run.asked == []
    await port.close()


async def test_events_come_in_order_and_before_the_picture_they_led_to(bench: Bench) -> None:
    port = await bench.face(wire.Hello(wire.VERSION, hz=0.01, events=True))
    await first(port)
    events = [Notice(float(number), f"event {number}") for number in range(50)]
    for event in events:
        bench.server.event(event)
    bench.run.snap = msgspec.structs.replace(bench.run.snap, elapsed_s=999.0)
    bench.server.push()
    got: list[object] = []
    async with asyncio.timeout(PATIENCE_S):
        async for snap, told, missed in port.news():
            assert missed == 0
            got += told
            if snap is not None and snap.elapsed_s == 999.0:
                break

    assert got == events
    await port.close()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b'{"type":"hello","version":999}\n',
        b'{"type":"ask","number":1,"request":{"command":{"type":"stop"}}}\n',
        b'{"type":"hello","version":1}\n{"type":"hello","version":1}\n',
        b'{"type":"hello","version":1}\n' + b"x" * (wire.MAX_FROM_FACE + 10) + b"\n",
        b"\xff\xfe\n",
    ],
)
async def test_a_face_that_does_not_keep_to_the_protocol_is_dropped(bench: Bench, line: bytes) -> None:
    reader, writer = await bench.raw()
    writer.write(line)
    async with asyncio.timeout(PATIENCE_S):
        try:
            while await reader.read(65536):
                pass
        except ConnectionResetError:
            pass
    writer.close()

    assert bench.run.asked == []
    port = await bench.face()
    assert await first(port)
    await port.close()


async def test_a_face_that_never_reads_costs_the_engine_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "SLOW_FACE", 50_000)
    _, writer = await bench.raw()
    writer.write(wire.encode(HELLO))
    live = await bench.face()
    await first(live)
    for _ in range(200):
        bench.server.push()
    lazy = max(face.unsent for face in bench.server._faces)

    assert lazy < 500_000
    assert await live.send(Request(SetConcurrency(1))) == Reply(True, "done")
    writer.transport.abort()
    await live.close()


async def told(port: LinkPort) -> Refusal:
    """Why the engine would not serve this face."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for _ in port.snapshots():
                pass
    except Refusal as refusal:
        return refusal
    finally:
        await port.close()
    raise AssertionError("it was served")


async def test_a_seventeenth_face_is_told_that_there_is_no_room_until_one_leaves(bench: Bench) -> None:
    ports = [await bench.face() for _ in range(wire.MAX_FACES)]
    for port in ports:
        await first(port)

    assert (
        str(await told(await bench.face()))
        == "16 faces look at this run already, the most there may be; close one of them"
    )
    bench.changed.clear()
    await ports.pop().close()
    async with asyncio.timeout(PATIENCE_S):
        await bench.changed.wait()
    port = await bench.face()
    assert await first(port)
    for each in (*ports, port):
        await each.close()


async def test_a_face_of_another_version_is_told_so(bench: Bench) -> None:
    refusal = await told(await bench.face(wire.Hello(999)))

    assert str(refusal) == "the engine speaks version 1 of the link and this face 999; use the same qtui"
    assert int(refusal.exit_code) == 74


async def test_connections_that_say_nothing_leave_room_for_faces_and_have_a_bound(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "HELLO_S", 0.3)
    mute = [await bench.raw() for _ in range(wire.MAX_GREETING)]
    ports = [await bench.face() for _ in range(wire.MAX_FACES)]
    for port in ports:
        assert await first(port)
    reader, beyond = await bench.raw()
    async with asyncio.timeout(PATIENCE_S):
        assert await reader.read() == b""
        for silent, _ in mute:
            assert await silent.read() == b""
    for writer in (beyond, *(writer for _, writer in mute)):
        writer.close()
    for port in ports:
        await port.close()


async def test_a_face_that_comes_to_say_one_thing_is_not_counted_as_one_that_looks(bench: Bench) -> None:
    port = await bench.face(wire.Hello(wire.VERSION, hz=0))
    await first(port)

    assert bench.server.faces == 0
    await port.close()


async def test_a_quiet_run_is_heard_of_more_than_once_a_second(bench: Bench) -> None:
    port = await bench.face()
    at: list[float] = []
    async with asyncio.timeout(PATIENCE_S):
        async for _ in port.snapshots():
            at.append(time.monotonic())
            if len(at) == 4:
                break
    await port.close()
    assert statistics.median(after - before for before, after in itertools.pairwise(at)) < 0.9


async def test_a_face_that_asks_and_never_reads_is_not_heard_any_more(bench: Bench) -> None:
    _, writer = await bench.raw()
    writer.write(wire.encode(wire.Hello(wire.VERSION, hz=0)))
    bench.run.answer = Unknown("x" * 200_000)
    questions = [wire.encode(wire.Look(number, JobsQuery())) for number in range(2_000)]
    writer.write(b"".join(questions))
    live = await bench.face()
    await first(live)
    for _ in range(20):
        assert (await live.send(Request(SetConcurrency(1)))).ok
    (deaf,) = [face for face in bench.server._faces if not face.stays]

    assert bench.run.looked < 200
    assert deaf.unsent < 32 * 1024 * 1024
    writer.transport.abort()
    await live.close()


async def test_a_storm_of_commands_is_no_storm_of_pictures(bench: Bench) -> None:
    port = await bench.face()
    await first(port)
    before = bench.run.pictures
    replies = await asyncio.gather(*(port.send(Request(SetConcurrency(n))) for n in range(500)))
    async with asyncio.timeout(PATIENCE_S):
        async for snap in port.snapshots():
            if snap.elapsed_s == 612 + 500:
                break

    assert all(reply.ok for reply in replies)
    assert bench.run.pictures - before < 100
    await port.close()


async def test_an_answer_that_nobody_waits_for_any_more_does_no_harm(bench: Bench) -> None:
    port = await bench.face()
    await first(port)
    impatient = asyncio.ensure_future(port.send(Request(SetConcurrency(3))))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await port.send(Request(SetConcurrency(4)))).ok
    assert await port.query(JobsQuery()) == Jobs([], 42)
    assert not port.lost
    await port.close()


async def test_the_longest_message_is_64_kib(bench: Bench) -> None:
    port = await bench.face()
    await first(port)
    frame = len(wire.encode(wire.Ask(1, Request(SetConcurrency(3), reason=""))))

    assert (await port.send(Request(SetConcurrency(3), reason="r" * (wire.MAX_FROM_FACE - frame - 1)))).ok
    assert not (await port.send(Request(SetConcurrency(3), reason="r" * wire.MAX_FROM_FACE))).ok
    assert port.lost
    await port.close()


async def test_another_user_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    reader, writer = await bench.raw()
    async with asyncio.timeout(PATIENCE_S):
        assert await reader.read() == b""
    writer.close()


async def test_a_goodbye_ends_the_stream_without_loss(bench: Bench) -> None:
    port = await bench.face()
    await first(port)
    await bench.server.close()
    async with asyncio.timeout(PATIENCE_S):
        async for _ in port.snapshots():
            pass

    assert not port.lost
    await port.close()


async def test_a_refusal_carries_its_code_and_the_problems(bench: Bench) -> None:
    port = await bench.face()
    await first(port)
    await bench.server.close(2, "p.toml cannot run", Checked("p.toml", problems=[Problem("x", "wrong")]))
    with pytest.raises(Refusal, match=r"p\.toml cannot run") as caught:
        async for _ in port.snapshots():
            pass

    assert int(caught.value.exit_code) == 2
    assert caught.value.checked is not None
    await port.close()


async def test_an_engine_that_is_gone_refuses_and_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    sock = listen(path)
    port = await LinkPort.connect(path, HELLO)
    sending = asyncio.ensure_future(port.send(Request(SetConcurrency(1))))
    await asyncio.sleep(0)
    sock.accept()[0].close()
    sock.close()

    assert not (await sending).ok
    assert not (await port.send(Request(SetConcurrency(1)))).ok
    assert isinstance(await port.query(JobsQuery()), Unknown)
    assert port.lost
    await port.close()


async def test_nobody_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="no engine answers at"):
        await LinkPort.connect(tmp_path / "nothing", HELLO)


def test_the_socket_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = socket_path("run")
    sock = listen(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    sock.close()


def test_a_path_too_long_for_a_socket_moves_to_a_shorter_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 120)))
    path = socket_path("run")
    probe = socket.socket(socket.AF_UNIX)
    probe.bind(str(path))
    probe.close()
    path.unlink()


def test_the_directory_of_sockets_is_closed_to_others_even_if_it_was_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "qtui").mkdir(mode=0o755)
    (tmp_path / "qtui").chmod(0o755)

    assert stat.S_IMODE(socket_path("run").parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("trap", ["link", "file", "theirs"])
def test_a_directory_that_is_not_ours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = tmp_path / "qtui"
    if trap == "link":
        folder.symlink_to(tmp_path)
    elif trap == "file":
        folder.write_text("")
    else:
        monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(CannotWrite):
        socket_path("run")
