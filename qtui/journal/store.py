"""The writing end of a journal: one batch, one transaction, on the disk when `save` returns.

Saving the same batch twice is harmless: the position in the file says whether it is there already.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import final

import msgspec

from qtui.journal import schema
from qtui.journal.columns import Batch, Cells, Given, JobState, Totals
from qtui.journal.outflow import Outflow
from qtui.journal.results import ResultsFile

RESERVE = "reserve"
RESERVE_BYTES = 1 << 20
"""Given back to the disk when it is full, so that what is running can still be saved."""
PROBE_BYTES = 1 << 16
LARGEST = 1024
"""Rows of one statement at most; larger numbers are split into powers of two, so that few statements serve all."""
SMALL = 8
"""Up to so many rows are always one statement."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_ADD_JOBS = "INSERT INTO job VALUES {}"
# UPDATE … FROM (VALUES …) would say it better and takes twice as long.
_CHANGING = JobState.__struct_fields__
_CHANGE_JOBS = f"INSERT INTO job ({', '.join(_CHANGING)}) VALUES {{}} ON CONFLICT (seq) DO UPDATE SET " + ", ".join(
    f"{column} = excluded.{column}" for column in _CHANGING[1:]
)
_ADD_ATTEMPTS = "INSERT INTO attempt VALUES {}"
_END_ATTEMPTS = _ADD_ATTEMPTS + (
    " ON CONFLICT (seq, n) DO UPDATE SET t1 = excluded.t1, outcome = excluded.outcome, code = excluded.code,"
    " message = excluded.message, detail = excluded.detail"
)
_ADD_STRETCH = "INSERT INTO stretch (until, number, ends) VALUES {}"
_ADD_FAILURES = "INSERT INTO failure (seq, n, slot, t0, t1) VALUES {}"
_ADD_RESULTS = "INSERT INTO result VALUES {}"
_ADD_FOUND = "INSERT OR IGNORE INTO found (producer, mark, row, parent) VALUES {}"
_ADD_EVENTS = "INSERT INTO event (at, kind, data) VALUES {}"
_PUT_PRODUCERS = (
    "INSERT INTO producer VALUES {} ON CONFLICT (idx) DO UPDATE SET"
    " name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END,"
    " total = coalesce(excluded.total, total),"
    " problem = CASE excluded.problem WHEN '' THEN problem ELSE excluded.problem END,"
    " given = max(excluded.given, given)"
)
_ADD_SAMPLES = "INSERT INTO sample VALUES {}"
_PUT_META = "INSERT INTO meta VALUES {} ON CONFLICT (k) DO UPDATE SET v = excluded.v"


