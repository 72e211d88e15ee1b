"""A journal that is damaged is refused with exit code 65 and left byte for byte; the other runs are still listed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from qtui.journal import schema
from tests.faults import damage
from tests.faults.report import LONG
from tests.wiring.stage import Stage, ends


class Template:
    """A state directory with two runs: one that came to its end, and an unfinished one, to be damaged in copies."""

    def __init__(self, folder: Path, *, killed: bool) -> None:
        stage = self.stage = Stage(folder)
        self.preset = stage.preset(jobs=3_000, latency="2ms")
        other = stage.write("other.toml", Path(self.preset).read_text().replace("3000", "5").replace("bench", "other"))
        assert stage.run("run", other).returncode == 0
        (self.other,) = stage.records()
        started = stage.run("run", self.preset, "--detach")
        self.run_id = started.stdout.strip()
        record = next(record for record in stage.records() if record.run_id == self.run_id)
        self._until_done(400)
        os.kill(record.pid, signal.SIGKILL if killed else signal.SIGTERM)
        ends(record.pid, 40)
        has_log = (stage.state / self.run_id / f"{schema.FILE}-wal").exists()
        assert has_log == killed

    def _until_done(self, number: int) -> None:
        journal = self.stage.state / self.run_id
        with damage.open_reader(journal) as reader:
            while reader.summary().done < number:
                pass

    def copy(self, folder: Path) -> Path:
        """The state directory with both runs."""
        return shutil.copytree(self.stage.state, folder / "state")


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("killed"), killed=True)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("stopped"), killed=False)


def refuses(template: Template, state: Path) -> None:
    """Results and going on are refused, the list goes on without it, and nothing of the run has changed."""
    folder = state / template.run_id
    before = damage.fingerprint(folder)
    stage = template.stage
    for words in (("results", template.run_id), ("run", template.preset)):
        done = stage.run(*words, "--state", str(state))
        assert done.returncode == 65, (words, done.stdout[-200:], done.stderr)
        assert not done.stdout
        assert str(folder / schema.FILE) in done.stderr
        assert "left as it is" in done.stderr or "there is no journal" in done.stderr
        assert damage.fingerprint(folder) == before, words
    listed = stage.run("ls", "--state", str(state))
    assert listed.returncode == 0, listed.stderr
    assert template.other.run_id in listed.stdout
    assert template.run_id in listed.stdout
    assert damage.fingerprint(folder) == before, "ls"
    assert not [path for path in state.iterdir() if path.name not in (template.run_id, template.other.run_id)]


@pytest.mark.parametrize(
    "name", damage.DAMAGES if LONG else ["flipped_schema", "flipped_names", "flipped_leaf", "newer"]
)
def test_a_damaged_journal_of_a_stopped_run_is_refused_and_untouched(
    stopped: Template, tmp_path: Path, name: str
) -> None:
    state = stopped.copy(tmp_path)
    damage.DAMAGES[name](state / stopped.run_id / schema.FILE)
    refuses(stopped, state)


@pytest.mark.parametrize("name", ["flipped_header", "empty", "not_sqlite", "newer"] if LONG else ["empty", "newer"])
def test_a_damaged_journal_of_a_killed_run_is_refused_and_untouched(
    killed: Template, tmp_path: Path, name: str
) -> None:
    state = killed.copy(tmp_path)
    damage.DAMAGES[name](state / killed.run_id / schema.FILE)
    refuses(killed, state)


@pytest.mark.parametrize("make", [damage.crashed_run, damage.finished_run])
def test_changed_bytes_are_read_or_refused_and_never_changed_further(tmp_path: Path, make: object) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    whole = make(tmp_path / "whole")  # type: ignore[operator]
    assert not damage.look_everywhere(whole), "the sound one is read"
    refused = [damage.flip(chance, whole, tmp_path / "flipped") for _ in range(60)]
    # In a log, a frame with a wrong checksum counts as one that was never written: most changes there say nothing.
    assert any(refused) or make is damage.crashed_run, "none of the changes mattered"


def test_a_value_that_is_damaged_is_told_and_not_made_up(stopped: Template, tmp_path: Path) -> None:
    state = stopped.copy(tmp_path)
    with closing(sqlite3.connect(state / stopped.run_id / schema.FILE)) as db, db:
        db.execute("UPDATE result SET value = '{line' WHERE seq = 300")
    done = stopped.stage.run("results", stopped.run_id, "--state", str(state))
    assert done.returncode == 65, done.stderr
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
