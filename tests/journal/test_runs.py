"""The folders runs live in: their names, locks and what is told about them."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qtui.errors import AlreadyRunning, CannotWrite, ExitCode, JournalUnreadable, UsageError
from qtui.journal import lock, runs
from qtui.journal.journal import SqliteJournal
from qtui.journal.runs import RunRecord
from tests.journal.story import STARTED, Told, accepted, failed, lifetime, opening, started

ROOT = Path(__file__).parents[2]


def new(state: Path, name: str = "scrape", started_at: float = STARTED) -> runs.HeldRun:
    return runs.new_run(state, name=name, preset="scrape.toml", started_at=started_at)


async def test_an_id_can_be_read_and_typed(tmp_path: Path) -> None:
    held = new(tmp_path)
    assert re.fullmatch(r"scrape-\d{8}-\d{6}", held.record.run_id)
    assert held.folder == tmp_path / held.record.run_id
    held.release()


def test_ids_of_one_second_are_told_apart(tmp_path: Path) -> None:
    held = [new(tmp_path) for _ in range(3)]
    first = held[0].record.run_id
    assert [one.record.run_id for one in held] == [first, f"{first}-2", f"{first}-3"]
    for one in held:
        one.release()


@pytest.mark.parametrize(
    "name",
    ["../../etc", "/absolute", "a\x00b", "\x1b]0;x\x07", "ä" * 300, "-rf", "", "..", "a b\nc", "\udc80", "con?*:"],
)
def test_hostile_names_stay_inside_the_state_directory(tmp_path: Path, name: str) -> None:
    held = new(tmp_path, name)
    assert held.folder.parent == tmp_path
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", held.folder.name)
    assert runs.list_runs(tmp_path)[0].run_id == held.folder.name
    assert "\x1b" not in runs.list_runs(tmp_path)[0].name
    held.release()


def test_folders_and_files_belong_to_the_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        held = new(tmp_path / "state")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE(held.folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in held.folder.iterdir()} == {
        "lock": 0o600,
        "run.json": 0o600,
    }
    held.release()


def test_a_run_is_held_once_and_the_holder_is_named(tmp_path: Path) -> None:
    held = new(tmp_path)
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} on ") as caught:
        runs.hold(held.folder)
    assert caught.value.exit_code is ExitCode.ALREADY_RUNNING
    held.release()
    again = runs.hold(held.folder)
    assert again.record.run_id == held.record.run_id
    again.release()


def test_a_killed_engine_lets_go_of_its_run(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from qtui.journal import runs\n"
        "held = runs.new_run(Path(sys.argv[1]), name='x', preset='p', started_at=0.0)\n"
        "print(held.folder, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        with pytest.raises(AlreadyRunning, match=f"process {child.pid} "):
            runs.hold(folder)
        assert [(run.state, run.pid) for run in runs.list_runs(tmp_path)] == [("running", child.pid)]
        child.send_signal(signal.SIGKILL)
    assert [(run.state, run.pid) for run in runs.list_runs(tmp_path)] == [("crashed", 0)]
    runs.hold(folder).release()


def test_a_look_at_the_lock_does_not_keep_an_engine_from_starting(tmp_path: Path) -> None:
    import fcntl
    import threading

    (tmp_path / "lock").touch()
    looking = os.open(tmp_path / "lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    begun = time.monotonic()
    threading.Timer(0.1, os.close, (looking,)).start()
    os.close(lock.take(tmp_path))
    assert time.monotonic() - begun > 0.05


def test_the_lock_is_not_inherited_by_programs(tmp_path: Path) -> None:
    handle = lock.take(tmp_path)
    assert not os.get_inheritable(handle)
    os.close(handle)


async def test_states_as_ls_tells_them(tmp_path: Path) -> None:
    live = new(tmp_path, "live", STARTED + 4)
    journal = Told(SqliteJournal.create(live.folder, run=live.record))
    journal.tell(*opening(), *lifetime(1), accepted(2), started(2), failed(2))
    await journal.durable()
    for name, how in (("finished", "finished"), ("stopped", "stopped")):
        held = new(tmp_path, name, STARTED + len(how))
        told = Told(SqliteJournal.create(held.folder, run=held.record))
        await told.journal.close(how)
        held.describe(state=how)
        held.release()
    new(tmp_path, "dead", STARTED + 1).release()
    found = {run.name: run for run in runs.list_runs(tmp_path)}
    assert {name: run.state for name, run in found.items()} == {
        "live": "running",
        "finished": "finished",
        "stopped": "stopped",
        "dead": "crashed",
    }
    assert (found["live"].done, found["live"].failed, found["live"].total) == (1, 1, 10)
    assert (found["live"].pid, found["finished"].pid) == (os.getpid(), 0)
    await journal.journal.close("finished")
    live.release()


async def test_the_journal_knows_the_end_when_the_description_missed_it(tmp_path: Path) -> None:
    held = new(tmp_path)
    told = Told(SqliteJournal.create(held.folder, run=held.record))
    await told.journal.close("finished")
    held.release()
    assert runs.list_runs(tmp_path)[0].state == "finished"
    (held.folder / "run.json").write_bytes(b"")
    entry = runs.list_runs(tmp_path)[0]
    assert (entry.state, entry.name, entry.started_at) == ("finished", "scrape", STARTED)


def test_runs_are_listed_newest_first_and_strangers_are_left_out(tmp_path: Path) -> None:
    for name, at in (("old", 1.0), ("new", 3.0), ("middle", 2.0)):
        new(tmp_path, name, STARTED + at).release()
    (tmp_path / "stranger").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    assert [run.name for run in runs.list_runs(tmp_path)] == ["new", "middle", "old"]
    assert runs.list_runs(tmp_path / "missing") == []


def test_a_run_is_found_by_id_beginning_or_name(tmp_path: Path) -> None:
    held = [new(tmp_path, "scrape", STARTED + at) for at in (0, 100)]
    for one in held:
        one.release()
    assert runs.find(tmp_path, held[0].record.run_id) == held[0].folder
    assert runs.find(tmp_path, "scrape") == held[1].folder
    assert runs.find(tmp_path, "scrape-1970") == held[1].folder
    for stranger in ("", "../..", "other"):
        with pytest.raises(UsageError, match="there is no run"):
            runs.find(tmp_path, stranger)


def test_a_description_is_replaced_as_a_whole(tmp_path: Path) -> None:
    held = new(tmp_path)
    held.describe(socket="/run/user/0/qtui/x.sock")
    held.describe(state="stopped")
    assert runs.read_record(held.folder) == RunRecord(
        held.record.run_id, "scrape", "scrape.toml", os.getpid(), "/run/user/0/qtui/x.sock", STARTED, "stopped"
    )
    assert sorted(path.name for path in held.folder.iterdir()) == ["lock", "run.json"]
    held.release()


def test_a_folder_without_a_description_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(JournalUnreadable):
        runs.hold(tmp_path)
    assert (tmp_path / "run.json").read_text() == "{"
    assert not lock.is_held(tmp_path)


def test_a_run_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    held = new(tmp_path)
    held.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_state_directory_that_takes_nothing_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="--state DIR"):
        new(tmp_path / "file" / "state")


def test_an_engine_that_died_before_its_journal_was_made_leaves_nothing_to_go_on_with(tmp_path: Path) -> None:
    held = runs.new_run(tmp_path, name="scrape", preset="scrape.toml", started_at=STARTED, identity="it")
    assert runs.unfinished(tmp_path, "it") == held.folder, "somebody works on it"
    (held.folder / "journal.db.new").write_bytes(b"half a page")
    held.release()
    assert runs.unfinished(tmp_path, "it") is None
    (held.folder / "engine.log").touch()
    assert runs.unfinished(tmp_path, "it") == held.folder, "it had begun: its journal was taken away"