@final
class Store:
    """The only connection that writes, and the results file beside it. Belongs to one thread."""

    def __init__(self, folder: Path, results: ResultsFile | None, found: Mapping[int, int] | None = None) -> None:
        self._folder = folder
        self._path = folder / schema.FILE
        self._results = results
        self._connection = schema.open_writer(self._path)
        self._outflow = Outflow.read(self._connection)
        self._limit = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        self._epoch = 0
        self._totals = Totals()
        self._open_from = 1
        self._position = 0
        self._lived = 0.0
        self.found = dict(found or {})
        """Durable rows for new jobs by producer; replaced at every change, so that another thread may look."""

    def begin(self) -> None:
        """Note that an engine lives now; positions count from its first record."""
        db = self._connection
        db.execute("BEGIN IMMEDIATE")
        meta = dict(db.execute("SELECT k, v FROM meta"))
        self._totals = Totals(**{name: int(meta.get(name, 0)) for name in Totals.__struct_fields__})
        self._open_from, self._lived = int(meta.get("open_from", 1)), float(meta.get("lived", 0.0))
        db.execute("INSERT INTO epoch (pid, boot_id, started) VALUES (?, ?, ?)", (os.getpid(), boot_id(), time.time()))
        self._epoch = int(db.execute("SELECT max(id) FROM epoch").fetchone()[0])
        self._put_meta(0, self._results.offset if self._results else 0)
        db.execute("COMMIT")

    def save(self, batch: Batch) -> None:
        """Make a batch durable: the results first, then the commit that names their end.

        Raises:
            sqlite3.Error: nothing of the batch is in the file, or (after `reopen`) all of it may be; save it again.
            OSError: as above, from the results file.
        """
        if batch.position <= self._position:
            return
        db = self._connection
        db.execute("BEGIN IMMEDIATE")
        self._write(_ADD_JOBS, batch.jobs)
        self._write(_CHANGE_JOBS, batch.changes)
        self._write(_ADD_ATTEMPTS, batch.attempts)
        self._write(_END_ATTEMPTS, batch.ends)
        self._write(_ADD_STRETCH, batch.stretch)
        self._write(_ADD_FAILURES, batch.failures)
        self._write(_ADD_RESULTS, batch.results)
        self._write(_ADD_EVENTS, batch.events)
        found = self._write_found(batch.found)
        self._write(_PUT_PRODUCERS, batch.producers)
        self._write(_ADD_SAMPLES, batch.samples)
        self._totals, self._open_from, self._lived = batch.totals, batch.open_from, batch.lived
        end, outflow = self._write_results(batch.done)
        self._put_meta(batch.position, end)
        self._write(_PUT_META, [*outflow.changes(self._outflow), *batch.facts])
        db.execute("COMMIT")
        self._taken(batch.position, end, outflow)
        self.found = found

    @property
    def behind(self) -> bool:
        """Whether results wait in the journal that can be written to their file now; `release` does that."""
        return self._results is not None and self._outflow.behind

    @property
    def head(self) -> tuple[int, int] | None:
        """In the order of submission: the job that is written next, and how many done ones wait for it."""
        if self._results is None or self._outflow.order != "submission":
            return None
        return self._outflow.next_seq, self._outflow.held_back

    def release(self) -> None:
        """Write some results that have waited for a job before them. Raises as `save` does; call it again then."""
        db = self._connection
        db.execute("BEGIN IMMEDIATE")
        end, outflow = self._write_results([])
        self._write(_PUT_META, [["results_offset", end], *outflow.changes(self._outflow)])
        db.execute("COMMIT")
        self._taken(self._position, end, outflow)

    def states(self, seqs: Sequence[int]) -> list[JobState]:
        """How these jobs stand in the file."""
        found: list[JobState] = []
        for start in range(0, len(seqs), LARGEST):
            some = seqs[start : start + LARGEST]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(f"SELECT {', '.join(_CHANGING)} FROM job WHERE seq IN ({marks})", some)
            found.extend(JobState(*row) for row in rows)
        return found

    def end(self, how: str) -> None:
        """Note how the engine's life ended."""
        self._connection.execute("UPDATE epoch SET ended = ?, how = ? WHERE id = ?", (time.time(), how, self._epoch))

    def close(self) -> None:
        """Leave one plain file behind, where nobody is reading; let go of everything."""
        self.give_up_reserve()
        try:
            with suppress(sqlite3.Error):  # a reader keeps the log in use: the next one to open folds it in
                self._connection.execute("PRAGMA busy_timeout = 0")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.execute(schema.PLAIN)
            self._connection.close()
        finally:
            if self._results:
                self._results.close()

    def rollback(self) -> None:
        """Forget a transaction that failed."""
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself, or the connection may be gone
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def reopen(self) -> None:
        """Start over with a new connection after an error that is not a full disk.

        A page whose write has failed may look written until the machine restarts, so the log is moved into the
        file, where everything is written and synced anew, before any of it is trusted.

        Raises:
            sqlite3.Error, JournalUnreadable: when the file cannot be trusted any more.
        """
        with suppress(sqlite3.Error):
            self._connection.close()
        self._connection = schema.open_writer(self._path)
        schema.check_pages(self._connection, self._path)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        meta = dict(self._connection.execute("SELECT k, v FROM meta WHERE k IN ('position', 'results_offset')"))
        self._taken(int(meta["position"]), int(meta["results_offset"]), Outflow.read(self._connection))
        self.found = self._count_found()

    def is_full(self, error: BaseException) -> bool:
        """Whether an error means that there is no space."""
        if isinstance(error, OSError):
            return error.errno in _FULL
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        # Without space for its shared index SQLite says only "disk I/O error": a small write tells the truth.
        return code == sqlite3.SQLITE_FULL or (
            code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and self._no_space()
        )

    def give_up_reserve(self) -> None:
        """Give the reserved space back to the disk."""
        with suppress(OSError):  # it may be gone already
            (self._folder / RESERVE).unlink()

    def restore_reserve(self) -> bool:
        """Reserve the space again; False while there is none."""
        return make_reserve(self._folder)

    def _write(self, sql: str, rows: Sequence[Cells]) -> None:
        if not rows:
            return
        width = len(rows[0])
        start, left = 0, len(rows)
        size = LARGEST
        while size * width > self._limit:
            size //= 2
        while left:
            if left <= SMALL:
                size = left
            while size > left:
                size //= 2
            some = rows if size == len(rows) else rows[start : start + size]
            self._connection.execute(_statement(sql, width, size), list(chain.from_iterable(some)))
            start += size
            left -= size

    def _write_found(self, found: Sequence[Cells]) -> dict[int, int]:
        """Put new rows into the frontier, and tell how many of each producer there are then."""
        counts = dict(self.found)
        for producer in {int(row[0] or 0) for row in found}:
            before = self._connection.total_changes
            self._write(_ADD_FOUND, [row for row in found if row[0] == producer])
            counts[producer] = counts.get(producer, 0) + self._connection.total_changes - before
        return counts

    def _count_found(self) -> dict[int, int]:
        counts = self._connection.execute("SELECT producer, count(*) FROM found GROUP BY producer")
        return {int(producer): int(number) for producer, number in counts}

    def _write_results(self, done: Sequence[Given]) -> tuple[int, Outflow]:
        """Put what the open transaction allows into the results file; its end is to be named by the commit."""
        if self._results is None:
            return 0, self._outflow
        lines, outflow = self._outflow.step(self._connection, done)
        return (self._results.write(lines) if lines else self._results.offset), outflow

    def _put_meta(self, position: int, offset: int) -> None:
        told: list[Cells] = [
            ["position", position],
            ["results_offset", offset],
            ["open_from", self._open_from],
            ["lived", self._lived],
            *([name, number] for name, number in msgspec.structs.asdict(self._totals).items()),
        ]
        self._write(_PUT_META, told)

    def _taken(self, position: int, offset: int, outflow: Outflow) -> None:
        self._position = position
        self._outflow = outflow
        if self._results:
            self._results.offset = offset

    def _no_space(self) -> bool:
        probe = self._folder / "probe"
        try:
            with open(probe, "wb", opener=_private) as file:
                file.write(bytes(PROBE_BYTES))
        except OSError as error:
            return error.errno in _FULL
        finally:
            probe.unlink(missing_ok=True)
        return False


def make_reserve(folder: Path) -> bool:
    """Take a mebibyte of the disk for bad times; False when there is no space for it."""
    path = folder / RESERVE
    try:
        with open(path, "wb", opener=_private) as file:
            file.write(bytes(RESERVE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):  # half a reserve helps nobody
            path.unlink()
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


@cache
def _statement(sql: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return sql.format(", ".join([row] * rows))


def boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
