"""Files that are not a sound journal are refused and left byte for byte."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from qtui.errors import CannotWrite, JournalUnreadable
from qtui.journal import schema
from qtui.journal.reader import open_reader
from tests.journal.story import Told, lifetime


@pytest.fixture
async def finished(tmp_path: Path) -> Path:
    """The folder of a run with 300 jobs."""
    told = Told.create(tmp_path / "run")
    for seq in range(1, 301):
        told.tell(*lifetime(seq, {"text": "x" * 50}))
    await told.journal.close("finished")
    return tmp_path / "run"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def torn_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4_000)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url)")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("not a database\n" * 100)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (truncated, "damaged"),
        (torn_page, "cannot be read"),
        (newer, "newer qtui"),
        (foreign, "not a journal of qtui"),
        (emptied, "is empty"),
        (text, "not a journal of qtui"),
    ],
)
async def test_an_unsound_file_is_refused_and_untouched(
    finished: Path, harm: Callable[[Path], None], said: str
) -> None:
    path = finished / schema.FILE
    harm(path)
    before = path.read_bytes()
    with pytest.raises(JournalUnreadable, match=said):
        open_reader(finished)
    with pytest.raises((JournalUnreadable, sqlite3.DatabaseError)):
        schema.open_writer(path)
    assert path.read_bytes() == before


async def test_damage_in_the_middle_is_told_by_the_reader_and_by_the_check(finished: Path) -> None:
    path = finished / schema.FILE
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in range(20, pages, 3):
            file.seek(page * 4096)
            file.write(b"\xaa" * 4096)
    before = path.read_bytes()
    with pytest.raises(JournalUnreadable, match="left as it is"), open_reader(finished) as reader:
        list(reader.results())
    with closing(schema.open_readonly(path)) as db, pytest.raises(JournalUnreadable, match="damaged"):
        schema.check_pages(db, path)
    assert path.read_bytes() == before


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalUnreadable, match="there is no journal"):
        open_reader(tmp_path)


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / schema.FILE
    path.write_text("mine")
    with pytest.raises(CannotWrite, match="file exists"):
        schema.create(path, {})
    assert path.read_text() == "mine"


async def test_files_belong_to_the_owner_alone(tmp_path: Path) -> None:
    told = Told.create(tmp_path / "run")
    told.tell(*lifetime(1))
    await told.durable()
    files = {path.name: mode(path) for path in (tmp_path / "run").iterdir()}
    assert files.keys() >= {"journal.db", "journal.db-wal", "journal.db-shm", "reserve"}
    assert set(files.values()) == {0o600}
    await told.journal.close("finished")


async def test_a_finished_journal_is_one_plain_file(finished: Path) -> None:
    assert [path.name for path in finished.iterdir()] == ["journal.db"]
    copy = finished.parent / "copy"
    copy.mkdir()
    shutil.copy(finished / schema.FILE, copy)
    with open_reader(copy) as reader:
        assert reader.summary().done == 300


async def test_the_writing_connection_syncs_every_commit(finished: Path) -> None:
    with closing(schema.open_writer(finished / schema.FILE)) as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_the_database_itself_refuses_a_second_done(finished: Path) -> None:
    with (
        closing(schema.open_writer(finished / schema.FILE)) as db,
        pytest.raises(sqlite3.IntegrityError, match=r"attempt\.seq"),
    ):
        db.execute("INSERT INTO attempt VALUES (7, 2, 1, 0, 0, 'done', NULL, NULL, NULL)")


async def test_a_checkpoint_that_was_cut_off_is_no_damage(tmp_path: Path) -> None:
    """It has written the first page, which tells the new length, and not yet the pages that make it so long."""
    told = Told.create(tmp_path / "run")
    await told.durable()
    file, log = tmp_path / "run" / schema.FILE, tmp_path / "run" / f"{schema.FILE}-wal"
    for seq in range(1, 301):
        told.tell(*lifetime(seq, {"text": "x" * 50}))
    await told.durable()
    cut = tmp_path / "cut"
    cut.mkdir()
    shutil.copy(file, cut)
    shutil.copy(log, cut)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA wal_checkpoint").fetchone()[0] == 0
    with (cut / schema.FILE).open("r+b") as half:
        half.write(file.read_bytes()[:4096])
    await told.journal.close("finished")
    with open_reader(cut) as reader:
        assert reader.summary().done == 300
    with closing(schema.open_writer(cut / schema.FILE)) as db:
        schema.check_pages(db, cut / schema.FILE)


def test_what_somebody_left_who_died_making_it_is_replaced(tmp_path: Path) -> None:
    for left in ("", "-journal", "-wal"):
        (tmp_path / f"{schema.FILE}.new{left}").write_bytes(b"half a page")
    schema.create(tmp_path / schema.FILE, {"run_id": "again"})
    assert [path.name for path in tmp_path.iterdir()] == [schema.FILE]
    with closing(schema.open_readonly(tmp_path / schema.FILE)) as db:
        assert db.execute("SELECT v FROM meta WHERE k = 'run_id'").fetchone() == ("again",)
