"""Kill -9 at every write, sync, truncation and unlink of a run: whatever stands then is reopened and goes on."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from qtui.errors import JournalUnreadable
from tests.faults.promises import numbers, verify
from tests.faults.report import Report
from tests.faults.tracing import child, inject, why_not
from tests.journal.child import PLAIN, How, make

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "write")
JOBS = 120
SHAPE = ("--pace", "12", "--pragma", "wal_autocheckpoint=12")
"""Small batches and frequent checkpoints: every kind of call comes many times in a short run."""


LIVES = ((True, PLAIN), (True, How("submission", "csv")), (False, PLAIN))
"""Whether the journal is there when it begins, and how it writes its results."""


def kill_at(folder: Path, call: str, when: int, *, made: bool, how: How = PLAIN) -> bool:
    """Kill a run before its `when`-th call and check what it leaves; False when it has no such call and survived.

    Calls are counted by thread. With `made` the journal is there already and its writer makes nearly all of them;
    without, most are those that make the journal.
    """
    if made:
        make(folder, how)
    options = [*SHAPE, "--order", how.order, "--format", how.format, *(["--made"] if made else [])]
    done = child(folder, JOBS if made else 12, *options, before=inject(call, f"signal=SIGKILL:when={when}"))
    assert done.returncode in (0, -9), done.stderr.decode()
    assert not done.stderr, done.stderr.decode()
    shown = numbers(folder / "shown")
    if b"begun" in done.stdout:
        verify(folder)
    else:
        assert not shown, "shown before there was a journal"
        _unbegun(folder)
    if done.returncode == 0:
        assert len(shown) == (JOBS if made else 12)
    return done.returncode != 0


def _unbegun(folder: Path) -> None:
    """Nothing was promised yet: what stands there is a journal that can go on, or is refused in plain words."""
    with suppress(JournalUnreadable):
        verify(folder)


def full(report: Report) -> None:
    """Every call of every kind, until the run survives."""
    if reason := why_not():
        report.skip("kill at a system call", reason)
        return
    for (made, how), call in itertools.product(LIVES, CALLS):
        group = f"kill at {call} of {'a run' if made else 'the start'}, {how.order} {how.format}"
        alive = True
        for when in itertools.count(1):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place) / "case"
                folder.mkdir()
                killed = [True]

                def check(folder: Path = folder, when: int = when, killed: list[bool] = killed) -> None:
                    killed[0] = kill_at(folder, call, when, made=made, how=how)  # noqa: B023  # called at once

                report.attempt(group, check, f"call {when}")
                shutil.rmtree(folder, ignore_errors=True)
                alive = killed[0]
            if not alive:
                break
