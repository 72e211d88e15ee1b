"""Runs whose engine died, and journals that go on with them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from qtui.core.events import Event
from qtui.journal import schema
from tests.journal.story import Told, opening


async def died(tmp_path: Path, *events: Event, first: list[Event] | None = None) -> Path:
    """The folder of a run whose engine is gone without a word after `events`: a picture of what a living one has."""
    folder = tmp_path / "run"
    told = Told.create(tmp_path / "living")
    told.tell(*(opening() if first is None else first), *events)
    await told.durable()
    shutil.copytree(tmp_path / "living", folder)
    await told.journal.close("stopped")
    shutil.rmtree(tmp_path / "living")
    return folder


async def ended_well(tmp_path: Path, *events: Event, how: str = "stopped") -> Path:
    """The folder of a run whose engine has ended in order."""
    told = Told.create(tmp_path / "run")
    told.tell(*opening(), *events)
    await told.journal.close(how)
    return tmp_path / "run"


def change(folder: Path, sql: str, *values: object) -> None:
    """Change the journal behind everybody's back."""
    with closing(sqlite3.connect(folder / schema.FILE)) as db:
        db.execute(sql, values)
        db.commit()


def content(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it, but for the index that readers of a log share: it is memory with a name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".db-shm"}
