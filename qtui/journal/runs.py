"""The folders runs live in: named, locked for the engine's life, described for everybody else.

Whether a run is live is told by its lock alone: the system drops it however the engine dies.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import final

import msgspec

from qtui.core.port import RunEntry
from qtui.errors import AlreadyRunning, CannotWrite, JournalUnreadable, QtuiError, UsageError
from qtui.journal import lock, place
from qtui.journal.reader import Summary, open_reader
from qtui.journal.schema import FILE, reason, sync_folder
from qtui.text import clean

DESCRIPTION = "run.json"


class RunRecord(msgspec.Struct, frozen=True):
    """A run as its folder describes it."""

    run_id: str
    name: str
    preset: str
    """Where the preset came from: a path or the name of a bundled one."""
    pid: int
    """Of its engine."""
    socket: str = ""
    """Where its engine listens, or empty."""
    started_at: float = 0.0
    """Wall clock."""
    state: str = "running"
    """running, finished or stopped, as the engine last said."""
    identity: str = ""
    """What starting again must agree on to go on with this run: the preset's file and its `--input`."""
    aside: bool = False
    """Set aside by `--fresh`: never gone on with."""


@final
class HeldRun:
    """A run's folder while its engine lives. Nobody else can hold it."""

    def __init__(self, folder: Path, handle: int, record: RunRecord) -> None:
        self.folder = folder
        self.record = record
        self._lock = handle

    def describe(self, *, socket: str | None = None, state: str | None = None, aside: bool = False) -> None:
        """Change what others read about the run. Raises CannotWrite."""
        self.record = msgspec.structs.replace(
            self.record,
            socket=self.record.socket if socket is None else socket,
            state=state or self.record.state,
            aside=aside or self.record.aside,
        )
        _write(self.folder / DESCRIPTION, msgspec.json.encode(self.record))

    def release(self) -> None:
        """Let go of the run, at the very end of the engine's life. May be called twice."""
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1

    def discard(self) -> None:
        """Remove a run that never began, because something else refused to start."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()


def new_run(state: Path, *, name: str, preset: str, started_at: float, identity: str = "") -> HeldRun:
    """Make the folder of a new run and hold it. Its id can be read and typed: `scrape-20261123-233012`.

    Raises:
        CannotWrite: when `state` does not take it.
    """
    place.check(state)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(started_at))
    first = f"{_slug(name)}-{stamp}"
    run_id, number = first, 1
    made: Path | None = None
    try:
        while True:
            try:
                (state / run_id).mkdir(mode=0o700)
                break
            except FileExistsError:
                number += 1
                run_id = f"{first}-{number}"
        folder = made = state / run_id
        sync_folder(state)
        handle = lock.take(folder)
    except OSError as error:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        raise CannotWrite(f"cannot keep a run in {clean(state)}: {clean(reason(error))}; {place.REMEDY}") from error
    held = HeldRun(
        folder,
        handle,
        RunRecord(run_id, clean(name), clean(preset, 4096), os.getpid(), started_at=started_at, identity=identity),
    )
    try:
        held.describe()
    except CannotWrite:
        held.discard()
        raise
    return held


def hold(folder: Path) -> HeldRun:
    """Hold the folder of a run that exists already.

    Raises:
        AlreadyRunning: when its engine lives; names its process.
        JournalUnreadable: when the folder does not say what run it is.
        CannotWrite: when it cannot be locked.
    """
    try:
        handle = lock.take(folder)
    except OSError as error:
        raise CannotWrite(f"cannot lock {clean(folder)}: {clean(reason(error))}") from error
    record = _read(folder)
    if record is None:
        os.close(handle)
        raise JournalUnreadable(f"{clean(folder / DESCRIPTION)} cannot be read; it is left as it is")
    return HeldRun(folder, handle, msgspec.structs.replace(record, pid=os.getpid(), socket="", state="running"))


def unfinished(state: Path, identity: str, *, finished_too: bool = False) -> Path | None:
    """The folder of the newest run with this identity when it has not come to its end, or None; it may be live."""
    folder = newest(state, identity)
    if folder is None or lock.is_held(folder) or finished_too:
        return folder
    record = _read(folder)
    if record is not None and record.state == "running":
        return folder  # an engine that was killed at the very end has told nobody that it was the end
    return folder if _state(False, record, _summary(folder)) != "finished" else None


def set_aside(folder: Path) -> None:
    """Never go on with this run; nothing of it is deleted. A live one is left alone: it is nobody else's."""
    before = read_record(folder)
    try:
        held = hold(folder)
    except AlreadyRunning:
        return
    try:
        held.describe(state=before.state, aside=True)
    finally:
        held.release()


