"""What jobs find: durable with the end of the job that found it, each once, in order, and read page by page."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from qtui.core.events import AttemptEnded, Event, JobAccepted
from qtui.core.job import Done, Found
from qtui.errors import JournalUnreadable
from qtui.journal import recovery, schema
from qtui.journal.journal import SqliteJournal
from qtui.journal.recovery import Policy, look
from tests.journal.lives import change, content, died, ended_well
from tests.journal.story import STARTED, Told, accepted, job, opening, started


def finding(seq: int, *keys: str, producer: int = 0) -> list[Event]:
    """A job from its acceptance to its end, which found rows of these keys."""
    one = msgspec.structs.replace(job(seq), producer=producer)
    found = tuple(Found(key, {"url": key}) for key in keys)
    return [
        JobAccepted(0.0, one),
        msgspec.structs.replace(started(seq), job=one),
        AttemptEnded(1.5, one, 1, 0.5, Done(seq), "done", found=found),
    ]


async def told(folder: Path, *events: Event) -> Told:
    told = Told.create(folder)
    told.tell(*opening(), *events)
    await told.durable()
    return told


async def urls(journal: SqliteJournal, producer: int = 0, after: int = 0, limit: int = 100, skip: int = 0) -> list[str]:
    return [str(kept.row["url"]) for kept in await journal.found(producer, after, limit, skip)]


async def test_what_was_found_is_read_in_the_order_in_which_it_was_found(tmp_path: Path) -> None:
    run = await told(tmp_path / "run", *finding(1, "c", "a"), *finding(2, "b"))

    assert run.journal.found_count(0) == 3
    assert await urls(run.journal) == ["c", "a", "b"]
    await run.journal.close("finished")


async def test_of_the_same_key_only_the_first_is_kept(tmp_path: Path) -> None:
    run = await told(tmp_path / "run", *finding(1, "a", "b", "a"))
    run.tell(*finding(2, "b", "c", "a"))
    await run.durable()

    assert await urls(run.journal) == ["a", "b", "c"]
    assert run.journal.found_count(0) == 3
    await run.journal.close("finished")


async def test_pages_follow_each_other_by_their_ids(tmp_path: Path) -> None:
    run = await told(tmp_path / "run", *finding(1, *"abcdefg"))
    first = await run.journal.found(0, 0, 3)

    assert await urls(run.journal, after=first[-1].id, limit=3) == ["d", "e", "f"]
    assert await urls(run.journal, skip=5) == ["f", "g"]
    await run.journal.close("finished")


async def test_every_producer_has_its_own(tmp_path: Path) -> None:
    run = await told(tmp_path / "run", *finding(1, "a", "b"), *finding(2, "a", "c", producer=1), *finding(3, "d"))

    assert [run.journal.found_count(producer) for producer in range(3)] == [3, 2, 0]
    assert await urls(run.journal) == ["a", "b", "d"]
    assert await urls(run.journal, producer=1) == ["a", "c"]
    assert await urls(run.journal, skip=2) == ["d"]
    assert await urls(run.journal, producer=1, skip=1) == ["c"]
    await run.journal.close("finished")


async def test_what_is_told_to_be_there_can_be_read(tmp_path: Path) -> None:
    """`found_count` may run ahead of `on_commit`, never of the file."""
    run = Told.create(tmp_path / "run")
    run.tell(*opening())
    for seq in range(1, 2001):
        run.tell(*finding(seq, f"a{seq}", f"b{seq}"))
    while (count := run.journal.found_count(0)) < 4000:
        assert len(await urls(run.journal, limit=count + 1)) >= count
    assert len(await urls(run.journal, limit=4001)) == 4000
    await run.journal.close("finished")


async def test_it_is_durable_with_the_end_of_its_job_or_not_at_all(tmp_path: Path) -> None:
    """Cut at every frame of the write-ahead log: whoever is done has left what it found, whoever is not has not."""
    run = Told.create(tmp_path / "run")
    run.tell(*opening())
    await run.durable()
    for seq in range(1, 21):
        run.tell(*finding(seq, f"{seq}-a", f"{seq}-b"))
        await run.durable()
    log = tmp_path / "run" / f"{schema.FILE}-wal"
    main, whole = (tmp_path / "run" / schema.FILE).read_bytes(), log.read_bytes()
    counts = set()
    for size in range(32, len(whole) + 1, 4096 + 24):
        copy = tmp_path / "copy.db"
        copy.write_bytes(main)
        copy.with_name("copy.db-wal").write_bytes(whole[:size])
        with closing(sqlite3.connect(copy)) as db:
            done = [seq for (seq,) in db.execute("SELECT seq FROM job WHERE state = 'done' ORDER BY seq")]
            parents = [seq for (seq,) in db.execute("SELECT parent FROM found ORDER BY id")]
        assert parents == sorted(done * 2)
        counts.add(len(done))
        for left in ("", "-wal", "-shm"):
            copy.with_name(f"copy.db{left}").unlink(missing_ok=True)
    await run.journal.close("finished")
    assert len(counts) > 10, "the cuts fell between the commits"


async def test_another_life_has_it_and_adds_to_it(tmp_path: Path) -> None:
    folder = await died(tmp_path, *finding(1, "a", "b"), accepted(2))
    journal, past = SqliteJournal.resume(folder, Policy())
    run = Told(journal)
    assert past.given == [2]
    assert journal.found_count(0) == 2, "known before the writer has begun"
    run.tell(opening()[0], *finding(3, "b", "c"))
    await run.durable()

    assert journal.found_count(0) == 3
    assert await urls(journal, skip=1) == ["b", "c"]
    await journal.close("finished")


async def test_it_can_be_looked_through_without_a_life(tmp_path: Path) -> None:
    folder = await ended_well(tmp_path, *finding(1, *(f"{n}" for n in range(2500))))
    before = content(folder)

    assert recovery.found_counts(folder) == {0: 2500}
    assert [row["url"] for page in recovery.found_rows(folder, 0) for row in page] == [f"{n}" for n in range(2500)]
    assert sum(len(page) for page in recovery.found_rows(folder, 0, 1700)) == 1700
    assert content(folder) == before


def make_older(folder: Path) -> None:
    """The file as format 2 had it."""
    change(folder, "DROP TABLE found")
    change(folder, "PRAGMA user_version = 2")


async def test_a_run_of_the_format_before_goes_on_and_finds_from_then_on(tmp_path: Path) -> None:
    folder = await died(tmp_path, *finding(1))
    make_older(folder)
    assert look(folder, STARTED + 100).past.done == 1
    assert recovery.found_counts(folder) == {}
    assert list(recovery.found_rows(folder, 0)) == []

    journal, _ = SqliteJournal.resume(folder, Policy())
    run = Told(journal)
    run.tell(opening()[0], *finding(2, "a"))
    await run.durable()
    assert await urls(journal) == ["a"]
    await journal.close("finished")
    with closing(sqlite3.connect(folder / schema.FILE)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema.FORMAT,)
        upgraded = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'found'")}
    schema.create(tmp_path / "new.db", {})
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        assert upgraded == {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'found'")}


async def test_looking_at_a_run_of_the_format_before_changes_nothing(tmp_path: Path) -> None:
    folder = await ended_well(tmp_path, *finding(1))
    make_older(folder)
    before = content(folder)
    look(folder, STARTED + 100)

    assert content(folder) == before


async def test_a_damaged_table_is_told(tmp_path: Path) -> None:
    folder = await ended_well(tmp_path, *finding(1, "a"))
    change(folder, "UPDATE found SET row = '{'")

    with pytest.raises(JournalUnreadable, match="cannot be read"):
        list(recovery.found_rows(folder, 0))
