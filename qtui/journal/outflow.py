"""What goes into the results file with each commit, in the order and the format that the run asked for.

All that is needed to go on after a crash is in the journal's meta, changed by the commit that names the file's end.
In the order of submission the journal itself is what lines wait in: memory does not grow with them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import final

import msgspec

from qtui.core.job import Job, Value
from qtui.core.sheet import Sheet
from qtui.journal.columns import OPEN, Cells, Given
from qtui.journal.encoding import decode, fields_of, kept, result_line

RELEASE_ROWS = 5_000
"""Jobs that one commit passes in the order of submission at most …"""
RELEASE_BYTES = 4 << 20
"""… or so many bytes of their lines: what was held up by one slow job is not written in one go."""

_WAITING = (
    "SELECT seq, state, key, name, value FROM job LEFT JOIN result USING (seq) WHERE seq >= ? ORDER BY seq LIMIT ?"
)

_HELD_BACK = "SELECT count(*) FROM job WHERE seq >= ? AND state = 'done'"


def facts(order: str, format_: str) -> dict[str, str]:
    """What a new journal keeps of how its results are written."""
    return {"results_order": order, "results_format": format_}


@final
class Outflow(msgspec.Struct, frozen=True):
    """How the lines of a run are made, and how far they are."""

    order: str = "completion"
    """completion: as jobs are done; submission: as they were accepted, each when all before it are final."""
    format: str = "jsonl"
    columns: tuple[str, ...] = ()
    """Of a CSV file, once its header is written."""
    next_seq: int = 1
    """In the order of submission: every job with a smaller number has been passed."""
    behind: bool = False
    """There may be lines that could have been written and are not."""
    held_back: int = 0
    """In the order of submission: done jobs that wait for the one numbered `next_seq`."""

    @classmethod
    def read(cls, db: sqlite3.Connection) -> Outflow:
        """As the last commit left it."""
        meta = dict(db.execute("SELECT k, v FROM meta WHERE k GLOB 'results_*'"))
        order = meta.get("results_order", "completion")
        next_seq, held_back = int(meta.get("results_next", 1)), 0
        if order == "submission":
            (held_back,) = db.execute(_HELD_BACK, (next_seq,)).fetchone()
        return cls(
            order=order,
            format=meta.get("results_format", "jsonl"),
            columns=tuple(msgspec.json.decode(meta["results_columns"])) if "results_columns" in meta else (),
            next_seq=next_seq,
            behind=order == "submission",
            held_back=held_back,
        )

    def changes(self, before: Outflow) -> list[Cells]:
        """The rows of meta in which it differs from `before`."""
        told: list[Cells] = []
        if self.columns != before.columns:
            told.append(["results_columns", msgspec.json.encode(self.columns).decode()])
        if self.next_seq != before.next_seq:
            told.append(["results_next", self.next_seq])
        return told

    def step(self, db: sqlite3.Connection, done: Sequence[Given]) -> tuple[list[bytes], Outflow]:
        """The lines that may be written now that `done` are in the transaction, and what it is once they are."""
        pen = _Pen(self)
        next_seq, behind, held_back = self.next_seq, False, self.held_back
        if self.order == "completion":
            for given in done:
                pen.put(*given)
        else:
            for given in done:
                if given[0].seq < next_seq:  # it had failed when it was passed, and a person gave it another round
                    pen.put(*given)
                else:
                    held_back += 1
            next_seq, behind, released = _release(db, next_seq, pen)
            held_back -= released
        changed = msgspec.structs.replace(
            self, columns=pen.columns, next_seq=next_seq, behind=behind, held_back=held_back
        )
        return pen.lines, changed


@final
class _Pen:
    """Lines of one commit."""

    def __init__(self, outflow: Outflow) -> None:
        self.lines: list[bytes] = []
        self.octets = 0
        self.columns = outflow.columns
        self._csv = outflow.format == "csv"
        self._sheet = Sheet.titled(outflow.columns) if outflow.columns else None

    def put(self, job: Job, value: Value, encoded: bytes) -> None:
        line = self._record(job, encoded) if self._csv else result_line(job, value, encoded)
        self.octets += len(line)
        self.lines.append(line)

    def _record(self, job: Job, encoded: bytes) -> bytes:
        fields = fields_of(decode(encoded.decode()))
        if self._sheet is None:
            self._sheet = Sheet.of(fields, more=True)
            self.columns = self._sheet.columns
            self.lines.append(self._sheet.header())
        return self._sheet.record(job.key, job.name, fields)


def _release(db: sqlite3.Connection, next_seq: int, pen: _Pen) -> tuple[int, bool, int]:
    """Put the jobs from `next_seq` on up to the first open one.

    Gives the next number, whether there may be more, and how many were put.
    """
    passed = released = 0
    for seq, state, key, name, text in db.execute(_WAITING, (next_seq, RELEASE_ROWS)):
        if state in OPEN:
            return next_seq, False, released
        if state == "done":
            encoded = b"null" if text is None else text.encode()
            released += 1
            pen.put(Job(seq, name if key is None else kept(key), name, {}), decode(encoded.decode()), encoded)
        next_seq = seq + 1
        passed += 1
        if pen.octets >= RELEASE_BYTES:
            return next_seq, True, released
    return next_seq, passed == RELEASE_ROWS, released