def newest(state: Path, identity: str) -> Path | None:
    """The folder of the newest run with this identity that was not set aside, or None."""
    records = [(record, folder) for folder in _folders(state) if (record := _read(folder))]
    own = [
        (record.started_at, folder)
        for record, folder in records
        if record.identity == identity and not record.aside and _began(folder)
    ]
    return max(own)[1] if own else None


def _began(folder: Path) -> bool:
    """False when the engine died before there was a journal: nothing had been started, and nothing can go on."""
    return lock.is_held(folder) or (folder / FILE).exists() or (folder / "engine.log").exists()


def list_runs(state: Path) -> list[RunEntry]:
    """All runs under `state`, the newest first; what cannot be read is left out or told as far as it can be."""
    entries = [entry for folder in _folders(state) if (entry := describe(folder))]
    return sorted(entries, key=lambda entry: (entry.started_at, entry.run_id), reverse=True)


def describe(folder: Path) -> RunEntry | None:
    """One run, or None when the folder holds none."""
    record, summary = _read(folder), _summary(folder)
    if record is None and summary is None:
        return None
    live = lock.is_held(folder)
    told = record or summary
    return RunEntry(
        run_id=folder.name,
        name=clean(told.name) if told else "",
        preset=clean(told.preset, 4096) if told else "",
        state=_state(live, record, summary),
        started_at=told.started_at if told else 0.0,
        done=summary.done if summary else 0,
        failed=summary.failed if summary else 0,
        total=summary.total if summary else None,
        pid=record.pid if record and live else 0,
        identity=record.identity if record else "",
        aside=record is not None and record.aside,
        ended_at=summary.ended_at if summary and not live else 0.0,
    )


def find(state: Path, run: str) -> Path:
    """The folder of a run by its id, or of the newest run whose id or name begins so.

    Raises:
        UsageError: when there is none.
    """
    entries = list_runs(state)
    for entry in entries:
        if entry.run_id == run:
            return state / entry.run_id
    for entry in entries:
        if run and (entry.run_id.startswith(run) or entry.name == run):
            return state / entry.run_id
    raise UsageError(f"there is no run {clean(run)} in {clean(state)}; `qtui ls` lists them")


def read_record(folder: Path) -> RunRecord:
    """What a run's folder says of it, e.g. where its engine listens. Raises JournalUnreadable."""
    record = _read(folder)
    if record is None:
        raise JournalUnreadable(f"{clean(folder)} is not the folder of a run")
    return record


def _state(live: bool, record: RunRecord | None, summary: Summary | None) -> str:
    if live:
        return "running"
    if summary and summary.how:
        return summary.how
    return record.state if record and record.state in ("finished", "stopped") else "crashed"


def _folders(state: Path) -> Iterator[Path]:
    try:
        with os.scandir(state) as entries:
            yield from [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return


def _summary(folder: Path) -> Summary | None:
    if not (folder / FILE).exists():
        return None
    try:
        with open_reader(folder) as reader:
            return reader.summary()
    except QtuiError:
        return None


def _read(folder: Path) -> RunRecord | None:
    try:
        return msgspec.json.decode((folder / DESCRIPTION).read_bytes(), type=RunRecord)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", clean(name).lower()).strip("-")[:40].strip("-") or "run"


def _write(path: Path, content: bytes) -> None:
    """Replace a small file so that readers and power cuts see the old one or the new one."""
    draft = path.with_name(path.name + ".new")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(f"cannot write {clean(path)}: {clean(reason(error))}") from error
