"""Damaged journals: whatever the damage, one is read or refused in plain words, and never changed by looking."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from qtui.errors import QtuiError
from qtui.journal import recovery, runs, schema
from qtui.journal.reader import open_reader
from tests.faults.report import Report
from tests.journal.child import make

PAGE = 4096
ROOT = Path(__file__).parents[2]
OWN = {"lock"}
"""What an engine that was refused may touch: it has held the run's lock."""


def _write(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def flipped_header(path: Path) -> None:
    _write(path, 0, b"SQLite formaT 3\0")


def flipped_schema(path: Path) -> None:
    """The first page holds the header and where the tables are."""
    _write(path, 100, b"\xff" * (PAGE - 100))


def flipped_names(path: Path) -> None:
    """What SQLite says of it is no text."""
    content = path.read_bytes()
    assert b"CREATE TABLE epoch" in content
    path.write_bytes(content.replace(b"CREATE TABLE epoch", b"CREATE \xcdABLE epoch"))


def flipped_pages(path: Path) -> None:
    """All pages behind the first."""
    for at in range(PAGE, path.stat().st_size, PAGE):
        _write(path, at, b"\xff" * 200)


def flipped_leaf(path: Path) -> None:
    """One page in the middle of the jobs."""
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute(
            "SELECT pageno FROM dbstat WHERE name = 'job' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1"
        ).fetchone()
    _write(path, (page - 1) * PAGE, b"\xff" * 200)


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def not_sqlite(path: Path) -> None:
    path.write_bytes(b"these are my notes, not a journal\n" * 200)


def somebody_elses(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url)")


def newer(path: Path) -> None:
    _write(path, 60, (schema.FORMAT + 1).to_bytes(4, "big"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    damage.__name__: damage
    for damage in (
        flipped_header,
        flipped_schema,
        flipped_names,
        flipped_pages,
        flipped_leaf,
        truncated,
        empty,
        not_sqlite,
        somebody_elses,
        newer,
    )
}


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a run, byte for byte."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name not in OWN and not path.name.endswith("-shm")  # an index in memory, of no meaning to anybody
    }


def look_everywhere(folder: Path) -> int:
    """Open a run in every way that only looks; what is refused is refused in plain words. How often it was."""
    told: list[str] = []
    runs.list_runs(folder.parent)
    ways: list[Callable[[], object]] = [
        lambda: recovery.look(folder, 0.0),
        lambda: _read(folder, "done"),
        lambda: _read(folder, "failed"),
    ]
    for way in ways:
        try:
            way()
        except QtuiError as error:
            told.append(str(error))
    assert not [sentence for sentence in told if "\n" in sentence], told
    return len(told)


def _read(folder: Path, state: str) -> None:
    with open_reader(folder) as reader:
        reader.summary()
        reader.choose("completion", [state])
        for result in reader.results():
            assert result.line


def flip(chance: random.Random, whole: Path, place: Path) -> int:
    """Copy a run, change a few of its bytes anywhere, and look; how often it was refused."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(whole, place / "state" / "run")
    folder = place / "state" / "run"
    victims = [path for path in folder.iterdir() if path.name in (schema.FILE, f"{schema.FILE}-wal", "run.json")]
    path = chance.choice(sorted(victims))
    content = bytearray(path.read_bytes())
    at = chance.randrange(min(len(content), chance.choice([100, PAGE, len(content)])))
    length = min(chance.choice([1, 2, 8, 500]), len(content) - at)
    content[at : at + length] = chance.randbytes(length)
    path.write_bytes(content)
    before = fingerprint(folder)
    refused = look_everywhere(folder)
    assert fingerprint(folder) == before, f"looking has changed {path.name}"
    return refused


def crashed_run(place: Path) -> Path:
    """The folder of a run whose engine was killed: its log is not folded in."""
    make(place)
    command = [sys.executable, "-m", "tests.journal.child", str(place), str(10**9), "--made", "--pace", "50"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        shown = place / "shown"
        while not shown.exists() or shown.stat().st_size < 1_000:
            assert child.poll() is None
        child.kill()
    assert (place / "run" / f"{schema.FILE}-wal").stat().st_size
    return place / "run"


def finished_run(place: Path) -> Path:
    """The folder of a run that has come to its end: one plain file."""
    make(place)
    command = [sys.executable, "-m", "tests.journal.child", str(place), "500", "--made"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return place / "run"


def full(report: Report) -> None:
    """A thousand journals with bytes changed at random, of a run that was killed and of one that was not."""
    chance = random.Random(report.options.seed)
    for name, make_run in (("killed", crashed_run), ("finished", finished_run)):
        group, refused = f"changed bytes, {name}", 0
        with tempfile.TemporaryDirectory() as place:
            whole = make_run(Path(place) / "whole")
            for number in range(1_000):
                problem = ""
                try:
                    refused += bool(flip(chance, whole, Path(place) / "flipped"))
                except Exception as error:
                    problem = f"flip {number}: {type(error).__name__}: {error}"
                report.case(group, problem)
        report.note(group, f"{refused} refused, the others read")
    report.pytest("damaged journals", "tests/faults/test_damage.py")
