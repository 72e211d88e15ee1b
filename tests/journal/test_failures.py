"""A full disk, a lock, a broken file: the writer never dies unnoticed and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qtui.core.events import Notice
from qtui.errors import CannotWrite
from qtui.journal import outflow, schema, store, writer
from qtui.journal.journal import SqliteJournal
from qtui.journal.reader import open_reader
from tests.journal.story import Told, lifetime, record
from tests.patience import PATIENCE_S, until


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)


def fill_up(disk: Path) -> Path:
    """Take the space that is left; gives the file that holds it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
    return ballast


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.05)


@pytest.mark.parametrize("order", ["completion", "submission"])
async def test_a_full_disk_blocks_and_goes_on_by_itself(small_disk: Path, order: str) -> None:
    told = Told.create(small_disk / "run", small_disk / "results.jsonl", facts=outflow.facts(order, "jsonl"))
    told.tell(*lifetime(1))
    await told.durable()
    ballast = fill_up(small_disk)
    for seq in range(2, 3_000):
        told.tell(*lifetime(seq, {"text": "x" * 300}))
        if told.states:
            break
        if seq % 20 == 0:
            await asyncio.sleep(0)
    await told.until(lambda: bool(told.states))
    assert told.states[0][0] == told.journal.state == "blocked"
    assert "disk full: nothing is lost" in told.states[0][1]
    waiting = asyncio.ensure_future(told.journal.room())
    await asyncio.sleep(0.2)  # several attempts of the writer
    assert not waiting.done()
    ballast.unlink()
    enlarge(small_disk)
    async with asyncio.timeout(PATIENCE_S):
        await waiting
    await told.durable()
    assert (told.states[-1][0], told.journal.state) == ("ok", "ok")
    assert (small_disk / "run" / "reserve").stat().st_size == store.RESERVE_BYTES
    await told.journal.close("finished")
    with open_reader(small_disk / "run") as reader:
        assert reader.summary().done == told.position // 3
    lines = (small_disk / "results.jsonl").read_text().splitlines()
    assert len(lines) == told.position // 3


async def test_the_reserve_saves_what_is_running_when_the_disk_fills(small_disk: Path) -> None:
    told = Told.create(small_disk / "run")
    told.tell(*lifetime(1))
    await told.durable()
    fill_up(small_disk)
    for seq in range(2, 402):
        told.tell(*lifetime(seq, {"text": "x" * 500}))
    await told.durable()
    assert told.states[0][0] == "blocked"
    assert told.journal.state == "blocked"
    await told.journal.close("stopped")
    with open_reader(small_disk / "run") as reader:
        assert reader.summary().done == 401


async def test_closing_on_a_disk_that_stays_full_says_what_is_not_saved(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_S", 0.3)
    told = Told.create(small_disk / "run")
    told.tell(*lifetime(1))
    await told.durable()
    fill_up(small_disk)
    told.tell(*[event for seq in range(2, 1_000) for event in lifetime(seq, {"text": "x" * 5_000})])
    with pytest.raises(CannotWrite, match="records could not be saved"):
        await told.journal.close("stopped")
    with open_reader(small_disk / "run") as reader:
        assert told.acknowledged[-1] // 3 <= reader.summary().done < told.position // 3


async def test_a_disk_that_is_full_at_the_start_is_refused(small_disk: Path) -> None:
    (small_disk / "run").mkdir()
    ballast = fill_up(small_disk)
    with ballast.open("r+b") as file:
        file.truncate(ballast.stat().st_size - 500_000)
    with pytest.raises(CannotWrite, match="full"):
        SqliteJournal.create(small_disk / "run", run=record())


async def test_a_lock_of_another_program_blocks_until_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_S", 0.05)
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.durable()
    with closing(sqlite3.connect(tmp_path / "run" / schema.FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        told.tell(*lifetime(2))
        await told.until(lambda: bool(told.states))
        assert told.states[0][0] == "blocked"
        assert "another program has locked the journal" in told.states[0][1]
        assert told.acknowledged == [3]
    await told.durable()
    await told.until(lambda: told.journal.state == "ok")
    await told.journal.close("finished")


async def test_a_broken_file_fails_loudly_and_lets_nobody_wait(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.durable()
    with closing(sqlite3.connect(tmp_path / "run" / schema.FILE)) as other:
        other.execute("DROP TABLE event")
    told.tell(*lifetime(2), Notice(3.0, "hello"))
    await told.until(lambda: bool(told.states))
    with pytest.raises(CannotWrite, match="no such table"):
        await told.journal.room()
    assert told.states[-1][0] == told.journal.state == "failed"
    assert told.acknowledged == [3]
    with pytest.raises(CannotWrite):
        await told.journal.failed_jobs(None, 0, 1)
    with pytest.raises(CannotWrite, match="no such table"):
        await told.journal.close("crashed")


async def test_a_second_done_is_refused_by_the_file_and_told(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.durable()
    told.tell(*lifetime(1)[1:])
    await told.until(lambda: bool(told.states))
    assert told.states[-1][0] == "failed"
    with pytest.raises(CannotWrite, match="UNIQUE"):
        await told.journal.close("crashed")
    with open_reader(tmp_path / "run") as reader:
        assert reader.summary().done == 1


async def test_a_slow_disk_is_told_while_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SLOW_S", 0.01)
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.durable()
    with closing(sqlite3.connect(tmp_path / "run" / schema.FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        told.tell(*lifetime(2))
        await until(lambda: told.journal.state == "slow")
    await told.durable()
    await told.journal.close("finished")


async def test_a_file_that_cannot_be_opened_again_fails_with_its_reason(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.durable()
    with closing(sqlite3.connect(tmp_path / "run" / schema.FILE)) as other:
        other.execute("DROP TABLE event")
    (tmp_path / "run" / schema.FILE).rename(tmp_path / "elsewhere")
    told.tell(*lifetime(2), Notice(3.0, "hello"))
    with pytest.raises(CannotWrite, match="there is no journal"):
        await told.journal.close("crashed")
    assert told.states[-1][0] == "failed"
