"""Power cuts: one run is recorded call by call, and the disk rebuilt as it may stand after a cut at any moment."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from qtui.errors import JournalUnreadable
from tests.faults.disk_model import CALLS, Disk, Moment, recorded
from tests.faults.promises import verify
from tests.faults.report import Report
from tests.faults.tracing import child, strace, why_not

JOBS = 120
SHAPE = ("--pace", "8", "--pragma", "wal_autocheckpoint=12")
NORMAL = ("--pragma", "synchronous=NORMAL")
"""What must lose jobs; it proves that this can find such a loss."""
GROUPS = (
    ("power cuts", 1, ()),
    ("power cuts, csv in order of submission", 3, ("--order", "submission", "--format", "csv")),
)
"""Name, share of the states, options of the child."""
MARKERS = ("shown", "ran")


class Recording(msgspec.Struct):
    """All that one run told the system about its files, in order."""

    folder: Path
    moments: list[Moment]


class State(msgspec.Struct):
    """A disk after a cut, rebuilt in `folder`."""

    folder: Path
    cut: int
    begun: bool
    """The run had said that it has begun."""
    shown: set[int]
    """Jobs a person may have seen as done before the cut."""
    ran: set[int]


def record(place: Path, *options: str) -> Recording:
    """Record one run from its first file to its orderly end."""
    folder, trace = place / "recorded", place / "trace"
    folder.mkdir()
    before = strace("-y", "-xx", "-s", "2000000", "-e", f"trace={','.join(CALLS)}", output=trace)
    done = child(folder, JOBS, *SHAPE, *options, before=before)
    assert done.returncode == 0, done.stderr.decode()
    return Recording(folder, list(recorded(trace, folder)))


def cuts(recording: Recording, number: int, seed: int, place: Path) -> Iterator[State]:
    """Rebuild the disk after `number` cuts at moments drawn by `seed`; each state is gone when the next comes."""
    chance = random.Random(seed)
    moments = sorted(chance.randint(1, len(recording.moments)) for _ in range(number))
    disk, past = Disk(), 0
    state = State(place / "state", 0, False, set(), set())
    for cut in moments:
        for moment in recording.moments[past:cut]:
            _note(state, moment)
            disk.replay(moment)
        past = state.cut = cut
        shutil.rmtree(state.folder, ignore_errors=True)
        (state.folder / "run").mkdir(parents=True)
        for path, content in disk.after_a_cut(chance).items():
            if path.name not in (*MARKERS, "reserve"):
                (state.folder / path.relative_to(recording.folder)).write_bytes(content)
        yield state


def _note(state: State, moment: Moment) -> None:
    """What a person may have seen: from the moment on when it began to be written."""
    call = moment.call
    if not moment.begins:
        return
    if call.name == "stdout":
        state.begun = state.begun or b"begun" in call.data
    elif call.path.name in MARKERS and call.name == "write":
        seen = state.shown if call.path.name == "shown" else state.ran
        seen.update(int(line) for line in call.data.split())


def check(state: State) -> None:
    """The promises hold after a cut. Before a run has begun nothing is promised, but what is there is not trusted."""
    try:
        verify(state.folder, state.shown, state.ran)
    except JournalUnreadable:
        if state.begun:
            raise
        assert not state.shown, "shown before there was a journal"


def lost(recording: Recording, number: int, seed: int, place: Path) -> list[str]:
    """What was violated in which of the states."""
    problems = []
    for state in cuts(recording, number, seed, place):
        try:
            check(state)
        except Exception as error:
            problems.append(f"cut {state.cut}, seed {seed}: {type(error).__name__}: {error}")
    return problems


def fast_place() -> str | None:
    """Memory is fast enough for thousands of disks, where there is such a place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def full(report: Report) -> None:
    """Many cuts of one recorded run; and of a run with too few syncs, which must lose what was shown."""
    if reason := why_not():
        report.skip("power cuts", reason)
        return
    with tempfile.TemporaryDirectory(dir=fast_place()) as place, tempfile.TemporaryDirectory() as real:
        for group, number, options in GROUPS:
            (Path(real) / group).mkdir()
            recording = record(Path(real) / group, *options)
            for state in cuts(recording, report.options.states // number, report.options.seed, Path(place)):
                report.attempt(group, lambda: check(state), f"cut {state.cut}")  # noqa: B023  # called at once
            report.note(group, f"{len(recording.moments):,} moments recorded")
    with tempfile.TemporaryDirectory(dir=fast_place()) as place, tempfile.TemporaryDirectory() as real:
        states = max(100, report.options.states // 10)
        bad = len(lost(record(Path(real), *NORMAL), states, report.options.seed, Path(place)))
        group = "power cuts without enough syncs"
        report.case(group, "" if bad > states // 10 else f"only {bad} of {states} states lose anything")
        report.note(group, f"{bad} of {states} states lose what was shown, as they must")
