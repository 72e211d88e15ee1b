"""The rows of a source that a run does not know yet."""

from __future__ import annotations

import threading

from qtui.core.job import Job
from qtui.core.naming import Naming
from qtui.core.tables import JobTable
from qtui.journal.known import Known
from qtui.sources import ListSource
from qtui.wiring.comparing import Unknown


def test_known_rows_are_left_out_and_their_batch_is_a_moment_to_leave() -> None:
    source = ListSource(items=["a", "b"])
    naming = Naming(JobTable(kind="simulate"), lambda row: {}, source.place)
    known = Known(2)
    for seq, row in enumerate(next(source.batches()), 1):
        job: Job = naming.job(seq, 0, row)
        known.add(job.key, seq, naming.content(row.fields))
    unknown = Unknown(source, naming, known, threading.Lock(), rerun=False)

    assert list(unknown.batches()) == [[]]
    assert [row.fields["line"] for batch in unknown.batches() for row in batch] == ["a", "b"]
