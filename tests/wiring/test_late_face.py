"""A face that comes late sees what the first has seen, and one whose connection breaks finds its run again."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qtui.core.commands import Hold, Pause, Request, SetConcurrency
from qtui.core.snapshot import Snapshot
from qtui.link.address import listen, socket_path
from qtui.link.client import LinkPort
from qtui.link.protocol import VERSION, Hello
from qtui.link.server import LinkServer
from qtui.tui import feed as feed_module
from qtui.tui.feed import Feed
from qtui.wiring.host import connect
from tests.link.test_link import Run
from tests.patience import PATIENCE_S
from tests.tui.rig import until
from tests.wiring.stage import Stage


async def seen(port: LinkPort, wanted: Callable[[Snapshot], bool]) -> Snapshot:
    async with asyncio.timeout(PATIENCE_S):
        async for snap in port.snapshots():
            if wanted(snap):
                return snap
    raise AssertionError("the run ended without showing it")


async def test_the_first_picture_of_a_late_face_holds_all_that_an_early_one_has_seen(stage: Stage) -> None:
    stage.preset(fail=0.3)
    assert stage.run("run", "bench.toml", "--detach").returncode == 0
    early = await connect(Path(stage.record.socket))
    await seen(early, lambda snap: snap.elapsed_s > 3 and bool(snap.failures))
    for command in (SetConcurrency(6), Pause(), Hold()):
        assert (await early.send(Request(command, reason="to compare"))).ok
    last = await seen(early, lambda snap: snap.throttle.held_by_person and not snap.counts.running)
    late = await connect(Path(stage.record.socket))
    first = await seen(late, lambda snap: True)
    await early.close()
    await late.close()

    assert first.counts == last.counts
    assert first.failures[0].jobs == last.failures[0].jobs > 0
    assert [line.text for line in first.log][:3] == [
        "workers held: nothing new starts (to compare)",
        "producers paused (to compare)",
        "concurrency 4 → 6 (to compare)",
    ]
    assert first.log == last.log
    assert [(recent.seq, recent.kind) for recent in first.recent] == [(r.seq, r.kind) for r in last.recent]
    assert first.latency == last.latency
    past = len(last.series.done) - 1
    for name in ("done", "failed", "depth", "marks", "latency"):
        assert getattr(first.series, name)[:past] == getattr(last.series, name)[:past], name
    assert {"▲6", "║", "≈"} <= {mark for column in first.series.marks for mark in column}
    for mine, theirs in zip(first.slots, last.slots, strict=True):
        grown = len(mine.strip) - len(theirs.strip)
        assert mine.strip[: len(mine.strip) - grown - 1] == theirs.strip[:-1]
        assert mine.number > 4 or set("abfF") & set(mine.strip)  # the new slots may not have got a job before the hold


def test_a_late_screen_is_not_blank(stage: Stage) -> None:
    stage.preset(fail=0.3)
    assert stage.run("run", "bench.toml", "--detach").returncode == 0
    stage.picture(lambda snap: snap.elapsed_s > 4)
    assert stage.run("ctl", "bench", "concurrency", "6", "--reason", "more").returncode == 0
    with stage.open("attach", "bench") as screen:
        text = screen.wait("● RUNNING")
        first = screen.wait("FAILURES")
        screen.wait("▲6")  # at the very edge there was room for half of it
    assert "concurrency 4 → 6 (more)" in first, text
    assert "HTTP 404" in first
    assert len(re.findall("[×▆]{3}", first)) >= 4  # a strip for every slot that is old enough
    assert "p50 0.05s" in first


async def test_a_screen_whose_connection_breaks_finds_its_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "AGAIN_S", 0.01)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = socket_path("run")
    run = Run()
    server = LinkServer(run, "run-1")
    await server.start(listen(path))
    asked: list[str] = []

    async def again(run_id: str) -> LinkPort:
        asked.append(run_id)
        return await LinkPort.connect(path, Hello(VERSION))

    feed = Feed(time.monotonic, again=again)
    losses = []
    port = await LinkPort.connect(path, Hello(VERSION))
    following = asyncio.ensure_future(feed.follow(port, lambda: losses.append(feed.lost)))
    await until(lambda: feed.newest is not None)
    (face,) = server._faces
    face.writer.transport.abort()
    await until(lambda: True in losses and not feed.lost)

    assert asked == [run.snap.run_id]
    assert (await feed.send(SetConcurrency(3))).ok
    await feed.close()
    await asyncio.wait([following])
    await server.close()
