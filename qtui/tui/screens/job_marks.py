"""The jobs a person has marked in the list: by their numbers, whatever becomes of their rows."""

from __future__ import annotations

from collections.abc import Iterable

from qtui.core.commands import MAX_NAMED
from qtui.core.queries import JobRow


class Marks:
    """At most as many as one command may name."""

    def __init__(self) -> None:
        self._rows: dict[int, JobRow] = {}
        """As they were when they were marked, in that order."""
        self.anchor: int | None = None
        """The row where a range begins, None while no range is open."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, seq: int) -> bool:
        return seq in self._rows

    @property
    def seqs(self) -> list[int]:
        return list(self._rows)

    @property
    def rows(self) -> list[JobRow]:
        return list(self._rows.values())

    def toggle(self, row: JobRow) -> bool:
        """Mark a job, or take its mark away; False when there are too many."""
        if row.seq in self._rows:
            del self._rows[row.seq]
            return True
        return self.add([row])

    def add(self, rows: Iterable[JobRow]) -> bool:
        """Mark several; False when some found no room."""
        for row in rows:
            if row.seq not in self._rows and len(self._rows) >= MAX_NAMED:
                return False
            self._rows[row.seq] = row
        return True

    def clear(self) -> bool:
        """Take all marks away; False when there was none."""
        had = bool(self._rows) or self.anchor is not None
        self._rows.clear()
        self.anchor = None
        return had
