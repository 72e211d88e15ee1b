"""Starting a preset again, as a person does it: the plan, the questions, the exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qtui.wiring import headless
from tests.cli.conftest import Program
from tests.terminal import Terminal

LISTED = """
[preset]
name = "listed"
[[source]]
kind = "list"
items = [{items}]
[workers]
concurrency = 2
[queue]
capacity = 4
[job]
kind = "simulate"
name = "{{line}}"
{job}
[job.simulate]
latency = "20ms"
distribution = "constant"
"""
LINES = """
[preset]
name = "lines"
[[source]]
kind = "lines"
path = "-"
[workers]
concurrency = 2
[job]
kind = "simulate"
name = "{line}"
[job.simulate]
latency = "20ms"
distribution = "constant"
"""


def listed(qtui: Program, *items: str, job: str = "") -> str:
    quoted = ", ".join(f'"{item}"' for item in items)
    (qtui.folder / "listed.toml").write_text(LISTED.format(items=quoted, job=job))
    return str(qtui.folder / "listed.toml")


def letters(number: int) -> list[str]:
    return [f"item {n}" for n in range(number)]


def interrupt(qtui: Program, preset: str, *words: str, jobs: int = 6, how: int = signal.SIGTERM) -> set[str]:
    """End the engine in the middle, after so many jobs were done; the keys of those done."""
    slowly = ("--set", "job.simulate.latency=100ms")  # so that the end does not come first
    run = qtui.start("run", preset, "--json", "--stop-timeout", "0", *slowly, *words)
    assert run.stdout is not None
    done = set[str]()
    for line in run.stdout:
        event = json.loads(line)
        if event["type"] == "ended" and event["then"] == "done":
            done.add(event["job"]["key"])
            if len(done) != jobs:
                continue
            if how == signal.SIGKILL:
                os.kill(qtui.engines()[-1], how)
            else:
                run.send_signal(how)
    assert run.wait(30) == (70 if how == signal.SIGKILL else 143)
    return done


def folders(qtui: Program) -> list[Path]:
    return sorted(path.parent for path in qtui.state.glob("*/run.json"))


def ran(run: subprocess.CompletedProcess[str]) -> list[str]:
    """The keys of the jobs that were done in this life."""
    events = [json.loads(line) for line in run.stdout.splitlines()]
    return [event["job"]["key"] for event in events if event["type"] == "ended" and event["then"] == "done"]


def numbers(told: str) -> dict[str, int]:
    (line,) = [line for line in told.splitlines() if "done kept" in line][:1]
    found = re.findall(r"([\d,]+) (done|failed|held|interrupted|queued|new|gone|changed)\b", line)
    return {word: int(number.replace(",", "")) for number, word in found}


# -- going on


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_second_start_goes_on_and_says_with_what(qtui: Program, how: int) -> None:
    preset = listed(qtui, *letters(30))
    done = interrupt(qtui, preset, how=how)
    again = qtui.run("run", preset, "--json")

    assert again.returncode == 0, again.stderr
    assert not done & set(ran(again))
    assert len(folders(qtui)) == 1
    assert "resumed: " in again.stdout
    assert numbers(again.stdout)["done"] >= len(done)


def test_a_person_reads_the_plan_as_it_goes_on(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    again = qtui.run("run", preset)

    assert again.returncode == 0
    told = numbers(again.stderr)
    assert sum(told.values()) == 30


def test_a_finished_run_begins_anew(qtui: Program) -> None:
    preset = listed(qtui, "a", "b")
    qtui.run("run", preset)
    again = qtui.run("run", preset, "--json")

    assert (again.returncode, len(ran(again)), len(folders(qtui))) == (0, 2, 2)


def test_an_input_given_again_is_the_same_run_and_another_one_is_not(qtui: Program) -> None:
    preset = listed(qtui, "unused")
    for name in ("one.txt", "two.txt"):
        (qtui.folder / name).write_text("".join(f"{name} {n}\n" for n in range(30)))
    interrupt(qtui, preset, "--input", "one.txt")
    other = qtui.run("run", preset, "--input", "two.txt", "--json")
    again = qtui.run("run", preset, "--input", "./one.txt", "--json")

    assert (other.returncode, len(ran(other))) == (0, 30)
    assert again.returncode == 0, again.stderr
    assert len(folders(qtui)) == 2
    assert "resumed" in again.stdout


def test_a_run_that_never_began_is_no_run_to_go_on_with(qtui: Program) -> None:
    preset = listed(qtui, "a", "b")
    qtui.run("run", preset)
    (folder,) = folders(qtui)
    for path in folder.iterdir():
        if path.name not in ("run.json", "lock"):
            path.unlink()
    again = qtui.run("run", preset, "--json")

    assert (again.returncode, len(ran(again))) == (0, 2)


def test_standard_input_is_compared_while_it_is_read(qtui: Program) -> None:
    (qtui.folder / "lines.toml").write_text(LINES)
    preset, lines = "lines.toml", "".join(f"line {n}\n" for n in range(30))
    (qtui.folder / "input").write_text(lines)
    with (qtui.folder / "input").open() as stdin:
        run = subprocess.Popen(
            [sys.executable, "-m", "qtui", "run", preset, "--json", "--stop-timeout", "0"],
            cwd=qtui.folder,
            env=qtui.env,
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
        )
    assert run.stdout is not None
    next(line for line in run.stdout if '"then":"done"' in line.replace(" ", ""))
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=30)
    again = qtui.run("run", preset, "--json", stdin=lines + "another\n")

    assert again.returncode == 0, again.stderr
    total = qtui.run("ls", "--json")
    assert json.loads(total.stdout)[0]["done"] == 31
    dry = qtui.run("run", preset, "--dry-run", "--retry-failed", stdin=lines)
    assert "standard input is compared with what was done while it is read" in dry.stderr


# -- the plan


def test_a_dry_run_prints_the_plan_and_changes_nothing(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    (folder,) = folders(qtui)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    dry = qtui.run("run", preset, "--dry-run")

    assert dry.returncode == 0
    assert numbers(dry.stderr)["done"] >= 6
    assert dry.stderr.rstrip().endswith("nothing was started")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_dry_run_without_an_unfinished_run_says_so(qtui: Program) -> None:
    dry = qtui.run("run", listed(qtui, "a"), "--dry-run")

    assert (dry.returncode, folders(qtui)) == (0, [])
    assert "all of " in dry.stderr
    assert "nothing was started" in dry.stderr


def test_a_dry_run_of_starting_anew_sets_nothing_aside(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    dry = qtui.run("run", preset, "--dry-run", "--fresh")
    again = qtui.run("run", preset)

    assert dry.returncode == 0
    assert f"{folders(qtui)[0].name} would be set aside" in dry.stderr
    assert (again.returncode, len(folders(qtui))) == (0, 1)


def test_the_screens_dry_run_prints_the_same_and_opens_no_screen(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)

    assert qtui.run(preset, "--dry-run").stderr == qtui.run("run", preset, "--dry-run").stderr


def test_a_changed_input_ends_with_3_and_the_plan(qtui: Program) -> None:
    interrupt(qtui, listed(qtui, *letters(30)))
    refused = qtui.run("run", preset := listed(qtui, "new", *letters(30)[1:]))

    assert refused.returncode == 3
    assert numbers(refused.stderr)["gone"] == 1
    assert "the input has changed: 1 job no longer in it, 1 new before known ones" in refused.stderr
    assert "nothing was started; --accept-plan goes on with it" in refused.stderr
    accepted = qtui.run("run", preset, "--accept-plan")
    assert accepted.returncode == 0, accepted.stderr
    assert numbers(accepted.stderr) == numbers(refused.stderr)


def test_a_changed_template_ends_with_3_and_the_plan(qtui: Program) -> None:
    interrupt(qtui, listed(qtui, *letters(30)))
    refused = qtui.run("run", listed(qtui, *letters(30), job='key = "{line}"'))

    assert refused.returncode == 3
    assert "would execute something else now" in refused.stderr


@pytest.mark.parametrize("how", ["keep", "rerun"])
def test_a_preset_may_say_itself_what_becomes_of_a_changed_template(qtui: Program, how: str) -> None:
    done = interrupt(qtui, listed(qtui, *letters(30)))
    again = qtui.run("run", listed(qtui, *letters(30), job=f'key = "{{line}}"\nchanged = "{how}"'), "--json")

    assert again.returncode == 0, again.stderr
    assert len(ran(again)) == (30 if how == "rerun" else 30 - len(done))


def test_another_latency_asks_nobody(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    again = qtui.run("run", preset, "--set", "job.simulate.latency=1ms", "--set", "job.simulate.fail=0.0")

    assert again.returncode == 0, again.stderr


# -- a person at the terminal


def at_the_terminal(qtui: Program, *words: str) -> Terminal:
    env = {name: qtui.env[name] for name in ("PYTHONPATH", "QTUI_STATE", "XDG_RUNTIME_DIR")}
    return Terminal.start([sys.executable, "-m", "qtui", *words], size=(100, 30), env=env, cwd=qtui.folder)


@pytest.mark.parametrize(("keys", "code"), [("y\r", 0), ("\r", 3), ("n\r", 3), ("\x04", 3), ("\x03", 3)])
def test_on_a_terminal_a_person_is_asked(qtui: Program, keys: str, code: int) -> None:
    interrupt(qtui, listed(qtui, *letters(30)))
    with at_the_terminal(qtui, "run", listed(qtui, *letters(30)[1:])) as terminal:
        terminal.wait("Go on? [y/N]")
        terminal.send(keys)

        assert terminal.wait_exit() == code
        assert "Traceback" not in terminal.text()
    assert len(folders(qtui)) == 1


class Impatient(io.StringIO):
    """A terminal with a person who presses ctrl+c as soon as there is something to read."""

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_a_press_while_the_question_is_being_written_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr("sys.stderr", Impatient())
    monkeypatch.setattr("sys.stdin", Impatient("y"))
    try:
        assert not headless._agrees()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# -- starting anew


def test_fresh_sets_the_unfinished_run_aside_and_deletes_nothing(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    (old,) = folders(qtui)
    before = (old / "journal.db").read_bytes()
    fresh = qtui.run("run", preset, "--fresh", "--json")

    assert (fresh.returncode, len(ran(fresh))) == (0, 30)
    assert (old / "journal.db").read_bytes() == before
    assert json.loads((old / "run.json").read_text())["aside"] is True


def test_a_later_plain_start_goes_on_with_the_fresh_run(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    done = interrupt(qtui, preset, "--fresh", jobs=3)
    again = qtui.run("run", preset, "--json")

    assert again.returncode == 0, again.stderr
    assert len(ran(again)) == 30 - len(done)
    assert len(folders(qtui)) == 2


def test_a_fresh_run_that_cannot_begin_sets_nothing_aside(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    (qtui.folder / "file").touch()
    failed = qtui.run("run", preset, "--fresh", "--set", f"results.path={qtui.folder}/file/results.jsonl")
    again = qtui.run("run", preset, "--json")

    assert failed.returncode == 74, failed.stderr
    assert "resumed" in again.stdout
    assert len(folders(qtui)) == 1


# -- another round


def test_the_failed_jobs_of_a_finished_run_get_another_round(qtui: Program) -> None:
    preset = qtui.preset(jobs=6, fail=1.0)
    assert qtui.run("run", preset).returncode == 1
    again = qtui.run("run", preset, "--retry-failed", "--set", "job.simulate.fail=0", "--json")

    assert again.returncode == 0, again.stderr
    assert len(ran(again)) == 6
    assert len(folders(qtui)) == 1
    assert len(qtui.results()) == 6


def test_another_round_without_an_earlier_run_starts_nothing(qtui: Program) -> None:
    refused = qtui.run("run", qtui.preset(jobs=6), "--retry-failed")

    assert refused.returncode == 2
    assert "there is no earlier run of" in refused.stderr
    assert folders(qtui) == []


def test_starting_anew_and_another_round_exclude_each_other(qtui: Program) -> None:
    preset = qtui.preset(jobs=6, fail=1.0)
    qtui.run("run", preset)
    refused = qtui.run("run", preset, "--fresh", "--retry-failed")

    assert refused.returncode == 2
    assert "--fresh starts anew and --retry-failed goes on with what was" in refused.stderr
    assert len(folders(qtui)) == 1


def test_held_jobs_get_another_round(qtui: Program) -> None:
    preset = listed(qtui, *letters(4), job='on_crash = "hold"')
    run = qtui.start("run", preset, "--json", "--set", "job.simulate.latency=2s")
    assert run.stdout is not None
    next(line for line in run.stdout if json.loads(line)["type"] == "sample")
    os.kill(qtui.engines()[0], signal.SIGKILL)
    assert run.wait(30) == 70
    first = qtui.run("run", preset)
    again = qtui.run("run", preset, "--retry-held", "--json")

    assert first.returncode == 1
    assert "0 done kept · 2 interrupted are held · 2 queued go on" in first.stderr
    assert again.returncode == 0, again.stderr
    assert ran(again) == ['{"line":"item 0"}', '{"line":"item 1"}']


# -- refusals


def test_a_live_run_is_refused_with_its_process_and_the_way_to_it(qtui: Program) -> None:
    preset = listed(qtui, *letters(1000))
    assert qtui.run("run", preset, "--detach").returncode == 0
    refused = qtui.run("run", preset)
    (folder,) = folders(qtui)

    assert refused.returncode == 75
    assert f"process {qtui.engines()[0]} on " in refused.stderr
    assert f"`qtui attach {folder.name}` shows it" in refused.stderr


def test_an_unreadable_journal_is_refused_and_left_as_it_is(qtui: Program) -> None:
    preset = listed(qtui, *letters(30))
    interrupt(qtui, preset)
    (folder,) = folders(qtui)
    (folder / "journal.db").write_bytes(b"not a journal at all" * 100)
    refused = qtui.run("run", preset)
    fresh = qtui.run("run", preset, "--fresh", "--json")

    assert refused.returncode == 65
    assert "it is left as it is; --fresh starts anew without it" in refused.stderr
    assert (folder / "journal.db").read_bytes() == b"not a journal at all" * 100
    assert (fresh.returncode, len(ran(fresh))) == (0, 30)
