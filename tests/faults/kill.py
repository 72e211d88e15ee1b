"""F1: kill -9 of the engine at random moments of real runs, and what must be true after each of them.

    python -m tests.faults --only kill [--kills N] [--seed N]

A batch is one run of a few hundred jobs against a server whose own notes are the truth. Its engine is killed again
and again and the same command is given again, until the run has come to its end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from qtui.journal import schema
from tests.faults.report import Report
from tests.faults.service import Service
from tests.wiring.stage import Stage

CONCURRENCY = 8
MOMENT_S = 0.6
EARLY = 0.2
"""The share of kills that may hit an engine which has not begun to work: their time counts from its birth."""
AT_ONCE = 2
"""Batches that run side by side in the long form."""
PRESET = """
[preset]
name = "killed"
[[source]]
kind = "lines"
path = "jobs.txt"
[queue]
capacity = 32
[workers]
concurrency = {concurrency}
[job]
kind = "http"
name = "{{line}}"
key = "{{line}}"
timeout = "30s"
crashes = 0
[job.http]
method = "POST"
url = "{base}/job/{{line}}?wait={wait}"
[results]
path = "results.jsonl"
"""


class Violation(AssertionError):
    """A promise was broken."""


class Batch:
    """One run from its first start to its end, killed on the way."""

    def __init__(self, folder: Path, chance: random.Random, *, jobs: int) -> None:
        self.stage = Stage(folder)
        self.chance = chance
        self.keys = [f"k{number:05d}" for number in range(jobs)]
        self.kills = 0
        self.said: set[str] = set()
        """What a face called done."""
        self.repeats = 0
        self._finished = False
        self._service = Service(folder)

    def run(self, kills: int) -> None:
        """Kill the engine `kills` times, or until the run is over; then let it end. Raises Violation."""
        folder = self.stage.folder
        (folder / "jobs.txt").write_text("".join(f"{key}\n" for key in self.keys))
        with self._service as service:
            preset = PRESET.format(
                base=service.base, concurrency=CONCURRENCY, wait=self.chance.choice([0.005, 0.02, 0.05])
            )
            self.stage.write("killed.toml", preset)
            try:
                while self._life(kill=self.kills < kills) is None:
                    pass
                self._verify_end()
            finally:
                self.stage.end()

    def _life(self, *, kill: bool) -> int | None:
        """One life of an engine; the exit code of its face, or None when the run has to go on after a kill."""
        self._service.settle()
        before = self._service.times()
        with self._face() as face:
            delay, early = self.chance.uniform(0, MOMENT_S), self.chance.random() < EARLY
            engine = _engine(face)
            killed = False
            assert face.stdout is not None
            if kill:
                killed = self._kill(face, engine, delay, early=early)
            for line in face.stdout:
                self._hear(line)
            told = face.stderr.read().decode() if face.stderr is not None else ""
            code = face.wait()
        again = sum((self._service.times() - before)[key] for key in before)
        self.repeats += again
        if again > CONCURRENCY:
            raise Violation(f"{again} jobs ran again after one kill: more than the concurrency of {CONCURRENCY}")
        self._verify_shown()  # which also looks whether the run had come to its end before it was killed
        if killed and code == 70:
            self.kills += 1
            return code if self._finished else None
        if code != 0:
            raise Violation(f"exit code {code} after {self.kills} kills: {told[-600:]}")
        return code

    def _kill(self, face: subprocess.Popen[bytes], engine: int, delay: float, *, early: bool) -> bool:
        """Whether there was an engine left to kill."""
        assert face.stdout is not None
        if not early and (line := face.stdout.readline()):
            self._hear(line)
        time.sleep(delay)  # the moment of the kill is the point, nothing is waited for
        with suppress(ProcessLookupError):
            os.kill(engine, signal.SIGKILL)
            return True
        return False

    @contextmanager
    def _face(self) -> Iterator[subprocess.Popen[bytes]]:
        stage = self.stage
        with subprocess.Popen(
            stage.command("run", "killed.toml", "--json"),
            cwd=stage.folder,
            env={**os.environ, **stage.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as face:
            try:
                yield face
            finally:
                face.kill()

    def _hear(self, line: bytes) -> None:
        event = json.loads(line)
        if event["type"] == "ended" and event["then"] == "done":
            key = event["job"]["key"]
            if key in self.said:
                raise Violation(f"{key} was shown as done twice")
            self.said.add(key)

    # -- what must be true

    def _done(self) -> Counter[str]:
        """The keys that the journal calls done; read from a copy, so that the next engine finds what the kill left."""
        folders = [path.parent for path in self.stage.state.glob(f"*/{schema.FILE}")]
        if not folders:
            return Counter()
        if len(folders) > 1:
            raise Violation(f"{len(folders)} runs where one should have been resumed")
        with tempfile.TemporaryDirectory(dir=self.stage.folder) as copy:
            for path in folders[0].glob(f"{schema.FILE}*"):
                if not path.name.endswith("-shm"):
                    shutil.copy(path, copy)
            with closing(sqlite3.connect(Path(copy) / schema.FILE)) as db:
                if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'job'").fetchone():
                    return Counter()
                keys = db.execute("SELECT coalesce(key, name) FROM job WHERE state = 'done'").fetchall()
                (how,) = db.execute("SELECT how FROM epoch ORDER BY id DESC LIMIT 1").fetchone() or ("",)
                self._finished = how == "finished"
                twice = db.execute(
                    "SELECT seq FROM attempt WHERE outcome = 'done' GROUP BY seq HAVING count(*) > 1"
                ).fetchall()
        if twice:
            raise Violation(f"recorded as done twice: job {twice[0][0]}")
        return Counter(key for (key,) in keys)

    def _verify_shown(self) -> None:
        done = self._done()
        if lost := self.said - set(done):
            raise Violation(f"{len(lost)} jobs were shown as done and are not, e.g. {min(lost)}")
        if double := [key for key, times in done.items() if times > 1]:
            raise Violation(f"{double[0]} is done in two rows of the journal")

    def _verify_end(self) -> None:
        keys = set(self.keys)
        if lost := keys - set(self._service.served()):
            raise Violation(f"the run has ended, but {len(lost)} jobs never ran, e.g. {min(lost)}")
        if missing := keys - set(self._done()):
            raise Violation(
                f"the run has ended, but {len(missing)} jobs are not done in the journal, e.g. {min(missing)}"
            )
        written = Counter(
            json.loads(line)["url"].rpartition("/")[2].partition("?")[0]
            for line in (self.stage.folder / "results.jsonl").read_text().splitlines()
        )
        if written != Counter(keys):
            wrong = (written - Counter(keys)) + (Counter(keys) - written)
            raise Violation(f"{len(wrong)} keys are missing or twice in the results, e.g. {min(wrong)}")


def _engine(face: subprocess.Popen[bytes]) -> int:
    """The engine that a face has just started: its child."""
    children = Path(f"/proc/{face.pid}/task/{face.pid}/children")
    while face.poll() is None:
        for child in children.read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"_engine" in words:
                return int(child)
        time.sleep(0.002)  # the system tells nobody of a grandchild's birth
    raise Violation(f"no engine was started: {face.stderr.read().decode() if face.stderr else ''}")


def batches(
    folder: Path, kills: int, seed: int, at_once: int = 1, jobs: tuple[int, int] = (300, 1200)
) -> Iterator[tuple[Batch, str]]:
    """As many batches as the kills need, each with what it violated, or nothing; `jobs`: the fewest and the most."""
    chance = random.Random(seed)
    left = kills

    def one(number: int, size: int, dice: random.Random) -> tuple[Batch, str]:
        place = folder / str(number)
        place.mkdir(parents=True)
        batch = Batch(place, dice, jobs=size)
        try:
            batch.run(left)
        except Violation as violation:
            return batch, f"batch {number} of seed {seed}: {violation}"
        shutil.rmtree(place)
        return batch, ""

    number = 0
    with ThreadPoolExecutor(at_once) as pool:
        while left > 0:
            drawn = [(number + n, chance.randint(*jobs), random.Random(chance.random())) for n in range(at_once)]
            number += at_once
            for batch, problem in pool.map(lambda arguments: one(*arguments), drawn):
                left -= batch.kills
                yield batch, problem
                if problem:
                    return


def full(report: Report) -> None:
    """The long form: 1,000 kills."""
    group = "kill -9 of the engine at random"
    folder = Path(tempfile.mkdtemp(prefix="qtui-kill-"))
    kills = jobs = repeats = done = 0
    for batch, problem in batches(folder, report.options.kills, report.options.seed, AT_ONCE):
        kills, jobs, repeats, done = kills + batch.kills, jobs + len(batch.keys), repeats + batch.repeats, done + 1
        for _ in range(batch.kills):
            report.case(group)
        if problem:
            report.case(group, f"{problem}; kept in {folder}")
    report.note(
        group, f"{kills:,} kills, {done} batches, {jobs:,} jobs, {repeats:,} ran again (bound {kills * CONCURRENCY:,})"
    )
    with suppress(OSError):
        folder.rmdir()
