"""What a command had written when it was ended is in its story: cancelled, too late, or stopped with the run."""

from __future__ import annotations

import sqlite3
import time

import pytest

from tests.cli.conftest import Program

PRESET = """
[preset]
name = "words"
[[source]]
kind = "range"
stop = 1
[workers]
concurrency = 1
[job]
kind = "shell"
timeout = "{timeout}"
[job.shell]
command = ["sh", "-c", "echo so far so good; touch begun; exec sleep 60"]
[retry]
attempts = 1
"""


@pytest.mark.parametrize(
    ("how", "timeout", "command"),
    [("cancelled", "1m", "cancel 1"), ("interrupted", "1m", "stop"), ("failed", "1s", "")],
    ids=["cancelled", "stopped", "too late"],
)
def test_it_is_kept_with_the_attempt(qtui: Program, how: str, timeout: str, command: str) -> None:
    (qtui.folder / "words.toml").write_text(PRESET.format(timeout=timeout))
    running = qtui.start("run", "words.toml")
    begun, deadline = qtui.folder / "begun", time.monotonic() + 20
    while not begun.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (journal,) = qtui.state.glob("*/journal.db")
    if command:
        assert qtui.run("ctl", journal.parent.name, *command.split()).returncode == 0
    _, told = running.communicate(timeout=30)

    with sqlite3.connect(journal) as db:
        attempts = db.execute("SELECT outcome, detail FROM attempt").fetchall()
    assert attempts == [(how, "so far so good")], told
