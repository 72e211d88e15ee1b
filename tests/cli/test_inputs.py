"""Sources as a run sees them: rates, failures in the middle, standard input, and files that grow."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Program
from tests.cli.test_run import until

JOB = """
[job]
kind = "simulate"
name = "{line}"
[job.simulate]
latency = "2ms"
"""


def preset(qtui: Program, *sources: str, rest: str = "") -> str:
    path = qtui.folder / "inputs.toml"
    path.write_text("\n".join(['preset.name = "inputs"', rest, *(f"[[source]]\n{text}" for text in sources), JOB]))
    return str(path)


def events(told: str, kind: str) -> list[dict[str, Any]]:
    return [event for line in told.splitlines() if (event := json.loads(line))["type"] == kind]


def done(told: str) -> list[str]:
    """The lines of the jobs that were done."""
    return [each["job"]["row"]["line"] for each in events(told, "ended") if each["then"] == "done"]


# -- rates and failures


def test_each_source_keeps_its_own_rate(qtui: Program) -> None:
    two = preset(
        qtui,
        'kind = "range"\nname = "fast"\nstop = 40\nrate = "100/s"',
        'kind = "range"\nname = "slow"\nstop = 4\nrate = "5/s"',
    )
    ran = qtui.run("run", two, "--json")
    at: dict[int, list[float]] = {0: [], 1: []}
    for event in events(ran.stdout, "accepted"):
        at[event["job"]["producer"]].append(event["at"])

    assert (len(at[0]), len(at[1])) == (40, 4)
    assert at[0][-1] >= 39 / 100  # since the start: a producer that was late may catch up
    assert at[1][-1] >= 3 / 5
    assert at[0][-1] < at[1][-1]


def test_a_command_that_fails_in_the_middle_keeps_its_rows_and_is_no_success(qtui: Program) -> None:
    two = preset(
        qtui,
        'kind = "command"\ncommand = ["sh", "-c", "seq 5; echo no luck >&2; exit 4"]',
        'kind = "range"\nstart = 11\nstop = 13\nrate = "20/s"',
    )
    ran = qtui.run("run", two)

    assert ran.returncode == 1
    assert "  8 done" in ran.stderr
    assert "\n  command: `sh -c seq 5; echo no luck >&2; exit 4` ended with exit code 4: no luck\n" in ran.stderr
    assert "exit code 1: a source could not be read to its end" in ran.stderr


def test_rows_come_out_of_a_function_of_ones_own(qtui: Program) -> None:
    (qtui.folder / "feed.py").write_text(
        "async def rows(upto):\n    for n in range(upto):\n        yield {'line': f'row {n}'}\n"
    )
    ran = qtui.run(
        "run", preset(qtui, 'kind = "python"\nfunction = "feed:rows"\npath = "."\nargs = { upto = 30 }'), "--json"
    )

    assert ran.returncode == 0, ran.stderr
    assert sorted(done(ran.stdout)) == sorted(f"row {n}" for n in range(30))


def test_a_function_that_is_not_there_is_refused_before_the_first_job(qtui: Program) -> None:
    (qtui.folder / "feed.py").write_text("def rows(): return []\n")
    ran = qtui.run("run", preset(qtui, 'kind = "python"\nfunction = "feed:rws"\npath = "."'))

    assert ran.returncode == 2
    assert "source.function: feed has no rws; did you mean rows?" in ran.stderr
    assert not list(qtui.state.glob("*/run.json"))


# -- standard input


def test_rows_stream_from_standard_input(qtui: Program) -> None:
    lines = "".join(f"{n}\n" for n in range(2000))
    ran = qtui.run("run", preset(qtui, 'kind = "range"\nstop = 1'), "--input", "-", "--json", stdin=lines)

    assert ran.returncode == 0, ran.stderr
    assert sorted(map(int, done(ran.stdout))) == list(range(2000))


@pytest.mark.parametrize("words", [("--input", "-"), ()])
def test_a_terminal_is_no_input(qtui: Program, words: tuple[str, ...]) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "qtui", "run", preset(qtui, 'kind = "lines"\npath = "-"'), *words]
    ran = subprocess.run(
        command, cwd=qtui.folder, env=qtui.env, stdin=follower, capture_output=True, text=True, timeout=20, check=False
    )
    os.close(follower)
    os.close(leader)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("qtui: standard input is a terminal, where no rows come from: ")
    assert len(ran.stderr.splitlines()) == 1


# -- files that grow

TAIL = 'kind = "tail"\npath = "log"\n'


def append(qtui: Program, *numbers: int) -> None:
    with (qtui.folder / "log").open("a") as file:
        file.write("".join(f"{n}\n" for n in numbers))


def seen(run: subprocess.Popen[str], number: int) -> list[str]:
    """The lines of the jobs that were done, until so many were."""
    assert run.stdout is not None
    got: list[str] = []
    while len(got) < number:
        line = run.stdout.readline()
        assert line, "the run ended before that"
        got += done(line)
    return got


def to_the_end(run: subprocess.Popen[str]) -> str:
    """What it still prints; what has been read ahead is lost to communicate()."""
    assert run.stdout is not None
    told = run.stdout.read()
    run.wait(10)
    return told


def test_nothing_of_a_growing_file_is_lost_or_done_twice_when_the_engine_is_killed(qtui: Program) -> None:
    append(qtui, *range(100))
    path = preset(qtui, TAIL + 'idle = "1s"', rest="workers.concurrency = 2\nqueue.capacity = 8")
    first = qtui.start("run", path, "--json")
    before = seen(first, 30)
    (pid,) = qtui.engines()
    os.kill(pid, signal.SIGKILL)
    before += done(to_the_end(first))
    append(qtui, *range(100, 150))  # while nobody looks
    again = qtui.start("run", path, "--json")
    after = seen(again, 1)
    append(qtui, *range(150, 160))
    after += done(to_the_end(again))
    kept = [json.loads(line)["name"] for line in qtui.run("results").stdout.splitlines()]

    assert again.returncode == 0
    assert not set(before) & set(after)
    assert Counter(kept) == Counter(map(str, range(160)))  # also what was done and not told any more


@pytest.mark.parametrize("presses", [1, 2])
def test_a_run_that_waits_for_more_ends_at_once_when_told_to(qtui: Program, presses: int) -> None:
    append(qtui, 1, 2, 3)
    run = qtui.start("run", preset(qtui, TAIL), "--json")
    seen(run, 3)
    for word in ("draining", "stopping")[:presses]:
        run.send_signal(signal.SIGINT)
        if presses == 2 and word == "draining":
            until(run.stderr, "draining")
    begun = time.monotonic()
    to_the_end(run)

    assert run.returncode == 130
    assert time.monotonic() - begun < 4  # the engine takes part of a second to end, on a busy machine more


def test_a_silent_source_can_be_left_in_a_later_life_too(qtui: Program) -> None:
    path = preset(qtui, 'kind = "command"\ncommand = ["sh", "-c", "seq 3; exec sleep 1000"]')
    first = qtui.start("run", path, "--json")
    seen(first, 3)
    (pid,) = qtui.engines()
    os.kill(pid, signal.SIGKILL)
    to_the_end(first)
    again = qtui.start("run", path, "--json")
    until(again.stdout, '"type":"run-resumed"')
    again.send_signal(signal.SIGINT)
    begun = time.monotonic()
    to_the_end(again)

    assert again.returncode == 130
    assert time.monotonic() - begun < 4


def test_the_bundled_preset_reads_messages_and_what_is_appended_meanwhile(qtui: Program) -> None:
    for name in ("messages.toml", "messages.log"):
        shutil.copy(ROOT / "presets" / name, qtui.folder / name)
    lines = (qtui.folder / "messages.log").read_text().splitlines()
    run = qtui.start("run", "messages.toml", "--json", "--set", "source.idle=1s", "--set", "source.rate=1000/s")
    seen(run, 100)
    with (qtui.folder / "messages.log").open("a") as file:
        file.write('{"order": 1, "item": "appended"}\n')
    to_the_end(run)
    got = [json.loads(line) for line in Path(qtui.folder / "messages.jsonl").read_text().splitlines()]
    broken = [line for line in lines if line.startswith("{") and not line.endswith("}")]

    assert run.returncode == 1
    assert len(broken) == 2
    assert len(got) == len(lines) + 1 - len(broken)
    assert [each for each in got if each.get("item") == "appended"]
    assert {each["level"] for each in got if "level" in each} == {"INFO", "WARNING", "ERROR"}


def test_the_bundled_preset_runs_as_it_is(qtui: Program) -> None:
    ran = qtui.run("run", "messages", "--set", "source.idle=200ms", "--set", "source.rate=1000/s")

    assert ran.returncode == 1
    assert "148 done · 2 failed" in ran.stderr
    assert "2 × UnreadableMessage" in ran.stderr


# -- mistakes


SHELL = """
[job]
kind = "shell"
[job.shell]
command = ["echo", "{nam}"]
"""


@pytest.mark.parametrize("words", [("run",), ("check", "--plan")], ids=" ".join)
def test_a_column_that_the_table_does_not_have_is_refused_before_any_job(qtui: Program, words: tuple[str, ...]) -> None:
    (qtui.folder / "in.csv").write_text("id,name\n1,a\n")
    path = qtui.folder / "mistake.toml"
    path.write_text(f'preset.name = "mistake"\n[[source]]\nkind = "csv"\npath = "in.csv"\n{SHELL}')
    refused = qtui.run(*words, str(path))

    said = refused.stdout + refused.stderr
    assert refused.returncode == 2
    assert "job.shell: there is no field {nam} in the rows of source[0], which have id, name" in said
    assert "did you mean name?" in said
    assert not list(qtui.state.glob("*/journal.db"))
