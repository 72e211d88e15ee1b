"""How a run stood when its last engine ended, and how it is put right before another one goes on.

Looking changes nothing. Recovering is one transaction: attempts that were cut off become interruptions, which spend
no try, and what a person should decide about is held.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from qtui.core.attention import FACTS
from qtui.core.job import REJECTED, Failed, Job, Value
from qtui.core.past import OpenJob, Past, PastGroup, mark
from qtui.core.template import as_text
from qtui.errors import CannotWrite, JournalUnreadable
from qtui.journal import flight, schema, stretch
from qtui.journal.columns import JobState, Totals
from qtui.journal.encoding import fields, kept
from qtui.journal.queries import OPEN
from qtui.journal.store import boot_id
from qtui.text import clean

WINDOW = 1000
"""Rows that are read at a time."""
GROUPS = 200
"""Failure groups that are remembered; the largest."""
SAMPLES = 5
COUNTED = "crash_counted"
"""The fact that names the life whose crash has been counted: a death right after that must not count it again."""
IN_DOUBT = "the engine died while it ran; whether it had its effect is not known"

_STATE = ", ".join(JobState.__struct_fields__)


class Policy(msgspec.Struct, frozen=True):
    """What the preset says about jobs that were cut off by a crash."""

    hold: bool = False
    """Never start one of them again without a person saying so."""
    crashes: int = 3
    """Hold a job that was running so many times when the engine crashed; 0: never."""


class Found(msgspec.Struct, frozen=True):
    """A run as its journal has it."""

    past: Past
    meta: dict[str, str]
    totals: Totals
    states: list[JobState]
    """Of the open jobs."""
    crashed: bool
    """The last life has no orderly end."""
    in_flight: list[flight.InFlight]
    rows: list[int | None]
    """How many rows each source gives, as far as it was found out."""


def look(folder: Path, now: float) -> Found:
    """How the run in `folder` stands at wall clock `now`; changes nothing.

    Raises:
        JournalUnreadable: when its journal cannot be read, or was written by another version.
    """
    path = folder / schema.FILE
    with _reading(folder) as db:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version < schema.OLDEST:
            raise JournalUnreadable(
                f"{clean(path)} was written by an older qtui (format {version}, this one goes on with"
                f" {schema.FORMAT}); it is left as it is"
            )
        found = _found(db, folder, now)
        if found.crashed:
            schema.check_pages(db, path)
    return found


def last_row(folder: Path, producer: int, field: str) -> dict[str, Value]:
    """The row of the last job that a producer had accepted, the last one with `field`; empty when there is none."""
    with closing(schema.open_readonly(folder / schema.FILE)) as db:
        for (row,) in db.execute("SELECT row FROM job WHERE producer = ? ORDER BY seq DESC", (producer,)):
            if field in (found := fields(row)):
                return found
    return {}


def found_counts(folder: Path) -> dict[int, int]:
    """How many rows jobs have found, by producer. Raises JournalUnreadable."""
    with _reading(folder) as db:
        if not schema.keeps_found(db):
            return {}
        counts = db.execute("SELECT producer, count(*) FROM found GROUP BY producer")
        return {int(producer): int(number) for producer, number in counts}


def found_rows(folder: Path, producer: int, most: int | None = None) -> Iterator[list[dict[str, Value]]]:
    """Those rows in order, in lists, at most `most` of them. Raises JournalUnreadable."""
    with _reading(folder) as db:
        if not schema.keeps_found(db):
            return
        rows = db.execute(
            "SELECT row FROM found WHERE producer = ? ORDER BY id LIMIT ?", (producer, -1 if most is None else most)
        )
        while page := rows.fetchmany(WINDOW):
            yield [fields(row) for (row,) in page]


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / schema.FILE
    with closing(schema.open_readonly(path)) as db:
        try:
            yield db
        except schema.UNREADABLE as error:
            raise JournalUnreadable(
                f"{clean(path)} cannot be read: {clean(schema.reason(error))}; it is left as it is"
            ) from error


def recover(folder: Path, before: Found, now: float, policy: Policy, facts: Mapping[str, str]) -> Found:
    """Put the run in `folder` right and say how it stands then; `facts` replace older ones.

    The caller has held its lock since it looked, and `before` is what it saw.

    Raises:
        JournalUnreadable: when its journal cannot be read; nothing has changed then.
        CannotWrite: when it cannot be written.
    """
    try:
        with closing(schema.open_writer(folder / schema.FILE)) as db:
            db.execute("BEGIN IMMEDIATE")
            schema.upgrade(db)
            _recover(db, before, now, policy)
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (COUNTED, str(before.past.lives)))
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(facts.items()))
            db.execute("COMMIT")
            (folder / flight.FILE).unlink(missing_ok=True)
            return _found(db, folder, now)
    except (sqlite3.Error, OSError) as error:
        raise CannotWrite(f"cannot go on with {clean(folder.name)}: {clean(schema.reason(error))}") from error


def in_doubt(before: Found, policy: Policy) -> dict[int, str]:
    """Why each of the interrupted jobs that `recover` will hold is held, by number."""
    by_seq = {entry.job.seq: entry.job for entry in before.past.open}
    crashes = crashes_of(before)
    running = set(_cut_off(before))
    in_flight = {flying.seq for flying in before.in_flight}  # the file may not know yet that it runs
    told = {
        seq: _why_held(policy, crashes.get(mark(job.key), 0), running=seq in running)
        for seq, job in by_seq.items()
        if seq in running or seq in in_flight
    }
    return {seq: why for seq, why in told.items() if why}


def crashes_of(before: Found) -> dict[str, int]:
    """In how many crashes each suspect was running, the last one included, by the mark of its key."""
    crashes = dict(before.past.suspects)
    if not before.in_flight:
        return crashes
    by_seq = {entry.job.seq: entry.job for entry in before.past.open}
    for suspect in {flying.mark for flying in before.in_flight} | {mark(by_seq[seq].key) for seq in _cut_off(before)}:
        crashes[suspect] = crashes.get(suspect, 0) + 1
    return crashes


def _cut_off(before: Found) -> list[int]:
    return [state.seq for state in before.states if state.state == "running"]


def _found(db: sqlite3.Connection, folder: Path, now: float) -> Found:
    meta = {str(k): str(v) for k, v in db.execute("SELECT k, v FROM meta")}
    totals = Totals(**{name: int(meta.get(name, 0)) for name in Totals.__struct_fields__})
    lives, ended, boot = db.execute("SELECT id, ended, boot_id FROM epoch ORDER BY id DESC LIMIT 1").fetchone() or (
        0,
        0,
        "",
    )
    crashed = ended is None
    states, jobs = _open(db, int(meta.get("open_from", 1)), now)
    producers = {
        int(index): (int(given), total) for index, given, total in db.execute("SELECT idx, given, total FROM producer")
    }
    known = [producers.get(index, (0, None)) for index in range(max(producers, default=-1) + 1)]
    past = Past(
        float(meta.get("lived", 0.0)),
        lives,
        totals.accepted,
        totals.done,
        totals.failed,
        totals.held,
        totals.cancelled,
        int(db.execute("SELECT coalesce(max(seq), 0) FROM job").fetchone()[0]),
        jobs,
        [given for given, _ in known],
        _groups(db),
        {str(key): int(crashes) for key, crashes in db.execute("SELECT key, crashes FROM suspect")},
        totals.lost,
        {name: meta[name] for name in FACTS if name in meta},
    )
    # After the machine itself went down nobody is suspected: it was not a job's doing.
    suspected = crashed and boot == boot_id() and meta.get(COUNTED) != str(lives)
    flying = flight.read(folder) if suspected else []
    return Found(past, meta, totals, states, crashed, flying, [total for _, total in known])


def _open(db: sqlite3.Connection, start: int, now: float) -> tuple[list[JobState], list[OpenJob]]:
    states, jobs = [], []
    query = (
        f"SELECT {_STATE}, key, name, row, producer, problem FROM job WHERE seq >= ? AND state IN {OPEN} ORDER BY seq"
    )
    for *cells, key, name, row, producer, problem in db.execute(query, (start,)):
        state = JobState(*cells)
        states.append(state)
        known = name if key is None else kept(key)
        # Exact in a job's first round; later it also counts the tries of earlier rounds, and fewer are spared then.
        waits = max(0, state.attempts - state.interruptions - state.tries - (state.state == "running"))
        job = Job(state.seq, known, name, fields(row), int(producer), state.tries + 1, problem or "", waits)
        waiting = state.state == "waiting"
        cut_off = state.state == "running" or (state.state == "pending" and state.interruptions > 0)
        jobs.append(OpenJob(job, waiting, _due_in(state, now) if waiting else 0.0, cut_off))
    return states, jobs


def _due_in(state: JobState, now: float) -> float:
    """Seconds left of a back-off; never more than it was given, whatever has become of the wall clock."""
    given = state.next_at - (state.started_at + state.run_s)
    return max(0.0, min(state.next_at - now, given))


def _groups(db: sqlite3.Connection) -> list[PastGroup]:
    groups = []
    query = (
        "SELECT signature, count(*), sum(attempts), max(seq) FROM job INDEXED BY job_group"
        " WHERE signature <> '' AND state = 'failed' GROUP BY signature ORDER BY 2 DESC LIMIT ?"
    )
    for signature, jobs, attempts, last in db.execute(query, (GROUPS,)).fetchall():
        code, message, detail = db.execute(
            "SELECT code, message, detail FROM attempt WHERE seq = ? ORDER BY n DESC LIMIT 1", (last,)
        ).fetchone() or (REJECTED.code, REJECTED.message, "")  # nothing else fails without an attempt
        sample = (
            "SELECT seq FROM job INDEXED BY job_group WHERE signature <> '' AND signature = ? ORDER BY seq DESC LIMIT ?"
        )
        samples = [int(seq) for (seq,) in db.execute(sample, (signature, SAMPLES))]
        failed = Failed(as_text(code), as_text(message), as_text(detail))
        groups.append(PastGroup(signature, failed, int(jobs), int(attempts), samples[::-1]))
    return groups


def _recover(db: sqlite3.Connection, before: Found, now: float, policy: Policy) -> None:
    db.executemany("INSERT OR REPLACE INTO suspect VALUES (?, ?)", list(crashes_of(before).items()))
    held = in_doubt(before, policy)
    stretch.cut_off(db, [state for state in before.states if state.state == "running"])
    for state in before.states:
        running, why = state.state == "running", held.get(state.seq, "")
        if running:
            db.execute(
                "UPDATE attempt SET t1 = ?, outcome = 'interrupted', message = ?"
                " WHERE seq = ? AND n = ? AND t1 IS NULL",
                (now, "the engine died", state.seq, state.attempts),
            )
        if running or why:
            db.execute(
                "UPDATE job SET state = ?, interruptions = interruptions + ?, ended_at = ?,"
                " error = CASE ? WHEN '' THEN error ELSE ? END WHERE seq = ?",
                ("held" if why else "pending", running, now if why else 0.0, why, why, state.seq),
            )
    db.execute("UPDATE producer SET problem = ''")
    db.execute("INSERT INTO meta VALUES ('held', ?) ON CONFLICT (k) DO UPDATE SET v = v + ?", (len(held), len(held)))


def _why_held(policy: Policy, crashes: int, *, running: bool) -> str:
    if policy.crashes and crashes >= policy.crashes:
        return f"was running when the engine crashed, {crashes} times"
    return IN_DOUBT if policy.hold and running else ""  # to hold, a job begins only when the file has its start
