"""The journal file: its tables, how it is created, opened and checked before anybody trusts it.

A file that is not ours, is newer than we are, or is damaged is refused by its bytes, before SQLite touches it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from qtui.errors import CannotWrite, JournalUnreadable
from qtui.text import clean

FILE = "journal.db"
FORMAT = 3
"""Kept in `user_version`; raised when an older qtui could no longer read the file rightly."""
OLDEST = 2
"""The oldest format that a run goes on with: what it lacks, `upgrade` adds."""
APPLICATION = 0x71747569
"""`qtui` in ASCII, kept in `application_id`."""
OLDEST_SQLITE = (3, 33, 0)
"""UPDATE … FROM."""
BUSY_S = 2.0
"""How long a connection waits for a lock somebody else holds."""

PLAIN = "PRAGMA journal_mode = MEMORY"
"""Leaves one plain file, which can be read without making another beside it, or goes from there to WAL.

No rollback journal is written for that: a file with one cannot be read before somebody who may write rolls it back.
It would protect nothing: all that changes lies within the first sector.
"""
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100

UNREADABLE = (sqlite3.DatabaseError, ValueError, TypeError, KeyError)
"""What reading a damaged file raises: SQLite may find it out, or the text, number or name that should be there is none.

A sentence of SQLite about a file whose very names are damaged cannot even be decoded: a UnicodeDecodeError.
"""
LOST = "('failed', 'held', 'cancelled')"

# There is no index on the key, which is random: with it a million inserts take six times as long. There is none
# for open jobs either: each would enter and leave it, at half the price of its row; `open_from` in meta tells where
# looking for them starts. What most jobs enter is `attempt_done` alone, nearly in order.
# `found` is where new jobs wait that jobs came across: in the order of their ids, each mark once.
FOUND = """
CREATE TABLE found (
    id INTEGER PRIMARY KEY,
    producer INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    row TEXT NOT NULL,
    parent INTEGER NOT NULL
);
CREATE UNIQUE INDEX found_once ON found (mark, producer);
"""
# `stretch` has a row for every commit in which attempts ended: what the timeline shows, in the order of time, found by
# halving. An index of a million attempts by their ends would cost a quarter of what writing them costs.
TIMES = """
CREATE TABLE IF NOT EXISTS stretch (
    id INTEGER PRIMARY KEY,
    until REAL NOT NULL,
    number INTEGER NOT NULL,
    ends BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS failure (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    t0 REAL NOT NULL,
    t1 REAL NOT NULL
);
"""
TABLES = f"""
CREATE TABLE meta (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE epoch (
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    how TEXT
);
CREATE TABLE producer (
    idx INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    total INTEGER,
    problem TEXT NOT NULL DEFAULT '',
    given INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    interruptions INTEGER NOT NULL,
    signature TEXT NOT NULL,
    error TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL NOT NULL,
    run_s REAL NOT NULL,
    next_at REAL NOT NULL,
    key,
    name TEXT,
    row TEXT,
    producer INTEGER,
    problem TEXT,
    accepted_at REAL
);
CREATE TABLE attempt (
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    t0 REAL NOT NULL,
    t1 REAL,
    outcome TEXT,
    code TEXT,
    message TEXT,
    detail TEXT,
    PRIMARY KEY (seq, n)
) WITHOUT ROWID;
CREATE TABLE result (seq INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE sample (at REAL NOT NULL, data TEXT NOT NULL);
CREATE TABLE suspect (key TEXT PRIMARY KEY, crashes INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX attempt_done ON attempt (seq) WHERE outcome = 'done';
CREATE INDEX job_lost ON job (state, seq) WHERE state IN {LOST};
CREATE INDEX job_group ON job (signature, seq) WHERE signature <> '';
{FOUND}
{TIMES}
"""


def create(path: Path, meta: Mapping[str, str | float]) -> None:
    """Make a new journal at `path`, readable by its owner only, durable before this returns.

    Raises:
        CannotWrite: when there is one already, or the place does not take it.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise CannotWrite(
            f"this Python comes with SQLite {sqlite3.sqlite_version}; the journal needs {wanted} or newer"
        )
    draft = path.with_name(path.name + ".new")
    try:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        for left in ("", "-journal", "-wal", "-shm"):  # by somebody who died here
            draft.with_name(draft.name + left).unlink(missing_ok=True)
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as made:
            # Header and tables go to the main file first, so that its first bytes tell what it is even while
            # the write-ahead log is still full.
            stamp = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
            made.executescript(f"BEGIN; {stamp} {TABLES}")
            made.executemany("INSERT INTO meta VALUES (?, ?)", [*meta.items(), ("position", 0), ("results_offset", 0)])
            made.execute("COMMIT")
            if made.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
                raise CannotWrite(
                    f"{clean(path.parent)} takes no write-ahead log; choose another place with --state DIR"
                )
        draft.rename(path)  # whole or not at all
        sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise CannotWrite(f"cannot create the journal {clean(path)}: {clean(reason(error))}") from error


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes: every commit is on the disk when it returns.

    Raises:
        JournalUnreadable: when the file is not a journal of ours.
    """
    check_header(path)
    connection = sqlite3.connect(
        path.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None, timeout=BUSY_S, cached_statements=256
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute(PLAIN)
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection that can only look; usable while the engine writes.

    Raises:
        JournalUnreadable: when the file is not a journal of ours, or damaged where it is read first.
    """
    check_header(path)
    try:
        connection = sqlite3.connect(
            path.absolute().as_uri() + "?mode=ro", uri=True, isolation_level=None, timeout=BUSY_S
        )
        try:
            connection.execute("SELECT count(*) FROM meta").fetchone()
            connection.execute("SELECT seq, state, key FROM job LIMIT 1").fetchone()
        except UNREADABLE:
            connection.close()
            raise
    except UNREADABLE as error:
        raise JournalUnreadable(f"{clean(path)} cannot be read: {clean(reason(error))}; it is left as it is") from error
    return connection


def keeps_found(db: sqlite3.Connection) -> bool:
    """Whether the file is of a format that keeps what jobs find."""
    return int(db.execute("PRAGMA user_version").fetchone()[0]) > OLDEST


def upgrade(db: sqlite3.Connection) -> None:
    """Bring an older file to the present format, within the caller's transaction."""
    for statement in TIMES.split(";"):
        db.execute(statement)
    if not keeps_found(db):
        for statement in FOUND.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {FORMAT}")


def check_header(path: Path) -> None:
    """Refuse a file that is not a journal, by its first bytes.

    Raises:
        JournalUnreadable: saying what it is instead.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER)
            octets = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise JournalUnreadable(f"there is no journal at {clean(path)}: {clean(reason(error))}") from error
    if not head:
        raise JournalUnreadable(f"{clean(path)} is empty; it is left as it is")
    if len(head) < _HEADER or not head.startswith(_MAGIC) or _number(head, 68) != APPLICATION:
        raise JournalUnreadable(f"{clean(path)} is not a journal of qtui; it is left as it is")
    if (found := _number(head, 60)) > FORMAT:
        raise JournalUnreadable(
            f"{clean(path)} was written by a newer qtui (format {found}, this one reads {FORMAT}); it is left as it is"
        )
    page = int.from_bytes(head[16:18], "big")
    if octets < _number(head, 28) * (65536 if page == 1 else page) and not _has_log(path):
        raise JournalUnreadable(f"{clean(path)} is damaged: its end is missing; it is left as it is")


def check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Look at every page; about half a second for a million jobs, so only after an unclean end.

    Raises:
        JournalUnreadable: when a page is damaged.
    """
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()
    except UNREADABLE as error:
        answer = (reason(error),)
    if answer != ("ok",):
        raise JournalUnreadable(f"{clean(path)} is damaged: {clean(answer[0])}; it is left as it is")


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reason(error: BaseException) -> str:
    """What the system says, without its decoration."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)


def _has_log(path: Path) -> bool:
    """Whether there is more in the write-ahead log: a checkpoint writes the first page, with the new length, first."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def _number(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 4], "big")
