"""One life of an engine process: it waits for its faces, outlives them, and says how it ended."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from qtui.core.commands import Request, RetryFailed, Stop
from qtui.core.port import Port, Refusal
from qtui.core.snapshot import RunState, Snapshot
from qtui.errors import UsageError
from qtui.wiring.host import LocalHost, connect
from qtui.wiring.spawn import Spawned, spawn_engine
from tests.patience import PATIENCE_S
from tests.wiring.stage import Stage

Spawn = Callable[..., Spawned]


@pytest.fixture
async def spawn(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Spawn]:
    for name, value in stage.env.items():
        monkeypatch.setenv(name, value)
    started: list[Spawned] = []

    def start(source: str, *arguments: str, faces: int = 1) -> Spawned:
        started.append(spawn_engine(source, list(arguments), state=str(stage.state), faces=faces))
        return started[-1]

    yield start
    for engine in started:
        engine.process.kill()
        await asyncio.to_thread(engine.process.wait)


async def until(port: Port, wanted: Callable[[Snapshot], bool]) -> Snapshot:
    async with asyncio.timeout(PATIENCE_S):
        async for snap in port.snapshots():
            if wanted(snap):
                return snap
    raise AssertionError("the run ended without showing it")


async def code(engine: Spawned) -> int:
    return await asyncio.to_thread(engine.process.wait, 20)


def finished(snap: Snapshot) -> bool:
    return snap.state is RunState.FINISHED


async def test_a_run_that_is_over_at_once_still_waits_for_the_face_it_was_started_for(
    stage: Stage, spawn: Spawn
) -> None:
    engine = spawn(stage.preset(jobs=3, latency="0s"))
    port = await connect(engine.socket)
    last = await until(port, finished)
    assert engine.process.poll() is None
    await port.close()

    assert last.counts.done == 3
    assert await code(engine) == 0
    assert (stage.record.state, stage.record.socket) == ("finished", "")
    assert not engine.socket.exists()
    assert not engine.log.exists()


async def test_failed_jobs_are_exit_code_1(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(jobs=5, latency="0s", fail=1.0), faces=0)

    assert await code(engine) == 1


async def test_an_engine_without_a_face_ends_with_its_run(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(jobs=5, latency="0s"), faces=0)

    assert await code(engine) == 0
    assert stage.record.state == "finished"


async def test_a_finished_run_works_again_for_a_face_that_retries(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(jobs=4, latency="1ms", fail=1.0))
    port = await connect(engine.socket)
    first = await until(port, finished)
    reply = await port.send(Request(RetryFailed()))
    again = await until(port, lambda snap: finished(snap) and snap.counts.attempts > first.counts.attempts)
    await port.close()

    assert reply.ok
    assert (first.counts.attempts, again.counts.attempts) == (4, 8)
    assert (again.counts.failed, again.counts.accepted) == (4, 4)
    assert await code(engine) == 1


async def test_a_stop_ends_the_process_with_130_although_a_face_looks_on(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(latency="30s"))
    port = await connect(engine.socket)
    await until(port, lambda snap: snap.counts.running == 4)
    await port.send(Request(Stop()))
    last = await until(port, lambda snap: snap.state is RunState.STOPPED)

    assert last.counts.failed == 0
    assert await code(engine) == 130
    assert stage.record.state == "stopped"
    assert not port.lost
    await port.close()


async def test_sigterm_drains_and_a_second_one_changes_nothing(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(latency="200ms"))
    port = await connect(engine.socket)
    full = await until(port, lambda snap: snap.queue.depth == snap.queue.capacity)
    engine.process.send_signal(signal.SIGTERM)
    await until(port, lambda snap: snap.state is RunState.DRAINING)
    engine.process.send_signal(signal.SIGTERM)
    last = await until(port, lambda snap: snap.state is RunState.STOPPED)
    await port.close()

    assert last.counts.done >= full.counts.accepted
    assert last.counts.done == last.counts.accepted
    assert await code(engine) == 143


async def test_a_hang_up_is_nothing_to_an_engine(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset())
    port = await connect(engine.socket)
    before = await until(port, lambda snap: snap.counts.done > 0)
    engine.process.send_signal(signal.SIGHUP)
    await until(port, lambda snap: snap.counts.done > before.counts.done + 4)
    await port.close()

    assert engine.process.poll() is None


async def test_a_bad_preset_is_refused_with_all_its_problems_and_leaves_no_run(stage: Stage, spawn: Spawn) -> None:
    path = stage.write("bad.toml", '[preset]\nname = ""\n[queue]\ncapcity = 3\n')
    engine = spawn(path)
    port = await connect(engine.socket)
    with pytest.raises(Refusal, match="cannot run") as caught:
        await until(port, finished)
    await port.close()

    assert caught.value.checked is not None
    named = [problem.path for problem in caught.value.checked.problems if problem.line]
    assert named == ["preset.name", "queue.capcity"]
    assert await code(engine) == 2
    assert stage.records() == []


async def test_results_that_cannot_be_written_are_said_before_anything_starts(stage: Stage, spawn: Spawn) -> None:
    path = stage.write(
        "bench.toml", Path(stage.preset()).read_text() + '[results]\npath = "/proc/nowhere/results.jsonl"\n'
    )
    engine = spawn(path)
    port = await connect(engine.socket)
    with pytest.raises(Refusal, match="results"):
        await until(port, finished)
    await port.close()

    assert await code(engine) == 74
    assert stage.records() == []


async def test_what_a_run_keeps_is_its_owners_alone(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset(jobs=2, latency="0s"), faces=0)
    await code(engine)
    (folder,) = (path.parent for path in stage.state.glob("*/run.json"))

    for path in (folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def test_a_killed_engine_is_a_crashed_run_that_nobody_can_attach_to(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset())
    port = await connect(engine.socket)
    await until(port, lambda snap: snap.counts.done > 0)
    os.kill(stage.record.pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_S):
        async for _ in port.snapshots():
            pass
    await port.close()
    await code(engine)
    host = LocalHost(str(stage.state))

    assert port.lost
    assert [run.state for run in host.runs()] == ["crashed"]
    with pytest.raises(UsageError, match="is not live but crashed"):
        await host.attach(stage.record.run_id)


async def test_a_live_run_is_found_by_its_id_the_beginning_of_it_and_its_name(stage: Stage, spawn: Spawn) -> None:
    engine = spawn(stage.preset())
    port = await connect(engine.socket)
    await until(port, lambda snap: snap.state is RunState.RUNNING)
    await port.close()
    host = LocalHost(str(stage.state))
    whole = stage.record.run_id

    for name in (whole, whole[:-3], "bench"):
        again = await host.attach(name)
        assert (await until(again, lambda snap: True)).run_id == whole
        await again.close()
    with pytest.raises(UsageError):
        await host.attach("nothing-like-it")


async def test_changes_of_the_command_line_are_in_force(stage: Stage, spawn: Spawn) -> None:
    rows = stage.write("rows.csv", "line,more\na,1\nb,2\n")
    engine = spawn(stage.preset(latency="0s"), "--set", "workers.concurrency=7", "--input", rows)
    port = await connect(engine.socket)
    last = await until(port, finished)
    await port.close()

    assert (last.control.concurrency, last.counts.done, last.counts.total) == (7, 2, 2)
