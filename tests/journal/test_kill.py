"""Whatever kills the engine: nothing that was shown is missing, nothing is done twice."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from qtui.journal import schema
from qtui.journal.results import ResultsFile

KILLS = 20
ROOT = Path(__file__).parents[2]


def start(folder: Path, jobs: int, *before: str, how: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*before, sys.executable, "-m", "tests.journal.child", str(folder), str(jobs), *how],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def lines(path: Path) -> list[int]:
    """Whole lines only: the last one may be torn by the kill."""
    return [int(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []


def verify(folder: Path) -> int:
    """Check the promises on what a dead engine left behind; gives the number of jobs it had shown."""
    shown, ran = lines(folder / "shown"), lines(folder / "ran")
    with closing(schema.open_writer(folder / "run" / schema.FILE)) as db:
        schema.check_pages(db, folder / "run" / schema.FILE)
        done = [seq for (seq,) in db.execute("SELECT seq FROM job WHERE state = 'done' ORDER BY seq")]
        attempts = db.execute("SELECT seq, count(*) FROM attempt WHERE outcome = 'done' GROUP BY seq").fetchall()
        meta = dict(db.execute("SELECT k, v FROM meta"))
        assert db.execute("SELECT count(*) FROM job WHERE state = 'running'").fetchone() == (
            db.execute("SELECT count(*) FROM attempt WHERE outcome IS NULL").fetchone()
        )
    assert set(shown) <= set(done), "shown as done and lost"
    assert set(done) <= set(ran), "done and never run"
    assert attempts == [(seq, 1) for seq in done], "done twice"
    assert (meta.get("done", 0), len(set(shown))) == (len(done), len(shown))
    file = ResultsFile.resumed(folder / "results.jsonl", meta["results_offset"])
    file.close()
    if meta["results_order"] == "submission":
        done = done[: next((at for at, seq in enumerate(done) if seq != at + 1), len(done))]
    assert values(folder / "results.jsonl", meta["results_format"]) == done, "results and journal differ"
    return len(shown)


def values(path: Path, format_: str) -> list[int]:
    text = path.read_text()
    if format_ == "jsonl":
        return [json.loads(line)["value of"] for line in text.splitlines()]
    rows = list(csv.reader(text.splitlines()))
    assert rows[:1] in ([], [["key", "name", "value of", "more"]])
    return [int(row[2]) for row in rows[1:]]


@pytest.mark.parametrize("how", [("completion", "jsonl"), ("submission", "jsonl"), ("submission", "csv")])
def test_kill_nine_at_random(tmp_path: Path, how: tuple[str, str]) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    shown = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        with start(folder, 10**9, how=how) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0.0, 0.25))  # the moment of the kill is the point, nothing is waited for
            child.send_signal(signal.SIGKILL)
        shown += verify(folder)
        shutil.rmtree(folder)
    assert shown > KILLS, "the kills came too early to prove anything"


def strace(*injection: str) -> list[str]:
    command = [shutil.which("strace") or "", "-f", "-qq", "-o", os.devnull, *injection]
    if not command[0] or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    return command


@pytest.mark.parametrize("how", [("completion", "jsonl"), ("submission", "csv")])
@pytest.mark.parametrize(
    ("call", "moments"),
    [("pwrite64", (2, 20, 45, 46, 90, 91)), ("fdatasync", (2, 5, 14, 15, 20)), ("ftruncate", (1, 2, 3))],
)
def test_kill_at_a_system_call(tmp_path: Path, call: str, moments: tuple[int, ...], how: tuple[str, str]) -> None:
    """Calls are counted by thread: the first few kill while the journal is made, the later ones its writer."""
    shown = 0
    for when in moments:
        folder = tmp_path / str(when)
        folder.mkdir()
        with start(folder, 3_000, *strace("-e", f"inject={call}:signal=SIGKILL:when={when}"), how=how) as child:
            child.communicate(timeout=60)
        if (folder / "run" / schema.FILE).exists() and _has_tables(folder / "run" / schema.FILE):
            shown += verify(folder)
    assert shown > 0, "the kills came too early to prove anything"


def _has_tables(path: Path) -> bool:
    """Whether the kill came after the journal was made; before that nothing has been promised."""
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'job'").fetchone()) and bool(
            db.execute("SELECT 1 FROM epoch").fetchone()
        )


def test_one_failed_sync_is_repaired_by_writing_again(tmp_path: Path) -> None:
    with start(tmp_path, 3_000, *strace("-e", "inject=fdatasync:error=EIO:when=15")) as child:
        _, told = child.communicate(timeout=60)
    assert child.returncode == 0, told
    assert b"trying once more" in told
    assert verify(tmp_path) == 3_000


def test_syncs_that_go_on_failing_end_the_run_with_a_sentence(tmp_path: Path) -> None:
    with start(tmp_path, 10**9, *strace("-e", "inject=fdatasync:error=EIO:when=15+")) as child:
        _, told = child.communicate(timeout=60)
    assert child.returncode == 74, told
    assert re.search(rb"failed: the journal in .* cannot be written: .*error", told), told
    verify(tmp_path)
