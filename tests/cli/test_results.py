"""`qtui results`: from the journal, in any shape, to readers of any patience."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from qtui.journal.schema import FILE
from tests.cli.conftest import Program


def test_a_live_run_shows_what_it_has_so_far(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="20ms"))
    assert run.stderr is not None
    next(line for line in run.stderr if "Backpressure on" in line)
    rows = [json.loads(line) for line in qtui.run("results", "--order", "submission").stdout.splitlines()]

    assert rows
    assert [row["n"] for row in rows] == sorted(row["n"] for row in rows)
    assert run.poll() is None


def test_a_reader_who_has_seen_enough_ends_it_quietly(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3_000, latency="0s"))
    printing = qtui.start("results")
    assert printing.stdout is not None
    assert printing.stderr is not None
    first = printing.stdout.readline()
    printing.stdout.close()

    assert json.loads(first)["n"]
    assert printing.stderr.read() == ""
    assert printing.wait(10) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_a_full_disk_is_one_sentence(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3))
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "qtui", "results"]
        done = subprocess.run(command, env=qtui.env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 74
    assert done.stderr == "qtui: the results cannot be written: No space left on device\n"


def test_the_newest_run_is_meant_when_none_is_named(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=1), "--set", "preset.name=older")
    qtui.run("run", qtui.preset(jobs=2), "--set", "preset.name=newer")

    assert len(qtui.run("results").stdout.splitlines()) == 2
    assert len(qtui.run("results", "older").stdout.splitlines()) == 1


def test_without_any_run_it_says_so(qtui: Program) -> None:
    done = qtui.run("results")

    assert (done.returncode, done.stdout) == (2, "")
    assert "there are no runs yet" in done.stderr


def test_a_damaged_journal_is_65_and_left_alone(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3))
    journal = next(qtui.state.glob(f"*/{FILE}"))
    damaged = b"not a journal" * 100
    journal.write_bytes(damaged)
    done = qtui.run("results")

    assert done.returncode == 65
    assert "Traceback" not in done.stderr
    assert journal.read_bytes() == damaged


def test_what_a_crashed_run_did_can_be_printed(qtui: Program) -> None:
    run = qtui.start("run", qtui.preset(jobs=10_000, latency="20ms"))
    assert run.stderr is not None
    next(line for line in run.stderr if "Backpressure on" in line)
    os.kill(qtui.engines()[0], signal.SIGKILL)
    run.wait(10)

    assert qtui.run("results").returncode == 0


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_file_in_the_order_of_submission_is_what_the_journal_says(qtui: Program) -> None:
    path = qtui.folder / "results.csv"
    changes = ["--set", f"results.path={path}", "--set", "results.order=submission"]
    uneven = ["--set", "job.simulate.distribution=lognormal"]
    qtui.run("run", qtui.preset(jobs=200, fail=0.2), *changes, *uneven)
    written, printed = path.read_text(), qtui.run("results", "--format", "csv", "--order", "submission").stdout

    assert [row[:-1] for row in table(written)] == table(printed)
    numbers = [int(row[2]) for row in table(written)[1:]]
    assert numbers == sorted(numbers)
    assert 100 < len(numbers) < 200


def test_a_csv_file_is_asked_for_by_its_name_or_by_the_preset(qtui: Program) -> None:
    preset = qtui.preset(jobs=3)
    qtui.run("run", preset, "--set", "results.format=csv")
    by_preset = (qtui.folder / "results.jsonl").read_text()
    qtui.run("run", preset, "--set", f"results.path={qtui.folder / 'named.CSV'}")

    assert by_preset.startswith("key,name,")
    assert len(by_preset.splitlines()) == len((qtui.folder / "named.CSV").read_text().splitlines()) == 4


def test_held_jobs_are_shown_when_asked_for(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3))
    with closing(sqlite3.connect(next(qtui.state.glob(f"*/{FILE}")))) as db:
        db.execute("UPDATE job SET state = 'held', error = 'crashed the engine' WHERE seq = 2")
        db.commit()
    rows = [json.loads(line) for line in qtui.run("results", "--held").stdout.splitlines()]

    assert [(row["name"], row["error"]) for row in rows] == [("job 2", "crashed the engine")]
    assert qtui.run("results", "--failed").stdout == ""


def with_progress(qtui: Program, *words: str, silent_s: float = 0.0) -> tuple[str, str]:
    """What is printed, and what a terminal on stderr shows meanwhile."""
    ours, theirs = pty.openpty()
    code = f"import sys, qtui.cli.results as r; r.SILENT_S = {silent_s}; r.EVERY_S = 0.0; sys.argv[0] = 'qtui';"
    command = [sys.executable, "-c", f"{code} from qtui.cli import main; main()", "results", *words]
    done = subprocess.run(command, env=qtui.env, stdout=subprocess.PIPE, stderr=theirs, text=True, check=True)
    os.write(theirs, b"END")
    told = b""
    while not told.endswith(b"END"):
        told += os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)
    return done.stdout, told.decode()


def test_what_takes_long_shows_how_far_it_is_and_leaves_no_trace(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=1_200, latency="0s"))
    printed, told = with_progress(qtui, "--format", "csv")

    assert len(printed.splitlines()) == 1_201
    assert "500 of 1,200 results · looking for the columns" in told
    assert "1,200 of 1,200 results" in told
    assert told.endswith("\r\x1b[KEND")


def test_what_is_quick_shows_no_progress(qtui: Program) -> None:
    qtui.run("run", qtui.preset(jobs=3))

    assert with_progress(qtui, silent_s=100.0)[1] == "END"
